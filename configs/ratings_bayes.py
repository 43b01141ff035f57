"""How many factors explain who likes which film, when what tells nothing fades by itself?

Variational Bayes: factors and biases are random numbers whose spread is learned, factor by factor; those of a film lie around
what its year, its genres and how often it was rated say. A step goes once through all of them.

Command:  python -m experiments.sweep --config=configs/ratings_bayes.py          2 to 100 factors; a tenth held out
          … :best  the number of factors chosen on that tenth: 50
Expect:   60 rounds, four seeds: :best a squared error of .70 on the test ratings.
Minutes:  two and one on two cores.
Data:     MovieLens latest-small, 1 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "best" and "smoke"."""
    config = ConfigDict()
    config.task = "ratings_bayes"
    config.data = ConfigDict({"validation_share": 0.1})
    config.model = ConfigDict({})
    config.training = ConfigDict({"steps": (60,), "record_every": 10, "checkpoint_every": 60})
    config.settings = ConfigDict({"learning_rate": 1.0, "ridge": 50.0})
    config.sweep = ConfigDict({"width": (2, 5, 10, 20, 50, 100), "seed": (0, 1, 2)})
    if variant == "best":
        config.data.validation_share = 0.0
        config.sweep = ConfigDict({"width": (50,), "seed": (0, 1, 2, 3)})
    elif variant == "smoke":
        here = Path(__file__)
        config.data = ConfigDict(
            {"path": str(here.with_name("tastes.csv")), "items": str(here.with_name("dishes.csv"))}
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, best and smoke")
    return config
