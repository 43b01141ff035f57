"""What does width buy in every task, at the best learning rate and time of each width?

Learning rate and recorded steps are axes beside the width: the best of both is chosen for each width on validation data. The rate of a
task's own config is among the rates, so the same studies also tell what its one recipe finds.

A variant is SIZE/TASK. The sizes are two_cores (all tasks in 90 minutes; long tasks are cut, see the table below), look (every other
width and two seeds, 20 minutes), full (uncut, 13 widths and 32 seeds, for a cluster) and smoke (toy data).

Command:  nlpfeat sweep all_tasks:two_cores/spirals      writes runs/all_tasks-two_cores/spirals
          nlpfeat across-tasks --folder=runs/all_tasks-two_cores --select=learning_rate,step
          nlpfeat across-tasks --folder=runs/all_tasks-two_cores             the same at the rate of each task's config
          make all-tasks                                                     all sweeps of a size, then both tables
          make all-tasks SIZE=look                                           the same in another size
Expect:   the table in docs/results.md.
          Rows do not compare tasks: spirals_deep, for one, has other arms than spirals.
Minutes:  98 on two cores beside test runs, fewer on quiet ones; the table below has the minutes of each task.
Data:     that of the configs in the table.
"""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from nlpfeat.config.variants import changed
from nlpfeat.errors import did_you_mean


def recorded(*steps: int, times: int = 2) -> dict[str, object]:
    """Changes that set the steps of each phase and record the first step and, evenly spaced, some others up to the last."""
    return {
        "training.steps": steps,
        "training.record_every": -(-sum(steps) // times),
        "training.checkpoint_every": min(sum(steps), 1000),
        "training.snapshots": (),
    }


class Row(NamedTuple):
    """A task: its config, FILE or FILE:VARIANT; its grid on two cores; the changes of its config."""

    config: str
    widths: tuple[int, ...]
    seeds: int
    rates: tuple[float, ...]
    common: Mapping[str, object] = {}  # in every size
    cut: Mapping[str, object] = {}  # on two cores


FULL_WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)
FULL_SEEDS = 32
SMOKE_WIDTHS = (2, 8)
LOOK_SEEDS = SMOKE_SEEDS = 2  # one chooses, the other is reported
NINE = (1, 2, 3, 4, 8, 16, 32, 64, 100)
EIGHT = (1, 2, 4, 8, 16, 32, 64, 100)
SIX = (1, 2, 4, 10, 32, 100)
FIVE = SIX[:-1]
LOW, MIDDLE, HIGH = (3e-4, 1e-3, 3e-3), (1e-3, 3e-3, 1e-2), (3e-3, 1e-2, 3e-2)
SPIRAL_RATES = (1e-3, 3e-3, 1e-2, 3e-2)
POINTS = {"training.record_every": 250, "training.snapshots": ()}
DEEP = {"settings.depth": 5, "settings.negative_slope": 0.1, "settings.learning_rate": 0.01, **POINTS}
# A record on a part of the training examples costs little beside the test part.
HELD_OUT = {"data.validation_share": 0.1, "training.train_sample": 2000}
RATINGS = {"training.train_sample": 2000, "training.snapshots": ()}
ONE_PHASE = {"training.lr_scales": (), "training.frozen": ()}

