"""Do 130 deep neurons outperform 100,000 shallow ones on the map of Baarle?

The claim is Welch Labs' ("Why deep learning works unreasonably well", 2025): four hidden layers of 32 learned the border between
Belgium and the Netherlands around Baarle, one hidden layer of 100,000 did not; one net each, on all pixels of a map, at different
rates, batches and steps. Here both see the same 1,000 points, for the same steps, each at its own best rate.

Command:  nlpfeat sweep baarle          one hidden layer, 32 to 10,000 units, four rates
          … :deep                       four hidden layers of 8 to 64 units, the same rates
          nlpfeat width --study=runs/baarle --select=learning_rate      (and runs/baarle-deep)
Expect:   see docs/own-points.md.
Minutes:  eight and one on two cores.
Data:     examples/baarle.png, drawn from the boundaries of Statbel, the Belgian statistical office (2011, generalised), CC BY 2.0.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

RATES = (3e-4, 1e-3, 3e-3, 1e-2)

get_config = with_variants(
    {
        "task": "points",
        "data": {"path": str(Path(__file__).parent / "examples" / "baarle.png"), "points": 1000},
        # 500 epochs
        "training": {"steps": (5000,), "batch_size": 100, "record_every": 500, "checkpoint_every": 2500},
        "settings": {"weight_decay": 0.0, "noise": 0.0},
        "sweep": {
            "width": (32, 128, 320, 704, 2048, 10_000),
            "learning_rate": RATES,
            "seed": tuple(range(8)),
        },
    },
    deep={
        "task": "points_deep",
        "sweep": {"width": (8, 16, 32, 64), "learning_rate": RATES, "seed": tuple(range(8))},
    },
    smoke={
        "data.points": 40,
        "training": {"steps": (40,), "batch_size": 20, "record_every": 10},
        "sweep": {"width": (2, 8), "learning_rate": (1e-2,), "seed": (0, 1)},
    },
)
