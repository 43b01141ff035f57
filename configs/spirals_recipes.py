"""What does width buy on spirals at each width's best recipe?

Learning rate, parametrisation and time are axes beside the width. A rate is chosen for each width on validation data over one half of
the seeds, and reported on the other half.

Command:  nlpfeat sweep --config=configs/spirals_recipes.py            (widths × rates, 2,000 steps)
          nlpfeat width --study=runs/spirals_recipes --select=learning_rate
          … :parametrisations   the same rates in each parametrisation, 32 units and more
          … :long               20,000 steps at 1e-3, recorded on a log scale
          … :random             random hidden units: only the embedding and the class vectors are trained
Minutes:  some five on two cores, for each variant.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
FINE_RATES = (3e-4, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 1e-1)

get_config = with_variants(
    {
        "task": "spirals",
        "data": {"arms": 5, "points": 200, "inner_radius": 0.2},
        "training": {"steps": (2000,), "records_per_decade": 8, "checkpoint_every": 2000},
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {
            "width": (2, 4, 8, 16, 32, 64, 100, 256, 1024),
            "learning_rate": FINE_RATES,
            "seed": tuple(range(8)),
        },
    },
    smoke={
        "data.points": 20,
        "training": {"steps": (40,), "records_per_decade": 4},
        "sweep": {"width": (2, 8, 32), "learning_rate": (1e-3, 1e-2), "seed": (0, 1, 2, 3)},
    },
)
