"""Do filters that see five words in a row read reviews better, and how many of them does it take?

Fast.ai's lesson 5: Embedding 32 (words dropped) → dropout → Conv1D → ReLU → dropout → maxima of two → flatten → Dense 100
→ dropout .7 → one sigmoid, on the official halves of IMDB. Then the same on GloVe's vectors: frozen, and tuned after.

Command:  python -m experiments.sweep --config=configs/imdb_cnn.py             filters 2 to 100, one epoch
          … :recipe     as printed: 64 filters, four epochs
          … :best       the same, the last epoch at a tenth of the rate
          … :embedding  dimensions of the embedding 2 to 100, 64 filters
          … :frozen     as printed: GloVe's 50 dimensions, never trained, two epochs; then tuned at a tenth of the rate for one
          … :tuned      chosen on a tenth of the training half: 20,000 words, maxima of ten positions in place of two; frozen
                        at three times the rate, then tuned for three epochs at the full rate and for one at a tenth
Expect:   1e-3, four seeds: :recipe .89 on the test half (printed: 89.47), :tuned .90 (90.08).
Minutes:  25 for the sweep, ten to fifteen for each of the others, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, and glove.6B.zip, 862 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "recipe", "best", "embedding", "frozen", "tuned" and "smoke"."""
    config = ConfigDict()
    config.task = "imdb_cnn"
    config.data = ConfigDict({"corpus": "imdb", "vocabulary": 5000, "length": 500})
    config.model = ConfigDict({"embedding": 32, "filters": 0, "dense": 100})
    config.training = ConfigDict(
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        {
            "steps": (391,),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (391,),
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-3})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)})
    if variant in ("recipe", "best"):
        config.sweep = ConfigDict({"width": (64,), "seed": (0, 1, 2, 3)})
        config.training.steps = (1564,)
        if variant == "best":
            config.training.update({"steps": (1173, 391), "rates": (1.0, 0.1)})
    elif variant == "embedding":
        config.model = ConfigDict({"embedding": 0, "filters": 64, "dense": 100})
    elif variant in ("frozen", "tuned"):
        config.data.vectors = "glove.6B.50d"
        config.model.embedding = 50
        config.sweep = ConfigDict({"width": (64,), "seed": (0, 1, 2, 3)})
        if variant == "frozen":
            config.training.update({"steps": (782, 391), "rates": (1.0, 0.1), "frozen": (("words",), ())})
            config.settings.update({"embedding_dropout": 0.25, "filter_dropout": 0.25})
        else:
            config.data.vocabulary = 20000
            config.model.pool = 10
            config.training.update(
                {"steps": (782, 1173, 391), "rates": (3.0, 1.0, 0.1), "frozen": (("words",), (), ())}
            )
            config.training.update({"record_every": 2346, "checkpoint_every": 782, "snapshots": ()})
            config.settings.update({"embedding_dropout": 0.1, "filter_dropout": 0.2, "dropout": 0.5})
    elif variant == "smoke":
        config.data = ConfigDict(
            {"path": str(Path(__file__).with_name("opinions.csv")), "vocabulary": 100, "length": 12}
        )
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10, "snapshots": (10,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(
            f"no variant {variant!r}; there are full, recipe, best, embedding, frozen, tuned and smoke"
        )
    return config
