"""imdb_multicnn in the study of all systems: `configs/imdb_multicnn.py`, two epochs of 100 words a review.

Two cores: eighteen minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "imdb_multicnn",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut={"data.length": 100, "training.rates": (), "training.frozen": (), **briefly(782)},
)
