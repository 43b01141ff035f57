"""What does the next word depend on, and does each position before it need layers of its own?

Fast.ai's steps towards an RNN. Two words → the third: each position has layers of its own, and the words are merged
one by one. Three words → the fourth. The same with one set of layers for all positions, which is an RNN.

Command:  nlpfeat sweep next_word      two words
          … :three     three words
          … :shared    three words, one set of layers
          … --config.data.path=book.txt --study=runs/book_words    your own text
          nlpfeat words neighbours truth woman --study=runs/next_word --width=100 --seed=0
Expect:   1e-3, 1,500 steps of 256, four seeds; accuracy on held-out words: .08 at 2 units (always "the"), .12 at 16,
          .16 at 100; three words at 100 units: .16, .15 with one set of layers.
Minutes:  two each, on two cores.
Data:     nietzsche.txt, 601 kB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "next_word",
        "data": {"corpus": "nietzsche", "vocab_size": 2001, "context": 2, "validation_share": 0.1},
        "model": {"embedding": 50, "units": 0, "shared": False},
        "training": {"steps": (1500,), "batch_size": 256, "record_every": 300, "checkpoint_every": 600},
        "settings": {"learning_rate": 1e-3},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1, 2, 3)},
    },
    three={"data.context": 3},
    shared={"data.context": 3, "model.shared": True},
    smoke={
        "data": {
            "path": str(Path(__file__).parent / "examples" / "opinions.csv"),
            "vocab_size": 100,
            "context": 3,
            "validation_share": 0.2,
        },
        "model.shared": True,
        "training.steps": (30,),
        "training.batch_size": 16,
        "training.record_every": 10,
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
