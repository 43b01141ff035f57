"""How many factors explain who likes which film, when each rating is a product of two vectors, and when are there too many?

Fast.ai's lesson 4: two tables of factors with a penalty on each, their product, Adam in mini-batches of 64; a fifth of the
ratings, drawn anew for each seed, is for testing.

Command:  python -m experiments.sweep --config=configs/ratings_dot.py          2 to 100 factors, three penalties; a tenth held out
          … :recipe  as printed: 50 factors, ten epochs
          … :best    factors and penalty chosen on that tenth: two, and a hundredth of the printed
Expect:   1e-3 (see :recipe for its phases), four seeds: :recipe a squared error of 1.47 on the test ratings (printed: 1.44), :best of 1.20.
Minutes:  ten, one and one on two cores.
Data:     MovieLens latest-small, 1 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "best" and "smoke"."""
    config = ConfigDict()
    config.task = "ratings_dot"
    config.data = ConfigDict({"validation_share": 0.1})
    config.model = ConfigDict({})
    config.training = ConfigDict(
        # 80,003 ratings in steps of 64: an epoch is 1,250 steps
        {
            "steps": (1250, 3750, 7500),
            "rates": (1.0, 10.0, 1.0),
            "batch_size": 64,
            "record_every": 1250,
            "checkpoint_every": 5000,
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-3, "penalty": 1e-4})
    config.sweep = ConfigDict(
        {"width": (2, 5, 10, 20, 50, 100), "seed": (0, 1, 2), "penalty": (1e-6, 1e-5, 1e-4)}
    )
    if variant in ("recipe", "best"):
        config.data.validation_share = 0.0
        config.sweep = ConfigDict({"width": (50,), "seed": (0, 1, 2, 3)})
        if variant == "best":
            config.sweep.width = (2,)
            config.settings.penalty = 1e-6
    elif variant == "smoke":
        here = Path(__file__)
        config.data = ConfigDict(
            {"path": str(here.with_name("tastes.csv")), "items": str(here.with_name("dishes.csv"))}
        )
        config.training.update(
            {"steps": (20, 40, 60), "batch_size": 16, "record_every": 20, "checkpoint_every": 60}
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, recipe, best and smoke")
    return config
