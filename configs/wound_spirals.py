"""What does the input's dimension change? Three arms wound in two, three and five dimensions, and with dimensions of noise alone.

At every radius the arms are as far apart as in the plane, so that the best accuracy possible is the same in all variants. Winding turns the
plane of their circle with the radius; flat dimensions carry noise of standard deviation .5 only. A random rotation mixes all of them.

Command:  nlpfeat sweep wound_spirals:plane     (then wound3, wound5, flat3, flat30)
          nlpfeat measure --study=runs/wound_spirals-wound3
          nlpfeat width --study=runs/wound_spirals-wound3 --select=learning_rate --early-stopping
Expect:   see docs/dimension.md.
Minutes:  one or two each on two cores.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "wound_spirals",
        "data": {"arms": 3, "points": 400, "inner_radius": 0.2, "wound": 3, "flat": 0},
        "model": {"layers": 1},
        "training": {"steps": (4000,), "records_per_decade": 4, "checkpoint_every": 2000},
        "settings": {"learning_rate": 1e-2, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {
            "width": (2, 3, 4, 6, 8, 12, 16, 32, 64),
            "learning_rate": (3e-3, 1e-2, 3e-2),
            "seed": tuple(range(8)),
        },
    },
    plane={"data.wound": 2},
    wound3={"data.wound": 3},
    wound5={"data.wound": 5},
    flat3={"data.wound": 2, "data.flat": 1},
    flat30={"data.wound": 2, "data.flat": 28},
    smoke={
        "data": {"arms": 3, "points": 30, "wound": 3},
        "training": {"steps": (40,), "record_every": 10},
        "sweep": {"width": (2, 4, 8), "seed": (0, 1)},
    },
)
