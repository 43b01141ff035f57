"""What the extra units of wide networks are for: pruning, matching, ensembles, redundancy, luck."""

import argparse
import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_count,
    add_json,
    add_study,
    number,
    numbers,
    require_range,
)
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

    from nlpfeat.study.session import Study


def _whole(flag: str, text: str | None, example: str) -> tuple[int, ...]:
    """Whole numbers with commas between them; none for no text.

    Raises:
      UserError: for anything else.
    """
    if not text:
        return ()
    found = numbers(flag, text, example)
    for value in found:
        if not math.isfinite(value) or value != int(value) or value < 1:
            raise UserError(f"--{flag}: {value:g} is not a whole number of at least 1, as in {example}")
    return tuple(sorted({int(value) for value in found}))


def _interval(
    rows: "pd.DataFrame", middle: str, low: str = "low", high: str = "high", digits: int = 3
) -> list[str]:
    """Cells such as ".12 (.08 – .17)"."""
    cells = []
    for a, b, c in rows[[low, middle, high]].to_numpy(float).tolist():
        inner = "" if math.isnan(a + c) else f" ({a:.{digits}f} – {c:.{digits}f})"
        cells.append("–" if math.isnan(b) else f"{b:.{digits}f}{inner}")
    return cells


def _opened(args: argparse.Namespace) -> "tuple[Study, dict[str, float]]":
    """The study and the point of its further axes that the flags name."""
    from nlpfeat.cli.members import point_of_flags
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.study.session import open_study

    use_all_cores()
    study = open_study(args.study)
    return study, point_of_flags(study, args)


def _prune_flags(parser: Parser) -> None:
    add_study(parser)
    parser.add_argument("--width", metavar="N", help="of the networks that are pruned (default: the widest)")
    parser.add_argument(
        "--kept", default="", metavar="N,N,…", help="units left (default: the powers of two below the width)"
    )
    parser.add_argument(
        "--criteria",
        default="",
        metavar="NAME,…",
        help="which units stay: magnitude, loss, duplicates (default: all that the network allows)",
    )
    parser.add_argument(
        "--train",
        action="store_true",
        help="also train what is left, lottery tickets, random tickets, and networks of that width",
    )
    parser.add_argument(
        "--rates",
        metavar="X,X,…",
        help="learning rates that are tried, in units of that of the wide networks (default: 1,3,10,30,100)",
    )
    parser.add_argument(
        "--steps", type=int, metavar="N", help="of tickets and narrow networks (default: the study's)"
    )
    parser.add_argument(
        "--tuning-steps",
        type=int,
        metavar="N",
        help="of what is left of trained networks (default: a quarter of --steps)",
    )
    add_json(parser)


def _prune(args: argparse.Namespace, line: str) -> int:
    for name in ("steps", "tuning_steps"):
        require_range(args, name, 1)
    kept = _whole("kept", args.kept, "4,8,16")
    for name in ("rates", "steps", "tuning_steps"):
        if getattr(args, name) is not None and not args.train:
            raise UserError(f"--{name.replace('_', '-')} is for training: add --train")
    rates = tuple(numbers("rates", "1,3,10,30,100" if args.rates is None else args.rates, "1,3,10"))
    if any(not 0 < rate < math.inf for rate in rates):
        raise UserError("--rates: each must be a positive number, as in 1,3,10")
    criteria = tuple(name.strip() for name in args.criteria.split(",") if name.strip())

    from nlpfeat.analysis.pruning import PRUNED, PruningOptions, prune
    from nlpfeat.analysis.recipe import point_suffix
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.pruning import pruning_figure

    study, settings = _opened(args)
    width = int(study.members["width"].max()) if args.width is None else int(number("width", args.width))
    options = PruningOptions(kept, criteria, args.train, rates, args.steps, args.tuning_steps)
    found = prune(study, width, options, settings, track)
    if args.json:
        print_json({"curves": found.curves, "contrasts": found.contrasts})
        return 0
    curves = found.curves
    columns = {
        "network": curves["condition"].tolist(),
        "units by": [text or "–" for text in curves["criterion"]],
        "kept": [f"{n}" for n in curves["kept"]],
        "rate": [
            "–" if condition == PRUNED else f"{rate:g}"
            for condition, rate in zip(curves["condition"], curves["learning_rate"], strict=True)
        ],
        f"{found.split} {found.metric.name}": _interval(curves, "median"),
        "succeed": _interval(curves, "share", "share_low", "share_high", 2),
    }
    what = f" Trained {found.trained}." if found.trained else ""
    print_columns(
        columns,
        f"Networks of {found.width} units, whose median is {found.whole:.3f}, pruned: median over {int(curves['seeds'].max())} seeds (quartiles); "
        f"share of seeds that succeed (Wilson 95 % interval).{what}",
    )
    if len(found.contrasts):
        rows = found.contrasts
        print_columns(
            {
                "difference": [f"{a} − {b}" for a, b in rows[["first", "second"]].to_numpy().tolist()],
                "units by": [text or "–" for text in rows["criterion"]],
                "kept": [f"{n}" for n in rows["kept"]],
                found.metric.name: _interval(rows, "difference", digits=4),
            },
            "Mean differences over the same seeds (95 % t interval), each network at its best rate",
        )
    name = f"pruning-{width}{point_suffix(study.results, settings)}"
    write_figure(study, name, pruning_figure(found, study.task.width_label), "", line, found.members)
    return 0