# fmt: off
TASKS = {
    # Comments: minutes on two cores; what is cut or special.
    "spirals":       Row("spirals",       EIGHT,  16, SPIRAL_RATES, common=POINTS),  # ½
    "annulus":       Row("annulus",       NINE,   16, HIGH, common=POINTS),  # ½
    "spirals_deep":  Row("spirals_deep",  EIGHT,  12, HIGH, common={"model.layers": 5, **DEEP}),  # 3; three arms
    "annulus_deep":  Row("annulus",       EIGHT,  12, HIGH, common={"task": "annulus_deep", **DEEP}),  # 6
    "points":        Row("points",        EIGHT,  16, HIGH, common=POINTS),  # ½; two moons
    "points_deep":   Row("points",        EIGHT,  12, HIGH, common={"task": "points_deep", "data.shape": "checkerboard", "settings.noise": 0.0, **DEEP}),  # 4
    "wound_spirals": Row("wound_spirals", EIGHT,  8, HIGH),  # 1; three dimensions
    "mnist1d":       Row("double_descent", FIVE,  4, HIGH, cut=recorded(4000)),  # 1; a fifth of the steps
    "mnist1d_conv":  Row("double_descent:conv", FIVE, 4, HIGH, cut=recorded(4000)),  # 4; a fifth of the steps
    "digits":        Row("digits",        EIGHT,  6, (0.02, 0.05, 0.1)),  # ½
    "digits_conv":   Row("digits:conv",   FIVE,   6, (0.02, 0.05, 0.1)),  # 1
    "mnist":         Row("mnist",         FIVE,   4, (0.02, 0.05, 0.1)),  # 5
    "mnist_conv":    Row("mnist:conv",    FIVE,   4, (0.02, 0.05, 0.1), cut=recorded(500)),  # 10; a quarter of the steps
    "planted_words": Row("planted_words", EIGHT,  12, HIGH, common={"training.record_every": 100}),  # 1
    "reviews_bag":   Row("reviews_bag",   EIGHT,  12, HIGH, common=HELD_OUT),  # ½
    "reviews_batch": Row("reviews_batch", SIX,    6, LOW, common=HELD_OUT),  # 5
    "reviews_mean":  Row("reviews_mean",  SIX,    6, MIDDLE, common=HELD_OUT),  # 4
    "imdb_ngrams":   Row("imdb_ngrams",   FIVE,   6, (1.5e-3, 5e-3, 1.5e-2), common=HELD_OUT, cut={"data.ngrams": 2, **recorded(200)}),  # 12; words and pairs, no triples
    "eleven_lines":  Row("eleven_lines",  NINE,   32, (1.0, 4.0, 16.0)),  # ¼; four rows are all there are: chosen on them, by other seeds
    "imdb_dense":    Row("imdb_dense",    FIVE,   4, LOW, common=HELD_OUT, cut=recorded(782)),  # 4
    "imdb_cnn":      Row("imdb_cnn",      FIVE,   4, LOW, common=HELD_OUT, cut={"data.length": 200, **recorded(391)}),  # 6; one epoch, 200 words per review
    "imdb_multicnn": Row("imdb_multicnn", FIVE,   4, LOW, common=HELD_OUT, cut={"data.length": 100, **ONE_PHASE, **recorded(391)}),  # 10; one epoch, 100 words per review
    "imdb_lstm":     Row("imdb_lstm",     FIVE,   4, MIDDLE, common=HELD_OUT, cut={"data.length": 100, **recorded(391)}),  # 2; one epoch, 100 words per review
    "ratings_dot":   Row("ratings",       FIVE,   4, LOW, common=RATINGS),  # 3; the printed L2
    "ratings_bias":  Row("ratings:bias",  FIVE,   4, LOW, common=RATINGS),  # 3; the printed L2, eight epochs
    "ratings_net":   Row("ratings:net",   FIVE,   4, LOW, common=RATINGS),  # 3; the printed L2
    "ratings_bayes": Row("ratings_bayes", (1, 2, 5, 10, 20, 50), 6, ()),  # 2; its rule has no learning rate
    "windows":       Row("windows",       FIVE,   4, MIDDLE, cut=recorded(300, 100)),  # 10; a third of the steps
    "windows_noise": Row("windows_noise", FIVE,   4, HIGH, cut=recorded(400, 150, 150)),  # 15; a quarter of the steps
    "next_word":     Row("next_word",     EIGHT,  4, MIDDLE),  # 5
    "char_rnn":      Row("char_rnn",      (1, 4, 16, 64), 4, MIDDLE, common={"settings.dropout": 0.0}, cut=recorded(2000, 500, 500)),  # 4; without dropout, 3,000 steps of 7,000
    "char_transformer": Row("char_transformer", (1, 4, 16, 64), 4, LOW, common={"model.heads": 1, "data.book": "nietzsche", "data.lower": True}, cut=recorded(500, 500)),  # 6; one head, Nietzsche, half of the steps
    "superposition": Row("superposition", EIGHT,  6, HIGH, common={"settings.sparsity": 0.97}),  # 1; one sparsity
    "sparse_parity": Row("sparse_parity", EIGHT,  8, HIGH),  # 1
}
# fmt: on

SIZES = ("two_cores", "look", "full", "smoke")
VARIANTS = tuple(f"{size}/{name}" for size in SIZES for name in TASKS)


def get_config(variant: str = "") -> ConfigDict:
    """The config of the variant SIZE/TASK: that of the task's own file with another grid and the changes of its row."""
    if variant not in VARIANTS:
        hint = did_you_mean(variant, VARIANTS) if variant else "name one, SIZE/TASK, as in two_cores/spirals"
        raise ValueError(f"no variant {variant!r}; {hint}")
    size, name = variant.split("/")
    row = TASKS[name]
    widths, seeds = {
        "two_cores": (row.widths, row.seeds),
        "look": (row.widths[::2], LOOK_SEEDS),
        "full": (FULL_WIDTHS, FULL_SEEDS),
        "smoke": (SMOKE_WIDTHS, SMOKE_SEEDS),
    }[size]
    file, _, part = row.config.partition(":")
    if size == "smoke":
        part = f"{part}_smoke" if part else "smoke"
    config = runpy.run_path(str(Path(__file__).with_name(f"{file}.py")))["get_config"](part or "full")
    base = config.to_dict()
    # Smoke may have another rate than the task's own file.
    own = ConfigDict(changed(base, row.common)).to_dict()["settings"]["learning_rate"]
    rates = {"learning_rate": tuple(sorted({*row.rates, own}))} if row.rates else {}
    return ConfigDict(
        changed(
            base,
            {
                "sweep": {"width": widths, **rates, "seed": tuple(range(seeds))},
                **row.common,
                **(row.cut if size in ("two_cores", "look") else {}),
            },
        )
    )


get_config.variants = VARIANTS  # pyright: ignore[reportFunctionMemberAccess]
