"""Inject every fault into studies of six unlike tasks, and print what became of them.

After each fault the same command is run again, after the remedy that its error message names, if any. The finished study is then
compared with an undisturbed one: members lost, numbers changed without a word, files outside of the study that were touched.

Usage: python -m benchmarks.chaos   (`make chaos`), about an hour on two cores; --share=0.1 for a look of some eight minutes
"""

import random
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.chaos.damage import exchanged, flipped, other_environments, truncated
from benchmarks.chaos.interruptions import (
    folder_gone,
    full_disk,
    jumping_clock,
    killed,
    lost_workers,
    read_only,
    side_by_side,
    signalled,
    two_launchers,
)
from benchmarks.chaos.strangers import linked, pickled, stored_elsewhere
from benchmarks.chaos.trial import MEASURED, STEPS, Row, Trial, keep_programs, launch, sweep
from benchmarks.common import flags_of

FAULTS: dict[str, tuple[Callable[[Trial, int, random.Random], None], int]] = {
    "killed at a random moment": (killed, 300),
    "TERM, HUP, INT, INT twice, STOP and CONT": (signalled, 20),
    "full disk": (full_disk, 6),
    "read-only folder": (read_only, 3),
    "folder deleted or renamed": (folder_gone, 6),
    "two launchers at once": (two_launchers, 6),
    "three commands side by side": (side_by_side, 8),
    "jumping clock": (jumping_clock, 3),
    "bit flipped in a file": (flipped, 2000),
    "truncated file": (truncated, 12),
    "file under another's name": (exchanged, 12),
    "other variables of JAX": (other_environments, 12),
    "link or FIFO in the place of a file": (linked, 20),
    "numbers stored elsewhere": (stored_elsewhere, 12),
    "pickle in the place of a file": (pickled, 12),
    "lost workers and nodes of a cluster": (lost_workers, 8),
}


def run(folder: Path, share: float = 1.0, seed: int = 0, only: str = "") -> list[Row]:
    """Inject every fault.

    Args:
      folder: of the studies.
      share: of the usual number of times.
      seed: of the random moments.
      only: parts of the names of the faults that are injected, with commas between them; empty for all.
    """
    folder.chmod(0o777)
    keep_programs(folder / "programs")
    whole = {task: folder / f"whole-{task}" for task in STEPS}
    for task, path in whole.items():
        lines = [sweep(task, path), *([["measure", f"--study={path}"]] if task in MEASURED else [])]
        for line in lines:
            launched = launch(line, path)
            assert launched.wait() == 0, launched.log.read_text()
    rows = []
    for number, (fault, (inject, times)) in enumerate(FAULTS.items()):
        if not any(part in fault for part in only.split(",")):
            continue
        room = folder / str(number)
        room.mkdir()
        room.chmod(0o777)
        trial = Trial(fault, whole, room)
        inject(trial, max(1, round(share * times)), random.Random(f"{seed} {fault}"))
        shutil.rmtree(room, ignore_errors=True)
        rows.append(trial.row())
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def print_rows(rows: list[Row]) -> None:
    """Print the table."""
    table = Table()
    heads = (
        "fault",
        "injected",
        "told in one line",
        "members lost",
        "changed silently",
        "outside touched",
        "seconds",
    )
    for name in heads:
        table.add_column(name, justify="left" if name == "fault" else "right")
    for row in rows:
        table.add_row(*map(str, row[:-1]), f"{row.seconds:.0f}")
    Console(width=130).print(table)


if __name__ == "__main__":
    parser = flags_of(__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of faults (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default: 0)")
    parser.add_argument(
        "--only", metavar="FAULT,…", default="", help="faults whose names contain one of these"
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        print_rows(run(Path(made), args.share, args.seed, args.only))
