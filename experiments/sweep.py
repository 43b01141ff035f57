"""Sweep a grid of members, as a config says: train what is missing, keep what is done.

Run again, it resumes what was interrupted; with more widths or seeds, it extends the study; with another
config, it refuses. Every key of the config can be set by --config.KEY=VALUE, and every traced setting can be an
axis of the grid by --config.sweep.NAME=(…).
"""

import json
import shlex
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from experiments.command import load_config, main, parser, split_config_flags
from nlpfeat.errors import UserError

EXAMPLES = [
    "python -m experiments.sweep --config=configs/spirals.py",
    "python -m experiments.sweep --config=configs/spirals.py --dry_run",
    "python -m experiments.sweep --config=configs/spirals.py:smoke",
    "python -m experiments.sweep --config=configs/spirals.py '--config.sweep.width=(2,8)' \\",
    "    '--config.sweep.seed=(0,1,2,3)' '--config.sweep.noise=(0.1,0.2)' --study=runs/noise",
    "python -m experiments.sweep --config=configs/spirals.py --shard=0/4   # one of four launchers",
]


def shard(text: str) -> tuple[int, int]:
    """Read "i/n"."""
    try:
        index, shards = (int(part) for part in text.split("/"))
    except ValueError:
        raise UserError(f"--shard: cannot read {text!r}; write i/n, as in 0/4") from None
    if shards < 1 or not 0 <= index <= shards:
        raise UserError(f"--shard: {text} is out of range; with n launchers i runs from 0 to n-1")
    return index, shards


class Interrupts:
    """Turns the first Ctrl-C (or SIGTERM) into a request to stop; the second stops at once."""

    def __init__(self) -> None:
        self.asked: int | None = None
        for signum in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signum, self._ask)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self.asked is not None:
            raise KeyboardInterrupt
        self.asked = signum
        print("\nstopping: saving at the next recorded step", file=sys.stderr)


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    arguments.add_argument(
        "--config", required=True, metavar="FILE[:VARIANT]", help="a file of configs/"
    )
    arguments.add_argument(
        "--study", type=Path, metavar="DIR", help="where to write (default: runs/NAME OF THE CONFIG)"
    )
    arguments.add_argument(
        "--dry_run", action="store_true", help="print what would run and what it would cost"
    )
    arguments.add_argument(
        "--shard",
        type=shard,
        default=(0, 1),
        metavar="i/n",
        help="run the share i of n of the buckets; start n such commands, with one study folder",
    )
    arguments.add_argument("--json", action="store_true", help="print the closing table as JSON")
    others, overrides = split_config_flags(argv)
    flags = arguments.parse(others)
    name, config = load_config(flags.config)

    from nlpfeat.sweeps.spec import resolve

    spec = resolve(config, overrides)
    path = flags.study or Path("runs") / name
    again = f"python -m experiments.sweep {shlex.join(argv)}"
    if flags.dry_run:
        return dry_run(spec, path, flags.shard)
    return sweep(spec, path, flags.shard, again, as_json=flags.json)


def sweep(spec: Any, path: Path, part: tuple[int, int], again: str, *, as_json: bool) -> int:
    """Plan under the study's lock, train, combine, and print the table."""
    from experiments.progress import Progress
    from experiments.summary import print_summary
    from nlpfeat.sweeps import buckets, devices, grid, programs, provenance, results, run
    from nlpfeat.sweeps.compilation import CompileClock
    from nlpfeat.sweeps.study import create_study, lock, log_command, plan, write_members

    interrupts = Interrupts()
    devices.use_all_cores()
    began = time.perf_counter()
    with lock(path / "lock", wait=True):
        study = create_study(path, spec)
        wanted = grid.expand(spec)
        table = plan(study, wanted, at_least=part[1])
        write_members(study, table)
        entry = {"command": again, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z")}
        log_command(study, entry | provenance.provenance())
    asked = table.loc[wanted.index, "bucket"].unique()
    costs = {label: buckets.cost(table[table["bucket"] == label]) for label in asked}
    mine = buckets.shard(costs, *part)
    missing = [label for label in mine if not study.result(label).exists()]
    sizes = {label: int((table["bucket"] == label).sum()) for label in missing}
    print(
        f"{path}: {len(wanted)} members asked for, {sum(sizes.values())} to train here in "
        f"{len(missing)} buckets on {devices.describe()}",
        file=sys.stderr,
    )
    with CompileClock() as clock, Progress(sizes, spec.training.total, interrupts) as watch:
        try:
            outcome = run.run(study, missing, programs.member_mesh(), watch)
        except run.Interrupted:
            print(f"stopped; everything is saved. Resume with:\n  {again}", file=sys.stderr)
            return 128 + (interrupts.asked or signal.SIGINT)
    seconds = time.perf_counter() - began
    if missing:
        print(
            f"trained {sum(sizes[label] for label in outcome.finished)} members in {seconds:.1f} s, of which "
            f"{clock.seconds:.1f} s to compile {clock.programs['advance']} training programs",
            file=sys.stderr,
        )
    for label in outcome.busy:
        print(f"left out: bucket {label} is being trained by another process", file=sys.stderr)
    if outcome.damaged:
        raise UserError("; ".join(str(error) for error in outcome.damaged))
    with lock(path / "lock", wait=True):
        combined = results.combine(study)
        results.write(combined, study.combined)
    print_summary(combined, as_json=as_json)
    print(f"results: {study.combined}", file=sys.stderr)
    return 0


def dry_run(spec: Any, path: Path, part: tuple[int, int]) -> int:
    """Print members, buckets, programs, memory and expected minutes; write nothing."""
    from nlpfeat.sweeps import devices, estimate

    devices.use_all_cores()
    report = estimate.estimate(spec, path, at_least=part[1])
    print(json.dumps(spec.to_dict()["sweep"]))
    print("\n".join(report))
    return 0


if __name__ == "__main__":
    main(command)
