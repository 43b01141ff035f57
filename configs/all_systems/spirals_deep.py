"""spirals_deep in the study of all systems: `configs/spirals_deep.py`, five layers, slope .1, rate .01, where several widths learn.

Its arms are three and its rate is not that of `spirals`: the two are no comparison of deep with shallow nets.

Two cores: two minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized(
    "spirals_deep",
    widths=(1, 2, 4, 8, 16, 32, 64, 100),
    seeds=16,
    common={"model.layers": 5, "settings.depth": 5, "settings.slope": 0.1, "settings.learning_rate": 0.01},
)
