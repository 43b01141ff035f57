"""Insert batch norm into a trained network and find the learning rates that it then survives."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_count,
    add_json,
    add_member,
    add_study,
    numbers,
    require_range,
)
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from nlpfeat.analysis.fine_tuning import Survival


def add_flags(parser: Parser) -> None:
    """All flags but those of further axes."""
    add_study(parser, "runs/imdb_dense")
    add_member(parser)
    parser.add_argument(
        "--learning-rates",
        default="0.0003,0.001,0.003,0.01,0.03,0.1,0.3",
        metavar="X,X,…",
        help="learning rates (default: seven, .0003 to .3)",
    )
    add_count(parser, "--steps", 100, "steps of fine-tuning")
    add_count(parser, "--repeats", 3, "orders of the examples")
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Fine-tune, write the figure, print the table."""
    rates = sorted(set(numbers("learning-rates", args.learning_rates, "0.001,0.01,0.1")))
    if not all(math.isfinite(rate) and rate > 0 for rate in rates):
        raise UserError(f"--learning-rates: {args.learning_rates}: learning rates must be more than 0")
    for name in ("steps", "repeats"):
        require_range(args, name, 1)

    from nlpfeat.analysis.fine_tuning import FineTuningOptions, survival
    from nlpfeat.cli.members import member_of
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.plotting.figures.fine_tuning import survival_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    member = study.restore_converged(args.step, **member_of(study, args))
    found = survival(member, FineTuningOptions(rates, args.steps, args.repeats), track)
    width, seed = member.settings.width, member.settings.seed
    paths = save_figure(
        survival_figure(found, f"{study.task.name}, width {width}, seed {seed}"),
        study.folder.figures / f"batch-norm-width={width}-seed={seed}",
        signature(line, study.folder),
    )
    if args.json:
        print_json(plain(found) | {"paths": paths})
        return 0
    print_survival(found)
    print_paths(paths)
    return 0


def plain(found: "Survival") -> dict[str, object]:
    """The numbers as plain values, six digits after the point."""
    from nlpfeat.analysis.fine_tuning import CONDITIONS

    return {
        "metric": found.metric.name,
        "split": found.split,
        "steps": found.steps,
        "before": round(found.before, 6),
        "inserted": round(found.inserted, 6),
        "baseline": round(found.baseline, 6),
        "learning_rates": found.learning_rates,
        "scores": dict(zip(CONDITIONS, found.scores.round(6).tolist(), strict=True)),
        "survived": {condition: found.largest_rate(condition) for condition in CONDITIONS},
    }


def print_survival(found: "Survival") -> None:
    """Print the scores, one row per rate."""
    from nlpfeat.analysis.fine_tuning import CONDITIONS
    from nlpfeat.cli.tables import print_columns

    columns = {"learning rate": [f"{rate:g}" for rate in found.learning_rates]}
    columns |= {
        f"{condition} batch norm": [_cell(values) for values in scores]
        for condition, scores in zip(CONDITIONS, found.scores, strict=True)
    }
    survived = ", ".join(f"{condition} {found.largest_rate(condition) or 'none'}" for condition in CONDITIONS)
    print_columns(
        columns,
        f"{found.split} {found.metric.name} after {found.steps} steps, median (least–most) of the repeats that did not "
        f"diverge; before {found.before:.4f}, with batch norm inserted {found.inserted:.4f}, baseline {found.baseline:.4f}; "
        f"largest rate survived: {survived}",
    )


def _cell(values: "np.ndarray") -> str:
    from nlpfeat.cli.tables import median_cell

    lost = sum(not math.isfinite(value) for value in values)
    return median_cell(values) + (f", {lost} of {len(values)} diverged" if lost else "")


COMMAND = Command(
    "batch-norm",
    "insert batch norm into a trained network and find the learning rates that it then survives",
    add_flags,
    run,
    description="Batch norm goes after the dense layers, set so that no output changes. Then the network is fine-tuned with it\n"
    "and without, from the same weights, at growing learning rates. A rate is survived if, in the median over repeats, at\n"
    "least half of what was learned is left: the headline metric half-way between the baseline, the best constant\n"
    "prediction, and that of the trained network. A repeat that diverges counts as the worst.",
    examples=(
        "nlpfeat batch-norm --study=runs/imdb_dense --width=100",
        "nlpfeat batch-norm --study=runs/spirals --width=32 --seed=3 --learning-rates=0.001,0.01,0.1 --steps=200",
    ),
    python='nlpfeat.survival(nlpfeat.open_study("runs/imdb_dense").restore(width=100, seed=0)).scores',
)
