"""What does width buy on points of your own: a table, a picture, or a formula?

Nets of the spirals, 2 → H → 2 → K, on any points of the plane with classes. Variants are known shapes and shipped
pictures; `own` reads your file.

Command:  nlpfeat sweep points               two moons
          … :rings, :checkerboard            further shapes
          … :letters, :baarle                pictures: letters, and the enclaves of Baarle in the Netherlands
          … :deep                            four hidden layers of 2 to 32 units on the checkerboard
          nlpfeat sweep points:own --data=mine.csv          columns x, y and class
          nlpfeat sweep points:own --data=mine.png          each plain colour a class
          nlpfeat sweep points:own --classes="y > sin(3*x)"
Expect:   1e-2, 2,000 steps, 8 seeds: see docs/own-points.md.
Minutes:  one on two cores.
Data:     generated; examples/letters.png is nlpfeat's own; examples/baarle.png is drawn from the boundaries of Statbel, the
          Belgian statistical office (2011, generalised), CC BY 2.0.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

EXAMPLES = Path(__file__).parent / "examples"

get_config = with_variants(
    {
        "task": "points",
        "data": {"shape": "moons", "points": 1000},
        "training": {"steps": (2000,), "record_every": 100, "snapshots": (0, 50, 100, 200, 500, 1000)},
        "settings": {"learning_rate": 1e-2, "noise": 0.05},
        "sweep": {"width": (2, 3, 4, 8, 16, 32, 100), "seed": tuple(range(8))},
    },
    rings={"data.shape": "rings"},
    checkerboard={"data.shape": "checkerboard", "settings.noise": 0.0},
    letters={"data.path": str(EXAMPLES / "letters.png"), "settings.noise": 0.0},
    baarle={"data.path": str(EXAMPLES / "baarle.png"), "settings.noise": 0.0},
    deep={
        "task": "points_deep",
        "data.shape": "checkerboard",
        "settings": {"learning_rate": 1e-2, "noise": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32), "seed": tuple(range(8))},
    },
    own={"data": {}, "settings.noise": 0.0},
    own_deep={
        "task": "points_deep",
        "data": {},
        "settings": {"learning_rate": 1e-2, "noise": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32), "seed": tuple(range(8))},
    },
    smoke={
        "data.points": 40,
        "training": {"steps": (40,), "record_every": 10, "snapshots": (0,)},
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
