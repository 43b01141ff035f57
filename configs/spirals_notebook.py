"""Does the lecture's own training set, 1,000 points per arm, change what width buys?

The recipe of the 2021 notebook exactly, with the width swept and 32 seeds instead of one.

Command:  nlpfeat sweep spirals_notebook
Expect:   median training accuracy of at least .993 at width 100, .985 at 32, .92 at 16; .6 to .9 at 8; at most
          .65 at 2. The notebook's single net (width 100) reaches .995 in one run.
Minutes:  about 2 on two cores.
Data:     generated.
Source:   A. Canziani, Deep Learning (NYU) 2021, "spiral classification": K = 5, 1,000 points per arm, full batch,
          Adam 1e-3 with L2 1e-5, 2,000 epochs.
"""

from nlpfeat.config.variants import with_variants

get_config = with_variants(
    {
        "task": "spirals",
        "data": {"arms": 5, "points": 1000, "inner_radius": 0.2},
        "training": {"steps": (2000,), "record_every": 100},
        "settings": {"learning_rate": 1e-3, "weight_decay": 1e-5, "noise": 0.2},
        "sweep": {"width": (2, 4, 8, 16, 32, 64, 100), "seed": tuple(range(32))},
    },
    smoke={
        "data.points": 30,
        "training": {"steps": (30,), "record_every": 10},
        "sweep": {"width": (2, 100), "seed": (0, 1)},
    },
)
