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

from nlpfeat import parallel
from nlpfeat.errors import UserError
from nlpfeat.store.layout import open_folder
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.plan import LaunchPlan
from nlpfeat.sweeps.runner import Failure, Interrupted, Outcome, ProgressCallback
from nlpfeat.tasks.spec import Spec
from nlpfeat.training import checkpoints


class ProgressBoard:
    """Where workers tell how far they are, and are told to stop. A Ray actor."""

    def __init__(self) -> None:
        self._reached: dict[str, tuple[int, int]] = {}
        self._stop = False

    def report(self, bucket: str, members: int, step: int) -> bool:
        """The members of a bucket have reached a step; whether to save and stop here."""
        self._reached[bucket] = members, step
        return self._stop

    def stopping(self) -> bool:
        """Whether not to begin."""
        return self._stop

    def updates(self, *, stop: bool) -> dict[str, tuple[int, int]]:
        """What was told since the last call."""
        self._stop = stop
        reached, self._reached = self._reached, {}
        return reached


class BoardProgress:
    """Follows a run in a worker (`nlpfeat.sweeps.run.Watch`)."""

    def __init__(self, ask: Callable[[str, int, int], bool]) -> None:
        self._ask, self._stop = ask, False

    def step(self, bucket: str, members: int, step: int) -> None:
        """Tell it to the board."""
        self._stop = self._ask(bucket, members, step)

    def interrupted(self) -> bool:
        """What the board answered."""
        return self._stop


@functools.lru_cache(maxsize=1)
def _factory(spec: Spec) -> MemberFactory:
    """A worker trains one bucket after another: files are read, and programs compiled, once."""
    return member_factory(spec)


def train_remote(study: Path, label: str, widest: int, working: str, board: Any) -> Outcome | None:
    """Train one bucket in a worker; None if it was asked to stop."""
    try:
        os.chdir(working)  # where relative paths of a config begin
    except OSError as error:
        raise UserError(f"{working} is not visible from {os.uname().nodename}: {error.strerror}") from None
    parallel.pin_numbers()
    if ray.get(board.stopping.remote()):
        return None
    folder = open_folder(study)
    progress = BoardProgress(lambda *reached: ray.get(board.report.remote(*reached)))
    try:
        return runner.train_buckets(
            folder, _factory(folder.spec), [label], widest, programs.member_mesh(), progress
        )
    except Interrupted:
        return None


ATTEMPTS = 5  # of a bucket whose workers die without a checkpoint between: such a death is no accident
ZOMBIE_SECONDS = (
    60.0  # how long a dead worker's lock may be held, by a machine that does not know yet that it is lost
)
POLL_SECONDS = 0.2
HANDED_ON = ("NLPFEAT_DATA", "XLA_FLAGS")  # settings of this process that its workers take over


class BucketResources(NamedTuple):
    """What one bucket at a time gets of a cluster."""

    cpus: int
    gpus: float


class Cluster(NamedTuple):
    """A cluster that is connected."""

    resources: BucketResources
    workers: int  # buckets at once


@contextlib.contextmanager
def connected(address: str, share: BucketResources) -> Iterator[Cluster]:
    """Connect to a Ray cluster while the block runs.

    Args:
      address: HOST:PORT of its head; or "auto": the one that runs on this machine, else one is started, of its cores.
      share: what a bucket gets; no GPUs on a cluster that has none.

    Raises:
      UserError: if the cluster is not there, or has less than one share.
    """
    if address != "auto":
        _check_reachable(address)
    handed = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    limits = {"NPROC": str(share.cpus), "JAX_NUM_CPU_DEVICES": str(share.cpus)}  # XLA's threads and devices
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        ray.init(
            None if address == "auto" else address,
            runtime_env={"env_vars": handed | limits},
            include_dashboard=None if address != "auto" else False,
            log_to_driver=False,
            logging_level=logging.ERROR,
        )
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise UserError(f"cluster {address}: Ray cannot connect ({str(error).splitlines()[0]})") from None
    try:
        there = ray.cluster_resources()
        share = share if there.get("GPU") else share._replace(gpus=0)
        workers = int(there.get("CPU", 0) // share.cpus)
        workers = min(workers, int(there["GPU"] / share.gpus)) if share.gpus else workers
        if not workers:
            raise UserError(
                f"the cluster has {there.get('CPU', 0):g} CPUs and {there.get('GPU', 0):g} GPUs, less than a bucket is to have "
                f"({share.cpus} and {share.gpus:g}): lower task_cpus or task_gpus"
            )
        yield Cluster(share, workers)
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Ask whether anyone listens: Ray itself would wait for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=10).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"cluster {address}: no cluster there ({error}); write the HOST:PORT that ray start --head tells, or auto"
        ) from None


