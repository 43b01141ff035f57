"""Sweep a grid of members: train what is missing, keep what is done."""

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nlpfeat.cli.parsing import Command, Parser, add_config, add_json, config_of
from nlpfeat.config.files import expand_path, has_config, load_config, study_folder
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store import precheck

if TYPE_CHECKING:
    from nlpfeat.cli.signals import StopRequest
    from nlpfeat.sweeps.plan import LaunchPlan
    from nlpfeat.sweeps.runner import Outcome, ProgressCallback
    from nlpfeat.tasks.spec import Spec

    Engine = Callable[[LaunchPlan, ProgressCallback], Outcome]  # trains the buckets that are missing


def shard(text: str) -> tuple[int, int]:
    """Read "i/n"."""
    try:
        index, shards = (int(part) for part in text.split("/"))
    except ValueError:
        raise UserError(f"--shard: cannot read {text!r}; write i/n, as in 0/4") from None
    if not 0 <= index < shards:
        raise UserError(f"--shard: {text} is out of range; with n launchers i runs from 0 to n-1")
    return index, shards


def add_flags(parser: Parser) -> None:
    """All flags; those of the config's keys are taken out before."""
    add_config(parser)
    parser.add_argument(
        "--study",
        type=expand_path,
        metavar="DIR",
        help="where to write (default: runs/CONFIG, or runs/CONFIG-FILE for a file of your own)",
    )
    parser.add_argument("--data", metavar="FILE", help="a file of your own, in place of the published data")
    parser.add_argument("--test-data", metavar="FILE", help="a second file, with the test split")
    parser.add_argument(
        "--classes",
        metavar="FORMULA",
        help="classes of points of the plane, as in 'y > sin(3*x)' or 'r < 0.4; y > 0'",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="X",
        help="value of the headline metric that counts as success (default: the task's own; for your own data none)",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would run and what it would cost; write nothing"
    )
    parser.add_argument(
        "--shard",
        type=shard,
        default=(0, 1),
        metavar="i/n",
        help="train share i of n of the buckets; start n such commands with one study folder",
    )
    parser.add_argument(
        "--cluster", metavar="auto|HOST:PORT", help="train on a Ray cluster that sees the study's folder"
    )
    parser.add_argument(
        "--task-cpus", type=int, default=1, metavar="N", help="cores per bucket there (default: 1)"
    )
    parser.add_argument(
        "--task-gpus",
        type=float,
        default=1,
        metavar="X",
        help="GPUs per bucket there, may be a fraction; 0 where there are none (default: 1)",
    )
    parser.add_argument(
        "--processes",
        metavar="auto|HOST:PORT,i/n",
        help="train as process i of n that share all their devices; start n such commands",
    )
    parser.add_argument(
        "--plot", action="store_true", help="draw the figures afterwards, as nlpfeat plot does"
    )
    add_json(parser)


def run(args: argparse.Namespace, line: str) -> int:
    """Results on stdout, progress on stderr."""
    reference = config_of(args)
    config = load_config(reference) if has_config(reference) else None
    _check(args)
    for flag, key in (
        ("data", "data.path"),
        ("test_data", "data.test_path"),
        ("classes", "data.formula"),
    ):
        if getattr(args, flag):
            args.overrides[key] = getattr(args, flag)
    path = args.study or study_folder(reference, args.overrides.get("data.path", ""))
    if (path / "config.json").exists():
        with contextlib.suppress(DamagedFile):  # which is written anew
            precheck.require_study(path)

    from nlpfeat.parallel import use_all_cores
    from nlpfeat.tasks.fit import fit_to_data
    from nlpfeat.tasks.spec import read_config, resolve

    try:
        fitted = fit_to_data(read_config(reference) if config is None else config, args.overrides)
        spec = resolve(fitted.config, args.overrides)
    except UserError as error:
        raise UserError(f"{error} ({reference})") from None
    for note in fitted.notes:
        print(f"set: {note}", file=sys.stderr)
    use_all_cores()
    if args.dry_run:
        return _dry_run(spec, path, args)
    code = (_on_cluster if args.cluster else _here)(spec, path, args, line)
    if args.plot and not code:
        from nlpfeat.cli.plot import print_figure
        from nlpfeat.parallel import process_pool
        from nlpfeat.plotting.figures.study import save_figures
        from nlpfeat.study.session import open_study

        with process_pool() as pool:
            save_figures(open_study(path), stamp=line, saved=print_figure, pool=pool)
    return code


