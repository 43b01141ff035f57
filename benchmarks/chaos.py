"""Fault injection: processes killed at random moments, full disks, truncated files, lost machines; and what is lost by them.

After each fault the same command is run again, after the remedy that its error message names, if any. The finished study is then
compared with an undisturbed one: members lost, members whose numbers changed.

Usage: python -m benchmarks.chaos   (`make chaos`), some eight minutes on two cores
"""

import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table

import nlpfeat.cli.progress
import nlpfeat.cli.tables
import nlpfeat.sweeps.launch  # noqa: F401  (imported once here, and not again in each fork)
from benchmarks.common import flags_of
from nlpfeat.cli.main import main

CONFIG = (
    "--config=configs/spirals.py:smoke",
    "--config.sweep.width=(2,3,8,40)",
    "--config.sweep.seed=(0,1,2,3)",
    "--config.training.steps=(300,)",
    "--config.training.record_every=10",
    "--config.training.checkpoint_every=10",
)
NOBODY = 65534  # a user id without rights
HEAD = {"num_cpus": 1, "include_dashboard": False}
TOLERANCE = 1e-5  # between the numbers of one core and of two, whose layouts differ


class Launched(NamedTuple):
    """A command in a process of its own, forked after imports but before JAX starts its backend, so that it begins at once."""

    pid: int
    log: Path

    def poll(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None

    def wait(self) -> int:
        """The exit code, once it has ended."""
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def error(self) -> str:
        """The error that it printed on one line; empty if there is none, or several."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("error: ")]
        return lines[0] if len(lines) == 1 else ""


def launch(path: Path, *more: str, first: Callable[[], object] = lambda: None) -> Launched:
    """Start the sweep that writes to `path`.

    Args:
      path: of the study.
      more: further arguments of the command.
      first: is called in the process before the command.
    """
    log = path.with_name(f"{path.name}-{time.monotonic_ns()}.log")
    pid = os.fork()
    if pid:
        return Launched(pid, log)
    code = 1
    try:
        out = os.open(log, os.O_WRONLY | os.O_CREAT, 0o666)
        os.dup2(out, 1)
        os.dup2(out, 2)
        sys.argv = ["nlpfeat", "sweep", *CONFIG, f"--study={path}", *more]
        first()
        main()
    except SystemExit as stop:
        code = int(stop.code or 0)
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


class Row(NamedTuple):
    """The result of one kind of fault."""

    fault: str
    injected: int
    refused: int  # times that the command stopped with a one-line error
    lost: int  # members
    changed: int  # members
    seconds: float


class Trial:
    """Faults of one kind, each on studies of its own.

    Args:
      fault: its name.
      whole: the undisturbed study.
      folder: of the disturbed ones.
    """

    def __init__(self, fault: str, whole: Path, folder: Path) -> None:
        self.fault, self._whole, self._folder = fault, whole, folder
        self.injected = self.refused = self._lost = self._changed = self._studies = 0
        self._began = time.perf_counter()

    def fresh(self) -> Path:
        """The path of a new study."""
        self._studies += 1
        return self._folder / f"{self.fault.split()[0]}-{self._studies}"

    def require_refusal(self, launched: Launched) -> None:
        """Check that the command stops with a one-line error."""
        code, error = launched.wait(), launched.error()
        assert code == 2, f"{self.fault}: {code}\n{launched.log.read_text()}"
        assert error, f"{self.fault}: no one-line error\n{launched.log.read_text()}"
        self.refused += 1

    def complete(self, path: Path, tolerance: float = 0.0) -> None:
        """Run to the end and compare with the undisturbed study; differences up to `tolerance` do not count."""
        launched = launch(path)
        assert launched.wait() == 0, f"{self.fault}\n{launched.log.read_text()}"
        lost, changed = compare(path, self._whole, tolerance)
        self._lost += lost
        self._changed += changed

    def row(self) -> Row:
        """The totals."""
        seconds = time.perf_counter() - self._began
        return Row(self.fault, self.injected, self.refused, self._lost, self._changed, seconds)


def compare(path: Path, whole: Path, tolerance: float = 0.0) -> tuple[int, int]:
    """Count members that are missing, and members whose numbers differ by more than `tolerance`.

    Args:
      path: of a finished study.
      whole: the undisturbed study.
      tolerance: of each number.
    """
    with xr.open_dataset(path / "results.nc") as here, xr.open_dataset(whole / "results.nc") as there:
        ids = [dataset.member_id.to_numpy().ravel() for dataset in (here, there)]
        lost = len(set(ids[1]) - set(ids[0]))
        if lost:
            return lost, 0
        same = np.ones(there.member_id.shape, bool)
        for name in ("loss", "accuracy"):
            gap: xr.DataArray = abs(here[name] - there[name])
            same &= (gap <= tolerance).all(["step", "split"]).to_numpy()  # a comparison with NaN is false
        return 0, int((~same).sum())


def killed(trial: Trial, times: int, rng: random.Random) -> None:
    """SIGKILL at random moments, study after study, `times` in all."""
    while trial.injected < times:
        path = trial.fresh()
        while trial.injected < times:
            launched = launch(path)
            time.sleep(rng.uniform(0.0, 4.0))
            if launched.poll() is not None:
                break
            os.kill(launched.pid, signal.SIGKILL)
            launched.wait()
            trial.injected += 1
        trial.complete(path)


def full_disk(trial: Trial, times: int, rng: random.Random) -> None:
    """No file can grow beyond a random limit; then the disk has room again."""
    for _ in range(times):
        path, limit = trial.fresh(), int(10 ** rng.uniform(3.1, 3.9))  # larger than the log of the command
        trial.require_refusal(
            launch(path, first=lambda limit=limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
        )
        trial.injected += 1
        trial.complete(path)


def read_only(trial: Trial, times: int, rng: random.Random) -> None:
    """An unfinished study of another user: nothing can be written."""
    for _ in range(times):
        path = trial.fresh()
        _stop_after(path, rng.uniform(0.5, 5.0))
        path.mkdir(exist_ok=True)
        path.chmod(0o555)
        trial.require_refusal(launch(path, first=_become_nobody))
        trial.injected += 1
        path.chmod(0o755)
        trial.complete(path)


def _become_nobody() -> None:
    if os.getuid() == 0:
        os.setuid(NOBODY)


def _stop_after(path: Path, seconds: float) -> None:
    launched = launch(path)
    time.sleep(seconds)
    if launched.poll() is None:
        os.kill(launched.pid, signal.SIGKILL)
        launched.wait()


def cut_files(trial: Trial, times: int, rng: random.Random) -> None:
    """A file of a study is truncated at a random place; the file that the error names is deleted or restored, as it says."""
    for _ in range(times):
        path = trial.fresh()
        _stop_after(path, rng.uniform(2.0, 6.0))
        files = [file for file in sorted(path.rglob("*")) if file.is_file() and file.stat().st_size > 1]
        if not files:
            continue
        file = rng.choice(files)
        copy = file.read_bytes()
        os.truncate(file, rng.randrange(1, len(copy)))
        trial.injected += 1
        launched = launch(path)
        if launched.wait() != 0:
            error = launched.error()
            assert error, launched.log.read_text()
            trial.refused += 1
            named = Path(next(iter(re.findall(rf"{re.escape(str(path))}\S*\w", error))))
            assert file == named or named in file.parents, error
            if "put back" in error:
                file.write_bytes(copy)
            elif named.is_dir():
                shutil.rmtree(named)
            else:
                named.unlink()
        trial.complete(path)


def two_launchers(trial: Trial, times: int, rng: random.Random) -> None:
    """Two commands on one study, one shortly after the other: each bucket is trained by one of them."""
    for _ in range(times):
        path = trial.fresh()
        launched = [launch(path)]
        time.sleep(rng.uniform(0.0, 3.0))
        launched.append(launch(path))
        codes = [one.wait() for one in launched]
        trial.injected += 1
        logs = "".join(one.log.read_text() for one in launched)
        assert codes == [0, 0], logs
        trained = sum(int(count) for count in re.findall(r"trained (\d+) members", logs))
        assert trained == 16, f"{trained} members were trained, of 16"
        trial.complete(path)


def jumping_clock(trial: Trial, times: int, rng: random.Random) -> None:
    """The wall clock and the times of files jump by years, back and forth, every other second; a kill in between."""
    real = time.time

    def jumping() -> float:
        return real() + random.Random(int(real())).choice((0.0, -3e8, 3e8))

    def jump() -> None:
        time.time = jumping
        time.time_ns = lambda: int(jumping() * 1e9)

    for _ in range(times):
        path = trial.fresh()
        launched = launch(path, first=jump)
        time.sleep(rng.uniform(2.0, 5.0))
        if launched.poll() is None:
            os.kill(launched.pid, signal.SIGKILL)
            launched.wait()
        for file in path.rglob("*"):
            os.utime(file, (0, jumping()))
        launched = launch(path, first=jump)
        assert launched.wait() == 0, launched.log.read_text()
        trial.injected += 1
        trial.complete(path)


def lost_workers(trial: Trial, times: int, rng: random.Random) -> None:
    """On a Ray cluster of three nodes, workers are killed and nodes removed one after another."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=HEAD)
    nodes, paths, drivers = [cluster.add_node(num_cpus=1)], [], []
    try:
        while trial.injected < times:
            paths.append(trial.fresh())
            line = [sys.executable, "-m", "nlpfeat", "sweep", *CONFIG, f"--study={paths[-1]}"]
            with paths[-1].with_suffix(".log").open("w") as log:
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
            assert drivers[-1].wait(300) == 0, paths[-1].with_suffix(".log").read_text()
    finally:
        for driver in drivers:
            driver.kill()
        cluster.shutdown()
    for path in paths:
        trial.complete(path, TOLERANCE)


def workers() -> list[int]:
    """The process ids of Ray workers that train a bucket."""
    found = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [int(line.split()[0]) for line in found.splitlines() if "ray::train_remote" in line]


FAULTS: dict[str, tuple[Callable[[Trial, int, random.Random], None], int]] = {
    "killed at a random moment": (killed, 50),
    "full disk": (full_disk, 6),
    "read-only folder": (read_only, 3),
    "file cut at a random place": (cut_files, 12),
    "two launchers at once": (two_launchers, 4),
    "jumping clock": (jumping_clock, 3),
    "lost workers and nodes of a cluster": (lost_workers, 8),
}


def run(folder: Path, share: float = 1.0, seed: int = 0, only: str = "") -> list[Row]:
    """Inject every fault.

    Args:
      folder: of the studies.
      share: of the usual number of times.
      seed: of the random moments.
      only: part of the names of the faults that are injected.
    """
    folder.chmod(0o777)
    whole = folder / "whole"
    assert launch(whole).wait() == 0
    rows = []
    for fault, (inject, times) in FAULTS.items():
        if only not in fault:
            continue
        trial = Trial(fault, whole, folder)
        inject(trial, max(1, round(share * times)), random.Random(f"{seed} {fault}"))
        rows.append(trial.row())
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def print_rows(rows: list[Row]) -> None:
    """Print the table."""
    table = Table()
    for name in ("fault", "injected", "one-line errors", "members lost", "numbers changed", "seconds"):
        table.add_column(name, justify="left" if name == "fault" else "right")
    for row in rows:
        table.add_row(*map(str, row[:-1]), f"{row.seconds:.0f}")
    Console(width=110).print(table)


if __name__ == "__main__":
    parser = flags_of(__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of faults (default: 1)")
    parser.add_argument("--seed", type=int, default=0, help="of the random moments (default: 0)")
    parser.add_argument("--only", metavar="FAULT", default="", help="faults whose names contain this")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        print_rows(run(Path(made), args.share, args.seed, args.only))