def _match_flags(parser: Parser) -> None:
    add_study(parser)
    parser.add_argument("--widths", metavar="N,N,…", help="which (default: all)")
    add_count(parser, "--points", 11, "points along each line, its ends included")
    add_json(parser)


def _match(args: argparse.Namespace, line: str) -> int:
    require_range(args, "points", 3, 1001)
    widths = _whole("widths", args.widths, "8,100")

    from nlpfeat.analysis.basins import BasinOptions, basins
    from nlpfeat.analysis.recipe import point_suffix
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.basins import basins_figure, paths_figure

    study, settings = _opened(args)
    found = basins(study, BasinOptions(widths, args.points), settings, track)
    if args.json:
        print_json({"barriers": found.barriers, "merged": found.merged})
        return 0
    rows = found.barriers
    most = found.merged.groupby(["width", "method"]).last()
    together = [
        f"{most.loc[key, 'metric']:.3f} of {most.loc[key, 'members']}"
        for key in zip(rows["width"], rows["method"], strict=True)
    ]
    print_columns(
        {
            "width": [f"{width}" for width in rows["width"]],
            "units": [method if method == "as trained" else f"matched {method}" for method in rows["method"]],
            "barrier": _interval(rows, "barrier"),
            f"{found.metric.name} at the ends": [f"{x:.3f}" for x in rows["ends"]],
            "half-way": [f"{x:.3f}" for x in rows["middle"]],
            "mean of all": together,
        },
        f"Barrier: largest rise of the {found.split} loss above the straight line between both ends, mean over pairs of seeds (95 % interval over "
        f"seeds); mean of all: the {found.metric.name} of the network whose weights are the mean of all",
    )
    write_figure(
        study,
        f"basins{point_suffix(study.results, settings)}",
        basins_figure(found, study.task.width_label),
        "",
        line,
        found.pairs,
    )
    if len(found.paths):
        write_figure(
            study,
            f"basin-paths{point_suffix(study.results, settings)}",
            paths_figure(found),
            "",
            line,
            found.paths,
        )
    return 0


def _ensemble_flags(parser: Parser) -> None:
    add_study(parser)
    parser.add_argument("--widths", metavar="N,N,…", help="which (default: all)")
    add_count(
        parser,
        "--draws",
        0,
        "train anew with so many draws of the data, each with as many initial weights, to tell their variances apart",
    )
    add_json(parser)


def _ensembles(args: argparse.Namespace, line: str) -> int:
    require_range(args, "draws", 0, 32)
    widths = _whole("widths", args.widths, "8,100")

    from nlpfeat.analysis.ensembles import EnsembleOptions, ensembles
    from nlpfeat.analysis.recipe import point_suffix
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.ensembles import ensembles_figure

    study, settings = _opened(args)
    found = ensembles(study, EnsembleOptions(widths, args.draws), settings, track)
    if args.json:
        print_json(found._asdict())
        return 0
    rows = found.contrasts
    if len(rows):
        print_columns(
            {
                "equal": rows["equal"].tolist(),
                "ensemble": [
                    f"{n} of {width}" for n, width in rows[["members", "width"]].to_numpy().tolist()
                ],
                "one network of": [f"{width}" for width in rows["wide"]],
                "accuracy, ensemble − one": _interval(rows, "difference"),
            },
            f"Difference of mean {found.split} accuracies over groups of seeds (Welch 95 % interval; none for one group). Equal compute: the widest "
            "network whose training step costs no more",
        )
    rows = found.errors
    columns = {
        "width": [f"{width}" for width in rows["width"]],
        **{name: [f"{x:.4f}" for x in rows[name]] for name in ("error", "bias", "variance")},
        "share of variance in the gain": _interval(rows, "variance_share", "share_low", "share_high"),
    }
    if len(found.sources):
        for name, title in (
            ("data", "variance over data"),
            ("initial", "over starts"),
            ("both", "over both"),
        ):
            columns[title] = [f"{x:.4f}" for x in found.sources[name]]
    print_columns(
        columns,
        "Squared error of probabilities: bias² (of their mean over networks, with what cannot be known) and variance; gain: over the narrowest "
        "width (bootstrap 95 % interval over seeds)",
    )
    write_figure(
        study,
        f"ensembles{point_suffix(study.results, settings)}",
        ensembles_figure(found, study.task.width_label),
        "",
        line,
        found.ensembles,
    )
    return 0


