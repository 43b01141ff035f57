"""How many dimensions does a mean of word vectors need when the output is one number between -1 and 1?

The net averages the word vectors of a review, sums the entries of the mean and applies tanh; the loss is the squared
error against -1 (negative) and 1 (positive). In a CSV with three labels the middle one is 0, neutral.

Command:  nlpfeat sweep reviews_mean
          nlpfeat words neighbours beautiful terrible --study=runs/reviews_mean --width=16 --metric=distance
          nlpfeat sweep reviews_mean:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   3e-3, 1,000 steps of 120, three seeds: median test accuracy .78 at two dimensions, .85 at 16, .86 at 64,
          .85 at 100; training accuracy rises to .97.
Minutes:  one and a half on two cores.
Data:     as configs/reviews_bag.py.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

get_config = with_variants(
    {
        "task": "reviews_mean",
        "data": {"corpus": "reviews", "min_count": 20},
        "model": {"init_scale": 0.05, "learned": False},
        # 24,000 reviews in steps of 120: five epochs
        "training": {
            "steps": (1000,),
            "batch_size": 120,
            "record_every": 200,
            "checkpoint_every": 1000,
            "snapshots": (20, 200),
        },
        "settings": {"learning_rate": 3e-3, "weight_decay": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2)},
    },
    own=FITTED,
    smoke={
        "data": {"path": str(Path(__file__).parent / "examples" / "opinions.csv")},
        "training.steps": (30,),
        "training.batch_size": 16,
        "training.record_every": 10,
        "training.snapshots": (10,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
