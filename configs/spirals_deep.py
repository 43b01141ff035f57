"""Can a deep net of width 2 unwarp spirals, and how much must it stretch the plane?

Every layer can be drawn. The grid serves to choose the recipe with the most successes on validation data. The
variant `recipe` trains that recipe on fresh seeds; the variant `wide` trains nets of one hidden layer for comparison.

Command:  nlpfeat sweep spirals_deep          (then :recipe and :wide)
          nlpfeat measure --study=runs/spirals_deep               (then runs/spirals_deep-recipe and -wide)
          nlpfeat compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide
Expect:   2,000 steps. None of 128 seeds of the lecture's recipe (depth 5, negative slope .01, learning rate 1e-3)
          reaches .99. The best recipe is depth 8, negative slope .5, learning rate .03: 6 % of the seeds (5 % of
          fresh seeds, on test data). At training loss .1 its largest stretch is eight times that of a hidden layer
          of 100 units at learning rate 1e-3.
Minutes:  2 on two cores, under 1 for each variant; measuring adds a few minutes per study.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

SNAPSHOTS = (0, 200, *range(300, 1501, 100), 1700)

get_config = with_variants(
    {
        "task": "spirals_deep",
        "data": {"arms": 3, "points": 200, "inner_radius": 0.2},
        "model": {"layers": 8},
        "training": {"steps": (2000,), "record_every": 50},
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {
            "depth": (3, 5, 8),
            "negative_slope": (0.01, 0.1, 0.3, 0.5),
            "learning_rate": (1e-3, 1e-2, 3e-2),
            "seed": tuple(range(128)),
        },
    },
    recipe={
        "training.snapshots": SNAPSHOTS,
        "settings.depth": 8,
        "settings.negative_slope": 0.5,
        "settings.learning_rate": 3e-2,
        "sweep": {"seed": tuple(range(1000, 1512))},
    },
    wide={
        "task": "spirals",
        "model": {},
        "training.snapshots": SNAPSHOTS,
        "sweep": {"width": (8, 16, 32, 64, 100), "seed": tuple(range(32))},
    },
    smoke={
        "data.points": 20,
        "training": {"steps": (40,), "record_every": 10},
        "sweep": {"depth": (3, 5), "negative_slope": (0.3,), "seed": (0, 1)},
    },
)