def _check(args: argparse.Namespace) -> None:
    if args.plot and args.json:
        raise UserError(
            "--plot and --json: each prints results of its own; draw the figures by nlpfeat plot --json"
        )
    chosen = [name for name in ("cluster", "processes") if getattr(args, name)]
    chosen += ["shard"] if args.shard[1] > 1 else []
    if len(chosen) > 1:
        raise UserError(f"--{chosen[0]} and --{chosen[1]}: choose one way to share the work")
    if args.task_cpus < 1 or not args.task_gpus >= 0:
        raise UserError("--task-cpus must be at least 1, --task-gpus at least 0")


def _here(spec: "Spec", path: Path, args: argparse.Namespace, line: str) -> int:
    """Train on this machine's devices, or on those of all processes that join."""
    from nlpfeat.cli.signals import StopRequest
    from nlpfeat.parallel import describe_devices
    from nlpfeat.sweeps import launch, multihost

    if args.processes:
        multihost.join(args.processes)
    request = StopRequest(line)
    plan = launch.begin(spec, path, args.shard, line)
    return _train(plan, launch.train, request, describe_devices(), args)


def _on_cluster(spec: "Spec", path: Path, args: argparse.Namespace, line: str) -> int:
    """Train on the workers of a Ray cluster."""
    import jax

    jax.config.update("jax_platforms", "cpu")  # accelerators are for the workers
    try:
        from nlpfeat.sweeps import ray
    except ImportError:
        raise UserError("--cluster needs Ray: pip install 'nlpfeat[cluster]'") from None
    from nlpfeat.cli.signals import StopRequest
    from nlpfeat.sweeps import launch
    from nlpfeat.sweeps.plan import WHOLE

    with ray.connected(args.cluster, ray.BucketResources(args.task_cpus, args.task_gpus)) as cluster:
        request = StopRequest(line)  # Ray has its own handlers, until here
        plan = launch.begin(spec, path, WHOLE, line, cluster.workers)

        def engine(plan: "LaunchPlan", progress: "ProgressCallback") -> "Outcome":
            return ray.train_on_cluster(plan, cluster, progress)

        where = f"{cluster.workers} workers of a Ray cluster"
        return _train(plan, engine, request, where, args)


def _train(
    plan: "LaunchPlan", engine: "Engine", request: "StopRequest", where: str, args: argparse.Namespace
) -> int:
    """Train, combine, and print the table."""
    from nlpfeat.cli.progress import SweepProgress
    from nlpfeat.sweeps import multihost
    from nlpfeat.sweeps.compilation import compilations
    from nlpfeat.sweeps.runner import Interrupted

    began, sizes = time.perf_counter(), plan.member_counts
    _print_notes(plan)
    print(
        f"{plan.folder.path}: {plan.members} members in the grid, {sum(sizes.values())} to train here in "
        f"{len(sizes)} buckets on {where}",
        file=sys.stderr,
    )
    steps = plan.factory.spec.training.total
    with compilations() as compiled, SweepProgress(sizes, steps, request) as progress:
        try:
            outcome = engine(plan, progress)
        except Interrupted:
            print(f"stopped; everything is saved. Resume with:\n  {request.again}", file=sys.stderr)
            return 128 + (request.signum or signal.SIGINT)
    if sizes:
        programs = compiled.programs["advance"]
        compiling = (
            f"; {programs} training programs took {compiled.seconds:.1f} s to compile, some of it meanwhile"
        )
        print(
            f"trained {sum(sizes[label] for label in outcome.finished)} members in "
            f"{time.perf_counter() - began:.1f} s{compiling if programs else ''}",
            file=sys.stderr,
        )
    for label in outcome.busy:
        print(f"left out: bucket {label} is being trained by another process", file=sys.stderr)
    request.release()
    return _close(plan, outcome, args) if multihost.is_first() else 0


def _close(plan: "LaunchPlan", outcome: "Outcome", args: argparse.Namespace) -> int:
    """Combine what is finished, print the table, and report what failed."""
    from nlpfeat.cli.tables import print_summary
    from nlpfeat.sweeps import launch
    from nlpfeat.training.metrics import Success

    combined, damaged = launch.finish(plan.folder)
    if combined is not None:
        headline, level = plan.factory.spec.task.evaluation.headline, args.threshold
        success = None if level is None else Success(headline, level)
        print_summary(combined, success, as_json=args.json)
        if not args.json:
            _print_classes(plan)
        print(f"results: {plan.folder.combined}", file=sys.stderr)
    elif not (damaged or outcome.damaged or outcome.failed):
        print("nothing to train here, and no bucket is finished yet by others", file=sys.stderr)
    mistakes, code = {}, 0
    for bucket, cause, report in outcome.failed:
        if isinstance(cause, (UserError, OSError)):  # as a rule the same in every bucket
            mistakes[str(cause)] = UserError(f"bucket {bucket}: {cause}")
        else:
            print(f"{report}\nerror: bucket {bucket} failed; the others went on", file=sys.stderr)
            code = 1
    launch.require_whole([*outcome.damaged, *damaged, *mistakes.values()])
    return code


