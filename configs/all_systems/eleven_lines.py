"""eleven_lines in the study of all systems: `configs/eleven_lines.py`, as asked there.

Two cores: a quarter of a minute. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized("eleven_lines", widths=(1, 2, 3, 4, 8, 16, 32, 64, 100), seeds=64)
