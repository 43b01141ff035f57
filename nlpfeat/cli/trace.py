"""Print every number of the network in eleven lines: weights, sums, sigmoids, errors, slopes, deltas."""

import argparse
from collections.abc import Container
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, require_range
from nlpfeat.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from nlpfeat.models.eleven_lines import Trace

SHOWN = "1,2,3,10,100,1000,10000"


def add_flags(parser: Parser) -> None:
    """All flags."""
    add_count(parser, "--layers", 1, "1 or 2")
    add_count(parser, "--width", 4, "hidden units of the network with 2 layers")
    add_count(parser, "--seed", 123, "of the initial weights; 123 is the golden trace")
    add_count(parser, "--iterations", 10_000, "training iterations")
    parser.add_argument(
        "--show",
        default=SHOWN,
        metavar="N,N,…|all",
        help="the iterations to print, or all; the last one is always printed (default: %(default)s)",
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Print the trace."""
    require_range(args, "layers", 1, 2)
    for name, least in (("width", 1), ("iterations", 1), ("seed", 0)):
        require_range(args, name, least, 2**32 - 1)
    shown = _iterations(args.show, args.iterations)

    from itertools import islice

    from nlpfeat.cli.tables import print_json
    from nlpfeat.data.points import four_rows
    from nlpfeat.models.eleven_lines import first_weights, iterate

    shapes = [(3, 1)] if args.layers == 1 else [(3, args.width), (args.width, 1)]
    targets = four_rows.FIRST_COLUMN if args.layers == 1 else four_rows.EXCLUSIVE_OR
    traces = iterate(four_rows.INPUTS, targets, first_weights(args.seed, shapes))
    printed, last = [], {}
    for number, last in enumerate(islice(traces, args.iterations), 1):
        if number in shown:
            if args.json:
                printed.append(
                    {"iteration": number} | {name: values.tolist() for name, values in last.items()}
                )
            else:
                print_iteration(number, last)
    if args.json:
        print_json(printed)
    else:
        print_end(last, targets, args.layers)
    return 0


def _iterations(text: str, last: int) -> Container[int]:
    """The iterations that --show names."""
    if text == "all":
        return range(1, last + 1)
    try:
        return {*(int(part) for part in text.split(",")), last}
    except ValueError:
        raise UserError(f"--show: cannot read {text!r}; write all, or numbers as in {SHOWN}") from None


def print_iteration(number: int, trace: "Trace") -> None:
    """Print the named arrays of an iteration, one row per line."""
    print(f"iteration {number}")
    for name, values in trace.items():
        rows = values.T if values.shape[1] == 1 else values
        for i, row in enumerate(rows):
            print(f"  {name if i == 0 else '':<16} " + " ".join(f"{value:12.8f}" for value in row))
    print()


def print_end(trace: "Trace", targets: "np.ndarray", layers: int) -> None:
    """Print what was learned, in words."""
    output = trace[f"l{layers} = σ(l{layers - 1} W{layers if layers > 1 else ''})"][:, 0]
    print("target    " + " ".join(f"{value:12.8f}" for value in targets))
    print("output    " + " ".join(f"{value:12.8f}" for value in output))
    if layers == 1:
        first, second, third = trace["W after"][:, 0]
        rest = max(abs(second), abs(third))
        print(
            f"the weight of column 1, which equals the target, is {first:.3f}; column 2 has {second:.3f}, column 3 "
            f"(always 1) {third:.3f}: {abs(first) / rest:.1f} times the next"
        )


COMMAND = Command(
    "trace",
    "every number of a neural network in eleven lines, iteration by iteration",
    add_flags,
    run,
    description="""\
One layer learns the first column of a table of four rows; two layers learn the exclusive or of two columns. The arithmetic is
that of the essay, in double precision (A. Trask, 2015; nlpfeat/models/eleven_lines.py).""",
    examples=(
        "nlpfeat trace                                  # one layer, some of 10,000 iterations",
        "nlpfeat trace --iterations=3 --show=all",
        "nlpfeat trace --layers=2 --width=4 --seed=1 --iterations=60000",
    ),
    python="from nlpfeat.models.eleven_lines import first_weights, iterate; from nlpfeat.data.points.four_rows import FIRST_COLUMN, INPUTS; "
    "next(iterate(INPUTS, FIRST_COLUMN, first_weights(123, [(3, 1)])))",
    opens_study=False,
)
