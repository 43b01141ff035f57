"""windows in the study of all systems: `configs/windows.py`, a third of the steps.

Two cores: five minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "windows",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut=briefly(300, 100),
)
