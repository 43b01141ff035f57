"""Ray as the engine of a sweep: workers that train bucket after bucket, on as many machines as the cluster has.

The study folder, which all machines see under one path, is the only truth: Ray carries labels and progress, no numbers. A bucket
whose worker or machine dies is rescheduled and resumes from its last checkpoint; a cluster that is lost loses nothing. A
worker is asked for per bucket that is left: Ray starts as many as there is room for, also on machines that join later.
"""

import contextlib
import functools
import logging
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from nlpfeat import numerics
from nlpfeat.errors import UserError
from nlpfeat.store.layout import StudyFolder, open_folder
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.buckets import BucketSize
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.plan import LaunchPlan
from nlpfeat.sweeps.runner import Failure, Interrupted, Outcome, ProgressCallback
from nlpfeat.tasks.outside import load_task
from nlpfeat.tasks.registry import origin_of
from nlpfeat.training import checkpoints

log = logging.getLogger(__name__)


class ProgressRelay:
    """Collects the progress of the workers, and passes on the request to stop. A Ray actor."""

    def __init__(self) -> None:
        self._reached: dict[str, tuple[int, int]] = {}
        self._stop = False

    def report(self, bucket: str, members: int, step: int) -> bool:
        """The members of a bucket have reached a step; whether to save and stop here."""
        self._reached[bucket] = members, step
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


class BucketWorker:
    """Trains buckets of one study, one after another: files are read, and programs compiled, once. A Ray actor.

    An actor keeps its cores while it waits for the relay. A task would lend them to another bucket, for which Ray starts one
    more process.
    """

    def __init__(self, study: Path, widest: int, working: str, task: str, relay: Any) -> None:
        self._study, self._widest, self._working, self._task = study, widest, working, task
        self._progress = RelayProgress(lambda *reached: ray.get(relay.report.remote(*reached)))

    @functools.cached_property
    def _opened(self) -> tuple[StudyFolder, MemberFactory]:
        try:
            os.chdir(self._working)  # where relative paths of a config begin
        except OSError as error:
            nodename = os.uname().nodename
            raise UserError(f"{self._working} is not visible from {nodename}: {error.strerror}") from None
        if self._task:  # the file or module that registers it, which the user has named to the launcher
            load_task(self._task)
        folder = open_folder(self._study)
        numerics.use(folder.numerics)
        numerics.require_same(folder.numerics, str(self._study), training=True)
        return folder, member_factory(folder.spec)

    def train(self, label: str) -> Outcome | None:
        """Train one bucket; None if it was asked to stop."""
        folder, factory = self._opened
        mesh = programs.member_mesh()
        try:
            return runner.train_buckets(folder, factory, [label], self._widest, mesh, self._progress)
        except Interrupted:
            return None


