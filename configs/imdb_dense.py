"""How well does a net that treats every position separately classify reviews, and what do its dense units buy?

Fast.ai's lesson 5, first net: Embedding 32 → flatten → dense → dropout .7 → one sigmoid, on the official halves of
IMDB.

Command:  nlpfeat sweep imdb_dense      dense units 2 to 100
          … :recipe     as printed: 100 units, two epochs
          … :best       chosen on a tenth of the training half: 16 dimensions, 20,000 words, three epochs along a
                        cosine, averaged weights
          … :shuffled   the recipe on reviews with shuffled words
          … :embedding  dimensions of the embedding 2 to 100, 100 dense units
          … :rates      one unit and 32 at two learning rates, for six epochs; a tenth of the training half is validation:
                        nlpfeat width --study=runs/imdb_dense-rates --select=learning_rate,step
          nlpfeat sweep imdb_dense:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   1e-3, four seeds: :recipe .88 on the test half after two epochs (printed: 88.04 after one epoch, 86.94 after
          two), :best .886.
Minutes:  ten, one and ten on two cores; :rates fifteen.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

RECIPE = {"sweep": {"width": (100,), "seed": (0, 1, 2, 3)}}

get_config = with_variants(
    {
        "task": "imdb_dense",
        "data": {"corpus": "imdb", "vocab_size": 5000, "length": 500},
        "model": {"embedding": 32, "dense": 0},
        # 25,000 reviews in steps of 64: two epochs of 391 steps
        "training": {
            "steps": (782,),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (391,),
        },
        "settings": {"learning_rate": 1e-3, "dropout": 0.7},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3)},
    },
    recipe=RECIPE,
    best={
        **RECIPE,
        "data.vocab_size": 20_000,
        "model.embedding": 16,
        "training.steps": (1173,),
        "training.record_every": 1173,
        "training.snapshots": (),
        "settings": {
            "learning_rate": 1e-3,
            "schedule": "cosine",
            "average_decay": 0.995,
            "label_smoothing": 0.05,
            "dropout": 0.85,
        },
    },
    shuffled={**RECIPE, "data.shuffled": True},
    embedding={"model": {"embedding": 0, "dense": 100}},
    rates={
        "data.validation_share": 0.1,
        "training.steps": (2346,),
        "training.train_sample": 2500,
        "training.snapshots": (),
        "sweep": {"width": (1, 32), "learning_rate": (3e-4, 1e-3), "seed": (0, 1, 2, 3)},
    },
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
