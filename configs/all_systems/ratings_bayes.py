"""ratings_bayes in the study of all systems: `configs/ratings_bayes.py`, as asked there.

Two cores: four minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("ratings_bayes", widths=(1, 2, 5, 10, 20, 50, 100), seeds=6)
