"""Launch a study: plan it, train this launcher's share, combine the results."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.sweeps import buckets, grid, processes, programs, provenance, results, run
from nlpfeat.sweeps.buckets import Size
from nlpfeat.sweeps.combine import combine
from nlpfeat.sweeps.prepare import Maker, maker
from nlpfeat.sweeps.run import Outcome, Watch
from nlpfeat.sweeps.spec import Spec
from nlpfeat.sweeps.study import (
    Study,
    check_study,
    create_study,
    lock,
    log_command,
    write_bucket,
)

WHOLE = (0, 1)
ROUNDS = 2  # buckets a worker at the least: one that costs most of all would keep the others waiting


class Plan(NamedTuple):
    """What a launch has to do. Members are made from it when they are needed: a plan of millions is small."""

    study: Study
    make: Maker
    wanted: dict[str, Size]  # the buckets that hold the members asked for
    new: dict[str, np.ndarray]  # of those, the ones not planned before: places in the grid
    missing: list[str]  # of those, the ones to train here

    @property
    def members(self) -> int:
        """How many members are asked for."""
        return grid.size(self.make.spec)

    @property
    def sizes(self) -> dict[str, int]:
        """Members of each bucket to train here."""
        return {label: self.wanted[label].members for label in self.missing}

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket."""
        if label in self.new:
            return grid.rows(self.make.spec, self.new[label])
        return self.study.bucket(label)


def lay_plan(make: Maker, path: Path, part: tuple[int, int] = WHOLE, workers: int = 1) -> Plan:
    """Plan the launch `part` = (i, n) of a study at `path`; writes nothing.

    Members already planned keep their bucket, finished or not, so that an interrupted bucket resumes with the
    same members in the same places; only new ones form new buckets.

    Args:
      workers: how many buckets a launcher can train at once: of several, each is to have ROUNDS buckets, so new ones are split.

    Raises:
      UserError: if `path` holds something else; DamagedFile if a member table cannot be read.
    """
    study = Study(path, make.spec)
    check_study(path, make.spec)
    numbers = grid.numbers(make.spec)
    order, known, wanted, new = np.argsort(numbers), np.zeros(len(numbers), bool), {}, {}
    for label in study.buckets():
        members = study.bucket(label)
        ids = grid.as_numbers(members.index)
        places = order[np.searchsorted(numbers, ids, sorter=order) % len(order)]
        asked = places[numbers[places] == ids]
        known[asked] = True
        if len(asked):
            wanted[label] = Size(len(members), int(members["width"].max()))
    left = np.flatnonzero(~known)
    widths = grid.settings_at(make.spec, left)["width"]
    for places in buckets.part(widths, part[1] * (workers * ROUNDS if workers > 1 else 1)):
        label = buckets.label(grid.as_ids(numbers[left[places]]), widths[places])
        new[label] = left[places]
        wanted[label] = Size(len(places), int(widths[places].max()))
    costs = {label: one.cost for label, one in wanted.items()}
    missing = [label for label in buckets.shard(costs, *part) if not study.result(label).exists()]
    return Plan(study, make, wanted, new, missing)


def begin(
    spec: Spec,
    path: Path,
    part: tuple[int, int] = WHOLE,
    command: str = "",
    workers: int = 1,
    make: Maker | None = None,
) -> Plan:
    """Write a study's config, member tables and manifest, before anything runs.

    Args:
      workers: see `lay_plan`.
      make: the study's maker, where it is at hand: files are read and programs compiled once.

    Raises:
      UserError: if `path` holds something else; then nothing was written.
    """
    check_study(path, spec)  # before anything is written, and again under the lock
    make = make or maker(spec)
    if not processes.first():
        processes.wait_for_all("planned")
        return lay_plan(make, path, part, workers)
    with lock(path / "lock", wait=True):
        job = lay_plan(make, path, part, workers)
        provenance.check_data(job.study, make.source)
        job = job._replace(study=create_study(path, spec))
        provenance.write_data_hash(job.study, make.source)
        for label in job.new:
            write_bucket(job.study, label, job.bucket(label))
        entry = {"command": command, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "data": make.source.notes}
        log_command(job.study, entry | provenance.provenance())
    processes.wait_for_all("planned")
    return job


def train(job: Plan, watch: Watch) -> Outcome:
    """Train the buckets that are missing. See `nlpfeat.sweeps.run.run`."""
    if not job.missing:
        return Outcome()
    widest = max(job.wanted[label].width for label in job.missing)
    return run.run(job.study, job.make, job.missing, widest, programs.member_mesh(), watch)


def finish(study: Study) -> tuple[xr.Dataset | None, list[DamagedFile]]:
    """Combine the results of all finished buckets and write `results.nc`.

    Returns:
      The combined dataset, its numbers read from the file when they are asked for, None if no bucket is finished; and
      the result files that could not be read.
    """
    with lock(study.path / "lock", wait=True):
        some, damaged = combine(study)
    return results.opened(study.combined) if some else None, damaged


def require_whole(damaged: Sequence[UserError]) -> None:
    """Raise the damage that a run met, if any.

    Raises:
      UserError: naming every damaged file and its mend.
    """
    if damaged:
        raise UserError("; ".join(str(error) for error in damaged))


def sweep(
    spec: Spec,
    path: Path,
    watch: Watch | None = None,
    part: tuple[int, int] = WHOLE,
    make: Maker | None = None,
) -> tuple[Study, xr.Dataset]:
    """Train what a grid lacks in the study at `path`, in this process and to its end: what a notebook wants.

    Args:
      watch: who follows the run; None: nobody.
      part: (i, n), the share of the buckets that this call trains.
      make: see `begin`.

    Returns:
      The study and its labelled array.

    Raises:
      UserError: if `path` holds something else, files in it are damaged, or another process trains there.
    """
    job = begin(spec, path, part, make=make)
    outcome = train(job, watch or run.Unwatched())
    dataset, damaged = finish(job.study)
    require_whole([*outcome.damaged, *damaged])
    if dataset is None or outcome.busy:
        raise UserError(f"{path} is being trained by another process: wait until it ends, and call again")
    return job.study, dataset
