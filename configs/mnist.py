"""What does width buy on MNIST, with 10,000 training pictures? Two hidden layers, or three convolutions.

Command:  nlpfeat sweep mnist                   (then :conv)
          nlpfeat sweep mnist --data=FOLDER     (pictures of your own in four files of MNIST's names and format, such as Fashion-MNIST)
Expect:   not measured for this documentation: the files are downloaded, or read from the folder NLPFEAT_DATA.
Minutes:  ten on two cores.
Data:     12 MB, downloaded from a mirror of its authors' page.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "mnist",
        "training": {"steps": (2000,), "batch_size": 100, "record_every": 500, "checkpoint_every": 1000},
        "settings": {"learning_rate": 0.05, "momentum": 0.9},
        "sweep": {"width": (2, 4, 8, 16, 32, 64), "seed": (0, 1, 2, 3)},
    },
    conv={"task": "mnist_conv", "sweep": {"width": (2, 4, 8, 16), "seed": (0, 1, 2, 3)}},
    conv_smoke={
        "task": "mnist_conv",
        "data": {"path": "configs/examples/pictures", "train": 40, "validation": 20, "test": 20},
        "training": {"steps": (40,), "record_every": 10, "batch_size": 10},
        "sweep": {"width": (2, 4), "seed": (0, 1)},
    },
    smoke={
        "data": {"path": "configs/examples/pictures", "train": 40, "validation": 20, "test": 20},
        "training": {"steps": (40,), "record_every": 10, "batch_size": 10},
        "sweep": {"width": (2, 4, 8), "seed": (0, 1)},
    },
)
