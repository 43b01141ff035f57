"""A study of very many members, without training them: time and memory of planning, resuming, combining and opening it.

Results are made up, bucket by bucket, in the format that training writes. Each stage runs in a process of its own, so its peak
memory is its own; the seconds are those of the call, without the start of Python.

Usage: python -m benchmarks.members [--members=100000]
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.common import flags_of, machine, seconds

if TYPE_CHECKING:
    from nlpfeat.tasks.spec import Spec

WIDTHS = 100


def spec_of(members: int) -> "Spec":
    """The default study of spirals with this number of members at widths 1 to 100."""
    from nlpfeat.config.files import load_config
    from nlpfeat.tasks.spec import resolve

    grid = {"width": range(1, WIDTHS + 1), "seed": range(members // WIDTHS)}
    return resolve(load_config("configs/spirals.py") | {"sweep": grid})


def begin(members: int, path: Path) -> None:
    """Plan the study and write its member tables, or find that they are complete."""
    from nlpfeat.sweeps import launch

    launch.begin(spec_of(members), path)


def make_results(members: int, path: Path) -> None:
    """Write made-up results of every bucket."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.netcdf import write_netcdf
    from nlpfeat.store.provenance import provenance
    from nlpfeat.store.results import bucket_dataset

    folder, rng, here = open_folder(path), np.random.default_rng(0), provenance()
    steps = [stop.step for stop in folder.spec.training.stops]
    units = {metric.name: metric.units for metric in folder.spec.task.recorded}
    for label in folder.buckets():
        table = folder.bucket(label)
        records = {name: rng.random((len(table), len(steps), 2), np.float32) for name in units}
        attributes = {
            "task": folder.spec.task.name,
            "bucket": label,
            "seconds": 1.0,
            "provenance": here,
            "data_sha256": "0" * 64,
        }
        of_splits = {name: np.ones((len(table), 2), np.float32) for name in ("baseline", "examples")}
        dataset = bucket_dataset(table, records, steps, ["train", "test"], attributes, units, of_splits)
        write_netcdf(dataset, folder.result(label))


def combine(members: int, path: Path) -> None:
    """Combine the results into one labelled array."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.sweeps import launch

    launch.finish(open_folder(path))


def open_one_width(members: int, path: Path) -> None:
    """Open that array and compute the median accuracy at one width."""
    from nlpfeat.store.layout import open_folder
    from nlpfeat.store.netcdf import open_netcdf

    with open_netcdf(open_folder(path).combined) as dataset:
        dataset.accuracy.sel(width=8, split="test").isel(step=-1).median("seed").item()


def summarize(members: int, path: Path) -> None:
    """Compute the table that a sweep prints, and draw the curve of the width."""
    from nlpfeat.analysis.width import width_curve
    from nlpfeat.plotting.figures.width import width_figure
    from nlpfeat.study.session import open_study

    study = open_study(path)
    len(study.table)
    curve = width_curve(study.results, study.task.evaluation.headline, study.spec.success)
    width_figure(curve, study.results, study.task)


STAGES = {
    "plan and write the member tables": begin,
    "resume: find all members planned": begin,
    "(make up results)": make_results,
    "combine the results": combine,
    "open, and read one width": open_one_width,
    "summarise all, and draw the figure": summarize,
}


def main() -> None:
    """Print the table."""
    parser = flags_of(__doc__)
    parser.add_argument("--members", type=int, default=100_000, metavar="N", help="default: %(default)s")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--study", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        duration = seconds(lambda: STAGES[args.stage](args.members, args.study))
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps([duration, used]))
        return
    print(f"{args.members:,} members, widths 1 to {WIDTHS}; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        study = Path(folder) / "study"
        line = [sys.executable, "-m", "benchmarks.members", f"--members={args.members}", f"--study={study}"]
        for stage in STAGES:
            done = subprocess.run([*line, f"--stage={stage}"], capture_output=True, text=True, check=True)
            duration, megabytes = json.loads(done.stdout)
            print(f"{stage:<36} {duration:7.1f} s {megabytes:7.0f} MB", flush=True)
        files = [file for file in study.rglob("*") if file.is_file()]
        size = sum(file.stat().st_size for file in files) / 2**20
        print(f"{len(files):,} files, {size:,.0f} MB without checkpoints")


if __name__ == "__main__":
    main()
