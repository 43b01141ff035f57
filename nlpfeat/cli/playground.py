"""Write the playground, a page on which networks train."""

import argparse
import sys
from pathlib import Path

from nlpfeat.cli.parsing import Command, Parser, add_json, add_widths, numbers
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.store import precheck


def add_flags(parser: Parser) -> None:
    """All flags."""
    parser.add_argument(
        "--out",
        type=expand_path,
        metavar="FILE.html",
        default=Path("playground.html"),
        help="the page (default: %(default)s)",
    )
    parser.add_argument(
        "--study",
        type=expand_path,
        metavar="DIR",
        help="a study of networks on the plane, of which one member per width lends its first weights, its points and its record",
    )
    add_widths(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the page; its path on stdout."""
    if args.out.is_dir():
        raise UserError(f"--out: {args.out} is a folder; name a file, such as {args.out / 'playground.html'}")
    if not args.out.parent.is_dir():
        raise UserError(f"--out: there is no folder {args.out.parent}")
    if args.widths and args.study is None:
        raise UserError("--widths: names members of a study; give --study too")
    widths = numbers("widths", args.widths, "2,8,100") if args.widths else []
    if args.study is not None:
        precheck.require_study(args.study)

    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json
    from nlpfeat.report.playground import write_playground
    from nlpfeat.study.session import open_study

    study = None if args.study is None else open_study(args.study)
    out = write_playground(args.out, study, widths, line, track)
    kilobytes = out.stat().st_size / 1e3
    print_json({"path": out, "kilobytes": round(kilobytes)}) if args.json else print(out)
    print(f"{kilobytes:.0f} kB; open it in a browser", file=sys.stderr)
    return 0


COMMAND = Command(
    "playground",
    "one page on which networks train live on points of the plane, without a study or a network connection",
    add_flags,
    run,
    description="""\
Choose spirals, a disc in a ring, two moons, or points of your own (click, drag, or drop a CSV on the page); widths, depth, activation,
learning rate, weight decay and seed. Two networks train side by side, with their exact linear regions, decision regions and
embeddings. "Predict first" is a lesson of eight questions, each answered by a run. With --study, a network can start from the first
weights of a member, and the page holds the run to the study's record.""",
    examples=(
        "nlpfeat playground",
        "nlpfeat playground --out=class.html",
        "nlpfeat playground --study=runs/spirals --widths=2,8,100",
    ),
    python='nlpfeat.write_playground("playground.html")',
    opens_study=False,
)