ATTEMPTS = 5  # of a bucket whose workers die without progress in between
AHEAD = 64  # workers at most that are asked for and do not train yet: each one costs Ray a little
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
    """Train the buckets that are missing, by workers that take one after another.

    A bucket whose worker or machine dies is rescheduled; after ATTEMPTS without progress it is marked failed, as one that raises a
    Python error is at once.

    Raises:
      Interrupted: when `progress` says so, after all workers have saved.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    alive = {"max_restarts": -1, "max_task_retries": -1}
    relay: Any = ray.remote(ProgressRelay).options(num_cpus=0, scheduling_strategy=here, **alive).remote()
    buckets = _Buckets(plan, cluster.resources, relay)
    while buckets.left:
        buckets.assign()
        for ref in buckets.answered():
            buckets.collect(ref)
        updates: Any = ray.get(relay.updates.remote(stop=progress.interrupted()))
        for label, (members, step) in updates.items():
            progress.step(label, members, step)
        if progress.interrupted():
            buckets.later.clear()
    if progress.interrupted() and len(buckets.outcome.finished) < len(plan.missing):
        raise Interrupted
    return buckets.outcome


def next_bucket(
    due: Sequence[str], sizes: Mapping[str, BucketSize], own: set[BucketSize], others: set[BucketSize]
) -> str:
    """The bucket that a worker trains next: if possible of a size that it has programs for, else of one that no other has.

    Args:
      due: the buckets to choose from; of equal ones the first.
      sizes: of the buckets.
      own: the sizes that the worker has programs for.
      others: those that other workers have programs for.
    """
    return min(due, key=lambda label: (sizes[label] not in own, sizes[label] in others))


@dataclass(eq=False)
class _Worker:
    """A worker: wanted, starting, waiting for a bucket, or training one."""

    actor: Any
    label: str = ""  # of the bucket that it trains
    sizes: set[BucketSize] = field(default_factory=set)  # of its buckets so far, whose programs it keeps


class _Buckets:
    """The buckets of a launch: in training, to be trained, and the outcome of the others."""

    def __init__(self, plan: LaunchPlan, resources: BucketResources, relay: Any) -> None:
        options = {"num_cpus": resources.cpus, "num_gpus": resources.gpus}
        origin = origin_of(plan.factory.spec.task.name)
        reference = "" if origin is None else origin.reference
        widest = max((plan.wanted[label].width for label in plan.missing), default=0)
        study, working = plan.folder.path.absolute(), str(Path.cwd())
        actor: Any = ray.remote(BucketWorker).options(**options)
        self._new_actor = functools.partial(actor.remote, study, widest, working, reference, relay)
        self._plan = plan
        self._attempts = {label: _Attempts(0, self._saved(label), -ZOMBIE_SECONDS) for label in plan.missing}
        self._asked: dict[Any, _Worker] = {}  # to start, or to train
        self._waiting: list[_Worker] = []
        self._unready = 0  # workers in a row that died before they were ready
        self.outcome = Outcome()
        self.later: dict[str, float] = dict.fromkeys(plan.missing, 0.0)  # and when

    @property
    def left(self) -> int:
        """The number of buckets in training or to be trained."""
        return len(self.later) + self._training

    @property
    def _training(self) -> int:
        return sum(bool(worker.label) for worker in self._asked.values())

    def assign(self) -> None:
        """Give the buckets that are due to the workers that wait, and ask for a worker for each of the others."""
        now = time.monotonic()
        due = [label for label, when in self.later.items() if when <= now]
        while due and self._waiting:
            worker = self._waiting.pop()
            elsewhere = {size for other in self._asked.values() for size in other.sizes}
            worker.label = next_bucket(due, self._plan.wanted, worker.sizes, elsewhere)
            worker.sizes.add(self._plan.wanted[worker.label])
            due.remove(worker.label)
            del self.later[worker.label]
            self._asked[worker.actor.train.remote(worker.label)] = worker
        surplus = len(self._asked) + len(self._waiting) - self._training - min(len(self.later), AHEAD)
        for _ in range(-surplus):
            worker = _Worker(self._new_actor())
            self._asked[worker.actor.__ray_ready__.remote()] = worker
        self._dismiss(max(0, surplus))

    def _dismiss(self, count: int) -> None:
        """Let go of workers that wait, and then of those that were asked for last."""
        starting = [ref for ref, worker in self._asked.items() if not worker.label]
        for _ in range(count):
            worker = self._waiting.pop() if self._waiting else self._asked.pop(starting.pop())
            ray.kill(worker.actor)

    def answered(self) -> list[Any]:
        """The answer of a worker, as soon as there is one; none after a while."""
        if not self._asked:
            time.sleep(POLL_SECONDS)
            return []
        return ray.wait(list(self._asked), timeout=POLL_SECONDS)[0]

    def collect(self, ref: Any) -> None:
        """Take the answer of a worker, which then waits for the next bucket."""
        worker = self._asked.pop(ref)
        label, worker.label = worker.label, ""
        try:
            found: Any = ray.get(ref)
        except RayTaskError as error:
            self.outcome.failed.append(Failure(label, error.cause, str(error)))
        except RayError as error:  # the worker or its machine has died
            ray.kill(worker.actor)  # if it is only out of reach
            if label:
                self._reschedule(label, error)
            else:
                self._count_unready(error)
            return
        else:
            self._unready = 0
            if label:
                self._add(label, found)
        self._waiting.append(worker)

    def _count_unready(self, error: Exception) -> None:
        """Count workers that died before they were ready. With a machine, all die that wait for it, so no bucket is blamed.

        But if none is ever ready, as where nlpfeat is not installed, the buckets fail.
        """
        self._unready = 0 if self._training else self._unready + 1
        if self._unready >= ATTEMPTS * min(len(self.later), AHEAD):
            self.outcome.failed += [Failure(label, error, str(error)) for label in self.later]
            self.later.clear()

    def _add(self, label: str, found: Outcome | None) -> None:
        now = time.monotonic()
        if found is None:
            return
        if found.busy and now - self._attempts[label].died < ZOMBIE_SECONDS:
            self.later[label] = now + 1
            return
        if self._plan.folder.result(label).exists():  # by this, or by one that died when all was written
            self.outcome.finished.append(label)
        self.outcome.busy += found.busy
        self.outcome.damaged += found.damaged

    def _reschedule(self, label: str, error: Exception) -> None:
        log.info("bucket %s lost its worker: %s", label, error)
        before, saved = self._attempts[label], self._saved(label)
        fruitless = before.fruitless + 1 if saved <= before.saved else 1
        self._attempts[label] = _Attempts(fruitless, saved, time.monotonic())
        if fruitless < ATTEMPTS:
            self.later[label] = 0.0
        else:
            self.outcome.failed.append(Failure(label, error, str(error)))

    def _saved(self, label: str) -> int:
        return max(checkpoints.saved_steps(self._plan.folder.checkpoints(label)), default=-1)
