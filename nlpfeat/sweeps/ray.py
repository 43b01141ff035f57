"""Ray as the engine of a sweep: one Ray task per bucket, on as many machines as the cluster has.

The study folder, which all machines see under one path, is the only truth: Ray carries labels and progress, no numbers. A bucket
whose worker or machine dies is rescheduled and resumes from its last checkpoint; a cluster that is lost loses nothing.
"""

import contextlib
import functools
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nlpfeat import numerics
from nlpfeat.errors import UserError
from nlpfeat.store.layout import open_folder
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.plan import LaunchPlan
from nlpfeat.sweeps.runner import Failure, Interrupted, Outcome, ProgressCallback
from nlpfeat.tasks.outside import load_task
from nlpfeat.tasks.registry import origin_of
from nlpfeat.tasks.spec import Spec
from nlpfeat.training import checkpoints


class ProgressRelay:
    """Collects the progress of the workers, and passes on the request to stop. A Ray actor."""

    def __init__(self) -> None:
        self._reached: dict[str, tuple[int, int]] = {}
        self._stop = False

    def report(self, bucket: str, members: int, step: int) -> bool:
        """The members of a bucket have reached a step; whether to save and stop here."""
        self._reached[bucket] = members, step
        return self._stop

    def stopping(self) -> bool:
        """Whether workers are asked to stop."""
        return self._stop

    def updates(self, *, stop: bool) -> dict[str, tuple[int, int]]:
        """The steps reached since the last call, by bucket: (members, step)."""
        self._stop = stop
        reached, self._reached = self._reached, {}
        return reached


class RelayProgress:
    """Follows a run in a worker (`nlpfeat.sweeps.runner.ProgressCallback`)."""

    def __init__(self, ask: Callable[[str, int, int], bool]) -> None:
        self._ask, self._stop = ask, False

    def step(self, bucket: str, members: int, step: int) -> None:
        """Report it to the relay."""
        self._stop = self._ask(bucket, members, step)

    def interrupted(self) -> bool:
        """Whether the relay asked to stop."""
        return self._stop


@functools.lru_cache(maxsize=1)
def _factory(spec: Spec) -> MemberFactory:
    """A worker trains one bucket after another: files are read, and programs compiled, once."""
    return member_factory(spec)


_load_once = functools.cache(load_task)  # a task that is registered anew would compile its programs anew


def train_remote(study: Path, label: str, widest: int, working: str, task: str, relay: Any) -> Outcome | None:
    """Train one bucket in a worker; None if it was asked to stop."""
    try:
        os.chdir(working)  # where relative paths of a config begin
    except OSError as error:
        raise UserError(f"{working} is not visible from {os.uname().nodename}: {error.strerror}") from None
    if ray.get(relay.stopping.remote()):
        return None
    if task:  # the file or module that registers it, which the user has named to the launcher
        _load_once(task)
    folder = open_folder(study)
    numerics.use(folder.numerics)
    numerics.require_same(folder.numerics, str(study), training=True)
    progress = RelayProgress(lambda *reached: ray.get(relay.report.remote(*reached)))
    try:
        return runner.train_buckets(
            folder, _factory(folder.spec), [label], widest, programs.member_mesh(), progress
        )
    except Interrupted:
        return None


ATTEMPTS = 5  # of a bucket whose workers die without progress in between
ZOMBIE_SECONDS = 60.0  # how long a dead worker may still hold its lock, on a machine that has not noticed yet
POLL_SECONDS = 0.2
INHERITED = ("NLPFEAT_DATA", *numerics.FLAGS)  # environment variables that workers take over


class BucketResources(NamedTuple):
    """The resources of a cluster that each bucket gets."""

    cpus: int
    gpus: float


class Cluster(NamedTuple):
    """A connected cluster."""

    resources: BucketResources
    workers: int  # buckets at once


@contextlib.contextmanager
def connected(address: str, resources: BucketResources) -> Iterator[Cluster]:
    """Connect to a Ray cluster while the block runs.

    Args:
      address: HOST:PORT of its head; or "auto": the one that runs on this machine, else one is started, of its cores.
      resources: of each bucket; its GPUs do not count on a cluster that has none.

    Raises:
      UserError: if the cluster is not there, or has less than one bucket needs.
    """
    if address != "auto":
        _check_reachable(address)
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    limits = {
        "NPROC": str(resources.cpus),
        "JAX_NUM_CPU_DEVICES": str(resources.cpus),
    }  # XLA's threads and devices
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(
            None if address == "auto" else address,
            runtime_env={"env_vars": inherited | limits},
            include_dashboard=None if address != "auto" else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"cluster {address}: Ray cannot connect ({str(error).splitlines()[0]})") from None
    try:
        total = ray.cluster_resources()
        resources = resources if total.get("GPU") else resources._replace(gpus=0)
        workers = int(total.get("CPU", 0) // resources.cpus)
        workers = min(workers, int(total["GPU"] / resources.gpus)) if resources.gpus else workers
        if not workers:
            raise UserError(
                f"the cluster has {total.get('CPU', 0):g} CPUs and {total.get('GPU', 0):g} GPUs, less than a bucket needs "
                f"({resources.cpus} and {resources.gpus:g}): lower task_cpus or task_gpus"
            )
        yield Cluster(resources, workers)
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Check that something listens at the address: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"cluster {address}: no cluster there ({error}); write the HOST:PORT that ray start --head tells, or auto"
        ) from None


