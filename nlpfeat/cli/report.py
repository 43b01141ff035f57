"""One page that shows studies so that they can be explored, in any browser and without a network.

Any measure against width or any other axis, every member a point with its id and curve; of nets on the plane the unwarper: linear
regions, embedding with its warped grid, class vectors and regions at every kept step, computed in the page from the weights, two
nets side by side; of nets of words and films their maps; the table, the config, the manifest and the commands.

Written to STUDY/report.html, of the first study where there are several.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path

from nlpfeat.cli.command import parser

from nlpfeat.config.files import expand_path
from nlpfeat.errors import UserError
from nlpfeat.store import precheck

EXAMPLES = [
    "python -m experiments.report --study=runs/spirals",
    "python -m experiments.report --study=runs/spirals --study=runs/spirals_deep --out=both.html",
    "python -m experiments.report --study=runs/reviews_bag --widths=2,10,100",
]
BYTES = 8e6  # of weights and points on a page, which takes 15 MB at most


def command(argv: list[str]) -> int:
    """The command. The page's path on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    add = arguments.add_argument
    add(
        "--study",
        type=expand_path,
        action="append",
        metavar="DIR",
        help="a study's folder; may be repeated (default: runs/spirals)",
    )
    add("--out", type=expand_path, metavar="FILE.html", help="where to write (default: STUDY/report.html)")
    add(
        "--frames", type=int, default=80, metavar="N",
        help="steps of training at which one net of each width is shown, trained again for it; 0: kept checkpoints only (default: %(default)s)",
    )  # fmt: skip
    add(
        "--widths",
        metavar="N,N,…",
        help="of maps: which widths (default: the narrowest, a middle one, the widest)",
    )
    add("--json", action="store_true", help="print path and size as JSON")
    flags = arguments.parse(argv)
    _check(flags)
    paths = list(dict.fromkeys(flags.study or [Path("runs/spirals")]))
    for path in paths:
        precheck.require_study(path)

    from nlpfeat import parallel
    from nlpfeat.report.page import report
    from nlpfeat.report.parts import part
    from nlpfeat.store.atomic import atomic
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.provenance import commit

    parallel.use_all_cores()
    studies = [open_folder(path) for path in paths]
    line = f"python -m experiments.report {shlex.join(argv)}".strip()
    parts = [part(study, flags, BYTES / len(studies), line) for study in studies]
    page = report(parts, f"{line}   commit {commit()}")
    out = flags.out or studies[0].path / "report.html"
    with atomic(out) as file:
        file.write_text(page, "utf-8")
    size = len(page.encode()) / 1e6
    print(json.dumps({"path": str(out), "megabytes": round(size, 2)}) if flags.json else out)
    print(f"{size:.1f} MB; open it in a browser", file=sys.stderr)
    return 0


def _check(flags: argparse.Namespace) -> None:
    if flags.out is not None and flags.out.is_dir():
        raise UserError(f"--out: {flags.out} is a folder; name a file, such as {flags.out / 'report.html'}")
    if flags.out is not None and not flags.out.parent.is_dir():
        raise UserError(f"--out: there is no folder {flags.out.parent}")
    if not 0 <= flags.frames <= 1000 or flags.frames == 1:
        raise UserError(f"--frames: {flags.frames} is not 0, or 2 to 1000")
