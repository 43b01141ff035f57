"""What does the width of a recurrent net's state buy? Nietzsche's books, character by character.

Fast.ai's lesson 6: Embedding 24 → LSTM → dropout → softmax over the next character, at every place of windows of 40 that follow on
one another, 32 of them at a time, the state carried on from window to window. The last tenth of the text is held out.

Command:  python -m experiments.sweep --config=configs/char_rnn.py                     2 to 128 units, without dropout and with
          … --config.sweep.width='(256,512)' --config.sweep.dropout=0.3                adds wider ones to the same study
          … :best      256 units
          … :long      the same in windows of 160, 8 at a time: longer than a line
          … :rnn, :gru other cells, 2 to 128 units
          … :recipe    as printed: two layers of 512 units, dropout of inputs and states; for a GPU
          … :own --config.data.path=book.txt --study=runs/book     a text of one's own
Then:     python -m experiments.write --study=runs/char_rnn-best --width=256 --seed=0 --prompt="ethics is a basic foundation of all that"
          python -m experiments.characters --study=runs/char_rnn --dropout=0.3 width
          python -m experiments.characters --study=runs/char_rnn --dropout=0.3 signs
Expect:   3e-3, 7,000 steps, two seeds: 3.6 bits per character of held-out text at 2 units, 2.34 at 64, 2.10 at 128; 1.93 at 256 and 1.92 at 512, with dropout.
Minutes:  eleven for the first, six for 256 units (and :best), twenty for 512, on two cores; an hour or more for :recipe.
Data:     nietzsche.txt, 601 kB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict

VARIANTS = ("full", "best", "long", "rnn", "gru", "recipe", "own", "smoke")


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in one of VARIANTS."""
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(VARIANTS)}")
    config = ConfigDict()
    config.task = "char_rnn"
    config.data = ConfigDict({"book": "nietzsche", "window": 40, "validation_share": 0.1})
    config.model = ConfigDict({"cell": "lstm", "layers": 1, "embedding": 24, "units": 0})
    config.training = ConfigDict(
        {
            "steps": (4000, 1500, 1500),  # 32 windows each: 422 are an epoch
            "rates": (1.0, 0.3, 0.1),
            "batch_size": 32,
            "record_every": 500,
            "checkpoint_every": 1000,
            "snapshots": (0, 100, 500, 1500, 4000),
        }
    )
    config.settings = ConfigDict({"learning_rate": 3e-3, "dropout": 0.3})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 128), "dropout": (0.0, 0.3), "seed": (0, 1)})
    if variant in ("rnn", "gru"):
        config.model.cell = variant
        config.settings.dropout = 0.0
        config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 128), "seed": (0, 1)})
    elif variant in ("best", "long"):
        config.sweep = ConfigDict({"width": (256,), "seed": (0, 1)})
        if variant == "long":
            config.data.window, config.training.batch_size = 160, 8
    elif variant == "recipe":
        config.model.layers = 2
        config.training.update({"steps": (8000, 2000), "rates": (1.0, 0.1), "batch_size": 64})
        config.settings = ConfigDict(
            {"learning_rate": 1e-3, "input_dropout": 0.2, "state_dropout": 0.2, "dropout": 0.2}
        )
        config.sweep = ConfigDict({"width": (512,), "seed": (0, 1)})
    elif variant == "own":
        config.sweep = ConfigDict({"width": (16, 128), "seed": (0, 1)})
    elif variant == "smoke":
        config.data = ConfigDict({"path": str(Path(__file__).with_name("opinions.csv")), "window": 20})
        config.training.update(
            {
                "steps": (20, 10),
                "rates": (1.0, 0.3),
                "batch_size": 8,
                "record_every": 10,
                "checkpoint_every": 20,
                "snapshots": (0, 10),
            }
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    return config
