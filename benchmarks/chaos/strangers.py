"""Studies of strangers: links, special files, numbers stored elsewhere, pickles. Nothing outside is touched, read or executed."""

import os
import pickle
import random
import shutil
from itertools import product
from pathlib import Path

import h5py
import numpy as np

from benchmarks.chaos.trial import MEASURED, Trial, files_of, launch, sweep

SECRET = b"precious words of the user's own " * 40
PLACES = (
    "lock",
    "measure.lock",
    "config.json",
    "manifest.json",
    "results.nc",
    "results/{}.nc",
    "members/{}.csv",
    "checkpoints/{}/lock",
    "checkpoints/{}",
    "figures",
)


def linked(trial: Trial, times: int, rng: random.Random) -> None:
    """A file or folder of a study is a link to one outside, symbolic or hard, or a FIFO."""
    kinds = [
        kind
        for kind in product(PLACES, ("symbolic", "hard", "FIFO"))
        if kind[1] == "symbolic" or not _is_folder(kind[0])
    ]
    rng.shuffle(kinds)
    for number in range(times):
        place, how = kinds[number % len(kinds)]
        task, path = trial.fresh(finished=True)
        label = min((path / "members").glob("*.csv")).stem
        target, outside = path / place.format(label), path.with_name(f"{path.name}-outside")
        _remove(target)
        _make_outside(outside, folder=_is_folder(place))
        if how == "symbolic":
            target.symlink_to(outside)
        elif how == "hard":
            target.hardlink_to(outside)
        else:
            os.mkfifo(target)
        before = _contents(outside)
        commands = [["check"], ["plot"], *([["measure"]] if task in MEASURED else [])]
        for line in (sweep(task, path), *([*command, f"--study={path}"] for command in commands)):
            trial.require_end(launch(line, path))
        trial.injected += 1
        trial.outside += _contents(outside) != before
        shutil.rmtree(path)


def _is_folder(place: str) -> bool:
    return place in ("figures", "checkpoints/{}")


def _remove(target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    target.unlink(missing_ok=True)


def _make_outside(path: Path, *, folder: bool) -> None:
    if folder:
        path.mkdir()
        path = path / "file"
    path.write_bytes(SECRET)


def _contents(path: Path) -> dict[str, bytes]:
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return {str(file): file.read_bytes() if file.is_file() else b"" for file in files}


def stored_elsewhere(trial: Trial, times: int, rng: random.Random) -> None:
    """A results file takes its numbers from a file of the user's: external storage, an external link, a virtual dataset."""
    for number in range(times):
        task, path = trial.fresh(finished=True)
        secret = path.with_name(f"{path.name}-secret")
        secret.write_bytes(SECRET)
        other = path.with_name(f"{path.name}-other.h5")
        with h5py.File(other, "w") as file:
            file["loss"] = np.frombuffer(SECRET, "u1")
        targets = [path / "results.nc", *path.glob("results/*.nc"), *path.glob("measures/*.nc")]
        with h5py.File(rng.choice(targets), "r+") as file:
            name = rng.choice(
                [name for name, one in file.items() if isinstance(one, h5py.Dataset) and one.ndim]
            )
            del file[name]
            if number % 3 == 0:
                file.create_dataset(name, (len(SECRET),), "u1", external=[(str(secret), 0, len(SECRET))])
            elif number % 3 == 1:
                file[name] = h5py.ExternalLink(str(other), "loss")
            else:
                layout = h5py.VirtualLayout((len(SECRET),), "u1")
                layout[:] = h5py.VirtualSource(str(other), "loss", (len(SECRET),))
                file.create_virtual_dataset(name, layout)
        logs = []
        for line in (["check", f"--study={path}"], sweep(task, path), ["plot", f"--study={path}"]):
            launched = launch(line, path)
            trial.require_end(launched)
            logs.append(launched.log)
        trial.injected += 1
        read = [
            file for file in (*logs, *path.rglob("*")) if file.is_file() and SECRET[:32] in file.read_bytes()
        ]
        trial.outside += len(read)
        shutil.rmtree(path)


class _Bomb:
    """What executes when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self._mark}",)


def pickled(trial: Trial, times: int, rng: random.Random) -> None:
    """A pickle that executes a command stands in the place of a file."""
    for _ in range(times):
        task, path = trial.fresh(finished=True)
        mark = path.with_name(f"{path.name}-exploded")
        file = rng.choice(files_of(path))
        file.write_bytes(pickle.dumps(_Bomb(mark)))
        for line in (["check", f"--study={path}"], sweep(task, path)):
            trial.require_end(launch(line, path))
        trial.injected += 1
        trial.outside += mark.exists()
        shutil.rmtree(path)
