"""How well does a net that reads word by word classify reviews, and how many LSTM cells does it need?

Fast.ai's lesson 5: Embedding 32 (padding masked, word dropout, L2 on the embedding) → LSTM → one sigmoid, on the
official halves of IMDB.

Command:  nlpfeat sweep imdb_lstm      cells 2 to 100, two epochs
          … :recipe  as printed: 100 cells, five epochs
          … :best    the same, the last epoch at a tenth of the learning rate
          nlpfeat sweep imdb_lstm:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   1e-3, four seeds: :recipe .87 on the test half (printed: 87.76).
Minutes:  thirty and twenty-five on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

RECIPE_GRID = {"width": (100,), "seed": (0, 1, 2, 3)}

get_config = with_variants(
    {
        "task": "imdb_lstm",
        "data": {"corpus": "imdb", "vocab_size": 5000, "length": 500},
        "model": {"embedding": 32, "cells": 0},
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        "training": {
            "steps": (782,),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (391,),
        },
        "settings": {"learning_rate": 1e-3, "word_dropout": 0.2, "l2": 1e-6},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)},
    },
    recipe={"training.steps": (1955,), "sweep": RECIPE_GRID},
    best={"training.steps": (1564, 391), "training.lr_scales": (1.0, 0.1), "sweep": RECIPE_GRID},
    own=FITTED,
    smoke={
        "data": {
            "path": str(Path(__file__).parent / "examples" / "opinions.csv"),
            "vocab_size": 100,
            "length": 12,
        },
        "training.steps": (30,),
        "training.batch_size": 16,
        "training.record_every": 10,
        "training.snapshots": (10,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
