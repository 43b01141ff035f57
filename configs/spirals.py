"""What does width buy on spirals? The main job of nlpfeat.

Command:  nlpfeat sweep spirals      (or: make sweep)
Expect:   five arms of 200 points at the notebook's learning rate and number of steps, 1e-3 and 2,000: median accuracy rises
          from about .52 at width 2 to .99 at 64 and more. It is the answer of one recipe: at better rates half of the seeds
          reach .99 on 10,000 fresh points with 11 units, after 20,000 steps with 9, here with 51. See spirals_recipes.py.
Minutes:  half a minute to two on two cores.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "spirals",
        "data": {"arms": 5, "points": 200, "inner_radius": 0.2},
        "training": {"steps": (2000,), "record_every": 50, "snapshots": (0, 10, 50, 100, 200, 500, 1000)},
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": tuple(range(32))},
    },
    smoke={
        "data.points": 20,
        "training": {"steps": (40,), "record_every": 10, "snapshots": (0,)},
        "sweep": {"width": (2, 8, 32), "seed": (0, 1, 2)},
    },
)
