"""What does the state width of a recurrent net buy? Nietzsche's books, character by character.

Fast.ai's lesson 6: Embedding 24 → LSTM → dropout → softmax over the next character, at every position of consecutive
windows of 40 characters, 32 windows per step; the state is carried from window to window. The last tenth of the text
is held out.

Command:  nlpfeat sweep char_rnn      2 to 128 units, without dropout and with
          … --config.sweep.width='(256,512)' --config.sweep.dropout=0.3      adds wider nets to the same study
          … :best      256 units
          … :regularised  448 GRU units, with dropout on the input and the output, along a cosine
          … :shakespeare  256 units on Tiny Shakespeare, in its 65 characters
          … :long      the same in windows of 160 characters, longer than a line, 8 windows per step
          … :rnn       2 to 128 simple recurrent units
          … :gru       2 to 128 GRU units
          … :recipe    as printed: two layers of 512 units, dropout on inputs and states; for a GPU
          … :own --config.data.path=book.txt --study=runs/book      your own text
          nlpfeat write --study=runs/char_rnn-best --width=256 --seed=0 --prompt="ethics is a basic foundation of all that"
          nlpfeat characters width --study=runs/char_rnn --dropout=0.3
          nlpfeat characters statistics --study=runs/char_rnn --dropout=0.3
Expect:   3e-3, 7,000 steps, two seeds; bits per character of held-out text: 3.6 at 2 units, 2.34 at 64, 2.10 at 128;
          1.93 at 256 and 1.92 at 512, with dropout; :regularised 1.905.
Minutes:  eleven for the first, six for 256 units (and :best), twenty for 512, on two cores; an hour or more for
          :recipe.
Data:     nietzsche.txt, 601 kB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

WIDTHS = (2, 4, 8, 16, 32, 64, 128)
SEEDS = (0, 1)

get_config = with_variants(
    {
        "task": "char_rnn",
        "data": {"book": "nietzsche", "lower": True, "window": 40, "validation_share": 0.1},
        "model": {"cell": "lstm", "layers": 1, "embedding": 24, "units": 0},
        # 32 windows per step: an epoch is 422 steps
        "training": {
            "steps": (4000, 1500, 1500),
            "lr_scales": (1.0, 0.3, 0.1),
            "batch_size": 32,
            "record_every": 500,
            "checkpoint_every": 1000,
            "snapshots": (0, 100, 500, 1500, 4000),
        },
        "settings": {"learning_rate": 3e-3, "dropout": 0.3},
        "sweep": {"width": WIDTHS, "dropout": (0.0, 0.3), "seed": SEEDS},
    },
    best={"sweep": {"width": (256,), "seed": SEEDS}},
    regularised={
        "model": {"cell": "gru", "init_scale": 1.73},
        "training.steps": (3600,),
        "training.lr_scales": (),
        "training.record_every": 900,
        "training.train_sample": 2000,
        "training.snapshots": (),
        "settings": {
            "learning_rate": 3e-3,
            "schedule": "cosine",
            "warmup_steps": 100,
            "average_decay": 0.998,
            "input_dropout": 0.05,
            "dropout": 0.4,
        },
        "sweep": {"width": (448,), "seed": (0, 1)},
    },
    shakespeare={
        "data": {"book": "shakespeare", "lower": False},
        "model.init_scale": 1.73,
        "training.steps": (3200,),
        "training.lr_scales": (),
        "training.record_every": 1600,
        "training.checkpoint_every": 1600,
        "training.train_sample": 2000,
        "settings.schedule": "cosine",
        "settings.warmup_steps": 100,
        "settings.dropout": 0.1,
        "settings.average_decay": 0.998,
        "sweep": {"width": (256,), "seed": (0, 1, 2, 3)},
    },
    long={"data.window": 160, "training.batch_size": 8, "sweep": {"width": (256,), "seed": SEEDS}},
    rnn={"model.cell": "rnn", "settings.dropout": 0.0, "sweep": {"width": WIDTHS, "seed": SEEDS}},
    gru={"model.cell": "gru", "settings.dropout": 0.0, "sweep": {"width": WIDTHS, "seed": SEEDS}},
    recipe={
        "model.layers": 2,
        "training.steps": (8000, 2000),
        "training.lr_scales": (1.0, 0.1),
        "training.batch_size": 64,
        "settings": {"learning_rate": 1e-3, "input_dropout": 0.2, "state_dropout": 0.2, "dropout": 0.2},
        "sweep": {"width": (512,), "seed": SEEDS},
    },
    own={"data.lower": False, "sweep": {"width": (16, 128), "seed": SEEDS}},
    smoke={
        "data": {"path": str(Path(__file__).parent / "examples" / "opinions.csv"), "window": 20},
        "training": {
            "steps": (20, 10),
            "lr_scales": (1.0, 0.3),
            "batch_size": 8,
            "record_every": 10,
            "checkpoint_every": 20,
            "snapshots": (0, 10),
        },
        "sweep": {"width": (2, 8), "seed": SEEDS},
    },
)