def _redundancy_flags(parser: Parser) -> None:
    add_study(parser)
    parser.add_argument(
        "--agreement",
        type=float,
        default=0.99,
        metavar="X",
        help="share of predictions that the units needed keep (default: %(default)s)",
    )
    parser.add_argument(
        "--all-steps", action="store_true", help="also at every kept checkpoint, with a figure over training"
    )
    parser.add_argument(
        "--tree",
        type=int,
        metavar="WIDTH",
        help="the tree of fold lines of the median seed of this width (default: the widest)",
    )
    add_json(parser)


def _redundancy(args: argparse.Namespace, line: str) -> int:
    from nlpfeat.analysis.recipe import point_suffix
    from nlpfeat.analysis.redundancy import MEASURES, RedundancyOptions, fold_tree, redundancy
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import median_cell, print_columns, print_json
    from nlpfeat.plotting.figures.redundancy import (
        fold_tree_figure,
        redundancy_figure,
        redundancy_in_time_figure,
    )

    study, settings = _opened(args)
    widths = sorted(study.members["width"].unique().tolist())
    if args.tree is not None and args.tree not in widths:
        raise UserError(f"--tree: no width {args.tree}; there are {', '.join(map(str, widths))}")
    if args.tree is not None and study.task.views.piecewise_linear is None:
        raise UserError(f"--tree: {study.task.name} is not piecewise linear, so its units have no fold lines")
    table = redundancy(study, RedundancyOptions(args.agreement, args.all_steps), settings, track)
    if args.json:
        print_json(table)
        return 0
    last = table[table["step"] == table["step"].max()]
    names = [name for name in MEASURES if name in table]
    groups = list(last.groupby("width"))
    columns = {"width": [f"{width}" for width, _ in groups], "seeds": [f"{len(rows)}" for _, rows in groups]}
    columns |= {name: [median_cell(rows[name].to_numpy(float)) for _, rows in groups] for name in names}
    print_columns(
        columns,
        "Median (lowest–highest) over seeds. " + "; ".join(f"{name}: {MEASURES[name]}" for name in names),
    )
    suffix = point_suffix(study.results, settings)
    write_figure(
        study, f"redundancy{suffix}", redundancy_figure(table, study.task.width_label), "", line, table
    )
    if args.all_steps:
        write_figure(study, f"redundancy-in-time{suffix}", redundancy_in_time_figure(table), "", line)
    width = args.tree or int(last["width"].max())
    if "copies" in table and width > 1:
        member = study.restore_converged(None, width=width, seed="median", **settings)
        tree = fold_tree(member)
        title = f"Width {width}, seed {int(member.settings.seed)}"
        write_figure(
            study,
            f"fold-tree-{width}{suffix}",
            fold_tree_figure(tree.tree, tree.dead.tolist(), title),
            "",
            line,
        )
    return 0


def _luck_flags(parser: Parser) -> None:
    add_study(parser, "runs/sparse_parity")
    add_json(parser)


