"""How many hidden sigmoids does the exclusive or of two columns need?

"A neural network in 11 lines", the version with two layers: four rows, no biases, the whole table in every step.

Command:  nlpfeat sweep eleven_lines
          nlpfeat trace               the version with one layer: every number of its first iteration
Expect:   learning rate 4, 10,000 steps; seeds of 64 with all four rows right: none at one unit, 20 at two, 58 at
          three, all from four on.
Minutes:  under one on two cores.
Data:     four rows, built in.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "eleven_lines",
        "training": {
            "steps": (10_000,),
            "record_every": 250,
            "checkpoint_every": 2500,
            "snapshots": (100, 1000),
        },
        "settings": {"learning_rate": 4.0},
        "sweep": {"width": (1, 2, 3, 4, 8, 16, 32, 64, 100), "seed": tuple(range(64))},
    },
    smoke={
        "training.steps": (200,),
        "training.record_every": 100,
        "training.snapshots": (100,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
