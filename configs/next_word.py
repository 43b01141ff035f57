"""What does the next word depend on, and do the words before it need layers of their own?

Fast.ai's steps towards an RNN, each by its own name: two words → the third, every word through layers of its own, merged one by
one; three words → the fourth; the same with one set of layers for all words, which is an RNN.

Command:  python -m experiments.sweep --config=configs/next_word.py          two words
          … :three     three words
          … :shared    three words, one set of layers
          … --config.data.path=book.txt --study=runs/book_words    a text of one's own
Then:     python -m experiments.words --study=runs/next_word --width=100 --seed=0 neighbours truth woman
Expect:   1e-3, 1,500 steps of 256, four seeds: .08 of held-out words right at 2 units (always "the"), .12 at 16, .16 at 100; three words .16 at 100, .15 with one set of layers.
Minutes:  two each, on two cores.
Data:     nietzsche.txt, 601 kB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict

VARIANTS = ("full", "three", "shared", "smoke")


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in one of VARIANTS."""
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(VARIANTS)}")
    config = ConfigDict()
    config.task = "next_word"
    config.data = ConfigDict(
        {"corpus": "nietzsche", "vocabulary": 2001, "context": 2, "validation_share": 0.1}
    )
    config.model = ConfigDict({"embedding": 50, "units": 0, "shared": False})
    config.training = ConfigDict(
        {"steps": (1500,), "batch_size": 256, "record_every": 300, "checkpoint_every": 600}
    )
    config.settings = ConfigDict({"learning_rate": 1e-3})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3)})
    if variant in ("three", "shared"):
        config.data.context = 3
        config.model.shared = variant == "shared"
    elif variant == "smoke":
        path = str(Path(__file__).with_name("opinions.csv"))
        config.data = ConfigDict({"path": path, "vocabulary": 100, "context": 3, "validation_share": 0.2})
        config.model.shared = True
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    return config
