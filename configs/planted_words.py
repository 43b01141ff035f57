"""How many dimensions does a word vector need to tell three classes of documents apart?

The net averages word vectors; a few planted words determine the label. Phase one trains the class scores on frozen
random vectors; phase two trains all parameters, at a third of the learning rate.

Command:  nlpfeat sweep planted_words
Expect:   learning rate 1e-2, 1,000 steps, 16 seeds: median test accuracy .57 at one dimension, .74 at two, .75 at
          four to eight; beyond, it falls slowly while training accuracy still rises: dimensions beyond the number of
          classes only fit the noise.
Minutes:  under one on two cores.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "planted_words",
        "data": {"classes": 3, "documents": 2048, "length": 24, "vocab_size": 400},
        "training": {
            "steps": (200, 800),
            "lr_scales": (1.0, 0.3),
            "frozen": (("words",), ()),
            "batch_size": 64,
            "record_every": 25,
            "snapshots": (200,),
        },
        "settings": {"learning_rate": 1e-2, "dropout": 0.2},
        "sweep": {"width": (1, 2, 4, 8, 16, 32), "seed": tuple(range(16))},
    },
    smoke={
        "data.documents": 128,
        "training.steps": (20, 20),
        "training.record_every": 10,
        "training.snapshots": (20,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
