"""spirals in the study of all systems: `configs/spirals.py`, as asked there.

Two cores: half a minute. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("spirals", widths=(1, 2, 4, 8, 16, 32, 64, 100), seeds=32)
