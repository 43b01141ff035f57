"""What do words learn from their company, and how many dimensions does it take? The lesson's windows, real or not.

Every window of eleven words is shown with a copy whose middle word is another, drawn at random; a small net tells which is
real. Its embedding is kept. The text is read in stretches of 256 words, each holding some 246 windows.

Command:  python -m experiments.sweep --config=configs/windows.py           dimensions 2 to 100
          … :best    50 dimensions, two epochs
Then:     python -m experiments.words --study=runs/windows --width=50 --seed=0 neighbours terrible excellent
          python -m experiments.words --study=runs/windows dimensions
Expect:   3e-3, two seeds: :best tells .955 of held-out windows after one epoch, and its vectors know little of meaning: see docs/word-vectors.md beside
          configs/windows_noise.py, which learns better ones in less time.
Minutes:  about six for the sweep, five for :best, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA: its 75,000 training and unlabelled reviews.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "best" and "smoke"."""
    config = ConfigDict()
    config.task = "windows"
    config.data = ConfigDict({"corpus": "imdb_texts", "vocabulary": 30_001, "reach": 5})
    config.model = ConfigDict({"hidden": 32})
    config.training = ConfigDict(
        {
            "steps": (800, 300),  # a step sees 64 stretches, 15,700 windows: 1,093 are an epoch
            "rates": (1.0, 0.2),
            "batch_size": 64,
            "record_every": 250,
            "checkpoint_every": 500,
        }
    )
    config.settings = ConfigDict({"learning_rate": 3e-3})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 50, 100), "seed": (0, 1)})
    if variant == "best":
        config.training.steps = (1_600, 600)
        config.sweep = ConfigDict({"width": (50,), "seed": (0, 1)})
    elif variant == "smoke":
        path = str(Path(__file__).with_name("opinions.csv"))
        config.data = ConfigDict({"path": path, "vocabulary": 200, "reach": 2, "validation_share": 0.2})
        config.training.update(
            {"steps": (20, 10), "batch_size": 4, "record_every": 10, "checkpoint_every": 20}
        )
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, best and smoke")
    return config
