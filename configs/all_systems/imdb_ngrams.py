"""imdb_ngrams in the study of all systems: `configs/imdb_ngrams.py`, words and pairs, without triples.

Two cores: four minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import briefly, sized

get_config = sized(
    "imdb_ngrams",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut={"data.ngrams": 2, **briefly(200)},
)
