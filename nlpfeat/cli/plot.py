"""Draw the figures of a study."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study
from nlpfeat.cli.recipe import add_at, add_moment, add_select, check_flags, recipe_options
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.plotting.figures.study import SavedFigure


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="X",
        help="value of the headline metric that counts as success (default: the task's own, .99 for spirals)",
    )
    add_select(parser)
    add_at(parser)
    add_moment(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figures and their tables, print what they show."""
    if args.threshold is not None and not math.isfinite(args.threshold):
        raise UserError(f"--threshold: {args.threshold:g} must be a finite number")
    check_flags(args)

    from nlpfeat.store import precheck

    if not (args.study / "config.json").exists() and any(args.study.glob("*/config.json")):
        raise UserError(
            f"{args.study} holds several studies: name one of them, or draw all by nlpfeat across-tasks --folder={args.study}"
        )
    precheck.require_study(args.study)

    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import process_pool
    from nlpfeat.plotting.figures.study import StudyFiguresOptions, save_figures
    from nlpfeat.study.session import open_study

    study = open_study(args.study)
    options = StudyFiguresOptions(args.threshold, recipe_options(args, study.results))
    with process_pool() as pool:
        if args.json:
            figures = save_figures(study, options, stamp=line, pool=pool)
            print_json([{"text": one.text, **one.numbers, "paths": one.paths} for one in figures])
        else:
            save_figures(study, options, stamp=line, saved=print_figure, pool=pool)
    return 0


def print_figure(figure: "SavedFigure") -> None:
    """Print what a figure shows, and its files."""
    print("\n  ".join([figure.text, *map(str, figure.paths)]), flush=True)


COMMAND = Command(
    "plot",
    "draw the figures of a study, as PNG and PDF",
    add_flags,
    run,
    description="The headline metric against width, with every seed, median and quartiles; the share of seeds that succeed with\n"
    "its Wilson interval; H50, the width at which half of the seeds succeed, with its bootstrap interval; learning curves;\n"
    "what nlpfeat measure has measured. A grid with further axes has a figure of its own: which recipe succeeds how often.\n"
    "So have its learning rates by width. Figures go to STUDY/figures; those of --select, --at, --at-… and --early-stopping have\n"
    "names of their own.",
    examples=(
        "nlpfeat plot --study=runs/spirals",
        "nlpfeat plot --study=runs/spirals --threshold=0.95 --json",
        "nlpfeat plot --study=runs/noise --at=noise=0.1",
        "nlpfeat plot --study=runs/rates --select=learning_rate        # the best for each width; see nlpfeat width --help",
        "nlpfeat plot --study=runs/spirals --at-loss=0.1",
    ),
    python='nlpfeat.save_figures(nlpfeat.open_study("runs/spirals"))',
    opens_study=False,
)
