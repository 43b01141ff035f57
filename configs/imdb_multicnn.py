"""Do filters of three sizes side by side classify reviews better than filters of one size?

Fast.ai's lesson 5: GloVe vectors of 50 dimensions, trained from the start (word dropout) → dropout → three Conv1D of
3, 4 and 5 words, each with ReLU, max pooling of two and flattening → concatenation → dropout .5 → Dense 100 → dropout
.7 → one sigmoid. Then the embedding is frozen and the other layers are fine-tuned at a hundredth of the learning
rate. On the official halves of IMDB.

Command:  nlpfeat sweep imdb_multicnn      filters of each size 2 to 100
          … :recipe  as printed: 64 filters of each size, two epochs and two
          … :best    three epochs with all parameters trained, and one at a tenth of the learning rate
          … :unlabelled  vectors of 100 dimensions that were learned on the 75,000 reviews outside the test half; how they are
                     made: imdb_cnn:unlabelled
          nlpfeat sweep imdb_multicnn:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   :recipe .88 on the test half after two epochs (1e-3, four seeds), :best .894 (printed: .9029 and .9036),
          :unlabelled .8995 (four seeds each).
Minutes:  forty, thirty, and forty-five for :unlabelled, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, and glove.6B.zip, 862 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

RECIPE = {"sweep": {"width": (64,), "seed": (0, 1, 2, 3)}}

get_config = with_variants(
    {
        "task": "imdb_multicnn",
        "data": {"corpus": "imdb", "vocab_size": 5000, "length": 500, "vectors": "glove.6B.50d"},
        "model": {"embedding": 50, "filters": 0, "dense": 100, "kernel_sizes": (3, 4, 5)},
        # 25,000 reviews in steps of 64: an epoch is 391 steps
        "training": {
            "steps": (782, 782),
            "lr_scales": (1.0, 0.01),
            "frozen": ((), ("words",)),
            "batch_size": 64,
            "record_every": 391,
            "checkpoint_every": 391,
            "snapshots": (782,),
        },
        "settings": {"learning_rate": 1e-3},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0,)},
    },
    recipe=RECIPE,
    best={
        **RECIPE,
        "training.steps": (1173, 391),
        "training.lr_scales": (1.0, 0.1),
        "training.frozen": ((), ()),
    },
    unlabelled={
        **RECIPE,
        "data.vectors": "runs/vectors.txt",
        "data.vocab_size": 20_000,
        "model.embedding": 100,
        "training.steps": (1955,),
        "training.lr_scales": (),
        "training.frozen": (),
        "training.record_every": 1955,
        "training.train_sample": 1000,
        "training.snapshots": (),
        "settings.schedule": "cosine",
        "settings.average_decay": 0.998,
        "settings.embedding_dropout": 0.3,
        "settings.dropout": 0.5,
    },
    own={**FITTED, "model.embedding": 32},
    smoke={
        "data": {
            "path": str(Path(__file__).parent / "examples" / "opinions.csv"),
            "vocab_size": 100,
            "length": 12,
        },
        "model.embedding": 8,
        "model.dense": 6,
        "training.steps": (20, 10),
        "training.batch_size": 16,
        "training.record_every": 10,
        "training.snapshots": (10,),
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
