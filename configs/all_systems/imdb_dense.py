"""imdb_dense in the study of all systems: `configs/imdb_dense.py`, as asked there, recorded at its ends.

Two cores: seven minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "imdb_dense",
    widths=(1, 2, 4, 10, 30, 100),
    seeds=6,
    cut=briefly(782),
)
