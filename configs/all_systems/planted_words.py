"""planted_words in the study of all systems: `configs/planted_words.py`, as asked there, up to width 100.

Two cores: one minute. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("planted_words", widths=(1, 2, 4, 8, 16, 32, 64, 100), seeds=16)
