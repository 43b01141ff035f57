"""Can two hidden units separate a disc from the ring around it? The control with a known answer.

No training can make them. Along every ray from the point where the lines of two ReLU units cross, the difference of
the two scores is linear, so the region of each class is connected and neither encloses the other; a disc inside a
ring needs an enclosed region. Three units can enclose one: a polygon of up to six sides. A deep leaky net of width 2
cannot, at any depth (variant `deep`): a corridor through the ring always remains, but it may be thin.

Command:  nlpfeat sweep annulus           (then :deep)
          nlpfeat plot --study=runs/annulus
          nlpfeat film --study=runs/annulus --kind=regions --widths=2,3 --seed=best
Expect:   learning rate 1e-2, 2,000 steps. Width 2: none of 64 seeds, the best reaches .87 on the training points;
          width 3: about half of the seeds, up to 1.00; width 8: all. Variant `deep`, width 2: a few seeds reach .99,
          none classifies all fresh points correctly.
Minutes:  a quarter on two cores.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "annulus",
        "data": {"points": 500, "disc": 0.4, "inner_radius": 0.6},
        "training": {"steps": (2000,), "record_every": 50, "snapshots": (0, 50, 100, 200, 500, 1000)},
        "settings": {"learning_rate": 1e-2, "weight_decay": 1e-5},
        "sweep": {"width": (2, 3, 4, 8), "seed": tuple(range(64))},
    },
    deep={
        "task": "annulus_deep",
        "sweep": {
            "width": (2, 3),
            "depth": (3, 5),
            "negative_slope": (0.1, 0.5),
            "seed": tuple(range(64)),
        },
    },
    smoke={
        "data.points": 30,
        "training.steps": (40,),
        "training.record_every": 10,
        "sweep": {"width": (2, 3), "seed": (0, 1)},
    },
)
