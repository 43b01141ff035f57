"""What is in the weights of a bag of words, and what does the hidden layer's width buy it?

Trask's sentiment network, one review at a time, in one pass: a linear hidden layer of 2 to 100 units and one sigmoid.
Its variants are the rungs of his ladder. W01 starts at zero, so every width learns one number a word, and the width
acts as a learning rate (see nlpfeat/models/sentiment_net.py).

Command:  python -m experiments.sweep --config=configs/reviews_bag.py           the widths, nothing cut
          python -m experiments.sweep --config=configs/reviews_bag.py:notebook  his own run: width 10, seed 1
          … :cut (count > 20, polarity >= .05)  :harsh (polarity >= .8)  :counts  :presence
          python -m experiments.sweep --config=configs/reviews_bag.py:smoke     a small CSV, no download
Expect:   online (training) / test accuracy, his figures in brackets: notebook .847/.856 (.847), cut .852/.859
          (.852/.859), harsh .856/.822 (.856/.822), presence .836/.856 (.836/.857), counts .635 (.622).
          The last two take steps so long that rounding decides their last digits.
          Against width, on the test part (rate .01, five seeds): .85 to .86 at 2 to 16 units, .83 at 100, where the steps are too long.
Minutes:  under one on two cores; reading the reviews is most of it.
Data:     reviews.txt and labels.txt, 34 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from ml_collections import ConfigDict

# His ladder: what is kept of the vocabulary, and the learning rate. "presence" is the first rung that works, at ten
# times the rate of the later ones.
RUNGS = {
    "notebook": {},
    "cut": {"data.min_count": 20, "data.polarity": 0.05},
    "harsh": {"data.min_count": 20, "data.polarity": 0.8},
    "counts": {"data.counts": True, "settings.learning_rate": 0.001},
    "presence": {"settings.learning_rate": 0.1},
}


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full", those of the ladder, and "smoke"."""
    config = ConfigDict()
    config.task = "reviews_bag"
    config.data = ConfigDict({"corpus": "reviews", "min_count": 0, "polarity": 0.0, "counts": False})
    config.training = ConfigDict(
        # 24,000 reviews in steps of 32, each review a step of its own within them
        {
            "steps": (750,),
            "batch_size": 32,
            "record_every": 250,
            "checkpoint_every": 750,
            "snapshots": (25, 250),
        }
    )
    config.settings = ConfigDict({"learning_rate": 0.01})
    config.sweep = ConfigDict({"width": (2, 4, 10, 16, 32, 64, 100), "seed": (0, 1, 2, 3, 4)})
    if variant in RUNGS:
        config.sweep = ConfigDict({"width": (10,), "seed": (1,)})
        config.update_from_flattened_dict(RUNGS[variant])
    elif variant == "smoke":
        config.data.path = str(Path(__file__).with_name("opinions.csv"))
        config.training.update({"steps": (30,), "batch_size": 12, "record_every": 10, "snapshots": (10,)})
        config.settings.learning_rate = 0.1
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full, {', '.join(RUNGS)} and smoke")
    return config