def _print_classes(plan: "LaunchPlan") -> None:
    """Print how well a classifier of the user's own texts finds each class."""
    from nlpfeat.data.text.sources import CorpusSpec

    spec = plan.factory.spec
    if not (isinstance(spec.data, CorpusSpec) and spec.data.path):
        return
    from nlpfeat.analysis.predictions import class_table, predict_split
    from nlpfeat.cli.tables import print_classes
    from nlpfeat.data.core import split_names
    from nlpfeat.store.results import further_axes
    from nlpfeat.study.select import chosen_width
    from nlpfeat.study.session import Study

    study = Study(plan.folder, plan.factory)
    if further_axes(study.results):
        return
    width = chosen_width(study.results, spec.task)
    try:
        member = study.restore(width=width, seed="median")
    except UserError as error:  # all its members diverged, which the table says
        print(f"no table of classes: {error}", file=sys.stderr)
        return
    split = split_names(member.splits)[-1]
    found = predict_split(member, split)
    if found is not None:
        table = class_table(found, member.dataset.metadata.corpus.classes)
        print_classes(table, f"{split} texts, width {width}, seed {member.settings.seed}")


def _dry_run(spec: "Spec", path: Path, args: argparse.Namespace) -> int:
    """Print members, buckets, programs, memory and expected minutes; write nothing."""
    from nlpfeat.cli.tables import print_costs, print_json
    from nlpfeat.config.choices import value_text
    from nlpfeat.parallel import describe_devices
    from nlpfeat.sweeps.cost import estimate_cost
    from nlpfeat.sweeps.members import member_factory
    from nlpfeat.sweeps.memory import require_fits_here
    from nlpfeat.sweeps.plan import make_plan

    factory = member_factory(spec)
    require_fits_here(factory)
    plan = make_plan(factory, path, args.shard)
    _print_notes(plan)
    print(f"timing {len(plan.missing)} buckets on {describe_devices()} …", file=sys.stderr)
    costs = estimate_cost(plan)
    if args.json:
        print_json([cost._asdict() for cost in costs])
        return 0
    for axis, values in spec.sweep:
        first, last = value_text(axis, min(values)), value_text(axis, max(values))
        print(f"{axis}: {len(values)} values, {first} to {last}")
    print_costs(costs)
    minutes = sum(cost.compile_seconds + cost.train_seconds for cost in costs) / 60
    print(
        f"{plan.members} members in {len(plan.wanted)} buckets; {sum(plan.member_counts.values())} members to train here with "
        f"{sum(c.programs for c in costs)} training programs, in about {minutes:.1f} minutes and at most "
        f"{max((c.megabytes for c in costs), default=0):.0f} MB of arrays, on {describe_devices()}; kept checkpoints take "
        f"{sum(c.disk_megabytes for c in costs):,.0f} MB on disk"
    )
    print(f"nothing was written; the study would be {path}")
    return 0


def _print_notes(plan: "LaunchPlan") -> None:
    for note in plan.factory.dataset.notes:
        print(f"note: {note}", file=sys.stderr)


COMMAND = Command(
    "sweep",
    "train what a grid of members lacks",
    add_flags,
    run,
    description="Run again, it resumes what was interrupted; with more widths or seeds, it extends the study; with another\n"
    "config, it refuses. Every key of the config can be set by --config.KEY=VALUE, and every traced setting can be an\n"
    "axis of the grid by --config.sweep.NAME=(…): see nlpfeat list TASK. A config is a Python program and runs as one;\n"
    "a study is not.",
    examples=(
        "nlpfeat sweep spirals",
        "nlpfeat sweep spirals --dry-run",
        "nlpfeat sweep spirals:smoke",
        "nlpfeat sweep spirals '--config.sweep.width=(2,8)' \\",
        "    '--config.sweep.seed=(0,1,2,3)' '--config.sweep.noise=(0.1,0.2)' --study=runs/noise",
        "nlpfeat sweep spirals --cluster=auto      # every machine of a Ray cluster",
        "nlpfeat sweep spirals --shard=0/4         # one of four launchers",
        "nlpfeat sweep spirals --processes=auto    # on every host of a TPU pod",
    ),
    python='study = nlpfeat.sweep("spirals", width=(2, 8), seed=range(4), noise=(0.1, 0.2), study="runs/noise")',
    opens_study=False,
    takes_config=True,
)