class _Attempts(NamedTuple):
    """How often a bucket was sent without a step forward."""

    fruitless: int
    saved: int  # its last step with a checkpoint then
    died: float  # when a worker last died that may still seem to hold its lock


def train_on_cluster(plan: LaunchPlan, cluster: Cluster, progress: ProgressCallback) -> Outcome:
    """Train the buckets that are missing, each in a task of its own.

    A bucket whose worker or machine dies is sent again, as long as it gets on; one that fails in Python is not.

    Raises:
      Interrupted: when `progress` says so, after all workers have saved.
    """
    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
    alive = {"max_restarts": -1, "max_task_retries": -1}
    board: Any = ray.remote(ProgressBoard).options(num_cpus=0, scheduling_strategy=here, **alive).remote()
    buckets = _Buckets(plan, cluster.resources, board)
    while buckets.sent or buckets.later:
        done, _ = ray.wait(list(buckets.sent), timeout=POLL_SECONDS) if buckets.sent else ([], None)
        updates: Any = ray.get(board.updates.remote(stop=progress.interrupted()))
        for label, (members, step) in updates.items():
            progress.step(label, members, step)
        for ref in done:
            buckets.take(ref)
        if progress.interrupted():
            buckets.later.clear()
        buckets.send_due()
        if not buckets.sent:
            time.sleep(POLL_SECONDS)
    if progress.interrupted() and len(buckets.outcome.finished) < len(plan.missing):
        raise Interrupted
    return buckets.outcome


class _Buckets:
    """The buckets on their way: which are sent, which will be sent again, what became of the others."""

    def __init__(self, plan: LaunchPlan, share: BucketResources, board: Any) -> None:
        options = {"num_cpus": share.cpus, "num_gpus": share.gpus, "max_retries": 0}
        self._task: Any = ray.remote(max_calls=0, **options)(train_remote)  # 0: a worker keeps its programs
        self._plan, self._board = plan, board
        self._widest = max((plan.wanted[label].width for label in plan.missing), default=0)
        self._attempts = {label: _Attempts(0, self._saved(label), -ZOMBIE_SECONDS) for label in plan.missing}
        self.outcome = Outcome()
        self.sent: dict[Any, str] = {}
        self.later: dict[str, float] = dict.fromkeys(plan.missing, 0.0)  # and when
        self.send_due()

    def send_due(self) -> None:
        """Send what is to be sent by now."""
        now = time.monotonic()
        for label in [label for label, when in self.later.items() if when <= now]:
            del self.later[label]
            study = self._plan.folder.path.absolute()
            sent = self._task.remote(study, label, self._widest, str(Path.cwd()), self._board)
            self.sent[sent] = label

    def take(self, ref: Any) -> None:
        """Take what a task has left."""
        label = self.sent.pop(ref)
        try:
            found: Outcome | None = ray.get(ref)
        except RayTaskError as error:
            self.outcome.failed.append(Failure(label, error.cause, str(error)))
        except RayError as error:  # the worker or its machine has died
            self._send_again(label, error)
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

    def _send_again(self, label: str, error: Exception) -> None:
        before, saved = self._attempts[label], self._saved(label)
        fruitless = before.fruitless + 1 if saved <= before.saved else 1
        self._attempts[label] = _Attempts(fruitless, saved, time.monotonic())
        if fruitless < ATTEMPTS:
            self.later[label] = 0.0
        else:
            self.outcome.failed.append(Failure(label, error, str(error)))

    def _saved(self, label: str) -> int:
        return max(checkpoints.saved_steps(self._plan.folder.checkpoints(label)), default=-1)
