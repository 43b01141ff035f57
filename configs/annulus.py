"""Can two hidden units part a disc from the ring around it? The control in which the answer is known.

They cannot, however they are trained: along every ray from the point where the lines of two ReLU units cross, the
difference of two scores is linear, and each of its signs holds on a connected part of the plane; a disc inside a ring
needs a sign that is walled in. Three units can: what they wall in is a polygon of up to six sides. A deep leaky net of
width 2 cannot either, at any depth (variant `deep`): it must leave a corridor through the ring, but that may be thin.

Command:  python -m experiments.sweep --config=configs/annulus.py
          python -m experiments.plot --study=runs/annulus
          python -m experiments.film --study=runs/annulus --kind=regions --widths=2,3 --seed=best
Expect:   at rate 1e-2, 2,000 steps; width 2: no seed of 64, the best .87 of the training points; width 3: about half of the seeds, to 1.00; width
          8: all. Variant `deep`, width 2: a few seeds reach .99, none has all fresh points right.
Minutes:  a quarter on two cores.
"""

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "deep" and "smoke"."""
    config = ConfigDict()
    config.task = "annulus_deep" if variant == "deep" else "annulus"
    config.data = ConfigDict({"points": 500, "disc": 0.4, "inner_radius": 0.6})
    snapshots = (0, 50, 100, 200, 500, 1000)
    config.training = ConfigDict({"steps": (2000,), "record_every": 50, "snapshots": snapshots})
    config.settings = ConfigDict({"learning_rate": 1e-2, "weight_decay": 1e-5})
    config.sweep = ConfigDict({"width": (2, 3, 4, 8), "seed": tuple(range(64))})
    if variant == "deep":
        config.sweep = ConfigDict(
            {"width": (2, 3), "depth": (3, 5), "slope": (0.1, 0.5), "seed": tuple(range(64))}
        )
    elif variant == "smoke":
        config.data.points = 30
        config.training.steps = (40,)
        config.training.record_every = 10
        config.sweep.width = (2, 3)
        config.sweep.seed = (0, 1)
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, deep and smoke")
    return config
