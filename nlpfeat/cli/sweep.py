"""Sweep a grid of members, as a config says: train what is missing, keep what is done.

Run again, it resumes what was interrupted; with more widths or seeds, it extends the study; with another
config, it refuses. Every key of the config can be set by --config.KEY=VALUE, and every traced setting can be an
axis of the grid by --config.sweep.NAME=(…).
"""

import shlex
from pathlib import Path
from typing import Any

from nlpfeat.cli.command import parser, split_config_flags
from nlpfeat.config.files import expand_path, load_config
from nlpfeat.errors import UserError

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


def shard(text: str) -> tuple[int, int]:
    """Read "i/n"."""
    try:
        index, shards = (int(part) for part in text.split("/"))
    except ValueError:
        raise UserError(f"--shard: cannot read {text!r}; write i/n, as in 0/4") from None
    if not 0 <= index < shards:
        raise UserError(f"--shard: {text} is out of range; with n launchers i runs from 0 to n-1")
    return index, shards


def command(argv: list[str]) -> int:
    """The command. Results on stdout, progress on stderr."""
    arguments = parser(__doc__ or "", EXAMPLES)
    arguments.add_argument("--config", required=True, metavar="FILE[:VARIANT]", help="a file of configs/")
    arguments.add_argument(
        "--study", type=expand_path, metavar="DIR", help="where to write (default: runs/NAME OF THE CONFIG)"
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
    _check(flags)

    from nlpfeat import parallel
    from nlpfeat.cli import launches
    from nlpfeat.tasks.spec import resolve

    try:
        spec = resolve(config, overrides)
    except UserError as error:
        raise UserError(f"{error} ({flags.config})") from None
    parallel.use_all_cores()
    path, again = flags.study or Path("runs") / name, f"python -m experiments.sweep {shlex.join(argv)}"
    if flags.dry_run:
        return launches.dry_run(spec, path, flags.shard, as_json=flags.json)
    if flags.cluster:
        return launches.on_cluster(spec, path, flags, again)
    return launches.here(spec, path, flags, again)


def _check(flags: Any) -> None:
    asked = [name for name in ("cluster", "processes") if getattr(flags, name)]
    asked += ["shard"] if flags.shard[1] > 1 else []
    if len(asked) > 1:
        raise UserError(f"--{asked[0]} and --{asked[1]}: choose one way to share the work")
    if flags.task_cpus < 1 or not flags.task_gpus >= 0:
        raise UserError("--task_cpus must be at least 1, --task_gpus at least 0")
