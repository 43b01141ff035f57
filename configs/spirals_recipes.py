"""What does width buy on spirals at each width's best recipe?

Learning rate, parametrisation and time are axes beside the width. A rate is chosen for each width on validation data and one half of the
seeds, and reported on the other half.

Command:  nlpfeat sweep --config=configs/spirals_recipes.py           nine widths × eight rates × eight seeds, 2,000 steps
          nlpfeat width --study=runs/spirals_recipes --select=learning_rate
          … :h50               thirteen widths × four rates × 32 seeds, for H50 at each rate and at the best
          … :long              1e-3 for 20,000 steps, recorded on a log scale
          … :random            random hidden units: only the embedding and the class vectors are trained
          … :parametrisations  five parametrisations × six rates × eight seeds, from 32 to 1,024 units
          … :terms_wide, :terms_deep   one hidden layer and four, at equal arms and rates
Expect:   H50 (.99 on fresh points) is 48 units at 1e-3, and 11 from 3e-3 to 3e-2; 9 after 20,000 steps at 1e-3; 30 to 36
          with random hidden units. docs/recipes.md has all numbers with their intervals.
Minutes:  5 on two cores; 2, 2, 1, 25, 1 and 1 for the variants.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

SEEDS = tuple(range(32))
FINE_WIDTHS = (2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 100, 160)
# Between 500 and 2,000 steps the gain of width is read at each of these.
RECORDED = (500, 1000, 1500)

get_config = with_variants(
    {
        "task": "spirals",
        "data": {"arms": 5, "points": 200, "inner_radius": 0.2},
        "training": {
            "steps": (2000,),
            "records_per_decade": 8,
            "checkpoint_every": 2000,
            "snapshots": RECORDED,
        },
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {
            "width": (2, 4, 8, 16, 32, 64, 100, 256, 1024),
            "learning_rate": (3e-4, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 1e-1),
            "seed": tuple(range(8)),
        },
    },
    h50={"sweep": {"width": FINE_WIDTHS, "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2), "seed": SEEDS}},
    long={
        "training.steps": (20_000,),
        "training.checkpoint_every": 20_000,
        "training.snapshots": (2000,),
        "sweep": {"width": (2, 4, 6, 8, 10, 12, 16, 32, 64), "seed": SEEDS},
    },
    random={
        "settings.input_lr_scale": 0.0,
        "sweep": {"width": FINE_WIDTHS, "learning_rate": (1e-2, 3e-2), "seed": SEEDS},
    },
    parametrisations={
        "training.snapshots": (),
        "sweep": {
            "width": (32, 64, 128, 256, 512, 1024),
            "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1),
            "parametrisation": ("standard", "ntk", "mean_field", "maximal_update", "standard_layerwise"),
            "seed": tuple(range(8)),
        },
    },
    terms_wide={
        "data.arms": 3,
        "settings.learning_rate": 1e-2,
        "sweep": {"width": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64), "seed": SEEDS},
    },
    terms_deep={
        "task": "spirals_deep",
        "data.arms": 3,
        "settings": {
            "learning_rate": 1e-2,
            "weight_decay": 1e-5,
            "noise": 0.2,
            "depth": 5,
            "negative_slope": 0.01,
        },
        "sweep": {"width": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64), "seed": SEEDS},
    },
    smoke={
        "data.points": 20,
        "training": {"steps": (40,), "records_per_decade": 4},
        "sweep": {"width": (2, 8, 32), "learning_rate": (1e-3, 3e-3, 1e-2), "seed": (0, 1, 2, 3)},
    },
)
