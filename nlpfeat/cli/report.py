"""Write one page that shows studies interactively."""

import argparse
import sys
from pathlib import Path

from nlpfeat.cli.parsing import Command, Parser, add_count, add_json, add_widths, numbers
from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.store import precheck


def add_flags(parser: Parser) -> None:
    """All flags."""
    parser.add_argument(
        "--study",
        type=expand_path,
        action="append",
        metavar="DIR",
        help="a study's folder; may be repeated (default: runs/spirals)",
    )
    parser.add_argument(
        "--out",
        type=expand_path,
        metavar="FILE.html",
        help="the page (default: STUDY/report.html, of the first study)",
    )
    add_count(
        parser,
        "--frames",
        80,
        "steps at which one network per width is shown, which is trained again for it; 0: kept checkpoints only",
    )
    add_widths(parser)
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Write the page; its path on stdout."""
    paths = list(dict.fromkeys(args.study or [Path("runs/spirals")]))
    _check(args, paths)
    widths = numbers("widths", args.widths, "2,10,100") if args.widths else []

    from nlpfeat.cli.progress import track
    from nlpfeat.cli.tables import print_json
    from nlpfeat.parallel import use_all_cores
    from nlpfeat.report.parts import ReportOptions, write_report
    from nlpfeat.study.session import open_study

    use_all_cores()
    options = ReportOptions(frames=args.frames, widths=tuple(widths))
    out = write_report([open_study(path) for path in paths], args.out, options, line, track)
    megabytes = out.stat().st_size / 1e6
    print_json({"path": out, "megabytes": round(megabytes, 2)}) if args.json else print(out)
    print(f"{megabytes:.1f} MB; open it in a browser", file=sys.stderr)
    return 0


def _check(args: argparse.Namespace, studies: list[Path]) -> None:
    if args.out is not None and args.out.is_dir():
        raise UserError(f"--out: {args.out} is a folder; name a file, such as {args.out / 'report.html'}")
    if args.out is not None and not args.out.parent.is_dir():
        raise UserError(f"--out: there is no folder {args.out.parent}")
    if not 0 <= args.frames <= 1000 or args.frames == 1:
        raise UserError(f"--frames: {args.frames} is not 0, or 2 to 1000")
    for path in studies:
        precheck.require_study(path)


COMMAND = Command(
    "report",
    "one page that shows studies interactively, in any browser and without a network",
    add_flags,
    run,
    description="""\
The explorer: any measure against width or another axis, one point per member. For networks on the plane the unwarper: linear
regions, decision regions and the embedding with its warped grid at every kept step, two networks side by side. For networks of
words and items their maps (--widths: which widths; default: the narrowest, a middle one and the widest). The closing table, the
config, the manifest and the commands that made the study.""",
    examples=(
        "nlpfeat report --study=runs/spirals",
        "nlpfeat report --study=runs/spirals --study=runs/spirals_deep --out=both.html",
        "nlpfeat report --study=runs/reviews_bag --widths=2,10,100",
    ),
    python='nlpfeat.write_report([nlpfeat.open_study("runs/spirals")])',
    opens_study=False,
)
