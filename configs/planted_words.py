"""How many dimensions does a word vector need to tell three kinds of document apart?

Word vectors are averaged; the label is planted in a few words. The class scores are trained first on frozen
random vectors, then everything, at a third of the rate.

Command:  python -m experiments.sweep --config=configs/planted_words.py
Expect:   1e-2, 1,000 steps, 16 seeds: median test accuracy .57 at one dimension, .74 at two, .75 at four to eight; then it falls slowly while
          training accuracy still rises: more dimensions than classes only fit the noise.
Minutes:  under one on two cores.
"""

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full" and "smoke"."""
    config = ConfigDict()
    config.task = "planted_words"
    config.data = ConfigDict({"classes": 3, "documents": 2048, "length": 24, "vocabulary": 400})
    config.training = ConfigDict(
        {
            "steps": (200, 800),
            "rates": (1.0, 0.3),
            "frozen": (("words",), ()),
            "batch_size": 64,
            "record_every": 25,
            "snapshots": (200,),
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-2, "dropout": 0.2})
    config.sweep = ConfigDict({"width": (1, 2, 4, 8, 16, 32), "seed": tuple(range(16))})
    if variant == "smoke":
        config.data.documents = 128
        config.training.steps = (20, 20)
        config.training.record_every = 10
        config.training.snapshots = (20,)
        config.sweep.width = (2, 8)
        config.sweep.seed = (0, 1)
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full and smoke")
    return config
