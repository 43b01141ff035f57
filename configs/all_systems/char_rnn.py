"""char_rnn in the study of all systems: `configs/char_rnn.py`, without dropout, 3,000 steps in place of 7,000.

Two cores: eight minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "char_rnn",
    widths=(1, 2, 4, 8, 16, 32, 64, 100),
    seeds=6,
    common={"settings.dropout": 0.0},
    cut=briefly(2000, 500, 500),
)
