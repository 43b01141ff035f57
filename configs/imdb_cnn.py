"""Do filters over five consecutive words classify reviews better, and how many filters does it take?

Fast.ai's lesson 5: Embedding 32 (word dropout) → dropout → Conv1D → ReLU → dropout → max pooling of two → flatten →
Dense 100 → dropout .7 → one sigmoid, on the official halves of IMDB. Then the same on GloVe vectors: first frozen,
then fine-tuned.

Command:  nlpfeat sweep imdb_cnn      filters 2 to 100, one epoch
          … :recipe     as printed: 64 filters, four epochs
          … :best       the same, the last epoch at a tenth of the learning rate
          … :embedding  dimensions of the embedding 2 to 100, 64 filters
          … :frozen     as printed: GloVe vectors of 50 dimensions, frozen for two epochs, then fine-tuned for one
                        epoch at a tenth of the learning rate
          … :tuned      chosen on a tenth of the training half: 20,000 words, max pooling of ten instead of two;
                        frozen at three times the learning rate, then fine-tuned for three epochs at the full
                        learning rate and for one at a tenth
          … :unlabelled chosen on a tenth of the training half: vectors of 100 dimensions that were learned on the 75,000
                        reviews outside the test half, most of them unlabelled:
                        nlpfeat sweep windows_noise:hundred
                        nlpfeat words export --study=runs/windows_noise-hundred --out=runs/vectors.txt
          nlpfeat sweep imdb_cnn:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   1e-3, four seeds: :recipe .89 on the test half (printed: 89.47), :tuned .90 (90.08).
Minutes:  25 for the sweep, ten to fifteen for each of the others, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, and glove.6B.zip, 862 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

RECIPE_GRID = {"width": (64,), "seed": (0, 1, 2, 3)}

get_config = with_variants(
    {
        "task": "imdb_cnn",
        "data": {"corpus": "imdb", "vocab_size": 5000, "length": 500},
        "model": {"embedding": 32, "filters": 0, "dense": 100},
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        "training": {
            "steps": (391,),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (391,),
        },
        "settings": {"learning_rate": 1e-3},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)},
    },
    recipe={"training.steps": (1564,), "sweep": RECIPE_GRID},
    best={"training.steps": (1173, 391), "training.lr_scales": (1.0, 0.1), "sweep": RECIPE_GRID},
    embedding={"model": {"embedding": 0, "filters": 64, "dense": 100}},
    frozen={
        "data.vectors": "glove.6B.50d",
        "model.embedding": 50,
        "training.steps": (782, 391),
        "training.lr_scales": (1.0, 0.1),
        "training.frozen": (("words",), ()),
        "settings.embedding_dropout": 0.25,
        "settings.filter_dropout": 0.25,
        "sweep": RECIPE_GRID,
    },
    tuned={
        "data.vectors": "glove.6B.50d",
        "data.vocab_size": 20_000,
        "model.embedding": 50,
        "model.pool": 10,
        "training.steps": (782, 1173, 391),
        "training.lr_scales": (3.0, 1.0, 0.1),
        "training.frozen": (("words",), (), ()),
        "training.record_every": 2346,
        "training.checkpoint_every": 782,
        "training.snapshots": (),
        "settings.embedding_dropout": 0.1,
        "settings.filter_dropout": 0.2,
        "settings.dropout": 0.5,
        "sweep": RECIPE_GRID,
    },
    unlabelled={
        "data.vectors": "runs/vectors.txt",
        "data.vocab_size": 20_000,
        "model.embedding": 100,
        "training.steps": (1564,),
        "training.record_every": 1564,
        "training.checkpoint_every": 1564,
        "training.train_sample": 1000,
        "training.snapshots": (),
        "settings.schedule": "cosine",
        "settings.average_decay": 0.998,
        "settings.embedding_dropout": 0.3,
        "settings.filter_dropout": 0.5,
        "sweep": RECIPE_GRID,
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
