"""annulus_deep in the study of all systems: `configs/annulus.py`, five layers, slope .1, rate .01.

Two cores: two minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized(
    "annulus",
    widths=(1, 2, 4, 8, 16, 32, 64, 100),
    seeds=16,
    common={
        "task": "annulus_deep",
        "settings.depth": 5,
        "settings.slope": 0.1,
        "settings.learning_rate": 0.01,
    },
)
