"""What are the extra units of wide networks for? Studies to prune, match, average and take apart: images, words, characters.

Points are those of configs/spirals.py. Analyses: nlpfeat units prune, match, ensembles, redundancy, luck.

Command:  nlpfeat sweep extra_units                 MNIST-1D by 40 → H → H → 10, 2 to 100 units
          … :words       reviews as bags of words, word vectors of 2 to 100 dimensions
          … :characters  Nietzsche by 4 to 128 LSTM units
          nlpfeat units prune --study=runs/extra_units
Expect:   see docs/extra-units.md.
Minutes:  one, three and four on two cores.
Data:     generated; :words reads reviews.txt and labels.txt, :characters nietzsche.txt, downloaded once or found in the folder NLPFEAT_DATA.
"""

from nlpfeat.config.variants import with_variants

SEEDS = tuple(range(8))

get_config = with_variants(
    {
        "task": "mnist1d",
        "training": {
            "steps": (4000,),
            "batch_size": 100,
            "record_every": 1000,
            "checkpoint_every": 4000,
            "snapshots": (0, 100, 1000),
        },
        "settings": {"learning_rate": 0.05, "momentum": 0.9},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": SEEDS},
    },
    words={
        "task": "reviews_batch",
        "data": {"corpus": "reviews", "min_count": 20, "validation_share": 0.1},
        "training": {
            "steps": (1000,),
            "batch_size": 120,
            "record_every": 500,
            "checkpoint_every": 1000,
            "train_sample": 2000,
        },
        "settings": {"learning_rate": 3e-3, "weight_decay": 1e-6, "dropout": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": SEEDS},
    },
    characters={
        "task": "char_rnn",
        "data": {"book": "nietzsche", "lower": True, "window": 40, "validation_share": 0.1},
        "model": {"init_scale": 1.73},
        "training": {
            "steps": (2000,),
            "batch_size": 32,
            "record_every": 1000,
            "checkpoint_every": 2000,
            "train_sample": 2048,
        },
        "settings": {"learning_rate": 3e-3, "dropout": 0.0},
        "sweep": {"width": (4, 8, 16, 32, 64, 128), "seed": (0, 1, 2, 3, 4, 5)},
    },
    smoke={
        "data": {"train": 40, "validation": 20, "test": 40},
        "training": {"steps": (40,), "record_every": 10, "batch_size": 10},
        "sweep": {"width": (2, 8), "seed": (0, 1, 2)},
    },
)
