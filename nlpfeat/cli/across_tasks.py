"""Show what width buys in each task of a folder of studies."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json
from nlpfeat.cli.recipe import add_moment, add_select, check_flags, recipe_options
from nlpfeat.config.files import expand_path

if TYPE_CHECKING:
    import pandas as pd

CAPTION = (
    "Medians over seeds, each task with {recipe}; diverged members count as the worst. baseline: the "
    "best constant prediction. 95 % of the gain: the width at which the median has come that far from the baseline to the "
    "best (95 % interval; – with fewer than {min_seeds} seeds); ≤: the grid's first width; >: more than its last, as the "
    "curve does not saturate within the grid; never: no width does better than the baseline"
)


def add_flags(parser: Parser) -> None:
    """All flags."""
    parser.add_argument(
        "--folder",
        type=expand_path,
        default=Path("runs/all_tasks-two_cores"),
        metavar="DIR",
        help="a folder of studies (default: %(default)s)",
    )
    add_select(parser)
    add_moment(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figure and the table, print the table."""
    check_flags(args)

    from nlpfeat.analysis.across_tasks import task_curves, task_table
    from nlpfeat.analysis.recipe import recipe_in_words, recipe_suffix
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.digests import digest
    from nlpfeat.plotting.figures.across_tasks import across_tasks_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.atomic import write_csv

    options = recipe_options(args)
    recipe = recipe_in_words(options)
    curves = task_curves(args.folder, track, options)
    table = task_table(curves)
    path = args.folder / "figures" / f"across-tasks{recipe_suffix(options)}"
    stamp = f"{line}   configs {digest(sorted(table['config_hash']))[:12]}"
    paths = [
        *save_figure(across_tasks_figure(curves, recipe), path, stamp),
        write_csv(table, path.with_name(f"{path.name}.csv")),
    ]
    if args.json:
        print_json(table)
        return 0
    print_table_of(table, recipe)
    print_paths(paths)
    return 0


def print_table_of(table: "pd.DataFrame", recipe: str) -> None:
    """Print one row per study, read at a recipe."""
    from nlpfeat.cli.tables import print_columns
    from nlpfeat.stats.intervals import MIN_SEEDS, Interval

    rows = table.to_dict("records")
    columns = {
        "study": [row["study"] for row in rows],
        "metric": [f"{row['split']} {row['metric'].replace('_', ' ')}" for row in rows],
        "seeds": [str(row["seeds"]) for row in rows],
        "baseline": [f"{row['baseline']:.3g}" for row in rows],
        "narrowest": [f"{row['narrowest_median']:.3g} at {row['narrowest']}" for row in rows],
        "best": [f"{row['best_median']:.3g} at {row['best_width']}" for row in rows],
        "widest": [f"{row['widest_median']:.3g} at {row['widest']}" for row in rows],
        "95 % of the gain": [
            describe_gain_width(
                Interval(row["gain_width_low"], row["gain_width"], row["gain_width_high"]),
                row["narrowest"],
                row["widest"],
            )
            for row in rows
        ],
    }
    print_columns(columns, CAPTION.format(recipe=recipe, min_seeds=MIN_SEEDS))


def describe_gain_width(width: tuple[float, float, float], narrowest: int, widest: int) -> str:
    """Such as "6.1 (5.2 – 7)", "≤ 1 (≤ 1 – 3.4)", "> 100 (53 – > 100)", or "never" where no width beats the baseline.

    Args:
      width: the gain width between the ends of its interval; inf is more than the widest, an estimate of NaN is never.
      narrowest, widest: widths of the grid.
    """
    low, estimate, high = width

    def spell(value: float) -> str:
        if math.isinf(value):
            return f"> {widest}"
        return f"≤ {narrowest}" if value <= narrowest else f"{value:.3g}"

    if math.isnan(estimate):
        return "never"
    if math.isnan(low):
        return f"{spell(estimate)} (–)"
    return f"{spell(estimate)} ({spell(low)} – {spell(high)})" if low < math.inf else spell(estimate)


COMMAND = Command(
    "across-tasks",
    "show what width buys in each task of a folder of studies",
    add_flags,
    run,
    description="Each study is drawn between its baseline, the best constant prediction, and its best median over widths.\n"
    "Figure and table go to FOLDER/figures. Further axes have the values of the study's config, unless --select chooses the\n"
    "best for each width: each half of the seeds is then reported at what the other half chose. See nlpfeat width --help.",
    examples=(
        "nlpfeat across-tasks",
        "nlpfeat across-tasks --select=learning_rate,step             # at the best rate and time of each width",
        "nlpfeat across-tasks --folder=runs/all_tasks-smoke --json     # what make all-tasks SIZE=smoke has swept",
    ),
    python='nlpfeat.across_tasks("runs/all_tasks-two_cores")',
    opens_study=False,
)
