"""How many dimensions does the mean of word vectors need, when all that is asked is one number between -1 and 1?

Average the word vectors of a review, add up their entries, tanh; squared error against -1 (negative) and 1 (positive). On a
CSV with three labels the middle one is 0, neutral.

Command:  python -m experiments.sweep --config=configs/reviews_mean.py
          python -m experiments.words --study=runs/reviews_mean --width=16 --by=distance neighbours beautiful terrible
Expect:   3e-3, 1,000 steps of 120, three seeds: median test accuracy .78 at two dimensions, .85 at 16, .86 at 64, .85 at 100; training accuracy rises to .97.
Minutes:  one and a half on two cores.
Data:     as configs/reviews_bag.py
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full" and "smoke"."""
    config = ConfigDict()
    config.task = "reviews_mean"
    config.data = ConfigDict({"corpus": "reviews", "min_count": 20})
    config.model = ConfigDict({"scale": 0.05, "learned": False})
    config.training = ConfigDict(
        # 24,000 reviews in steps of 120: five passes
        {
            "steps": (1000,),
            "batch_size": 120,
            "record_every": 200,
            "checkpoint_every": 1000,
            "snapshots": (20, 200),
        }
    )
    config.settings = ConfigDict({"learning_rate": 3e-3, "weight_decay": 0.0})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2)})
    if variant == "smoke":
        config.data = ConfigDict({"path": str(Path(__file__).with_name("opinions.csv"))})
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full and smoke")
    return config
