"""How many factors does a small net need that reads a user's and a film's vector side by side?

Fast.ai's lesson 4: both vectors → dropout .3 → 70 units, ReLU → dropout .75 → one number; else as `ratings_dot.py`.

Command:  python -m experiments.sweep --config=configs/ratings_net.py          2 to 100 factors, three penalties; a tenth held out
          … :recipe  as printed: 50 factors, eight epochs
Expect:   1e-3, eight epochs, four seeds: :recipe a squared error of .78 on the test ratings (printed: .7938).
Minutes:  eight and one on two cores.
Data:     MovieLens latest-small, 1 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe" and "smoke"."""
    config = ConfigDict()
    config.task = "ratings_net"
    config.data = ConfigDict({"validation_share": 0.1})
    config.model = ConfigDict({})
    config.training = ConfigDict(
        # 80,003 ratings in steps of 64: an epoch is 1,250 steps
        {
            "steps": (10000,),
            "batch_size": 64,
            "record_every": 1250,
            "checkpoint_every": 5000,
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-3, "penalty": 1e-4})
    config.sweep = ConfigDict(
        {"width": (2, 5, 10, 20, 50, 100), "seed": (0, 1, 2), "penalty": (1e-6, 1e-5, 1e-4)}
    )
    if variant == "recipe":
        config.data.validation_share = 0.0
        config.sweep = ConfigDict({"width": (50,), "seed": (0, 1, 2, 3)})
    elif variant == "smoke":
        here = Path(__file__)
        config.data = ConfigDict(
            {"path": str(here.with_name("tastes.csv")), "items": str(here.with_name("dishes.csv"))}
        )
        config.training.update(
            {"steps": (120,), "batch_size": 16, "record_every": 20, "checkpoint_every": 60}
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, recipe and smoke")
    return config
