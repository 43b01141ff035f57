"""Is width luck? The parity of 4 bits among 30, of which no fewer tell anything about the class.

Command:  nlpfeat sweep sparse_parity      2 to 256 units, four learning rates, 32 seeds
          nlpfeat units luck --study=runs/sparse_parity
Expect:   Adam, 4,000 steps of 64; see docs/extra-units.md.
Minutes:  six on two cores.
Data:     generated.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "sparse_parity",
        "data": {"bits": 30, "relevant": 4},
        "model": {"layers": 1},
        "training": {
            "steps": (4000,),
            "batch_size": 64,
            "record_every": 100,
            "checkpoint_every": 2000,
            "snapshots": (0,),
            "train_sample": 2048,
        },
        "settings": {"learning_rate": 3e-3},
        "sweep": {
            "width": (2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256),
            "learning_rate": (1e-3, 3e-3, 1e-2, 3e-2),
            "seed": tuple(range(32)),
        },
    },
    smoke={
        "data": {"bits": 6, "relevant": 2, "train": 256, "validation": 64, "test": 64},
        "training": {"steps": (60,), "batch_size": 16, "record_every": 20, "checkpoint_every": 60},
        "sweep": {"width": (2, 8), "seed": (0, 1, 2)},
    },
)
