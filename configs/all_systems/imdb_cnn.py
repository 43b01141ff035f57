"""imdb_cnn in the study of all systems: `configs/imdb_cnn.py`, one epoch of 200 words a review.

Two cores: six minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "imdb_cnn",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut={"data.length": 200, **briefly(391)},
)
