"""What `experiments.sweep` does once its flags are read: plan, train on some engine, combine, and print the table."""

import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nlpfeat import parallel
from nlpfeat.cli.progress import SweepProgress
from nlpfeat.cli.signals import StopRequest
from nlpfeat.cli.tables import print_costs, print_summary, warn
from nlpfeat.errors import UserError
from nlpfeat.sweeps import launch, multihost, plan
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.cost import estimate_cost
from nlpfeat.sweeps.members import member_factory
from nlpfeat.sweeps.runner import Interrupted, Outcome
from nlpfeat.tasks.spec import Spec

Engine = Callable[[plan.LaunchPlan, SweepProgress], Outcome]  # trains the buckets that are missing


def here(spec: Spec, path: Path, flags: Any, again: str) -> int:
    """Train on this machine's devices, or on those of all processes that join."""
    if flags.processes:
        multihost.join(flags.processes)
    interrupts = StopRequest(again)
    job = launch.begin(spec, path, flags.shard, again)
    return train(job, launch.train, interrupts, parallel.describe_devices(), as_json=flags.json)


def on_cluster(spec: Spec, path: Path, flags: Any, again: str) -> int:
    """Train on the workers of a Ray cluster."""
    import jax

    jax.config.update("jax_platforms", "cpu")  # accelerators are for the workers
    try:
        from nlpfeat.sweeps import ray
    except ImportError:
        raise UserError("--cluster needs Ray: pip install 'nlpfeat[cluster]'") from None
    with ray.connected(flags.cluster, ray.BucketResources(flags.task_cpus, flags.task_gpus)) as there:
        interrupts = StopRequest(again)  # Ray has its own handlers, until here
        job = launch.begin(spec, path, plan.ALL_SHARDS, again, there.workers)
        where = f"{there.workers} workers of a Ray cluster"

        def engine(job: plan.LaunchPlan, watch: SweepProgress) -> Outcome:
            return ray.train_on_cluster(job, there, watch)

        return train(job, engine, interrupts, where, as_json=flags.json)


def train(job: plan.LaunchPlan, engine: Engine, interrupts: StopRequest, where: str, *, as_json: bool) -> int:
    """Train, combine, and print the table."""
    began, sizes = time.perf_counter(), job.sizes
    warn(*job.factory.dataset.notes)
    print(
        f"{job.study.path}: {job.members} members asked for, {sum(sizes.values())} to train here in "
        f"{len(sizes)} buckets on {where}",
        file=sys.stderr,
    )
    with (
        compilations() as compiled,
        SweepProgress(sizes, job.factory.spec.training.total, interrupts) as watch,
    ):
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
    return close(job, outcome, as_json=as_json) if multihost.is_first() else 0


def close(job: plan.LaunchPlan, outcome: Outcome, *, as_json: bool) -> int:
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


def dry_run(spec: Spec, path: Path, part: tuple[int, int], *, as_json: bool) -> int:
    """Print members, buckets, programs, memory and expected minutes; write nothing."""
    job = plan.make_plan(member_factory(spec), path, part)
    warn(*job.factory.dataset.notes)
    print(f"timing {len(job.missing)} buckets on {parallel.describe_devices()} …", file=sys.stderr)
    costs = estimate_cost(job)
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
        f"{max((c.megabytes for c in costs), default=0):.0f} MB of arrays, on {parallel.describe_devices()}; kept checkpoints take "
        f"{sum(c.disk_megabytes for c in costs):,.0f} MB on disk"
    )
    print(f"nothing was written; the study would be {path}")
    return 0
