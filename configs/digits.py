"""What does a small network learn of handwritten digits, layer by layer? 8 × 8 pixels that scikit-learn ships.

Command:  nlpfeat sweep digits                  (then :bottleneck, with an embedding that can be drawn; :conv, whose channels are the width)
          nlpfeat measure --study=runs/digits --by-layer
          nlpfeat sections --study=runs/digits --width=32
          nlpfeat batch-norm --study=runs/digits-conv --width=8 --steps=10
Expect:   test accuracy .90 at 8 units of each of two layers and .96 at 64; see docs/dimension.md.
Minutes:  one on two cores.
Data:     with scikit-learn.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "digits",
        "training": {
            "steps": (2000,),
            "batch_size": 100,
            "record_every": 200,
            "checkpoint_every": 1000,
            "snapshots": (0, 200),
        },
        "settings": {"learning_rate": 0.05, "momentum": 0.9},
        "sweep": {"width": (2, 4, 8, 16, 32, 64), "seed": tuple(range(8))},
    },
    bottleneck={
        "model.bottleneck": 3,
        "sweep": {"width": (8, 32), "depth": (1, 2), "bottleneck": (1, 2, 3), "seed": tuple(range(8))},
    },
    conv={"task": "digits_conv", "sweep": {"width": (2, 4, 8, 16), "seed": tuple(range(8))}},
    smoke={
        "training": {"steps": (40,), "record_every": 10, "batch_size": 20},
        "sweep": {"width": (2, 4, 8), "seed": (0, 1)},
    },
    conv_smoke={
        "task": "digits_conv",
        "training": {"steps": (40,), "record_every": 10, "batch_size": 20},
        "sweep": {"width": (2, 4), "seed": (0, 1)},
    },
)
