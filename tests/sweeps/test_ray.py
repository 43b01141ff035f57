"""Workers of a Ray cluster keep their programs from bucket to bucket, and nothing is lost when they come and go."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks.chaos.interruptions import HEAD
from nlpfeat.sweeps import launch, ray
from nlpfeat.sweeps.buckets import BucketSize
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.runner import NoProgress
from tests.commands import ROOT
from tests.toys import SPIRALS, with_grid

WIDE, NARROW = BucketSize(4, 32), BucketSize(4, 8)


def test_a_worker_prefers_programs_that_it_has_and_then_those_that_nobody_has():
    sizes = {"a": WIDE, "b": WIDE, "c": NARROW}
    assert ray.next_bucket(["a", "b", "c"], sizes, set(), set()) == "a"
    assert ray.next_bucket(["b", "c"], sizes, set(), {WIDE}) == "c"
    assert ray.next_bucket(["b", "c"], sizes, {WIDE}, {WIDE, NARROW}) == "b"
    assert ray.next_bucket(["b"], sizes, {NARROW}, {WIDE}) == "b"


def eight_buckets(folder):
    """The plan of eight buckets of one size."""
    return launch.begin(with_grid(SPIRALS, width=(4,), seed=tuple(range(8))), folder / "study", workers=4)


def test_buckets_of_one_size_share_the_programs_of_a_worker(tmp_path, monkeypatch):
    plan = eight_buckets(tmp_path)
    monkeypatch.setattr(ray.ray, "get", lambda answer: answer)
    relay = SimpleNamespace(report=SimpleNamespace(remote=lambda *_: False))
    worker = ray.BucketWorker(plan.folder.path, 4, str(tmp_path), "", relay)
    monkeypatch.chdir(tmp_path)
    for label, compiled in zip(plan.missing, [1, *[0] * 7], strict=True):
        with compilations() as seen:
            assert worker.train(label).finished == [label]
        assert seen.programs["advance"] == compiled
        assert set(seen.programs.values()) <= {compiled}


@pytest.mark.slow
def test_one_worker_of_one_core_trains_all_buckets(tmp_path, monkeypatch):
    from ray.cluster_utils import Cluster

    known = []

    def first(due, sizes, own, others):
        known.append(len(own))
        return due[0]

    monkeypatch.setattr(ray, "next_bucket", first)
    nodes = Cluster(initialize_head=True, head_node_args=HEAD)
    try:
        plan = eight_buckets(tmp_path)
        with ray.connected(nodes.address, ray.BucketResources(cpus=1, gpus=0)) as cluster:
            outcome = ray.train_on_cluster(plan, cluster, NoProgress())
    finally:
        nodes.shutdown()
    assert sorted(outcome.finished) == sorted(plan.missing)
    assert known == [0, *[1] * 7]  # sizes that the worker has programs for, before each bucket


@pytest.mark.slow
def test_workers_and_nodes_come_and_go(tmp_path):
    """For a minute; docs/machines.md tells of ten."""
    line = [sys.executable, "-m", "benchmarks.churn", "--minutes=1"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stderr
    told = done.stdout.splitlines()[-1]
    assert "node" in told or "worker killed" in told
    assert told.endswith("members lost: 0, changed: 0")
