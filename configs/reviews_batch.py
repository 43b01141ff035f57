"""How accurate is a bag of words, and what does the dimension of its word vectors buy, once the units differ?

The network of configs/reviews_bag.py from random word vectors, trained by Adam in mini-batches with L2 and dropout.

Command:  nlpfeat sweep reviews_batch      dimensions 2 to 100, words with more than 20 occurrences
          … :best      single words and pairs; the recipe was chosen on a validation split; test: Trask's last 1,000
          … :official  the same recipe on the official halves of IMDB
          … :rates     dimensions 2, 10 and 100 at four learning rates, on a validation split:
                       nlpfeat width --study=runs/reviews_batch-rates --select=learning_rate,step
          nlpfeat sweep reviews_batch:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   3e-3, 1,000 steps of 120, five seeds: median test accuracy .86 at two dimensions, falling to .82 at 100
          while training accuracy rises to .99: single words are soon learned by heart. :best .88 on the last 1,000;
          :official .91 (.89 on single words alone).
Minutes:  three, one and two on two cores; :rates six.
Data:     as configs/reviews_bag.py; :official reads aclImdb_v1.tar.gz, 84 MB.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

WORDS_AND_PAIRS = {
    "data": {"corpus": "reviews", "min_count": 4, "ngrams": 2, "validation_share": 0.1},
    "training.steps": (1250,),
    "training.record_every": 250,
    "training.checkpoint_every": 1250,
    "settings": {"learning_rate": 1e-3, "weight_decay": 1e-6, "dropout": 0.0},
    "sweep": {"width": (10,), "seed": (0, 1, 2)},
}

get_config = with_variants(
    {
        "task": "reviews_batch",
        "data": {"corpus": "reviews", "min_count": 20, "ngrams": 1},
        "model": {"init_scale": 0.05, "length_norm_power": 0.5},
        # 24,000 reviews in steps of 120: five epochs
        "training": {
            "steps": (1000,),
            "batch_size": 120,
            "record_every": 200,
            "checkpoint_every": 1000,
            "snapshots": (20, 200),
        },
        "settings": {"learning_rate": 3e-3, "weight_decay": 0.0, "dropout": 0.0},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3, 4)},
    },
    best=WORDS_AND_PAIRS,
    official={**WORDS_AND_PAIRS, "data.corpus": "imdb", "data.validation_share": 0.0},
    rates={
        "data.validation_share": 0.1,
        "training.record_every": 100,
        "training.train_sample": 2400,
        "training.snapshots": (),
        "sweep": {
            "width": (2, 10, 100),
            "learning_rate": (1e-4, 3e-4, 1e-3, 3e-3),
            "seed": (0, 1, 2, 3, 4, 5),
        },
    },
    own=FITTED,
    smoke={
        "data": {"path": str(Path(__file__).parent / "examples" / "opinions.csv")},
        "training.steps": (30,),
        "training.batch_size": 16,
        "training.record_every": 10,
        "training.snapshots": (10,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
