"""What does width buy on spirals at each width's best recipe?

Learning rate, parametrisation and time are axes beside the width. A rate is chosen for each width on validation data and one half of the
seeds, and reported on the other half. Two baselines learn no features: random hidden units, of which only the embedding and the class
vectors are trained, and the network linearized at its start (the kernel of the first step).

Command:  nlpfeat sweep spirals_recipes           nine widths × eight rates × eight seeds, 2,000 steps
          nlpfeat width --study=runs/spirals_recipes --select=learning_rate
          … :h50              thirteen widths × four rates × 32 seeds, for H50 at each rate and at the best
          … :random           the same with random hidden units
          … :linearized       those widths at their start, for nlpfeat measure
          … :long             1e-3 and 1e-2 for 20,000 steps, with checkpoints on a log scale for nlpfeat measure
          … :parametrisations three parametrisations × six rates × six seeds, from 32 to 1,024 units
          … :regimes          three parametrisations × two rates at five widths, for nlpfeat measure: lazy or rich?
          … :terms_wide, :terms_deep   one hidden layer and four, at equal arms and rates; :terms_random, :terms_linearized
          … :three_arms, :three_arms_h50, :three_arms_random, :three_arms_linearized   the notebook of 2020
          python docs/spirals_recipes.py      all tables and figures of docs/recipes.md
Expect:   H50 (.99 on fresh points) is 48 units at 1e-3, and 11 from 3e-3 to 3e-2; 8.5 after 20,000 steps; 32 with random hidden units, 92 linearized. docs/recipes.md has all numbers with their intervals.
Minutes:  21 on two cores for all of them (2½ without a variant, 4 for :parametrisations, 2 for :long), and 32 to measure five.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

SEEDS = tuple(range(32))
FINE_WIDTHS = (2, 4, 6, 8, 10, 12, 16, 24, 32, 48, 64, 100, 160)
FINE = {"sweep": {"width": FINE_WIDTHS, "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2), "seed": SEEDS}}
# Random hidden units learn best at higher rates.
HIGH_RATES = (3e-3, 1e-2, 3e-2, 1e-1, 3e-1)
RANDOM = {
    "settings.input_lr_scale": 0.0,
    "sweep": {"width": FINE_WIDTHS, "learning_rate": HIGH_RATES, "seed": SEEDS},
}
# One step, as no study has none; what counts is the checkpoint before it.
LINEARIZED = {
    "training.steps": (1,),
    "training.snapshots": (0,),
    "sweep": {"width": FINE_WIDTHS, "seed": SEEDS},
}
THREE_ARMS = {"data.arms": 3, "data.inner_radius": 0.0}
TERMS = {
    "data.arms": 3,
    "sweep": {
        "width": (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64),
        "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2),
        "seed": tuple(range(16)),
    },
}

get_config = with_variants(
    {
        "task": "spirals",
        "data": {"arms": 5, "points": 200, "inner_radius": 0.2},
        "training": {"steps": (2000,), "record_every": 100, "checkpoint_every": 2000},
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {
            "width": (2, 4, 8, 16, 32, 64, 100, 256, 1024),
            "learning_rate": (3e-4, 1e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 1e-1),
            "seed": tuple(range(8)),
        },
    },
    h50=FINE,
    random=RANDOM,
    linearized=LINEARIZED,
    long={
        "training.steps": (20_000,),
        "training.records_per_decade": 8,
        "training.checkpoint_every": 20_000,
        "training.snapshots": (0, 100, 200, 500, 1000, 2000, 5000, 10_000),
        "sweep": {
            "width": (2, 4, 6, 8, 10, 12, 16, 32, 64, 100),
            "learning_rate": (1e-3, 1e-2),
            "seed": tuple(range(16)),
        },
    },
    parametrisations={
        "sweep": {
            "width": (32, 100, 320, 1024),
            "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1),
            "parametrisation": ("standard", "ntk", "maximal_update"),
            "seed": tuple(range(6)),
        },
    },
    regimes={
        "training.snapshots": (0,),
        "sweep": {
            "width": (4, 16, 64, 128, 256),
            "learning_rate": (1e-3, 1e-2),
            "parametrisation": ("standard", "ntk", "maximal_update"),
            "seed": tuple(range(8)),
        },
    },
    terms_wide=TERMS,
    terms_random={
        **TERMS,
        "settings.input_lr_scale": 0.0,
        "sweep": TERMS["sweep"] | {"learning_rate": HIGH_RATES},
    },
    terms_linearized={**TERMS, **LINEARIZED},
    terms_deep={
        **TERMS,
        "task": "spirals_deep",
        "settings.depth": 5,
        "settings.negative_slope": 0.01,
    },
    three_arms=THREE_ARMS,
    three_arms_h50={**THREE_ARMS, **FINE},
    three_arms_random={**THREE_ARMS, **RANDOM},
    three_arms_linearized={**THREE_ARMS, **LINEARIZED},
    smoke={
        "data.points": 20,
        "training": {"steps": (40,), "records_per_decade": 4},
        "sweep": {"width": (2, 8, 32), "learning_rate": (1e-3, 3e-3, 1e-2), "seed": (0, 1, 2, 3)},
    },
)