class _Attempts(NamedTuple):
    """How often a bucket was scheduled without progress."""

    fruitless: int
    saved: int  # its last step with a checkpoint then
    died: float  # when a worker last died that may still seem to hold its lock


def train_on_cluster(plan: LaunchPlan, cluster: Cluster, progress: ProgressCallback) -> Outcome:
    """Train the buckets that are missing, each in a task of its own.

    A bucket whose worker or machine dies is rescheduled; after ATTEMPTS without progress it is marked failed, as one that raises a
    Python error is at once.

    Raises:
      Interrupted: when `progress` says so, after all workers have saved.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    alive = {"max_restarts": -1, "max_task_retries": -1}
    relay: Any = ray.remote(ProgressRelay).options(num_cpus=0, scheduling_strategy=here, **alive).remote()
    buckets = _Buckets(plan, cluster.resources, relay)
    while buckets.scheduled or buckets.later:
        done, _ = ray.wait(list(buckets.scheduled), timeout=POLL_SECONDS) if buckets.scheduled else ([], None)
        updates: Any = ray.get(relay.updates.remote(stop=progress.interrupted()))
        for label, (members, step) in updates.items():
            progress.step(label, members, step)
        for ref in done:
            buckets.collect(ref)
        if progress.interrupted():
            buckets.later.clear()
        buckets.schedule_due()
        if not buckets.scheduled:
            time.sleep(POLL_SECONDS)
    if progress.interrupted() and len(buckets.outcome.finished) < len(plan.missing):
        raise Interrupted
    return buckets.outcome


class _Buckets:
    """The buckets of a launch: scheduled, to be rescheduled, and the outcome of the others."""

    def __init__(self, plan: LaunchPlan, resources: BucketResources, relay: Any) -> None:
        options = {"num_cpus": resources.cpus, "num_gpus": resources.gpus, "max_retries": 0}
        self._task: Any = ray.remote(max_calls=0, **options)(train_remote)  # 0: a worker keeps its programs
        self._plan, self._relay = plan, relay
        origin = origin_of(plan.factory.spec.task.name)
        self._reference = "" if origin is None else origin.reference
        self._widest = max((plan.wanted[label].width for label in plan.missing), default=0)
        self._attempts = {label: _Attempts(0, self._saved(label), -ZOMBIE_SECONDS) for label in plan.missing}
        self.outcome = Outcome()
        self.scheduled: dict[Any, str] = {}
        self.later: dict[str, float] = dict.fromkeys(plan.missing, 0.0)  # and when
        self.schedule_due()

    def schedule_due(self) -> None:
        """Schedule the buckets that are due."""
        now = time.monotonic()
        for label in [label for label, when in self.later.items() if when <= now]:
            del self.later[label]
            study = self._plan.folder.path.absolute()
            ref = self._task.remote(study, label, self._widest, str(Path.cwd()), self._reference, self._relay)
            self.scheduled[ref] = label

    def collect(self, ref: Any) -> None:
        """Take the result of a Ray task."""
        label = self.scheduled.pop(ref)
        try:
            found: Outcome | None = ray.get(ref)
        except RayTaskError as error:
            self.outcome.failed.append(Failure(label, error.cause, str(error)))
        except RayError as error:  # the worker or its machine has died
            self._reschedule(label, error)
        else:
            self._add(label, found)

    def _add(self, label: str, found: Outcome | None) -> None:
        now = time.monotonic()
        if found is None:
            return
        if found.busy and now - self._attempts[label].died < ZOMBIE_SECONDS:
            self.later[label] = now + 1
            return
        if self._plan.folder.result(label).exists():  # by this task, or by one that died when all was written
            self.outcome.finished.append(label)
        self.outcome.busy += found.busy
        self.outcome.damaged += found.damaged

    def _reschedule(self, label: str, error: Exception) -> None:
        before, saved = self._attempts[label], self._saved(label)
        fruitless = before.fruitless + 1 if saved <= before.saved else 1
        self._attempts[label] = _Attempts(fruitless, saved, time.monotonic())
        if fruitless < ATTEMPTS:
            self.later[label] = 0.0
        else:
            self.outcome.failed.append(Failure(label, error, str(error)))

    def _saved(self, label: str) -> int:
        return max(checkpoints.saved_steps(self._plan.folder.checkpoints(label)), default=-1)
