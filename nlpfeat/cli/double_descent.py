"""Show the error of a study against width: is there a peak, and where?"""

import argparse
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study
from nlpfeat.cli.recipe import add_at, add_moment, add_select, check_flags, recipe_options

if TYPE_CHECKING:
    import pandas as pd

    from nlpfeat.analysis.double_descent import DoubleDescent

CURVES = (
    "Mean error on the {split} split over seeds (95 % interval of the mean); quartiles: of the seeds; fitted: share of seeds that fit every "
    "training label"
)
PEAKS = (
    "seeds with a peak: share of seeds whose own curve rises and falls again by more than {level:.3f}, the difference that chance exceeds in "
    "2.5 % of cases (Wilson 95 % interval); peak at: median of their widths (quartiles); mean curve: lowest error before the peak → peak → "
    "error at the largest width, each at its width; half fit: the width from which on half of the seeds fit every training label"
)


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    add_select(parser)
    add_at(parser)
    add_moment(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the figures and their tables, print the tables."""
    check_flags(args)

    from nlpfeat.store import precheck

    precheck.require_study(args.study)

    from nlpfeat.analysis.double_descent import double_descent
    from nlpfeat.analysis.recipe import point_suffix, recipe_suffix
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.plotting.figures.double_descent import double_descent_figure, surface_figure
    from nlpfeat.report.surface import surface_page
    from nlpfeat.store.atomic import write_atomic
    from nlpfeat.store.provenance import signature
    from nlpfeat.study.session import open_study

    study = open_study(args.study)
    options = recipe_options(args, study.results)
    found = double_descent(study, options)
    if args.json:
        print_json({"curves": found.curves.to_dict("records"), "peaks": found.peaks.to_dict("records")})
        return 0
    print_curves(found.curves, found.split)
    print_peaks(found)
    suffix = point_suffix(study.results, options.at) + recipe_suffix(options)
    figure = double_descent_figure(found, study.task.width_label)
    write_figure(study, f"double-descent{suffix}", figure, "", line, found.curves)
    over = found.surface_axis
    if over is not None:
        figure = surface_figure(found, over, study.task.width_label)
        name = f"double-descent-{over}{suffix}"
        write_figure(study, name, figure, "", line)
        page = study.folder.figures / f"{name}.html"
        write_atomic(page, surface_page(found, over, study.task.width_label, signature(line, study.folder)))
        print_paths([page])
    return 0


def print_curves(curves: "pd.DataFrame", split: str) -> None:
    """Print one row per width and point of the further axes."""
    from nlpfeat.cli.tables import print_columns

    rows = curves.to_dict("records")
    names = [str(name) for name in curves.columns[: list(curves.columns).index("width")]]
    columns = {name.replace("_", " "): [f"{row[name]:g}" for row in rows] for name in [*names, "width"]}
    columns["seeds"] = [
        f"{row['seeds']}" + (f" ({row['diverged']} diverged)" if row["diverged"] else "") for row in rows
    ]
    columns[f"{split} error"] = [
        f"{r['error']:.3f} ({r['mean_low']:.3f} – {r['mean_high']:.3f})" for r in rows
    ]
    columns["quartiles"] = [f"{row['low']:.3f} – {row['high']:.3f}" for row in rows]
    columns["train error"] = [f"{row['train_error']:.3f}" for row in rows]
    columns["fitted"] = [f"{row['fitted']:.2f}" for row in rows]
    print_columns(columns, CURVES.format(split=split))


def print_peaks(found: "DoubleDescent") -> None:
    """Print one row per point of the further axes."""
    from nlpfeat.cli.tables import print_columns

    rows = found.peaks.to_dict("records")
    if not rows:
        return
    names = [str(name) for name in found.peaks.columns[: list(found.peaks.columns).index("seeds")]]
    columns = {name.replace("_", " "): [f"{row[name]:g}" for row in rows] for name in names}
    columns["seeds with a peak"] = [
        f"{r['peak_share']:.2f} ({r['peak_share_low']:.2f} – {r['peak_share_high']:.2f}) of {r['seeds']}"
        for r in rows
    ]
    columns["peak at"] = [
        f"{r['peak_width']:g} ({r['peak_low']:g} – {r['peak_high']:g})" if r["peak_share"] else "–"
        for r in rows
    ]
    columns["mean curve"] = [
        f"{r['mean_valley_error']:.3f} ({r['mean_valley_width']:g}) → {r['mean_peak_error']:.3f} ({r['mean_peak_width']:g}) → "
        f"{r['mean_last_error']:.3f}"
        if min(r["mean_rise"], r["mean_fall"]) > 0
        else "no peak"
        for r in rows
    ]
    columns["half fit"] = [
        "–" if r["threshold_width"] != r["threshold_width"] else f"{r['threshold_width']:g}" for r in rows
    ]
    print_columns(columns, PEAKS.format(level=max(row["resolution"] for row in rows)))


COMMAND = Command(
    "double-descent",
    "show a study's error against width: is there a peak, and where?",
    add_flags,
    run,
    description="The mean error with its interval and every seed, the training error, the width from which on half of the seeds fit every\n"
    "training label, and the peak of each seed's own curve. With --early-stopping, each member is read at its best recorded step on\n"
    "validation; with --select=weight_decay, each width at its best decay. A study with several numbers of examples also has a\n"
    "surface over width and examples, as a figure and as a page on which it is turned by hand. Figures and tables go to STUDY/figures.",
    examples=(
        "nlpfeat sweep double_descent:classroom",
        "nlpfeat double-descent --study=runs/double_descent-classroom",
        "nlpfeat double-descent --study=runs/double_descent-classroom --early-stopping",
        "nlpfeat double-descent --study=runs/double_descent-classroom --json",
    ),
    python='nlpfeat.double_descent(nlpfeat.open_study("runs/double_descent-classroom")).peaks',
    opens_study=False,
)
