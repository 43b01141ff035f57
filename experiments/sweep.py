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
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.command import load_config, main, parser, split_config_flags
from experiments.interrupts import Interrupts
from experiments.progress import Progress
from experiments.tables import print_costs, print_summary
from nlpfeat.errors import UserError
from nlpfeat.sweeps import devices, launch, processes
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.estimate import estimate
from nlpfeat.sweeps.prepare import maker
from nlpfeat.sweeps.run import Interrupted, Outcome
from nlpfeat.sweeps.spec import Spec, resolve

EXAMPLES = [
    "python -m experiments.sweep --config=configs/spirals.py",
    "python -m experiments.sweep --config=configs/spirals.py --dry_run",
    "python -m experiments.sweep --config=configs/spirals.py:smoke",
    "python -m experiments.sweep --config=configs/spirals.py '--config.sweep.width=(2,8)' \\",
    "    '--config.sweep.seed=(0,1,2,3)' '--config.sweep.noise=(0.1,0.2)' --study=runs/noise",
    "python -m experiments.sweep --config=configs/spirals.py --cluster=auto      # every machine of a Ray cluster",
    "python -m experiments.sweep --config=configs/spirals.py --shard=0/4         # one of four launchers",
    "python -m experiments.sweep --config=configs/spirals.py --processes=auto    # on every host of a TPU pod",
]

Engine = Callable[[launch.Plan, Progress], Outcome]  # trains the buckets that are missing


def shard(text: str) -> tuple[int, int]:
    """Read "i/n"."""
    try:
        index, shards = (int(part) for part in text.split("/"))
    except ValueError:
        raise UserError(f"--shard: cannot read {text!r}; write i/n, as in 0/4") from None
    if shards < 1 or not 0 <= index <= shards:
        raise UserError(
            f"--shard: {text} is out of range; with n launchers i runs from 0 to n-1, or from 1 to n"
        )
    return index, shards


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    arguments.add_argument("--config", required=True, metavar="FILE[:VARIANT]", help="a file of configs/")
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
    arguments.add_argument(
        "--cluster", metavar="auto|HOST:PORT", help="train on a Ray cluster that sees the study's folder"
    )
    arguments.add_argument(
        "--task_cpus", type=int, default=1, metavar="N", help="cores a bucket gets there (default: 1)"
    )
    arguments.add_argument(
        "--task_gpus",
        type=float,
        default=1,
        metavar="X",
        help="GPUs a bucket gets there, may be a fraction; 0 where there are none (default: 1)",
    )
    arguments.add_argument(
        "--processes",
        metavar="auto|HOST:PORT,i/n",
        help="train as process i of n that share all their devices; start n such commands",
    )
    arguments.add_argument("--json", action="store_true", help="print the closing table as JSON")
    others, overrides = split_config_flags(argv)
    flags = arguments.parse(others)
    name, config = load_config(flags.config)

    try:
        spec = resolve(config, overrides)
    except UserError as error:
        raise UserError(f"{error} ({flags.config})") from None
    path = flags.study or Path("runs") / name
    _check(flags)
    devices.use_all_cores()
    if flags.dry_run:
        return dry_run(spec, path, flags.shard, as_json=flags.json)
    again = f"python -m experiments.sweep {shlex.join(argv)}"
    if flags.cluster:
        return on_cluster(spec, path, flags, again)
    if flags.processes:
        processes.join(flags.processes)
    interrupts = Interrupts(again)
    job = launch.begin(spec, path, flags.shard, again)
    return train(job, launch.train, interrupts, devices.describe(), as_json=flags.json)


def _check(flags: Any) -> None:
    asked = [name for name in ("cluster", "processes") if getattr(flags, name)]
    asked += ["shard"] if flags.shard != launch.WHOLE else []
    if len(asked) > 1:
        raise UserError(f"--{asked[0]} and --{asked[1]}: choose one way to share the work")
    if flags.task_cpus < 1 or not flags.task_gpus >= 0:
        raise UserError("--task_cpus must be at least 1, --task_gpus at least 0")


