"""reviews_mean in the study of all systems: `configs/reviews_mean.py`, as asked there, recorded at its ends.

Two cores: three minutes. `:full` is for a cluster, with the steps and data of that config; `:smoke` for a look.
"""

from nlpfeat.config.sizes import sized

get_config = sized(
    "reviews_mean",
    widths=(1, 2, 4, 8, 16, 32, 64, 100),
    seeds=6,
    cut={"training.record_every": 1000, "training.snapshots": ()},
)
