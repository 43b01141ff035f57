"""Do n-grams of up to three words, weighted by naive Bayes in a narrow embedding, beat all nets of lesson 5 on this machine?

Each n-gram is weighted by its log-count ratio (Wang & Manning 2012), and each text is scaled to length 1. The net
sums word vectors of a few dimensions and scores the sum; it is trained by Adam in mini-batches.

Command:  nlpfeat sweep imdb_ngrams      dimensions 2 to 100 of the vectors
          … :best    the recipe chosen on a tenth of the training half, trained on all of it; test: the official half
          … :chosen  the same recipe with that tenth held out
          nlpfeat sweep imdb_ngrams:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   5e-3, 200 steps of 250, four seeds: :best .926 on the test half, more than any net of lesson 5.
Minutes:  five for the sweep, one for each of the others, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

RECIPE = {"sweep": {"width": (10,), "seed": (0, 1, 2, 3)}}

get_config = with_variants(
    {
        "task": "imdb_ngrams",
        "data": {"corpus": "imdb", "ngrams": 3, "min_count": 2},
        # 25,000 reviews in steps of 250: two epochs
        "training": {"steps": (200,), "batch_size": 250, "record_every": 100, "checkpoint_every": 200},
        "settings": {"learning_rate": 5e-3, "weight_decay": 0.0, "dropout": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)},
    },
    best=RECIPE,
    chosen={**RECIPE, "data.validation_share": 0.1},
    own=FITTED,
    smoke={
        "data": {"path": str(Path(__file__).parent / "examples" / "opinions.csv"), "min_count": 0},
        "training.steps": (30,),
        "training.batch_size": 16,
        "training.record_every": 10,
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
