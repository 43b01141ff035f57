"""imdb_multicnn in the study of all systems: `configs/imdb_multicnn.py`, one epoch of 100 words a review.

Two cores: nine minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from experiments.sizes import sized

get_config = sized(
    "imdb_multicnn",
    widths=(1, 2, 8, 32, 100),
    seeds=6,
    cut={
        "data.length": 100,
        "training.steps": (391,),
        "training.rates": (),
        "training.record_every": 391,
        "training.checkpoint_every": 391,
        "training.snapshots": (),
    },
)
