"""One study by every engine: on one core, on a mesh of eight devices, by two processes, by shards, and by Ray on two nodes.

The numbers agree to rounding, member by member, and the array has the same labels: blocks and padding differ, so XLA may add in another order.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import xarray as xr

from benchmarks.chaos.interruptions import HEAD, workers
from tests.commands import ROOT

SMOKE = ("--config=configs/spirals.py:smoke",)
TOLERANCE = {"loss": 2e-6, "accuracy": 1 / 200 + 1e-9}  # nats; one point that lies on a boundary


def start(*arguments, devices=1):
    """A sweep in a process of its own, with so many devices."""
    line = [sys.executable, "-m", "nlpfeat", "sweep", *SMOKE, *map(str, arguments)]
    environment = os.environ | {"JAX_NUM_CPU_DEVICES": str(devices)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(line, cwd=ROOT, env=environment, **pipes)


def finished(*processes):
    """Wait for them; what they wrote on stderr."""
    told = [process.communicate(timeout=300)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), told
    return told


@pytest.fixture(scope="module")
def one_core(tmp_path_factory):
    path = tmp_path_factory.mktemp("engines") / "one"
    finished(start(f"--study={path}"))
    return path


def agree(path, other):
    with xr.open_dataset(path / "results.nc") as here, xr.open_dataset(other / "results.nc") as there:
        assert here.member_id.equals(there.member_id)
        assert set(here.variables) == set(there.variables)
        for name, tolerance in TOLERANCE.items():
            np.testing.assert_allclose(here[name], there[name], rtol=0, atol=tolerance)


@pytest.mark.slow
def test_a_mesh_of_eight_devices(one_core, tmp_path):
    (told,) = finished(start(f"--study={tmp_path / 'mesh'}", devices=8))
    assert "on 8 x cpu" in told
    agree(tmp_path / "mesh", one_core)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.slow
def test_two_processes_with_one_mesh(one_core, tmp_path):
    path, where = tmp_path / "two", f"127.0.0.1:{free_port()}"
    told = finished(*(start(f"--study={path}", f"--processes={where},{i}/2") for i in (0, 1)))
    assert all("on 2 x cpu" in each for each in told)
    agree(path, one_core)


@pytest.mark.slow
def test_two_processes_go_on_where_they_were_killed(one_core, tmp_path):
    path = tmp_path / "two"
    for kill in (True, False):
        where = f"127.0.0.1:{free_port()}"
        both = [start(f"--study={path}", f"--processes={where},{i}/2") for i in (0, 1)]
        if kill:
            deadline = time.monotonic() + 120
            while not list(path.glob("checkpoints/*/step_*")) and time.monotonic() < deadline:
                time.sleep(0.02)
            for process in both:
                process.send_signal(signal.SIGKILL)
                process.communicate()
        else:
            finished(*both)
    agree(path, one_core)


@pytest.mark.slow
def test_four_shards(one_core, tmp_path):
    path = tmp_path / "shards"
    finished(*(start(f"--study={path}", f"--shard={i}/4") for i in range(4)))
    agree(path, one_core)


@pytest.fixture(scope="module")
def nodes():
    """A Ray cluster of two nodes, one core each."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    cluster.add_node(num_cpus=1)
    yield cluster
    cluster.shutdown()


@pytest.mark.slow
def test_ray_with_two_workers_of_which_one_dies(one_core, nodes, tmp_path):
    path = tmp_path / "ray"
    process = start(f"--study={path}", f"--cluster={nodes.address}")
    deadline = time.monotonic() + 120
    while not (found := workers()) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(found[0], signal.SIGKILL)
    (told,) = finished(process)
    assert "2 workers of a Ray cluster" in told
    assert " of 4 (w" in told  # split, so that no worker waits for the other
    agree(path, one_core)


@pytest.mark.slow
def test_a_python_error_is_told_with_its_config_and_not_retried(nodes, tmp_path):
    huge = "--config.sweep.width=(2,1000000000)"
    process = start(f"--study={tmp_path / 'study'}", f"--cluster={nodes.address}", huge)
    _, told = process.communicate(timeout=300)
    assert process.returncode == 1
    assert told.count("RESOURCE_EXHAUSTED") >= 1
    assert "while making member" in told
    assert "while training bucket w1000000000-" in told
    assert '"arms": 5' in told
    assert told.splitlines()[-1].endswith("failed; the others went on")


@pytest.mark.slow
def test_a_file_in_the_way_is_told_in_one_line(nodes, tmp_path):
    path = tmp_path / "study"
    finished(start(f"--study={path}"))
    for result in (path / "results").glob("w8-*.nc"):
        result.unlink()
    (folder,) = (path / "checkpoints").glob("w8-*")
    shutil.rmtree(folder)
    folder.write_text("in the way")
    process = start(f"--study={path}", f"--cluster={nodes.address}")
    _, told = process.communicate(timeout=300)
    assert process.returncode == 2
    assert "Traceback" not in told
    assert folder.name in told.splitlines()[-1]