def on_cluster(spec: Spec, path: Path, flags: Any, again: str) -> int:
    """Train on the workers of a Ray cluster."""
    import jax

    jax.config.update("jax_platforms", "cpu")  # accelerators are for the workers
    try:
        from nlpfeat.sweeps import cluster
    except ImportError:
        raise UserError("--cluster needs Ray: pip install 'nlpfeat[cluster]'") from None
    with cluster.connected(flags.cluster, cluster.Share(flags.task_cpus, flags.task_gpus)) as there:
        interrupts = Interrupts(again)  # Ray has its own handlers, until here
        job = launch.begin(spec, path, launch.WHOLE, again, there.workers)
        where = f"{there.workers} workers of a Ray cluster"

        def engine(job: launch.Plan, watch: Progress) -> Outcome:
            return cluster.train(job, there, watch)

        return train(job, engine, interrupts, where, as_json=flags.json)


def train(job: launch.Plan, engine: Engine, interrupts: Interrupts, where: str, *, as_json: bool) -> int:
    """Train, combine, and print the table."""
    began, sizes = time.perf_counter(), job.sizes
    print_notes(job.make.source.notes)
    print(
        f"{job.study.path}: {job.members} members asked for, {sum(sizes.values())} to train here in "
        f"{len(sizes)} buckets on {where}",
        file=sys.stderr,
    )
    with compilations() as compiled, Progress(sizes, job.make.spec.training.total, interrupts) as watch:
        try:
            outcome = engine(job, watch)
        except Interrupted:
            print(f"stopped; everything is saved. Resume with:\n  {interrupts.again}", file=sys.stderr)
            return 128 + (interrupts.asked or signal.SIGINT)
    if sizes:
        programs = compiled.programs["advance"]
        compiling = f", of which {compiled.seconds:.1f} s to compile {programs} training programs"
        print(
            f"trained {sum(sizes[label] for label in outcome.finished)} members in "
            f"{time.perf_counter() - began:.1f} s{compiling if programs else ''}",
            file=sys.stderr,
        )
    for label in outcome.busy:
        print(f"left out: bucket {label} is being trained by another process", file=sys.stderr)
    interrupts.release()
    return close(job, outcome, as_json=as_json) if processes.first() else 0


def close(job: launch.Plan, outcome: Outcome, *, as_json: bool) -> int:
    """Combine what is finished, print the table, and tell what failed."""
    combined, damaged = launch.finish(job.study)
    if combined is not None:
        print_summary(combined, as_json=as_json)
        print(f"results: {job.study.combined}", file=sys.stderr)
    elif not (damaged or outcome.damaged or outcome.failed):
        print("nothing to train here, and no bucket is finished yet by others", file=sys.stderr)
    mistakes, code = {}, 0
    for bucket, cause, told in outcome.failed:
        if isinstance(cause, (UserError, OSError)):
            mistakes[str(cause)] = UserError(
                f"bucket {bucket}: {cause}"
            )  # as a rule the same in every bucket
        else:
            print(f"{told}\nerror: bucket {bucket} failed; the others went on", file=sys.stderr)
            code = 1
    launch.require_whole([*outcome.damaged, *damaged, *mistakes.values()])
    return code


def print_notes(notes: tuple[str, ...]) -> None:
    """What a reader of figures should know of the data."""
    for note in notes:
        print(f"note: {note}", file=sys.stderr)


def dry_run(spec: Spec, path: Path, part: tuple[int, int], *, as_json: bool) -> int:
    """Print members, buckets, programs, memory and expected minutes; write nothing."""
    job = launch.lay_plan(maker(spec), path, part)
    print_notes(job.make.source.notes)
    print(f"timing {len(job.missing)} buckets on {devices.describe()} …", file=sys.stderr)
    costs = estimate(job)
    if as_json:
        print(json.dumps([cost._asdict() for cost in costs]))
        return 0
    for axis, values in spec.sweep:
        print(f"{axis}: {len(values)} values, {min(values):g} to {max(values):g}")
    print_costs(costs)
    minutes = sum(cost.compile_seconds + cost.train_seconds for cost in costs) / 60
    print(
        f"{job.members} members in {len(job.wanted)} buckets; {sum(job.sizes.values())} members to train here with "
        f"{sum(c.programs for c in costs)} training programs, in about {minutes:.1f} minutes and at most "
        f"{max((c.megabytes for c in costs), default=0):.0f} MB of arrays, on {devices.describe()}; kept checkpoints take "
        f"{sum(c.disk_megabytes for c in costs):,.0f} MB on disk"
    )
    print(f"nothing was written; the study would be {path}")
    return 0


if __name__ == "__main__":
    main(command)
