"""Faults that change files, or what surrounds a command: flipped bits, truncated and exchanged files, variables."""

import hashlib
import os
import random
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.chaos.trial import Launched, Trial, compare, files_of, fork, launch, sweep
from nlpfeat.cli.main import main

# Variables by which JAX would compute other numbers.
VARIABLES = (
    {"JAX_ENABLE_X64": "1"},
    {"JAX_THREEFRY_PARTITIONABLE": "0"},
    {"JAX_DEFAULT_PRNG_IMPL": "rbg"},
    {"JAX_DEFAULT_MATMUL_PRECISION": "bfloat16"},
    {"JAX_ENABLE_CUSTOM_PRNG": "1"},
    {"JAX_RANDOM_SEED_OFFSET": "7"},
)
FOUR = ("spirals", "reviews_bag", "imdb_cnn", "char_rnn")  # unlike tasks whose files are flipped


def flipped(trial: Trial, times: int, rng: random.Random) -> None:
    """One bit of one file of a finished study is flipped, every kind of file as often.

    `check` tells of it, in one line; where it does not, everything that can be read of the study must be what it was.
    """
    slots = {
        (task, slot): trial.folder / f"flipped-{task}-{slot}"
        for task in FOUR
        for slot in range(os.cpu_count() or 1)
    }
    for (task, _), path in slots.items():
        shutil.copytree(trial.whole[task], path)
    expected = {}
    for task in FOUR:
        reader = fork(partial(print_reading, trial.whole[task]), trial.folder / "reading")
        assert reader.wait() == 0, reader.log.read_text()
        expected[task] = _reading(reader)
    waiting, running = list(slots), []
    while trial.injected < times or running:
        while waiting and trial.injected < times:
            task, slot = waiting.pop(0)
            path = slots[task, slot]
            file = _any_file(path, rng)
            content = file.read_bytes()
            place, bit = rng.randrange(len(content)), rng.randrange(8)
            file.write_bytes(content[:place] + bytes([content[place] ^ (1 << bit)]) + content[place + 1 :])
            trial.injected += 1
            running.append(
                (task, slot, file, content, f"bit {bit} of byte {place}", fork(partial(examine, path), path))
            )
        task, slot, file, content, where, launched = running.pop(0)
        if trial.require_end(launched) and _reading(launched) != expected[task]:
            trial.changed += 1
            print(f"changed silently: {where} of {file}", file=sys.stderr, flush=True)
        launched.log.unlink()
        file.write_bytes(content)
        waiting.append((task, slot))


def _any_file(path: Path, rng: random.Random) -> Path:
    """A file that is not empty: every kind of file is as likely as any other."""
    files = files_of(path)
    kinds = sorted({file.relative_to(path).parts[0] for file in files} - {"figures"})
    kind = rng.choice(kinds)
    return rng.choice([file for file in files if file.relative_to(path).parts[0] == kind])


def examine(path: Path) -> None:
    """Check a study, and print what it reads as if it is sound."""
    sys.argv = ["nlpfeat", "check", f"--study={path}"]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    print_reading(path)


def print_reading(path: Path) -> None:
    """Print a hash of everything that can be read of a study."""
    from nlpfeat.store.layout import read_manifest
    from nlpfeat.store.results import read_bucket, read_measures
    from nlpfeat.study.session import open_study
    from nlpfeat.training import checkpoints

    study, total = open_study(path), hashlib.sha256()
    folder = study.folder
    parts = [
        folder.spec,
        dict(folder.numerics),
        folder.data_sha256,
        read_manifest(folder),
        study.members.to_csv(),
    ]
    datasets = [study.results]
    for label in folder.buckets():
        datasets.append(read_bucket(folder, label))
        for step in checkpoints.saved_steps(folder.checkpoints(label)):
            if folder.measures(label, step).exists():
                datasets.append(read_measures(folder, label, step))
            arrays = checkpoints.read(folder.checkpoints(label), step)
            parts += [
                (label, step, name, np.asarray(array).tobytes()) for name, array in sorted(arrays.items())
            ]
    for dataset in datasets:
        parts.append(sorted(dataset.attrs.items()))
        parts += [
            (name, one.dims, one.to_numpy().tolist()) for name, one in sorted(dataset.variables.items())
        ]
    total.update(repr(parts).encode())
    print(f"reading {total.hexdigest()}")


def _reading(launched: Launched) -> str:
    """What `print_reading` printed, in a process that has ended."""
    return launched.log.read_text().partition("reading ")[2].split()[0]


def truncated(trial: Trial, times: int, rng: random.Random) -> None:
    """A file of an unfinished study is cut at a random place; what the error names is deleted, as it says."""
    for _ in range(times):
        task, path = trial.fresh()
        launch(sweep(task, path), path).kill_after(rng.uniform(1.0, 5.0))
        files = [file for file in files_of(path) if file.stat().st_size > 1]
        if files:
            file = rng.choice(files)
            os.truncate(file, rng.randrange(1, file.stat().st_size))
            trial.injected += 1
            _mend(trial, task, path)
        trial.complete(task, path)


def exchanged(trial: Trial, times: int, rng: random.Random) -> None:
    """A file, or a checkpoint, of a finished study is replaced by another of its kind."""
    for _ in range(times):
        _, path = trial.fresh(finished=True)
        groups = [
            list(path.glob(pattern))
            for pattern in ("results/*", "measures/*", "members/*", "checkpoints/*/step_*")
        ]
        source, target = rng.sample(rng.choice([group for group in groups if len(group) > 1]), 2)
        if source.is_dir():
            shutil.rmtree(target)
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
        trial.require_refusal(launch(["check", f"--study={path}"], path))
        trial.injected += 1
        shutil.rmtree(path)


def _mend(trial: Trial, task: str, path: Path) -> None:
    """Run the sweep; where it names a damaged file, delete that and go on."""
    launched = launch(sweep(task, path), path)
    if not trial.require_end(launched):
        for word in launched.error().split():
            target = Path(word.rstrip(",;:"))
            if target.is_relative_to(path) and target != path:
                shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)


def other_environments(trial: Trial, times: int, rng: random.Random) -> None:
    """The same sweep under variables by which JAX would compute other numbers."""
    for number in range(times):
        task, path = trial.fresh()
        line = [sys.executable, "-m", "nlpfeat", *sweep(task, path)]
        variables = VARIABLES[number % len(VARIABLES)]
        done = subprocess.run(line, env=os.environ | variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert all(f"note: {name} is not heeded" in done.stderr for name in variables), done.stderr
        trial.injected += 1
        lost, changed = compare(path, trial.whole[task])
        trial.lost += lost
        trial.changed += changed
        shutil.rmtree(path)
