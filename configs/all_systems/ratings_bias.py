"""ratings_bias in the study of all systems: `configs/ratings_bias.py`, the printed penalty, eight epochs.

Two cores: three minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("ratings_bias", widths=(1, 2, 8, 32, 100), seeds=6)
