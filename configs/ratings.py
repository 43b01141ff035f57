"""How many factors explain ratings of films, and when are there too many? Three models of fast.ai's lesson 4.

Every user and every film has a vector of factors, with an L2 penalty; Adam in mini-batches of 64. A fifth of the
ratings, drawn anew for each seed, is the test split; the sweeps also hold out a tenth for validation.

dot       the rating is the product of the two vectors
bias      the same plus a bias per user and per film
net       both vectors → dropout .3 → 70 units, ReLU → dropout .75 → one number

Command:  nlpfeat sweep ratings:dot      2 to 100 factors, three L2 penalties, ten epochs
          … :dot_recipe   as printed: 50 factors, ten epochs
          … :dot_best     factors and L2 chosen on the validation split: two factors, a hundredth of the printed L2
          … :bias         2 to 100 factors, three L2 penalties, eight epochs
          … :bias_recipe  as printed: 50 factors, 22 epochs
          … :bias_best    L2 and epochs chosen on the validation split: eight, before biases are learned by heart
          … :net          2 to 100 factors, three L2 penalties, eight epochs
          … :net_recipe   as printed: 50 factors, eight epochs
          Without a variant, configs/ratings.py is the sweep of :dot.
Expect:   squared error on the test ratings, four seeds, learning rate 1e-3 (dot and bias: times 1, 10 and 1 in three
          phases): dot_recipe 1.47 (printed: 1.44), dot_best 1.20; bias_recipe .81 (printed: .7979), bias_best .79;
          net_recipe .78 (printed: .7938).
Minutes:  ten for :dot, five for :bias, eight for :net, one for each of the others, on two cores.
Data:     MovieLens latest-small, 1 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

EXAMPLES = Path(__file__).parent / "examples"
# 80,003 ratings in steps of 64: an epoch is 1,250 steps
BATCHES = {"batch_size": 64, "record_every": 1250, "checkpoint_every": 5000}
SMALL_BATCHES = {"batch_size": 16, "record_every": 20, "checkpoint_every": 60}

RECIPE = {"data.validation_share": 0.0, "sweep": {"width": (50,), "seed": (0, 1, 2, 3)}}
SMOKE = {
    "data": {"path": str(EXAMPLES / "tastes.csv"), "items": str(EXAMPLES / "dishes.csv")},
    "training": {"steps": (20, 40, 60), "lr_scales": (1.0, 10.0, 1.0), **SMALL_BATCHES},
    "sweep": {"width": (2, 8), "seed": (0, 1)},
}
BIAS = {"task": "ratings_bias", "training.steps": (1250, 3750, 5000)}
NET = {"task": "ratings_net", "training": {"steps": (10_000,), **BATCHES}}

get_config = with_variants(
    {
        "task": "ratings_dot",
        "data": {"validation_share": 0.1},
        "training": {"steps": (1250, 3750, 7500), "lr_scales": (1.0, 10.0, 1.0), **BATCHES},
        "settings": {"learning_rate": 1e-3, "l2": 1e-4},
        "sweep": {"width": (2, 5, 10, 20, 50, 100), "seed": (0, 1, 2), "l2": (1e-6, 1e-5, 1e-4)},
    },
    dot={},
    dot_recipe=RECIPE,
    dot_best={**RECIPE, "settings.l2": 1e-6, "sweep.width": (2,)},
    bias={**BIAS, "sweep.l2": (1e-5, 1e-4, 1e-3)},
    bias_recipe={**BIAS, **RECIPE, "training.steps": (1250, 7500, 18_750)},
    bias_best={**BIAS, **RECIPE, "settings.l2": 1.5e-4},
    net=NET,
    net_recipe={**NET, **RECIPE},
    smoke=SMOKE,
    bias_smoke={**SMOKE, "task": "ratings_bias"},
    net_smoke={**SMOKE, "task": "ratings_net", "training": {"steps": (120,), **SMALL_BATCHES}},
)
