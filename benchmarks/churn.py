"""Autoscaling and loss of spot machines, simulated: workers of a Ray cluster come and go while studies train.

A cluster of one to three nodes, one core each, runs on this machine. Every few seconds a node joins, a node leaves after its
notice, a node is lost without one, or a worker that trains is killed. Meanwhile studies of tiny networks are trained, one after
another, and each is compared bit by bit with one that was trained undisturbed, in one process with one core.

Usage: python -m benchmarks.churn [--minutes=10]
"""

import argparse
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.chaos.interruptions import workers
from benchmarks.chaos.trial import compare
from benchmarks.common import flags_of, machine

if TYPE_CHECKING:
    from nlpfeat.sweeps.plan import LaunchPlan

ONE_CORE = {"NPROC": "1", "JAX_NUM_CPU_DEVICES": "1"}  # as `nlpfeat.sweeps.ray.connected` gives each worker
KEEP_PROGRAMS = {  # so that a worker is disturbed in its own work and not in the compiler's
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
HEAD = {"num_cpus": 0, "include_dashboard": False}
NODES = 3  # at most
PAUSE = (5.0, 25.0)  # seconds between two events
CONFIG = {
    "sweep": {"width": (2, 4, 8), "seed": tuple(range(8))},
    "training": {"steps": (5_000,), "record_every": 250, "checkpoint_every": 250, "snapshots": (0,)},
}
AT_ONCE = 6  # workers that the plan is for: twice as many buckets


class Churn:
    """A cluster whose nodes and workers come and go.

    Attributes:
      address: of its head.
      events: how many there were of each kind.
    """

    def __init__(self, seed: int) -> None:
        from ray.cluster_utils import Cluster

        self._rng, self._cluster = random.Random(seed), Cluster(initialize_head=True, head_node_args=HEAD)
        self.address, self.events = str(self._cluster.address), Counter[str]()
        self._nodes: list[Any] = [self._cluster.add_node(num_cpus=1)]

    def disturb(self) -> None:
        """Wait a while, and then do one thing."""
        time.sleep(self._rng.uniform(*PAUSE))
        event = self._rng.choice([self._join, self._leave, self._leave, self._kill])
        event()

    def _join(self) -> None:
        if len(self._nodes) < NODES:
            self._nodes.append(self._cluster.add_node(num_cpus=1))
            self.events["node joined"] += 1

    def _leave(self) -> None:
        """Any node goes; if it is the only one, after another has joined."""
        if len(self._nodes) == 1:
            self._join()
        node, told = self._nodes.pop(self._rng.randrange(len(self._nodes))), self._rng.random() < 0.5
        self._cluster.remove_node(node, allow_graceful=told)
        self.events["node left" if told else "node lost"] += 1

    def _kill(self) -> None:
        if training := workers():
            os.kill(self._rng.choice(training), signal.SIGKILL)
            self.events["worker killed"] += 1

    def close(self) -> None:
        """Stop the cluster."""
        self._cluster.shutdown()


def plan_of(path: Path) -> "LaunchPlan":
    """The plan of the study at `path`, whose tables are written."""
    from nlpfeat.config.files import load_config
    from nlpfeat.sweeps import launch
    from nlpfeat.tasks.spec import resolve

    return launch.begin(resolve(load_config("configs/spirals.py:smoke") | CONFIG), path, workers=AT_ONCE)


def train(path: Path, address: str) -> None:
    """Train the study at `path`: on the cluster at an address, or, without one, in this process."""
    from nlpfeat.sweeps import launch, ray
    from nlpfeat.sweeps.runner import NoProgress

    log = logging.getLogger("nlpfeat.sweeps.ray")  # which tells of every bucket that lost its worker
    log.addHandler(logging.StreamHandler())
    log.setLevel(logging.INFO)
    log.propagate = False
    plan = plan_of(path)
    if address:
        with ray.connected(address, ray.BucketResources(cpus=1, gpus=0)) as cluster:
            outcome = ray.train_on_cluster(plan, cluster, NoProgress())
    else:
        outcome = launch.train(plan, NoProgress())
    assert sorted(outcome.finished) == sorted(plan.missing), outcome
    launch.finish(plan.folder)


def start(path: Path, address: str = "") -> subprocess.Popen[bytes]:
    """`train`, in a process of its own that logs to a file beside the study."""
    line = [sys.executable, "-m", "benchmarks.churn", f"--study={path}", f"--address={address}"]
    with path.with_suffix(".log").open("w") as log:
        return subprocess.Popen(line, stdout=log, stderr=log)


def main() -> None:
    """Train, disturb, compare, and print what happened."""
    parser = flags_of(__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of coming and going (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default: 0)")
    parser.add_argument("--study", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.study:
        train(args.study, args.address)
        return
    print(f"{args.minutes:g} minutes on {machine()}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= ONE_CORE | KEEP_PROGRAMS | {"JAX_COMPILATION_CACHE_DIR": f"{folder}/programs"}
        whole = Path(folder) / "whole"
        assert start(whole).wait() == 0, whole.with_suffix(".log").read_text()
        studies = retried = lost = changed = 0
        churn, end = Churn(args.seed), time.monotonic() + 60 * args.minutes
        try:
            while time.monotonic() < end:
                path = Path(folder) / str(studies)
                launched = start(path, churn.address)
                try:
                    while launched.poll() is None:
                        churn.disturb()
                finally:
                    launched.kill()
                log = path.with_suffix(".log").read_text()
                assert launched.returncode == 0, log
                of_lost, of_changed = compare(path, whole)
                studies, lost, changed = studies + 1, lost + of_lost, changed + of_changed
                retried += log.count("lost its worker")
                print(f"{studies} studies, {dict(churn.events)}, {retried} retried", file=sys.stderr)
        finally:
            churn.close()
    events = ", ".join(f"{kind}: {count}" for kind, count in sorted(churn.events.items()))
    print(
        f"{events}, buckets retried: {retried}, studies: {studies}, members lost: {lost}, changed: {changed}"
    )


if __name__ == "__main__":
    main()
