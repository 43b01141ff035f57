"""What do word vectors learn from real and corrupted windows of text, and how many dimensions does it take?

The lesson's windows: every window of eleven words has a corrupted copy, with a random word in the middle; a small net
tells the real one, and its embedding is kept. The text is read in segments of 256 words, with about 246 windows each.

Command:  nlpfeat sweep windows      dimensions 2 to 100
          … :best    50 dimensions, two epochs
          nlpfeat words neighbours terrible excellent --study=runs/windows --width=50 --seed=0
          nlpfeat words dimensions --study=runs/windows
Expect:   3e-3, two seeds: :best tells .955 of held-out windows after one epoch, but its vectors carry little meaning.
          Those of configs/windows_noise.py are better and take less time; docs/word-vectors.md compares the two.
Minutes:  about six for the sweep, five for :best, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA: its 75,000 training and
          unlabelled reviews.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "windows",
        "data": {"corpus": "imdb_texts", "vocab_size": 30_001, "context_radius": 5},
        "model": {"hidden": 32},
        # A step reads 64 segments, 15,700 windows: an epoch is 1,093 steps.
        "training": {
            "steps": (800, 300),
            "lr_scales": (1.0, 0.2),
            "batch_size": 64,
            "record_every": 250,
            "checkpoint_every": 500,
        },
        "settings": {"learning_rate": 3e-3},
        "sweep": {"width": (2, 4, 8, 16, 32, 50, 100), "seed": (0, 1)},
    },
    best={"training.steps": (1600, 600), "sweep": {"width": (50,), "seed": (0, 1)}},
    smoke={
        "data": {
            "path": str(Path(__file__).parent / "examples" / "opinions.csv"),
            "vocab_size": 200,
            "context_radius": 2,
            "validation_share": 0.2,
        },
        "training.steps": (20, 10),
        "training.batch_size": 4,
        "training.record_every": 10,
        "training.checkpoint_every": 20,
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
