"""How well does a net read reviews that sees every position by itself, and what do its dense units buy?

Fast.ai's lesson 5, first net: Embedding 32 → flatten → dense → dropout .7 → one sigmoid, on the official halves of IMDB.

Command:  python -m experiments.sweep --config=configs/imdb_dense.py           dense units 2 to 100
          … :recipe     as printed: 100 units, two epochs
          … :best       chosen on a tenth of the training half: 16 dimensions, half the rate, the last half epoch at a tenth
          … :shuffled   the recipe on reviews whose words are in any order
          … :embedding  dimensions of the embedding 2 to 100, 100 dense units
Expect:   1e-3, four seeds: :recipe .88 on the test half after two epochs (printed: 88.04 after one epoch, 86.94 after two).
Minutes:  ten, one and ten on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "best", "shuffled", "embedding" and "smoke"."""
    config = ConfigDict()
    config.task = "imdb_dense"
    config.data = ConfigDict({"corpus": "imdb", "vocabulary": 5000, "length": 500})
    config.model = ConfigDict({"embedding": 32, "dense": 0})
    config.training = ConfigDict(
        # 25,000 reviews in steps of 64: two epochs of 391 steps
        {"steps": (782,), "batch_size": 64, "record_every": 391, "checkpoint_every": 391, "snapshots": (391,)}
    )
    config.settings = ConfigDict({"learning_rate": 1e-3, "dropout": 0.7})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3)})
    if variant in ("recipe", "best", "shuffled"):
        config.sweep = ConfigDict({"width": (100,), "seed": (0, 1, 2, 3)})
        if variant == "shuffled":
            config.data.shuffled = True
        elif variant == "best":
            config.model.embedding = 16
            config.training.update({"steps": (782, 196), "rates": (1.0, 0.1)})
            config.settings.learning_rate = 5e-4
    elif variant == "embedding":
        config.model = ConfigDict({"embedding": 0, "dense": 100})
    elif variant == "smoke":
        config.data = ConfigDict(
            {"path": str(Path(__file__).with_name("opinions.csv")), "vocabulary": 100, "length": 12}
        )
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(
            f"no variant {variant!r}; there are full, recipe, best, shuffled, embedding and smoke"
        )
    return config
