"""What beats all of lesson 5's nets on this machine? Runs of up to three words, weighing by naive Bayes, in a narrow embedding.

Each run of words weighs its log-count ratio (Wang & Manning 2012), and each text is scaled to length 1; the net sums word
vectors of a few dimensions and scores the sum, by mini-batches of Adam.

Command:  python -m experiments.sweep --config=configs/imdb_ngrams.py           dimensions 2 to 100 of the vectors
          … :best    the recipe chosen on a tenth of the training half, trained on all of it; test: the official half
          … :chosen  the same with that tenth held out
Expect:   5e-3, 200 steps of 250, four seeds: :best .926 on the test half.
Minutes:  five for the sweep, one for each of the others, on two cores.
Data:     aclImdb_v1.tar.gz, 84 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", "best", "chosen" and "smoke"."""
    config = ConfigDict()
    config.task = "imdb_ngrams"
    config.data = ConfigDict({"corpus": "imdb", "ngrams": 3, "min_count": 2})
    config.training = ConfigDict(
        # 25,000 reviews in steps of 250: two epochs
        {"steps": (200,), "batch_size": 250, "record_every": 100, "checkpoint_every": 200}
    )
    config.settings = ConfigDict({"learning_rate": 5e-3, "weight_decay": 0.0, "dropout": 0.0})
    config.sweep = ConfigDict({"width": (2, 4, 8, 16, 32, 64, 100), "seed": (0, 1)})
    if variant in ("best", "chosen"):
        config.sweep = ConfigDict({"width": (10,), "seed": (0, 1, 2, 3)})
        if variant == "chosen":
            config.data.validation_share = 0.1
    elif variant == "smoke":
        config.data = ConfigDict({"path": str(Path(__file__).with_name("opinions.csv")), "min_count": 0})
        config.training.update({"steps": (30,), "batch_size": 16, "record_every": 10})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, best, chosen and smoke")
    return config
