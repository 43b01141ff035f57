"""Compare two studies at equal training loss."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study
from nlpfeat.cli.recipe import add_select, recipe_options
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from nlpfeat.analysis.compare import Comparison


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    parser.add_argument(
        "--with", dest="other", type=expand_path, required=True, metavar="DIR", help="the other study"
    )
    parser.add_argument(
        "--with-width", type=int, metavar="N", help="the width of the other study (default: its widest)"
    )
    parser.add_argument(
        "--loss", type=float, default=0.1, metavar="X", help="training loss, in nats (default: %(default)s)"
    )
    add_select(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figure, print the table."""
    if not 0 < args.loss < math.inf:
        raise UserError(
            f"--loss: {args.loss:g} must be a positive number: a training loss in nats, as in 0.1"
        )
    from nlpfeat.store import precheck

    for path in (args.study, args.other):
        precheck.require_study(path)

    from nlpfeat.analysis.compare import compare
    from nlpfeat.analysis.recipe import recipe_suffix
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.plotting.figures.compare import compare_figure
    from nlpfeat.plotting.save import results_stamp, save_figure
    from nlpfeat.study.session import open_study

    study, other = open_study(args.study), open_study(args.other)
    options = recipe_options(args)
    comparison = compare(study, other, args.loss, args.with_width, options.select)
    paths = save_figure(
        compare_figure(comparison),
        study.folder.figures / f"compare-{other.path.name}-loss={args.loss:g}{recipe_suffix(options)}",
        results_stamp(line, study.results.attrs, other.results.attrs),
    )
    if args.json:
        print_json(
            {
                "loss": args.loss,
                "recipe": comparison.recipes[0],
                "with": {"width": comparison.width, "recipe": comparison.recipes[1]},
                "rows": comparison.table,
                "paths": paths,
            }
        )
        return 0
    print_comparison(comparison)
    print_paths(paths)
    return 0


def print_comparison(comparison: "Comparison") -> None:
    """Print one row per width and measure."""
    from nlpfeat.cli.tables import print_columns

    rows, other = comparison.table.to_dict("records"), f"{comparison.names[1]} at width {comparison.width}"
    named = zip(comparison.names, comparison.recipes, strict=True)
    recipes = "; ".join(f"{name}: {recipe}" for name, recipe in named)
    columns = {
        "width": [str(row["width"]) for row in rows],
        "seeds": [f"{row['reached']} of {row['trained']}" for row in rows],
        "measure": [row["description"] for row in rows],
        "median here": [_quartiles(row["low"], row["median"], row["high"]) for row in rows],
        other: [_quartiles(row["other_low"], row["other_median"], row["other_high"]) for row in rows],
        "ratio": [_quartiles(row["ratio_low"], row["ratio"], row["ratio_high"]) for row in rows],
    }
    print_columns(
        columns,
        f"At training loss {comparison.loss:g} nats: medians over the seeds that reach it (quartiles); ratio of medians "
        f"with its bootstrap 95 % interval. Seeds that reach it: {rows[0]['other_reached']} of "
        f"{rows[0]['other_trained']} of {other}. Recipes: {recipes}",
    )


def _quartiles(*values: float) -> str:
    low, middle, high = ("–" if math.isnan(x) else f"{float(f'{x:.3g}'):,.7g}" for x in values)
    return middle if low == high == "–" else f"{middle} ({low}–{high})"


COMMAND = Command(
    "compare",
    "compare two measured studies at equal training loss",
    add_flags,
    run,
    description="Each member is taken when its training loss first reaches --loss, not at the same step. For every width of the\n"
    "study: the medians over seeds of stretch and weights, and their ratio to those of one width of the other study, with a\n"
    "bootstrap 95 % interval. Seeds that never reach the loss are left out, and counted. Both studies must be measured;\n"
    "logarithms are interpolated linearly between checkpoints, so keep many (config.training.snapshots).",
    examples=(
        "nlpfeat compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide",
        "nlpfeat compare --study=runs/spirals_deep-recipe --with=runs/spirals_deep-wide --loss=0.3 --json",
    ),
    python='nlpfeat.compare(nlpfeat.open_study("runs/spirals_deep-recipe"), nlpfeat.open_study("runs/spirals_deep-wide")).table',
    opens_study=False,
)
