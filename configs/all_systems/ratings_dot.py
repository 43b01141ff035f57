"""ratings_dot in the study of all systems: `configs/ratings_dot.py`, the printed penalty.

Two cores: six minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("ratings_dot", widths=(1, 2, 8, 32, 100), seeds=6)
