"""How the pre-activations of each layer scale with the width, in each parametrisation."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import (
    Command,
    Parser,
    add_config,
    add_count,
    add_json,
    config_of,
    numbers,
    require_range,
)
from nlpfeat.config.files import config_name, expand_path
from nlpfeat.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from nlpfeat.analysis.coordinate_check import CoordinateCheck


def add_flags(parser: Parser) -> None:
    """All flags; those of the config's keys are taken out before."""
    add_config(parser)
    parser.add_argument(
        "--parametrisations",
        default="standard,maximal_update",
        metavar="NAME,…",
        help="which ones, or all (default: %(default)s)",
    )
    parser.add_argument(
        "--widths",
        default="8,16,32,64,128,256,512,1024",
        metavar="N,N,…",
        help="at least two (default: %(default)s)",
    )
    add_count(parser, "--seeds", 8, "how many seeds, at least 3")
    add_count(parser, "--steps", 10, "steps of training")
    parser.add_argument(
        "--out",
        type=expand_path,
        metavar="PATH",
        help="the figure, as PNG and PDF, without suffix (default: runs/coordinate-check-NAME OF THE CONFIG)",
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Train, draw the figure, print the slopes."""
    reference = config_of(args)
    require_range(args, "seeds", 3, 1000)
    require_range(args, "steps", 1, 1000)
    widths = tuple(int(width) for width in numbers("widths", args.widths, "8,64,512"))

    from nlpfeat.analysis.coordinate_check import CoordinateCheckOptions, coordinate_check
    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json, print_paths
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.plotting.figures.coordinate_check import coordinate_check_figure
    from nlpfeat.plotting.save import save_figure
    from nlpfeat.store.provenance import commit
    from nlpfeat.tasks.spec import config_hash, read_config, resolve

    options = CoordinateCheckOptions(
        _names(args.parametrisations), widths, tuple(range(args.seeds)), args.steps
    )
    spec = resolve(read_config(reference), args.overrides)
    use_all_cores()
    check = coordinate_check(spec, options, track)
    path = args.out or Path("runs") / f"coordinate-check-{config_name(reference)}"
    figure = coordinate_check_figure(check, spec.task, spec.settings.learning_rate)
    paths = save_figure(figure, path, f"{line}   commit {commit()}   config {config_hash(spec)}")
    if args.json:
        print_json({"slopes": check.slopes, "paths": paths})
        return 0
    print_slopes(check)
    print_paths(paths)
    return 0


def _names(text: str) -> tuple[str, ...]:
    """The names of parametrisations in a flag."""
    from nlpfeat.training.parametrisation import NAMES

    if text == "all":
        return NAMES
    names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in names:
        if name not in NAMES:
            raise UserError(f"--parametrisations: there is no {name!r}; {did_you_mean(name, NAMES)}")
    return names


def print_slopes(check: "CoordinateCheck") -> None:
    """Print one row per parametrisation and layer: the slopes at the first and the last step."""
    from nlpfeat.cli.tables import print_columns

    last = int(check.slopes["step"].max())
    names = ["parametrisation", "layer", "quantity", "step", "slope", "low", "high"]
    found = {tuple(row[:4]): row[4:] for row in check.slopes[names].to_numpy().tolist()}
    rows = list(dict.fromkeys(key[:2] for key in found))

    def cells(quantity: str, step: int) -> list[str]:
        return [_cell(*found[*row, quantity, step]) for row in rows]

    columns = {"parametrisation": [row[0] for row in rows], "layer": [row[1] for row in rows]}
    for quantity, step in (("change", 1), ("change", last), ("size", 1), ("size", last)):
        columns[f"{quantity}, step {step}"] = cells(quantity, step)
    print_columns(
        columns,
        "Slope of the logarithm of the mean absolute pre-activation (size), and of its mean absolute difference from step 0 (change), "
        "in the logarithm of the width; mean over seeds with its 95 % interval. 0 is flat: the layer learns alike at all widths. "
        "With maximal update, the outputs start as width^-1/2 by definition, so their size is flat once the change outweighs "
        "them, or from the first step with --config.settings.output_init_scale=0.",
    )


def _cell(slope: float, low: float, high: float) -> str:
    return "–" if math.isnan(slope) else f"{slope:+.2f} ({low:+.2f} – {high:+.2f})"


COMMAND = Command(
    "coordinate-check",
    "how pre-activations scale with the width in each parametrisation",
    add_flags,
    run,
    description="Trains a few steps at each width and measures the pre-activations of every layer. In a parametrisation that learns\n"
    "features at all widths (maximal_update), the slopes of their changes in the width are 0; in the standard one, the\n"
    "changes of the outputs grow with the width, so that wide networks need smaller learning rates.",
    examples=(
        "nlpfeat coordinate-check spirals --steps=20",
        "nlpfeat coordinate-check spirals --parametrisations=all --widths=8,32,128",
    ),
    python='nlpfeat.coordinate_check(nlpfeat.resolve(nlpfeat.load_config("spirals"))).slopes',
    opens_study=False,
    takes_config=True,
)
