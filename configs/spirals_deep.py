"""Can a deep net of width 2 unwarp spirals, and how hard must it pull?

Every layer can be drawn. Of the recipes of the grid the one with the most successes on validation data is chosen;
the variant `recipe` trains it on fresh seeds, and `wide` the one-hidden-layer net that it is compared with.

Command:  python -m experiments.sweep --config=configs/spirals_deep.py          (then :recipe and :wide)
          python -m experiments.measure --study=runs/spirals_deep               (and the other two)
          python -m experiments.compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide
Expect:   in 2,000 steps no seed of 128 of the lecture's recipe (depth 5, slope .01, rate 1e-3) reaches .99; the best is
          depth 8, slope .5, rate .03 with 6 % of seeds (5 % of fresh ones, on test data). At training loss .1 its
          largest stretch is eight times that of a hidden layer of 100 units at rate 1e-3.
Minutes:  2 on two cores, the variants under 1 each; then measuring takes some minutes each.
"""

from ml_collections import ConfigDict

SNAPSHOTS = (0, 200, *range(300, 1501, 100), 1700)


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "wide" and "smoke"."""
    config = ConfigDict()
    config.task = "spirals" if variant == "wide" else "spirals_deep"
    config.data = ConfigDict({"arms": 3, "points": 200, "inner_radius": 0.2})
    config.training = ConfigDict({"steps": (2000,), "record_every": 50})
    config.settings = ConfigDict({"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2})
    config.sweep = ConfigDict()
    if variant == "wide":
        config.training.snapshots = SNAPSHOTS
        config.sweep.update({"width": (8, 16, 32, 64, 100), "seed": tuple(range(32))})
        return config
    config.model = ConfigDict({"layers": 8})
    if variant == "full":
        config.sweep.update({"depth": (3, 5, 8), "slope": (0.01, 0.1, 0.3, 0.5)})
        config.sweep.update({"learning_rate": (1e-3, 1e-2, 3e-2), "seed": tuple(range(128))})
    elif variant == "recipe":
        config.training.snapshots = SNAPSHOTS
        config.settings.update({"depth": 8, "slope": 0.5, "learning_rate": 3e-2})
        config.sweep.seed = tuple(range(1000, 1512))
    elif variant == "smoke":
        config.data.points = 20
        config.training.steps = (40,)
        config.training.record_every = 10
        config.sweep.update({"depth": (3, 5), "slope": (0.3,), "seed": (0, 1)})
    else:
        raise ValueError(f"no variant {variant!r}; there are full, recipe, wide and smoke")
    return config
