"""annulus in the study of all systems: `configs/annulus.py`, as asked there, up to width 100.

Two cores: half a minute. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("annulus", widths=(1, 2, 3, 4, 8, 16, 32, 64, 100), seeds=32)
