"""What does width buy in every task, each trained by the recipe of its own config?

A variant is SIZE/TASK. The sizes are two_cores (all tasks in about two hours; long tasks are cut, see the table below),
full (uncut, 13 widths and 32 seeds, for a cluster) and smoke (toy data, for a quick look).

Command:  nlpfeat sweep --config=configs/all_tasks.py:two_cores/spirals      writes runs/all_tasks-two_cores/spirals
          nlpfeat across-tasks --folder=runs/all_tasks-two_cores             one figure and table of all tasks there
          make all-tasks                                                     all sweeps of a size, then the figure
          make all-tasks SIZE=smoke                                          the same in another size
Expect:   the table in docs/results.md: 16 of 22 tasks reach 95 % of their gain at fewer than ten units.
          Rows do not compare tasks: spirals_deep, for one, has other arms and another learning rate than spirals.
Minutes:  136 on two cores, beside other work; the table below has the minutes of each task.
Data:     that of the configs in the table.
"""

import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from ml_collections import ConfigDict

from nlpfeat.config.variants import changed
from nlpfeat.errors import did_you_mean


def recorded_once(*steps: int) -> dict[str, object]:
    """Changes that set the steps of each phase and record only the first and the last step."""
    return {
        "training.steps": steps,
        "training.record_every": sum(steps),
        "training.checkpoint_every": min(sum(steps), 1000),
        "training.snapshots": (),
    }


class Row(NamedTuple):
    """A task: its config, FILE or FILE:VARIANT; its grid on two cores; the changes of its config."""

    config: str
    widths: tuple[int, ...]
    seeds: int
    common: Mapping[str, object] = {}  # in every size
    cut: Mapping[str, object] = {}  # on two cores


FULL_WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 100)
FULL_SEEDS = 32
SMOKE_WIDTHS = (2, 8)
SMOKE_SEEDS = 2
NINE = (1, 2, 3, 4, 8, 16, 32, 64, 100)
EIGHT = (1, 2, 4, 8, 16, 32, 64, 100)
FIVE = (1, 2, 8, 32, 100)
ONE_PHASE = {"training.lr_scales": (), "training.frozen": ()}
ENDS = {"training.record_every": 1000, "training.snapshots": ()}
DEEP = {"settings.depth": 5, "settings.negative_slope": 0.1, "settings.learning_rate": 0.01}

# fmt: off
TASKS = {
    # Comments: minutes on two cores; what is cut or special.
    "spirals":       Row("spirals",       EIGHT,  32),                                                # ½
    "annulus":       Row("annulus",       NINE,   32),                                                # ½
    "spirals_deep":  Row("spirals_deep",  EIGHT,  16, common={"model.layers": 5, **DEEP}),            # 2; three arms
    "annulus_deep":  Row("annulus",       EIGHT,  16, common={"task": "annulus_deep", **DEEP}),       # 2
    "planted_words": Row("planted_words", EIGHT,  16),                                                # 1
    "reviews_bag":   Row("reviews_bag",   EIGHT,  6),                                                 # ½
    "reviews_batch": Row("reviews_batch", EIGHT,  6, cut=ENDS),                                       # 4
    "reviews_mean":  Row("reviews_mean",  EIGHT,  6, cut=ENDS),                                       # 3
    "imdb_ngrams":   Row("imdb_ngrams",   FIVE,   6, cut={"data.ngrams": 2, **recorded_once(200)}),   # 4; words and pairs, no triples
    "eleven_lines":  Row("eleven_lines",  NINE,   64),                                                # ¼
    "imdb_dense":    Row("imdb_dense",    (1, 2, 4, 10, 30, 100), 6, cut=recorded_once(782)),         # 7
    "imdb_cnn":      Row("imdb_cnn",      FIVE,   6, cut={"data.length": 200, **recorded_once(391)}), # 6; one epoch, 200 words per review
    "imdb_multicnn": Row("imdb_multicnn", FIVE,   6, cut={"data.length": 100, **ONE_PHASE, **recorded_once(782)}),  # 18; two epochs, 100 words per review
    "imdb_lstm":     Row("imdb_lstm",     FIVE,   6, cut={"data.length": 100, **recorded_once(391)}), # 8; one epoch, 100 words per review
    "ratings_dot":   Row("ratings",       FIVE,   6),                                                 # 6; the printed L2
    "ratings_bias":  Row("ratings:bias",  FIVE,   6),                                                 # 3; the printed L2, eight epochs
    "ratings_net":   Row("ratings:net",   FIVE,   6),                                                 # 4; the printed L2
    "ratings_bayes": Row("ratings_bayes", (1, 2, 5, 10, 20, 50, 100), 6),                             # 4
    "windows":       Row("windows",       FIVE,   6, cut=recorded_once(300, 100)),                    # 5; a third of the steps
    "windows_noise": Row("windows_noise", FIVE,   6, cut=recorded_once(400, 150, 150)),               # 6; a quarter of the steps
    "next_word":     Row("next_word",     EIGHT,  6, cut={"training.record_every": 1500}),            # 3
    "char_rnn":      Row("char_rnn",      EIGHT,  6, common={"settings.dropout": 0.0}, cut=recorded_once(2000, 500, 500)),  # 8; without dropout, 3,000 steps of 7,000
}
# fmt: on

SIZES = ("two_cores", "full", "smoke")
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
        "full": (FULL_WIDTHS, FULL_SEEDS),
        "smoke": (SMOKE_WIDTHS, SMOKE_SEEDS),
    }[size]
    file, _, part = row.config.partition(":")
    if size == "smoke":
        part = f"{part}_smoke" if part else "smoke"
    config = runpy.run_path(str(Path(__file__).with_name(f"{file}.py")))["get_config"](part or "full")
    return ConfigDict(
        changed(
            config.to_dict(),
            {
                "sweep": {"width": widths, "seed": tuple(range(seeds))},
                **row.common,
                **(row.cut if size == "two_cores" else {}),
            },
        )
    )


get_config.variants = VARIANTS  # pyright: ignore[reportFunctionMemberAccess]
