"""How far does a bag of words get, and what does the dimension of its word vectors buy, once every unit is its own?

The network of configs/reviews_bag.py from random word vectors, by mini-batches of Adam with L2 and dropout.

Command:  python -m experiments.sweep --config=configs/reviews_batch.py           widths 2 to 100, words seen over 20 times
          … :best      single words and pairs, chosen on a validation part; test: Trask's last 1,000
          … :official  the same recipe on the official halves
Expect:   3e-3, 1,000 steps of 120, five seeds: median test accuracy .86 at two dimensions, falling to .82 at 100 while training accuracy rises to .99: single words
          are soon learned by heart. :best .88 on the last 1,000; :official .91 (single words alone .89).
Minutes:  three, one and two on two cores.
Data:     as configs/reviews_bag.py; :official reads aclImdb_v1.tar.gz, 84 MB.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "best", "official" and "smoke"."""
    config = ConfigDict()
    config.task = "reviews_batch"
    config.data = ConfigDict({"corpus": "reviews", "min_count": 20, "ngrams": 1})
    config.model = ConfigDict({"scale": 0.05, "shrink": 0.5})
    config.training = ConfigDict(
        # 24,000 reviews in steps of 120: five passes
        {
            "steps": (1000,),
            "batch_size": 120,
            "record_every": 200,
            "checkpoint_every": 1000,
            "snapshots": (20, 200),
        }
    )
    config.settings = ConfigDict({"learning_rate": 3e-3, "weight_decay": 0.0, "dropout": 0.0})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3, 4)})
    if variant == "smoke":
        config.data = ConfigDict({"path": str(Path(__file__).with_name("opinions.csv"))})
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant in ("best", "official"):
        config.data = ConfigDict({"corpus": "reviews", "min_count": 4, "ngrams": 2, "validation_share": 0.1})
        config.training.update({"steps": (1250,), "record_every": 250, "checkpoint_every": 1250})
        config.settings = ConfigDict({"learning_rate": 1e-3, "weight_decay": 1e-6, "dropout": 0.0})
        config.sweep = ConfigDict({"width": (10,), "seed": (0, 1, 2)})
        if variant == "official":
            config.data.update({"corpus": "imdb", "validation_share": 0.0})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, best, official and smoke")
    return config
