"""Does more width first hurt, then help? Double descent on MNIST-1D, with 15 % label noise and without.

Source: the notebook on double descent of Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024: 40 → H → H → 10, SGD
with momentum .9 at a rate of .01, batches of 100, 500 epochs of 4,000 examples. Its test examples are validation and test here.

Command:  nlpfeat sweep double_descent:classroom       (then without :classroom, for 32 seeds)
          nlpfeat double-descent --study=runs/double_descent-classroom
Expect:   see docs/dimension.md.
Minutes:  three on two cores (classroom), nine for eight seeds of all widths, with noise and without; thirty-five for all.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

WIDTHS = (2, 3, 4, 5, 7, 9, 12, 16, 21, 27, 36, 47, 61, 80, 104, 135, 177, 230, 300)  # those of the notebook
SHORT = (2, 4, 7, 12, 16, 21, 27, 36, 47, 61, 80, 135, 300)

get_config = with_variants(
    {
        "task": "mnist1d",
        "data": {"train": 4000, "validation": 2000, "test": 10_000},
        "training": {
            "steps": (20_000,),
            "batch_size": 100,
            "records_per_decade": 5,
            "checkpoint_every": 1000,
            "snapshots": (0, 1000),
        },
        "settings": {"learning_rate": 0.01, "momentum": 0.9},
        "sweep": {"width": WIDTHS, "label_noise": (0.0, 0.15), "seed": tuple(range(32))},
    },
    classroom={"sweep": {"width": SHORT, "label_noise": (0.15,), "seed": tuple(range(8))}},
    examples={
        "sweep": {
            "width": SHORT,
            "label_noise": (0.0, 0.15),
            "train_examples": (500, 1000, 2000, 4000),
            "seed": tuple(range(8)),
        }
    },
    cures={
        "settings": {"learning_rate": 0.01, "momentum": 0.9, "label_noise": 0.15},
        "sweep": {
            "width": SHORT,
            "weight_decay": (0.0, 3e-4, 1e-3, 3e-3, 1e-2),
            "seed": tuple(range(8)),
        },
    },
    conv={
        "task": "mnist1d_conv",
        "sweep": {
            "width": (2, 4, 8, 12, 16, 20, 24, 32, 50, 100),
            "label_noise": (0.15,),
            "seed": tuple(range(8)),
        },
    },
    conv_smoke={
        "task": "mnist1d_conv",
        "data": {"train": 40, "validation": 20, "test": 40},
        "training": {"steps": (40,), "record_every": 10, "batch_size": 10},
        "sweep": {"width": (2, 4), "seed": (0, 1)},
    },
    smoke={
        "data": {"train": 40, "validation": 20, "test": 40},
        "training": {"steps": (40,), "record_every": 10, "batch_size": 10},
        "sweep": {"width": (2, 8, 32), "seed": (0, 1)},
    },
)
