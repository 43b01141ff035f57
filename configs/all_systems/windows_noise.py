"""windows_noise in the study of all systems: `configs/windows_noise.py`, a quarter of the steps.

Two cores: six minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "windows_noise",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut=briefly(400, 150, 150),
)
