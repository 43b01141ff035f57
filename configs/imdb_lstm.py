"""How well does a net read reviews word by word, and how many cells does it need to remember them?

Fast.ai's lesson 5: Embedding 32 (padding passed over, words dropped, a penalty on the table) → LSTM → one sigmoid, on the
official halves of IMDB.

Command:  python -m experiments.sweep --config=configs/imdb_lstm.py            cells 2 to 100, two epochs
          … :recipe  as printed: 100 cells, five epochs
          … :best    the same, the last epoch at a tenth of the rate
Expect:   1e-3, four seeds: :recipe .87 on the test half (printed: 87.76).
Minutes:  thirty and twenty-five on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "best" and "smoke"."""
    config = ConfigDict()
    config.task = "imdb_lstm"
    config.data = ConfigDict({"corpus": "imdb", "vocabulary": 5000, "length": 500})
    config.model = ConfigDict({"embedding": 32, "cells": 0})
    config.training = ConfigDict(
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        {"steps": (782,), "batch_size": 64, "record_every": 391, "checkpoint_every": 391, "snapshots": (391,)}
    )
    config.settings = ConfigDict({"learning_rate": 1e-3, "word_dropout": 0.2, "penalty": 1e-6})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)})
    if variant in ("recipe", "best"):
        config.training.steps = (1955,)
        if variant == "best":
            config.training.update({"steps": (1564, 391), "rates": (1.0, 0.1)})
        config.sweep = ConfigDict({"width": (100,), "seed": (0, 1, 2, 3)})
    elif variant == "smoke":
        config.data = ConfigDict(
            {"path": str(Path(__file__).with_name("opinions.csv")), "vocabulary": 100, "length": 12}
        )
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, recipe, best and smoke")
    return config