def _luck(args: argparse.Namespace, line: str) -> int:
    from nlpfeat.analysis.luck import luck
    from nlpfeat.analysis.recipe import point_suffix
    from nlpfeat.cli.figures import write_figure
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_columns, print_json
    from nlpfeat.plotting.figures.luck import luck_figure

    study, settings = _opened(args)
    found = luck(study, settings, track)
    if args.json:
        print_json({"widths": found.widths, "effects": found.effects, "by_good": found.by_good})
        return 0

    def point(rows: "pd.DataFrame") -> dict[str, list[str]]:
        return {name.replace("_", " "): [f"{x:g}" for x in rows[name]] for name in found.axes}

    rows = found.widths
    columns = point(rows) | {
        "width": [f"{width}" for width in rows["width"]],
        "members": [f"{n}" for n in rows["members"]],
        "dead before": [f"{x:.3f}" for x in rows["dead_first"]],
        "after": [f"{x:.3f}" for x in rows["dead_last"]],
    }
    if "good" in rows:
        columns["good units"] = [f"{x:.1f}" for x in rows["good"]]
    columns |= {
        "succeed": _interval(rows, "share", "share_low", "share_high", 2),
        "steps": [_steps(x) for x in rows["steps"]],
    }
    caption = "Dead: share of units active on no training example; good: mean number of units that see the relevant bits at the start; "
    print_columns(
        columns,
        f"{caption}succeed: {found.threshold or 'no threshold'} (Wilson 95 %); steps: median until then",
    )
    rows = found.effects
    if len(rows):
        columns = point(rows) | {
            "width": [f"{width}" for width in rows["width"]],
            "at the start": [
                "dead units" if trait == "dead_first" else "good units" for trait in rows["trait"]
            ],
            "rank correlation with the result": _interval(rows, "correlation", digits=2),
        }
        print_columns(
            columns,
            "Over seeds of one width (95 % interval): with the score; where all succeed, with minus the steps until they do",
        )
    rows = found.by_good
    if len(rows):
        columns = point(rows) | {
            "good units": rows["good"].tolist(),
            "members": [f"{n}" for n in rows["members"]],
        }
        columns |= {
            "succeed": _interval(rows, "share", "share_low", "share_high", 2),
            "steps": [_steps(x) for x in rows["steps"]],
        }
        print_columns(columns, "By the number of good units at the start, over all widths")
    write_figure(
        study,
        f"luck{point_suffix(study.results, settings)}",
        luck_figure(found, study.task.width_label),
        "",
        line,
        found.members,
    )
    return 0


def _steps(value: float) -> str:
    return "–" if math.isnan(value) else "never" if math.isinf(value) else f"{value:,.0f}"


def _subcommand(
    name: str,
    summary: str,
    flags: Callable[[Parser], None],
    run: Callable[[argparse.Namespace, str], int],
    description: str,
    *examples: str,
    python: str,
) -> Command:
    lines = [f"nlpfeat units {name} {example}".rstrip() for example in examples]
    return Command(name, summary, flags, run, description=description, examples=lines, python=python)


COMMAND = Command(
    "units",
    "what the extra units of wide networks are for: pruning, matching, ensembles, redundancy, luck",
    subcommands=(
        _subcommand(
            "prune",
            "prune wide networks to few units, and compare them with narrow ones",
            _prune_flags,
            _prune,
            "Units are kept by the size of their weights, by how much the loss rises without them, or merged where they fold along nearly the\n"
            "same line. With --train, what is left is trained further, and set back to its start and trained anew (a lottery ticket), beside random\n"
            "units of that start and networks of that width, each at its best learning rate. Figure and table go to STUDY/figures.",
            "--study=runs/spirals",
            "--study=runs/spirals --width=100 --train",
            "--study=runs/digits --criteria=magnitude --kept=4,8",
            python='nlpfeat.prune(nlpfeat.open_study("runs/spirals"), width=100).curves',
        ),
        _subcommand(
            "match",
            "match the units of different seeds, and follow the loss between their weights",
            _match_flags,
            _match,
            "The loss along the straight line between two networks stays low where they are one network with its units in another order. The linear\n"
            "embedding is turned and units with ReLU are rescaled first, which changes nothing that a network computes.",
            "--study=runs/spirals",
            "--study=runs/spirals --widths=8,100 --json",
            python='nlpfeat.basins(nlpfeat.open_study("runs/spirals")).barriers',
        ),
        _subcommand(
            "ensembles",
            "one wide network against an ensemble of narrow ones; variance and bias",
            _ensemble_flags,
            _ensembles,
            "Ensembles average the probabilities of different seeds. They are compared with single networks of as many units, and of as much compute.",
            "--study=runs/spirals",
            "--study=runs/spirals --draws=8",
            python='nlpfeat.ensembles(nlpfeat.open_study("runs/spirals")).contrasts',
        ),
        _subcommand(
            "redundancy",
            "what is redundant inside a network: dead units, copies, rank, units that decide nothing",
            _redundancy_flags,
            _redundancy,
            "Median over seeds of six measures; with --all-steps over training, too. Figures, a tree of fold lines and a table go to STUDY/figures.",
            "--study=runs/spirals",
            "--study=runs/spirals --all-steps",
            python='nlpfeat.redundancy(nlpfeat.open_study("runs/spirals"))',
        ),
        _subcommand(
            "luck",
            "what networks have at their start, beside what becomes of them",
            _luck_flags,
            _luck,
            "Dead units before training and after it, and on sparse parity the number of units that see the relevant bits at the start.",
            "--study=runs/sparse_parity",
            "--study=runs/spirals",
            python='nlpfeat.luck(nlpfeat.open_study("runs/sparse_parity")).widths',
        ),
    ),
)
