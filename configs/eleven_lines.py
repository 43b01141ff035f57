"""How many hidden sigmoids does the exclusive or of two columns need?

"A neural network in 11 lines", its two-layer form: four rows, no biases, the whole table a step.

Command:  python -m experiments.sweep --config=configs/eleven_lines.py
          python -m experiments.trace               the one-layer form, every number of its first iteration
Expect:   rate 4, 10,000 steps, all rows right: no seed of 64 at one unit, 20 at two, 58 at three, all from four on.
Minutes:  under one on two cores.
"""

from ml_collections import ConfigDict


def get_config(variant: str = "full") -> ConfigDict:
    """The config, in the variants "full" and "smoke"."""
    config = ConfigDict()
    config.task = "eleven_lines"
    config.training = ConfigDict(
        {"steps": (10000,), "record_every": 250, "checkpoint_every": 2500, "snapshots": (100, 1000)}
    )
    config.settings = ConfigDict({"learning_rate": 4.0})
    config.sweep = ConfigDict({"width": (1, 2, 3, 4, 8, 16, 32, 64, 100), "seed": tuple(range(64))})
    if variant == "smoke":
        config.training.update({"steps": (200,), "record_every": 100, "snapshots": (100,)})
        config.sweep = ConfigDict({"width": (2, 8), "seed": (0, 1)})
    elif variant != "full":
        raise ValueError(f"no variant {variant!r}; there are full and smoke")
    return config
