"""What does width buy on spirals? The main job of nlpfeat.

Command:  nlpfeat sweep --config=configs/spirals.py      (or: make sweep)
Expect:   five arms of 200 points, learning rate 1e-3, 2,000 steps: median accuracy rises from about .52 at width 2
          to .99 at 64 and more; half of the seeds reach .99 on 10,000 fresh points at about 51 units. Spirals need
          fewer: 11 units at learning rates from 3e-3 to 3e-2, and 9 after 20,000 steps at 1e-3.
Minutes:  under half a minute on two cores.
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
