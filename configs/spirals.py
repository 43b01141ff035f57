"""What does width buy on spirals? The main job of nlpfeat.

Command:  python -m experiments.sweep --config=configs/spirals.py      (or: make sweep)
Expect:   five arms, 200 points each; at this rate (1e-3) and 2,000 steps median accuracy rises from about .52 at width 2
          to .99 at 64 and more; half of the seeds reach .99 of 10,000 fresh points at some 51 units. That is not what
          spirals need: at 3e-3 to 3e-2 it is 11 units, and 9 after 20,000 steps at this rate.
Minutes:  under half a minute on two cores.
"""

from ml_collections import ConfigDict

SNAPSHOTS = (0, 10, 50, 100, 200, 500, 1000)


def get_config(variant: str = "full") -> ConfigDict:
    """The config; the variant "smoke" is the same question at toy size, for a look and for tests."""
    config = ConfigDict()
    config.task = "spirals"
    config.data = ConfigDict({"arms": 5, "points": 200, "inner_radius": 0.2})
    config.training = ConfigDict({"steps": (2000,), "record_every": 50, "snapshots": SNAPSHOTS})
    config.settings = ConfigDict({"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": tuple(range(32))})
    if variant == "smoke":
        config.data.points = 20
        config.training.steps = (40,)
        config.training.record_every = 10
        config.training.snapshots = (0,)
        config.sweep.width = (2, 8, 32)
        config.sweep.seed = (0, 1, 2)
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full and smoke")
    return config
