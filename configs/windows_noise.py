"""What do words learn from their company, and how many dimensions does it take? Windows against noise drawn by frequency.

A word of a window is told from noise words, drawn by their frequency to the power .75 and shared by a stretch of 256 words;
frequent words are thinned out. So half a million windows a second are learned from on one core.

Command:  python -m experiments.sweep --config=configs/windows_noise.py           dimensions 2 to 100
          … :best              50 dimensions, 15.6 epochs
          … :half_1 … :half_2  50 dimensions from the odd and from the even reviews, for experiments.words translate
          … :own --config.data.path=book.txt --study=runs/book    a text of one's own
Then:     python -m experiments.words --study=runs/windows_noise --width=50 --seed=0 neighbours terrible excellent
          python -m experiments.words --study=runs/windows_noise dimensions
Expect:   1e-2, two seeds: .62 of held-out windows told at 2 dimensions, .76 at 100; analogies .00 to .26, WordSim-353 .08 to .57; :best .27 and .52 at 50.
Minutes:  eleven for the sweep, ten for :best, three for each half, two for :own, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA: its 75,000 training and unlabelled reviews.
"""

from pathlib import Path

from ml_collections import ConfigDict

VARIANTS = ("full", "best", "half_1", "half_2", "own", "smoke")


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in one of VARIANTS."""
    if variant not in VARIANTS:
        raise ValueError(f"no variant {variant!r}; there are {', '.join(VARIANTS)}")
    config = ConfigDict()
    config.task = "windows_noise"
    config.data = ConfigDict(
        {"corpus": "imdb_texts", "vocabulary": 30_001, "reach": 5, "thin": 1e-4, "power": 0.75}
    )
    config.model = ConfigDict({"noise": 64, "negatives": 5.0})
    config.training = ConfigDict(
        {
            "steps": (1_600, 600, 600),  # a step sees 64 stretches, 15,700 windows: 1,093 are an epoch
            "rates": (1.0, 0.3, 0.1),
            "batch_size": 64,
            "record_every": 400,
            "checkpoint_every": 1_400,
        }
    )
    config.settings = ConfigDict({"learning_rate": 1e-2})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 50, 100), "seed": (0, 1)})
    if variant in ("best", "half_1", "half_2"):
        config.sweep = ConfigDict({"width": (50,), "seed": (0, 1)})
    if variant == "best":
        config.training.update(
            {"steps": (8_000, 5_000, 4_000), "record_every": 1_000, "checkpoint_every": 3_000}
        )
    elif variant in ("half_1", "half_2"):
        config.data.half = int(variant[-1])
        config.training.steps = (2_400, 800, 800)
    elif variant == "own":
        # A book has some hundred thousand words: fewer of them known, smaller steps, frequent words thinned out less, and
        # some forty epochs. With all ten thousand words of Nietzsche for 160 epochs, neighbours were rare words learned by heart.
        config.data.update({"vocabulary": 3_001, "thin": 1e-3})
        config.training.update({"steps": (700, 200, 200), "batch_size": 16, "checkpoint_every": 400})
        config.sweep = ConfigDict({"width": (2, 10, 50), "seed": (0, 1)})
    elif variant == "smoke":
        path = str(Path(__file__).with_name("opinions.csv"))
        config.data = ConfigDict({"path": path, "vocabulary": 200, "reach": 2, "validation_share": 0.2})
        config.training.update(
            {"steps": (20, 10, 10), "batch_size": 4, "record_every": 10, "checkpoint_every": 20}
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    return config
