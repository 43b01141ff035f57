"""ratings_net in the study of all systems: `configs/ratings_net.py`, the printed penalty.

Two cores: four minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("ratings_net", widths=(1, 2, 8, 32, 100), seeds=6)
