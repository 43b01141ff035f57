"""A neural network in eleven lines, every number of it: weights, sums, sigmoids, errors, slopes, deltas.

One layer learns the first column of a table of four rows; two layers learn the exclusive or of two columns. The
arithmetic is the essay's own, in double precision (A. Trask, 2015; nlpfeat/models/eleven_lines.py).
"""

import json
from itertools import islice
from typing import Any

from nlpfeat.cli.command import parser

from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.trace                                  # one layer, some of 10,000 iterations",
    "python -m experiments.trace --iterations=3 --print=all",
    "python -m experiments.trace --layers=2 --hidden=4 --seed=1 --iterations=60000",
]
TOLD = "1,2,3,10,100,1000,10000"


def command(argv: list[str]) -> int:
    """The command. The trace on stdout."""
    arguments = parser(__doc__ or "", EXAMPLES)
    arguments.add_argument("--layers", type=int, default=1, metavar="N", help="1 or 2 (default: 1)")
    arguments.add_argument(
        "--hidden", type=int, default=4, metavar="N", help="hidden units of the 2-layer form"
    )
    arguments.add_argument(
        "--seed",
        type=int,
        default=123,
        metavar="N",
        help="of the first weights (default: 123, the golden trace)",
    )
    arguments.add_argument("--iterations", type=int, default=10000, metavar="N", help="(default: 10000)")
    arguments.add_argument(
        "--print",
        default=TOLD,
        metavar="N,N,…",
        help=f"the iterations to print, or all; the last one is always told (default: {TOLD})",
    )
    arguments.add_argument("--json", action="store_true", help="print JSON, every digit")
    flags = arguments.parse(argv)
    if flags.layers not in (1, 2):
        raise UserError(f"--layers: {flags.layers}; there are forms of 1 and of 2 layers")
    for name, least in (("hidden", 1), ("iterations", 1), ("seed", 0)):
        if not least <= getattr(flags, name) < 2**32:
            raise UserError(f"--{name}: {getattr(flags, name)} must be at least {least} and below 2^32")

    from nlpfeat.data.points import four_rows
    from nlpfeat.models.eleven_lines import first_weights, iterate

    told = chosen(flags.print, flags.iterations)
    shapes = [(3, 1)] if flags.layers == 1 else [(3, flags.hidden), (flags.hidden, 1)]
    targets = four_rows.FIRST_COLUMN if flags.layers == 1 else four_rows.EXCLUSIVE_OR
    weights = first_weights(flags.seed, shapes)
    shown, last = [], {}
    for number, last in enumerate(islice(iterate(four_rows.INPUTS, targets, weights), flags.iterations), 1):
        if number in told:
            if not flags.json:
                print_iteration(number, last)
            shown.append({"iteration": number} | {name: values.tolist() for name, values in last.items()})
    if flags.json:
        print(json.dumps(shown))
    else:
        print_end(last, targets, flags.layers)
    return 0


def chosen(text: str, iterations: int) -> set[int] | range:
    """Read --print."""
    if text == "all":
        return range(1, iterations + 1)
    try:
        return {*(int(part) for part in text.split(",")), iterations}
    except ValueError:
        raise UserError(f"--print: cannot read {text!r}; write all, or numbers as in {TOLD}") from None


def print_iteration(number: int, trace: dict[str, Any]) -> None:
    """One iteration: each named array, a row a line."""
    print(f"iteration {number}")
    for name, values in trace.items():
        rows = values.T if values.shape[1] == 1 else values
        for i, row in enumerate(rows):
            print(f"  {name if i == 0 else '':<16} " + " ".join(f"{value:12.8f}" for value in row))
    print()


def print_end(trace: dict[str, Any], targets: Any, layers: int) -> None:
    """What was learned, in words."""
    output = trace[f"l{layers} = σ(l{layers - 1} W{layers if layers > 1 else ''})"][:, 0]
    print("asked     " + " ".join(f"{value:12.8f}" for value in targets))
    print("answered  " + " ".join(f"{value:12.8f}" for value in output))
    if layers == 1:
        weights = trace["W after"][:, 0]
        rest = max(abs(weights[1:]))
        print(
            f"the weight of column 1, which equals what is asked, is {weights[0]:.3f}; "
            f"column 2 has {weights[1]:.3f}, column 3 (always 1) {weights[2]:.3f}: {abs(weights[0]) / rest:.1f} times the next"
        )
