"""What is in the weights of a bag of words, and what does the width of the hidden layer buy?

Trask's sentiment network reads the reviews one at a time, in one pass: a linear hidden layer of 2 to 100 units and
one sigmoid. The variants are the stages of Trask's tutorial. W01 starts at zero, so a net of any width learns one
number per word, and the width acts as a learning rate (see nlpfeat/models/sentiment_net.py).

Command:  nlpfeat sweep reviews_bag      widths 2 to 100, whole vocabulary
          … :notebook  Trask's own run: width 10, seed 1
          … :cut       the same with count > 20 and polarity >= .05
          … :harsh     the same with count > 20 and polarity >= .8
          … :counts    word counts as inputs, learning rate .001
          … :presence  word presence as inputs, learning rate .1
          … :smoke     a small CSV, no download
          nlpfeat sweep reviews_bag:own --data=mine.csv      a file of your own: settings are fitted to it
Expect:   online (training) / test accuracy, Trask's figures in brackets: notebook .847/.856 (.847), cut .852/.859
          (.852/.859), harsh .856/.822 (.856/.822), presence .836/.856 (.836/.857), counts .635 (.622).
          The last two take such long steps that rounding decides their last digits.
          Against width, on the test split (learning rate .01, five seeds): .85 to .86 at 2 to 16 units, .83 at 100,
          where the steps are too long.
Minutes:  under one on two cores, most of it for reading the reviews.
Data:     reviews.txt and labels.txt, 34 MB, downloaded once or found in the folder NLPFEAT_DATA.
"""

from pathlib import Path

from nlpfeat.config.variants import FITTED, with_variants

ONE_NET = {"width": (10,), "seed": (1,)}

get_config = with_variants(
    {
        "task": "reviews_bag",
        "data": {"corpus": "reviews", "min_count": 0, "polarity": 0.0, "counts": False},
        # 24,000 reviews in steps of 32; the online rule updates the weights after each review.
        "training": {
            "steps": (750,),
            "batch_size": 32,
            "record_every": 250,
            "checkpoint_every": 750,
            "snapshots": (25, 250),
        },
        "settings": {"learning_rate": 0.01},
        "sweep": {"width": (2, 4, 10, 16, 32, 64, 100), "seed": (0, 1, 2, 3, 4)},
    },
    notebook={"sweep": ONE_NET},
    cut={"data.min_count": 20, "data.polarity": 0.05, "sweep": ONE_NET},
    harsh={"data.min_count": 20, "data.polarity": 0.8, "sweep": ONE_NET},
    counts={"data.counts": True, "settings.learning_rate": 0.001, "sweep": ONE_NET},
    # The tutorial's first stage that works, at ten times the learning rate of the later ones.
    presence={"settings.learning_rate": 0.1, "sweep": ONE_NET},
    own=FITTED,
    smoke={
        "data.path": str(Path(__file__).parent / "examples" / "opinions.csv"),
        "training.steps": (30,),
        "training.batch_size": 12,
        "training.record_every": 10,
        "training.snapshots": (10,),
        "settings.learning_rate": 0.1,
        "sweep": {"width": (2, 8), "seed": (0, 1)},
    },
)
