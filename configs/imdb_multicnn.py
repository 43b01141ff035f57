"""Do filters of three sizes side by side read reviews better than those of one?

Fast.ai's lesson 5: GloVe's 50 dimensions, trained from the start (words dropped) → dropout → three Conv1D of 3, 4 and 5 words,
each ReLU, maxima of two, flattened, joined → dropout .5 → Dense 100 → dropout .7 → one sigmoid; then the table is frozen and
the rest tuned at a hundredth of the rate. On the official halves of IMDB.

Command:  python -m experiments.sweep --config=configs/imdb_multicnn.py             filters of each size 2 to 100
          … :recipe  as printed: 64 filters of each size, two epochs and two
          … :best    three epochs with all trained, and one at a tenth of the rate
Expect:   :recipe .88 on the test half after two epochs (1e-3, four seeds), :best .894 (printed: .9029 and .9036).
Minutes:  forty and thirty on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, and glove.6B.zip, 862 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "best" and "smoke"."""
    config = ConfigDict()
    config.task = "imdb_multicnn"
    config.data = ConfigDict({"corpus": "imdb", "vocabulary": 5000, "length": 500, "vectors": "glove.6B.50d"})
    config.model = ConfigDict({"embedding": 50, "filters": 0, "dense": 100, "taps": (3, 4, 5)})
    config.training = ConfigDict(
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        {
            "steps": (782, 782),
            "rates": (1.0, 0.01),
            "frozen": ((), ("words",)),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (782,),
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-3})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0,)})
    if variant in ("recipe", "best"):
        config.sweep = ConfigDict({"width": (64,), "seed": (0, 1, 2, 3)})
        if variant == "best":
            config.training.update({"steps": (1173, 391), "rates": (1.0, 0.1), "frozen": ((), ())})
    elif variant == "smoke":
        config.data = ConfigDict(
            {"path": str(Path(__file__).with_name("opinions.csv")), "vocabulary": 100, "length": 12}
        )
        config.model.update({"embedding": 8, "dense": 6})
        config.training.update({"steps": (20, 10), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, recipe, best and smoke")
    return config
