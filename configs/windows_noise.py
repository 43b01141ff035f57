"""What do word vectors learn from negative sampling, and how many dimensions does it take?

The net tells the words of a window from noise words; these are drawn by frequency to the power .75 and shared by a
segment of 256 words. Frequent words are subsampled. One core learns from half a million windows per second.

Command:  nlpfeat sweep windows_noise      dimensions 2 to 100
          … :best      50 dimensions, 15.6 epochs
          … :hundred   100 dimensions, five epochs, as a start for configs/imdb_cnn.py:unlabelled
          … :subwords  50 dimensions, shared by words that have character n-grams in common
          … :half_1    50 dimensions from the odd reviews, for nlpfeat words translate
          … :half_2    50 dimensions from the even reviews, for the same
          … :own --config.data.path=book.txt --study=runs/book      your own text
          nlpfeat words neighbours terrible excellent --study=runs/windows_noise --width=50 --seed=0
          nlpfeat words dimensions --study=runs/windows_noise
Expect:   1e-2, two seeds: .62 of held-out windows told at 2 dimensions, .76 at 100; analogies .00 to .26,
          WordSim-353 .08 to .57; :best .27 and .52 at 50.
Minutes:  eleven for the sweep, ten for :best, three for each half, two for :own, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA: its 75,000 training and
          unlabelled reviews.
"""

from pathlib import Path

from nlpfeat.config.variants import with_variants

HALF = {"training.steps": (2400, 800, 800), "sweep": {"width": (50,), "seed": (0, 1)}}

get_config = with_variants(
    {
        "task": "windows_noise",
        "data": {
            "corpus": "imdb_texts",
            "vocab_size": 30_001,
            "context_radius": 5,
            "subsample": 1e-4,
            "power": 0.75,
        },
        "model": {"noise": 64, "negatives": 5.0},
        # A step reads 64 segments, 15,700 windows: an epoch is 1,093 steps.
        "training": {
            "steps": (1600, 600, 600),
            "lr_scales": (1.0, 0.3, 0.1),
            "batch_size": 64,
            "record_every": 400,
            "checkpoint_every": 1400,
        },
        "settings": {"learning_rate": 1e-2},
        "sweep": {"width": (2, 4, 8, 16, 32, 50, 100), "seed": (0, 1)},
    },
    best={
        "training.steps": (8000, 5000, 4000),
        "training.record_every": 1000,
        "training.checkpoint_every": 3000,
        "sweep": {"width": (50,), "seed": (0, 1)},
    },
    hundred={
        "training.steps": (2600, 1600, 1300),
        "training.record_every": 5500,
        "training.checkpoint_every": 5500,
        "sweep": {"width": (100,), "seed": (0,)},
    },
    subwords={
        "data.subwords": 100_000,
        "training.checkpoint_every": 2800,
        "sweep": {"width": (50,), "seed": (0, 1)},
    },
    half_1={**HALF, "data.half": 1},
    half_2={**HALF, "data.half": 2},
    # A book has some hundred thousand words: a smaller vocabulary, smaller steps, milder subsampling and about forty
    # epochs. With all ten thousand words of Nietzsche and 160 epochs, the neighbours were rare words learned by heart.
    own={
        "data.vocab_size": 3001,
        "data.subsample": 1e-3,
        "training.steps": (700, 200, 200),
        "training.batch_size": 16,
        "training.checkpoint_every": 400,
        "sweep": {"width": (2, 10, 50), "seed": (0, 1)},
    },
    smoke={
        "data": {
            "path": str(Path(__file__).parent / "examples" / "opinions.csv"),
            "vocab_size": 200,
            "context_radius": 2,
            "validation_share": 0.2,
        },
        "training.steps": (20, 10, 10),
        "training.batch_size": 4,
        "training.record_every": 10,
        "training.checkpoint_every": 20,
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
