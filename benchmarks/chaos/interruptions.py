"""Faults that interrupt: kills, signals, full disks, lost folders, lost machines, commands side by side."""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from itertools import cycle

from benchmarks.chaos.trial import TOLERANCE, Trial, launch, sweep

NOBODY = 65534  # a user id without rights
HEAD = {"num_cpus": 1, "include_dashboard": False}


def killed(trial: Trial, times: int, rng: random.Random) -> None:
    """SIGKILL at random moments, study after study, `times` in all."""
    while trial.injected < times:
        task, path = trial.fresh()
        while trial.injected < times:
            launched = launch(sweep(task, path), path)
            time.sleep(rng.uniform(0.0, 4.0))
            if launched.poll() is not None:
                break
            launched.kill()
            trial.injected += 1
        trial.complete(task, path)


def signalled(trial: Trial, times: int, rng: random.Random) -> None:
    """TERM, HUP, INT, INT twice, and STOP with CONT, at random moments of a sweep."""
    kinds = cycle(
        [
            (signal.SIGTERM,),
            (signal.SIGHUP,),
            (signal.SIGINT,),
            (signal.SIGINT,) * 2,
            (signal.SIGSTOP, signal.SIGCONT),
        ]
    )
    for _ in range(times):
        task, path = trial.fresh()
        launched, kind = launch(sweep(task, path), path), next(kinds)
        time.sleep(rng.uniform(0.5, 4.0))
        for number in kind:
            if launched.poll() is None:
                os.kill(launched.pid, number)
                time.sleep(rng.uniform(0.0, 0.5))
        code = launched.wait()
        expected = {0, *(128 + number for number in kind), *(-number for number in kind)}
        assert code in expected, f"{kind}: {code}\n{launched.log.read_text()}"
        assert "Traceback" not in launched.log.read_text(), launched.log.read_text()
        trial.injected += 1
        trial.complete(task, path)


def full_disk(trial: Trial, times: int, rng: random.Random) -> None:
    """No file can grow beyond a random limit, in a sweep or a measuring; then the disk has room again."""
    for number in range(times):
        task, path = trial.fresh("spirals" if number % 2 else "", finished=bool(number % 2))
        line = ["measure", f"--study={path}"] if number % 2 else sweep(task, path)
        for measured in path.glob("measures/*"):
            measured.unlink()
        limit = int(10 ** rng.uniform(3.1, 3.9))  # larger than the log of the command
        trial.require_refusal(
            launch(line, path, partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit)))
        )
        trial.injected += 1
        trial.complete(task, path)


def read_only(trial: Trial, times: int, rng: random.Random) -> None:
    """An unfinished study of another user: nothing can be written. Of spirals, as that user may not import more of Python."""
    for _ in range(times):
        task, path = trial.fresh("spirals")
        launch(sweep(task, path), path).kill_after(rng.uniform(0.5, 4.0))
        path.mkdir(exist_ok=True)
        path.chmod(0o555)
        trial.require_refusal(launch(sweep(task, path), path, _become_nobody))
        trial.injected += 1
        path.chmod(0o755)
        trial.complete(task, path)


def _become_nobody() -> None:
    if os.getuid() == 0:
        os.setuid(NOBODY)


def folder_gone(trial: Trial, times: int, rng: random.Random) -> None:
    """The study's folder is deleted or renamed while it trains; the same command trains it."""
    for number in range(times):
        task, path = trial.fresh()
        launched = launch(sweep(task, path), path)
        time.sleep(rng.uniform(0.5, 4.0))
        if path.exists() and number % 2:
            path.rename(path.with_name(f"{path.name}-aside"))
        else:
            shutil.rmtree(path, ignore_errors=True)
        trial.require_end(launched)
        trial.injected += 1
        trial.complete(task, path)


def side_by_side(trial: Trial, times: int, rng: random.Random) -> None:
    """Three plots, reports, measurings or sweeps of one study at once: all succeed."""
    commands = cycle(["plot", "report", "measure", "check"])
    while trial.injected < times:
        task, path = trial.fresh(finished=True)
        command = next(commands)
        if command == "measure":
            if not list(path.glob("measures/*")):
                shutil.rmtree(path)
                continue
            for measured in path.glob("measures/*"):
                measured.unlink()
        launched = []
        for _ in range(3):
            launched.append(launch([command, f"--study={path}"], path))
            time.sleep(rng.uniform(0.0, 0.5))
        codes = [one.wait() for one in launched]
        assert codes == [0, 0, 0], "".join(one.log.read_text() for one in launched)
        trial.injected += 1
        trial.complete(task, path)


def two_launchers(trial: Trial, times: int, rng: random.Random) -> None:
    """Two commands on one study, one shortly after the other: each bucket is trained by one of them."""
    for _ in range(times):
        task, path = trial.fresh()
        launched = [launch(sweep(task, path), path)]
        time.sleep(rng.uniform(0.0, 3.0))
        launched.append(launch(sweep(task, path), path))
        codes = [one.wait() for one in launched]
        trial.injected += 1
        logs = "".join(one.log.read_text() for one in launched)
        assert codes == [0, 0], logs
        trained = sum(int(count) for count in re.findall(r"trained (\d+) members", logs))
        members = {int(count) for count in re.findall(r"(\d+) members in the grid", logs)}
        assert {trained} == members, f"{trained} members were trained, of {members}"
        trial.complete(task, path)


def jumping_clock(trial: Trial, times: int, rng: random.Random) -> None:
    """The wall clock and the times of files jump by years, back and forth, every other second; a kill in between."""
    real = time.time

    def jumping() -> float:
        return real() + random.Random(int(real())).choice((0.0, -3e8, 3e8))

    def jump() -> None:
        time.time = jumping
        time.time_ns = lambda: int(jumping() * 1e9)

    for _ in range(times):
        task, path = trial.fresh()
        launch(sweep(task, path), path, jump).kill_after(rng.uniform(2.0, 5.0))
        for file in path.rglob("*"):
            os.utime(file, (0, jumping()))
        launched = launch(sweep(task, path), path, jump)
        assert launched.wait() == 0, launched.log.read_text()
        trial.injected += 1
        trial.complete(task, path)


def lost_workers(trial: Trial, times: int, rng: random.Random) -> None:
    """On a Ray cluster of three nodes, workers are killed and nodes removed one after another."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    nodes, paths, drivers = [cluster.add_node(num_cpus=1)], [], []
    try:
        while trial.injected < times:
            paths.append(trial.fresh())
            task, path = paths[-1]
            line = [sys.executable, "-m", "nlpfeat", *sweep(task, path)]
            with path.with_suffix(".log").open("w") as log:
                drivers.append(
                    subprocess.Popen([*line, f"--cluster={cluster.address}"], stdout=log, stderr=log)
                )
            while trial.injected < times and drivers[-1].poll() is None:
                time.sleep(rng.uniform(4.0, 9.0))
                if trial.injected % 4 == 3:
                    cluster.remove_node(nodes.pop(), allow_graceful=False)
                    nodes.append(cluster.add_node(num_cpus=1))
                    trial.injected += 1
                elif busy := workers():
                    os.kill(rng.choice(busy), signal.SIGKILL)
                    trial.injected += 1
            assert drivers[-1].wait(300) == 0, path.with_suffix(".log").read_text()
    finally:
        for driver in drivers:
            driver.kill()
        cluster.shutdown()
    for task, path in paths:
        trial.complete(task, path, TOLERANCE)


def workers() -> list[int]:
    """The process ids of Ray workers that train a bucket."""
    found = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in found.splitlines() if "ray::BucketWorker.train" in line]
