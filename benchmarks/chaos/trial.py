"""Studies to disturb, commands in processes of their own, and the count of what a fault did."""

import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import jax
import xarray as xr

import nlpfeat.cli.progress
import nlpfeat.cli.tables
import nlpfeat.study.check
import nlpfeat.sweeps.launch  # noqa: F401  (imported once here, and not again in each fork)
from nlpfeat.cli.main import main

# Six unlike tasks: data per seed or shared, of a file or drawn; optimisers, a rule of its own, a closed form; with memory, with
# convolutions. Every tenth step is recorded and saved.
STEPS: dict[str, str] = {
    **dict.fromkeys(("spirals", "eleven_lines", "reviews_bag", "ratings_bayes", "imdb_cnn"), "(300,)"),
    "char_rnn": "(150,150)",
}
GRID = (
    "--config.sweep.seed=(0,1)",
    "--config.training.record_every=10",
    "--config.training.checkpoint_every=10",
    "--config.training.snapshots=(0,100)",
)
MEASURED = ("spirals", "imdb_cnn")  # tasks of classification, whose geometry has measures
SECONDS = 240.0  # after which a command counts as one that hangs
TOLERANCE = 1e-5  # between the numbers of one core and of two, whose layouts differ


def sweep(task: str, path: Path) -> list[str]:
    """The arguments of the sweep that writes to `path`."""
    config = f"--config=configs/{task}.py:smoke"
    return ["sweep", config, *GRID, f"--config.training.steps={STEPS[task]}", f"--study={path}"]


def keep_programs(folder: Path) -> None:
    """Keep compiled programs in a folder, so that a command is killed in its own work and not in the compiler's."""
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


@dataclass
class Launched:
    """A call in a process of its own, forked after imports but before JAX starts its backend, so that it begins at once.

    Attributes:
      pid: of the process.
      log: what it printed.
      code: once it has ended, negative for a signal.
    """

    pid: int
    log: Path
    code: int | None = None

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.code = os.waitstatus_to_exitcode(status) if pid else None
        return self.code

    def wait(self) -> int:
        """The exit code, once it has ended.

        Raises:
          TimeoutError: if it does not.
        """
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            code = self.poll()
            if code is not None:
                return code
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        raise TimeoutError(self.log.read_text())

    def kill(self) -> None:
        """End it by SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait()

    def kill_after(self, seconds: float) -> None:
        """End it by SIGKILL, if it still runs then."""
        time.sleep(seconds)
        if self.poll() is None:
            self.kill()

    def error(self) -> str:
        """The error that it printed on one line; empty if there is none, or several."""
        lines = [
            line for line in self.log.read_text(errors="replace").splitlines() if line.startswith("error: ")
        ]
        return lines[0] if len(lines) == 1 else ""


def fork(call: Callable[[], object], log: Path) -> Launched:
    """Start a call whose output goes to a file named after `log`."""
    log = log.with_name(f"{log.name}-{time.monotonic_ns()}.log")
    pid = os.fork()
    if pid:
        return Launched(pid, log)
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # which a shell's background jobs ignore
        out = os.open(log, os.O_WRONLY | os.O_CREAT, 0o666)
        os.dup2(out, 1)
        os.dup2(out, 2)
        call()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    except Exception:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def launch(arguments: list[str], log: Path, first: Callable[[], object] = lambda: None) -> Launched:
    """Start a command; `first` is called in its process before it."""

    def call() -> None:
        sys.argv = ["nlpfeat", *arguments]
        first()
        main()

    return fork(call, log)


class Row(NamedTuple):
    """What one kind of fault did."""

    fault: str
    injected: int
    told: int  # times that a command stopped with a one-line error
    lost: int  # members
    changed: int  # members, or readings, with other numbers and without a word
    outside: int  # files outside of the study that were changed, read or executed
    seconds: float


class Trial:
    """Faults of one kind, each on studies of its own.

    Attributes:
      whole: task -> its undisturbed study.
      folder: of the disturbed ones.
      injected, told, lost, changed, outside: as in `Row`.
    """

    def __init__(self, fault: str, whole: dict[str, Path], folder: Path) -> None:
        self.whole, self.folder = whole, folder
        self._fault, self._tasks, self._studies = fault, cycle(whole), 0
        self.injected = self.told = self.lost = self.changed = self.outside = 0
        self._began = time.perf_counter()

    def fresh(self, task: str = "", *, finished: bool = False) -> tuple[str, Path]:
        """A task, the next one if none is named, and the path of a new study of it.

        Args:
          task: its name.
          finished: whether the study is a copy of the undisturbed one.
        """
        self._studies += 1
        task = task or next(self._tasks)
        path = self.folder / f"{self._fault.split()[0]}-{self._studies}"
        if finished:
            shutil.copytree(self.whole[task], path)
        return task, path

    def require_refusal(self, launched: Launched) -> str:
        """Check that the command stops with a one-line error; the error."""
        code, error = launched.wait(), launched.error()
        assert code == 2, f"{self._fault}: {code}\n{launched.log.read_text()}"
        assert error, f"{self._fault}: no one-line error\n{launched.log.read_text()}"
        self.told += 1
        return error

    def require_end(self, launched: Launched) -> bool:
        """Check that the command ends well or with a one-line error; whether it ended well."""
        code = launched.wait()
        assert code in (0, 2), f"{self._fault}: {code}\n{launched.log.read_text()}"
        if code == 2:
            assert launched.error(), f"{self._fault}: no one-line error\n{launched.log.read_text()}"
            self.told += 1
        return code == 0

    def complete(self, task: str, path: Path, tolerance: float = 0.0) -> None:
        """Run to the end and compare with the undisturbed study; differences up to `tolerance` do not count."""
        launched = launch(sweep(task, path), path)
        assert launched.wait() == 0, f"{self._fault}\n{launched.log.read_text()}"
        lost, changed = compare(path, self.whole[task], tolerance)
        self.lost += lost
        self.changed += changed
        left = [
            part
            for pattern in ("*.part", "*.discarded", "*orbax-checkpoint-tmp*")
            for part in path.rglob(pattern)
        ]
        assert not left, f"{self._fault}: left over: {left}"
        shutil.rmtree(path)

    def row(self) -> Row:
        """The totals."""
        seconds = time.perf_counter() - self._began
        return Row(self._fault, self.injected, self.told, self.lost, self.changed, self.outside, seconds)


def files_of(path: Path) -> list[Path]:
    """The files of a study that are not empty."""
    return [file for file in sorted(path.rglob("*")) if file.is_file() and file.stat().st_size]


def compare(path: Path, whole: Path, tolerance: float = 0.0) -> tuple[int, int]:
    """Count members that are missing, and members whose recorded numbers differ by more than `tolerance`.

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
        same = there.member_id == there.member_id
        for name, values in there.data_vars.items():
            if {"step", "split"} <= set(values.dims) and name in here and "class" not in values.dims:
                equal = (here[name] == values) | (here[name].isnull() & values.isnull())  # infinities, too
                same &= (equal | (abs(here[name] - values) <= tolerance)).all(["step", "split"])
        return 0, int((~same).sum())
