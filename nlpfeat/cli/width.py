"""Print what width buys in a study, in numbers."""

import argparse
import math
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_json, add_study, numbers
from nlpfeat.cli.recipe import add_at, add_moment, add_select, check_flags, recipe_options
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    from jaxtyping import PyTree

    from nlpfeat.analysis.width_table import WidthTable
    from nlpfeat.stats.best_rates import BestRates

ABOUT_H50 = (
    "H50: the width at which half of the seeds succeed, by a logistic fit to success in log2 of the width; its 95 % interval by "
    "resampling seeds"
)


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_study(parser)
    add_select(parser)
    add_at(parser)
    add_moment(parser)
    parser.add_argument(
        "--level",
        metavar="X,X",
        help="values of the headline metric that count as success (default: the task's own, .99 for spirals)",
    )
    parser.add_argument(
        "--loss",
        type=float,
        metavar="X",
        help="training loss to which steps are counted (default: that of --at-loss, or the lowest that half of the seeds of "
        "every width reach)",
    )
    parser.add_argument(
        "--rates-by",
        choices=("metric", "loss"),
        default="metric",
        help="what the best learning rate of each width is judged by: the headline metric on validation, or the training loss "
        "(default: %(default)s)",
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the tables."""
    levels = tuple(numbers("level", args.level, ".9,.99")) if args.level is not None else ()
    for level in levels:
        if not math.isfinite(level):
            raise UserError(f"--level: {level:g} must be a finite number")
    if args.loss is not None and not 0 < args.loss < math.inf:
        raise UserError(f"--loss: {args.loss:g} must be a positive number")
    check_flags(args)

    from nlpfeat.store import precheck

    precheck.require_study(args.study)

    from nlpfeat.analysis.width_table import WidthTableOptions, width_table
    from nlpfeat.cli.tables import print_json
    from nlpfeat.study.session import open_study

    study = open_study(args.study)
    recipe = recipe_options(args, study.results)
    found = width_table(study, WidthTableOptions(recipe, levels, args.loss, args.rates_by == "loss"))
    if args.json:
        print_json(to_json(found))
        return 0
    print_rows(found)
    print_halves(found)
    print_steps(found)
    if found.best_rates is not None:
        print_best_rates(found.best_rates)
    return 0


def to_json(found: "WidthTable") -> "PyTree":
    """The table as plain values."""
    success = [
        {
            "level": curve.criterion.threshold,
            "width": width,
            "low": share.low,
            "share": share.estimate,
            "high": share.high,
        }
        for curve in found.curves
        for width, share in zip(curve.widths, curve.shares, strict=True)
    ]
    halves = [
        {"level": curve.criterion.threshold, "split": curve.split} | curve.h50._asdict()
        for curve in found.curves
    ]
    plain = {
        "recipe": found.recipe,
        "metric": found.metric.name,
        "rows": found.rows,
        "success": success,
        "h50": halves,
        "baseline": found.baseline,
        "gain_width": found.gain._asdict(),
        "bayes_accuracy": found.bayes_accuracy,
        "steps_to_loss": {"loss": found.loss, "rows": found.steps},
    }
    if found.choices is not None:
        plain["choices"] = found.choices
    if found.best_rates is not None:
        best = found.best_rates
        rows = zip(best.widths.tolist(), best.best, best.bounds, strict=True)
        plain["best_rates"] = {
            "judged_on": best.judged_on,
            "rows": [{"width": width, **rate._asdict(), "bound": bound} for width, rate, bound in rows],
            "slope": best.slope._asdict(),
            "shift": best.shift._asdict(),
        }
    return plain


def print_rows(found: "WidthTable") -> None:
    """Print one row per width: its recipe, its seeds, the quartiles of the metric, the share of success at each level."""
    from nlpfeat.cli.tables import print_columns

    rows, splits = found.rows.to_dict("records"), _splits(found)
    columns = {"width": [str(row["width"]) for row in rows]}
    for name, words in found.chosen.items():
        ends = found.choices["at_end"] if found.choices is not None else []
        columns[name.replace("_", " ")] = [
            f"{word} (end)" if name in end.split(", ") else word
            for word, end in zip(words, ends, strict=True)
        ]
    if "step" in found.rows and "step" not in found.chosen:
        columns["median step"] = [_number(row["step"]) for row in rows]
    columns["seeds"] = [str(row["seeds"]) for row in rows]
    for name, head in (
        ("diverged", "diverged"),
        ("unreached", "not reached"),
        ("unconverged", "not converged"),
    ):
        if any(row[name] for row in rows):
            columns[head] = [str(row[name]) for row in rows]
    for split in splits:
        columns[f"{split} {found.metric.name.replace('_', ' ')}"] = [
            _quartiles(*(row[f"{split}_{name}"] for name in ("low", "median", "high"))) for row in rows
        ]
    for curve in found.curves:
        columns[f"P({curve.split} {curve.success})"] = [
            f"{share.estimate:.3f} ({share.low:.3f}–{share.high:.3f})" for share in curve.shares
        ]
    print_columns(columns, _caption(found))


def _caption(found: "WidthTable") -> str:
    failed = [name for name in ("diverged", "unreached") if found.rows[name].any()]
    words = {"diverged": "those that diverged", "unreached": "those that never reach the loss"}
    failures = f", {' and '.join(words[name] for name in failed)} counting as the worst" if failed else ""
    parts = [
        f"Recipe: {found.recipe}",
        f"Medians over seeds (quartiles){failures}",
        *(["P: share of seeds with that metric, Wilson 95 % interval"] if found.curves else []),
    ]
    if found.choices is not None:
        most = int(found.choices["candidates"].max())
        parts.append(f"Chosen from up to {most} candidates")
        if found.choices["at_end"].any():
            parts.append("(end): at the end of its axis, so the best may lie beyond")
    return ". ".join(parts)


def print_halves(found: "WidthTable") -> None:
    """Print H50 at each level."""
    from nlpfeat.cli.across_tasks import describe_gain_width
    from nlpfeat.plotting.primitives import describe_half

    for curve in found.curves:
        half = describe_half(curve.h50, curve.widths)
        print(f"{half} for {curve.split} {curve.metric.name.replace('_', ' ')} {curve.success}")
    if found.curves:
        print(ABOUT_H50)
    widths = found.rows["width"].tolist()
    gain = describe_gain_width(found.gain, widths[0], widths[-1])
    print(
        f"the best constant prediction: {found.metric.name.replace('_', ' ')} {found.baseline:.3f}; 95 % of the gain over it: width "
        f"{gain}, by medians; more than the widest where the curve does not saturate within the grid"
    )
    if found.bayes_accuracy is not None:
        print(f"the Bayes classifier, which knows how the data were made: {found.bayes_accuracy:.4f}")


def print_steps(found: "WidthTable") -> None:
    """Print how many steps each width takes to a training loss."""
    from nlpfeat.cli.tables import print_columns

    if not math.isfinite(found.loss):
        print("no steps to a loss: at some width half of the seeds have none")
        return
    rows = found.steps.to_dict("records")
    columns = {
        "width": [str(row["width"]) for row in rows],
        "seeds that reach it": [f"{row['reached']} of {row['seeds']}" for row in rows],
        f"steps to training loss {found.loss:g}": [
            _quartiles(row["low"], row["median"], row["high"], digits=0) for row in rows
        ],
    }
    print_columns(columns)
    print(
        "medians over these seeds (quartiles), ∞ where too few reach it; the logarithm of the loss is interpolated linearly between "
        "records"
    )


def print_best_rates(best: "BestRates") -> None:
    """Print the best learning rate of each width, and how it shifts."""
    from nlpfeat.cli.tables import print_columns
    from nlpfeat.stats.best_rates import describe_rate, describe_shift

    columns = {
        "width": [str(width) for width in best.widths.tolist()],
        "best learning rate": [
            describe_rate(rate, bound, best.rates) for rate, bound in zip(best.best, best.bounds, strict=True)
        ],
    }
    print_columns(columns)
    print(
        f"best learning rate: the vertex of a parabola in log rate, fitted to the medians of all seeds of {best.judged_on} (of errors: to their "
        "logarithms) around the best rate of the grid;\nits 95 % interval by resampling seeds tells nothing of the spacing of the rates; ≤, ≥: the end of the "
        "grid, a bound"
    )
    print(describe_shift(best))


def _splits(found: "WidthTable") -> list[str]:
    return [name.removesuffix("_median") for name in map(str, found.rows) if name.endswith("_median")]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:,.0f}"


def _quartiles(low: float, middle: float, high: float, digits: int = 3) -> str:
    low_, middle_, high_ = (
        "–" if math.isnan(x) else "∞" if math.isinf(x) else f"{x:,.{digits}f}" for x in (low, middle, high)
    )
    return middle_ if low_ == middle_ == high_ else f"{middle_} ({low_}–{high_})"


COMMAND = Command(
    "width",
    "print what width buys in a study, at a recipe of choice",
    add_flags,
    run,
    description="One row per width: quartiles of the headline metric, and the share of seeds that succeed; then H50, the width at\n"
    "which half of them do, and the steps to a training loss. --select chooses a recipe for each width on the validation split\n"
    "and every other seed, and reports the other seeds. The flags --at-… and --early-stopping take each member at a moment of\n"
    "its training other than the last step.",
    examples=(
        "nlpfeat width --study=runs/spirals",
        "nlpfeat width --study=runs/spirals --at-loss=0.1 --level=.9,.99",
        "nlpfeat width --study=runs/rates --select=learning_rate --json",
        "nlpfeat width --study=runs/rates --select=learning_rate,step",
    ),
    python='nlpfeat.width_table(nlpfeat.open_study("runs/spirals")).rows',
    opens_study=False,
)
