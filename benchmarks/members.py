"""A study of very many members, without training them: how long planning, resuming, combining and opening take, and in how much memory.

Results are made up, bucket by bucket, in the form that training writes them. Each stage runs in a process of its own, so its memory is
its own; the seconds are those of the call, without the start of Python.

Usage: python -m benchmarks.members [--members=100000]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.spirals import machine

WIDTHS = 100


def spec(members: int) -> Any:
    """The default study of spirals, with so many members at widths 1 to 100."""
    from nlpfeat.config.files import load_config
    from nlpfeat.tasks.spec import resolve

    _, config = load_config("configs/spirals.py")
    grid = {"width": range(1, WIDTHS + 1), "seed": range(members // WIDTHS)}
    return resolve(config | {"sweep": grid})


def begin(members: int, path: Path) -> None:
    """Plan the study and write its member tables; or, where they are there, find that they are."""
    from nlpfeat.sweeps import launch

    launch.begin(spec(members), path)


def pretend(members: int, path: Path) -> None:
    """Write made-up results of every bucket."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.provenance import provenance
    from nlpfeat.store.results import bucket_dataset, write_results

    study, rng, here = open_folder(path), np.random.default_rng(0), provenance()
    steps = [stop.step for stop in study.spec.training.stops]
    for label in study.buckets():
        table = study.bucket(label)
        records = {n: rng.random((len(table), len(steps), 2), np.float32) for n in ("loss", "accuracy")}
        attributes = {"bucket": label, "seconds": 1.0, "provenance": here, "data_sha256": "0" * 64}
        write_results(
            bucket_dataset(table, records, steps, ["train", "test"], attributes, "nats"), study.result(label)
        )


def combine(members: int, path: Path) -> None:
    """Make one labelled array of them."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.sweeps import launch

    launch.finish(open_folder(path))


def look(members: int, path: Path) -> None:
    """Open that array, and take the median accuracy at one width."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.results import open_results

    with open_results(open_folder(path).combined) as dataset:
        dataset.accuracy.sel(width=8, split="test").isel(step=-1).median("seed").item()


STAGES = {
    "plan, and write the member tables": begin,
    "resume: find all planned": begin,
    "(make results up)": pretend,
    "combine the results": combine,
    "open, and look at one width": look,
}


def main() -> None:
    """The table, on stdout."""
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--members", type=int, default=100_000, metavar="N", help="default: %(default)s")
    arguments.add_argument("--stage", help=argparse.SUPPRESS)
    arguments.add_argument("--study", type=Path, help=argparse.SUPPRESS)
    flags = arguments.parse_args()
    if flags.stage:
        before = time.perf_counter()
        STAGES[flags.stage](flags.members, flags.study)
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([time.perf_counter() - before, used]))
        return
    print(f"{flags.members:,} members, widths 1 to {WIDTHS}; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        for stage in STAGES:
            line = [
                sys.executable,
                "-m",
                "benchmarks.members",
                f"--members={flags.members}",
                f"--stage={stage}",
            ]
            done = subprocess.run([*line, f"--study={study}"], capture_output=True, text=True, check=True)
            seconds, megabytes = json.loads(done.stdout)
            print(f"{stage:<36} {seconds:7.1f} s {megabytes:7.0f} MB", flush=True)
        files = sum(file.is_file() for file in study.rglob("*"))
        print(
            f"{files:,} files, {sum(f.stat().st_size for f in study.rglob('*')) / 2**20:,.0f} MB without checkpoints"
        )


if __name__ == "__main__":
    main()
