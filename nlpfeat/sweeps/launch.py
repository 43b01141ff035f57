"""Launch a study: plan it, train this launcher's share, combine the results."""

import time
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xarray as xr

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.sweeps import buckets, grid, programs, provenance, results, run
from nlpfeat.sweeps.prepare import Maker, maker
from nlpfeat.sweeps.run import Outcome, Watch
from nlpfeat.sweeps.spec import Spec
from nlpfeat.sweeps.study import (
    Study,
    check_study,
    create_study,
    lock,
    log_command,
    plan,
    write_members,
)

WHOLE = (0, 1)


class Plan(NamedTuple):
    """What a launch has to do."""

    study: Study
    table: pd.DataFrame  # all members of the study, each in its bucket
    members: int  # asked for
    buckets: int  # that hold them
    missing: list[str]  # the buckets to train here
    make: Maker

    def sizes(self) -> dict[str, int]:
        """Members of each bucket to train here."""
        return {label: int((self.table["bucket"] == label).sum()) for label in self.missing}


def lay_plan(make: Maker, path: Path, part: tuple[int, int] = WHOLE) -> Plan:
    """Plan the launch `part` = (i, n) of a study at `path`; writes nothing.

    Raises:
      UserError: if `path` holds something else.
    """
    study, wanted = Study(path, make.spec), grid.expand(make.spec)
    check_study(path, make.spec)
    table = plan(study, wanted, at_least=part[1])
    labels = table.loc[wanted.index, "bucket"].unique()
    costs = {label: buckets.cost(table[table["bucket"] == label]) for label in labels}
    missing = [x for x in buckets.shard(costs, *part) if not study.result(x).exists()]
    return Plan(study, table, len(wanted), len(labels), missing, make)


def begin(spec: Spec, path: Path, part: tuple[int, int] = WHOLE, command: str = "") -> Plan:
    """Write a study's config, member table and manifest, before anything runs.

    Raises:
      UserError: if `path` holds something else; then nothing was written.
    """
    check_study(path, spec)  # before anything is written, and again under the lock
    make = maker(spec)
    with lock(path / "lock", wait=True):
        job = lay_plan(make, path, part)
        provenance.check_data(job.study, make.source)
        job = job._replace(study=create_study(path, spec))
        provenance.write_data_hash(job.study, make.source)
        write_members(job.study, job.table)
        entry = {"command": command, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "data": make.source.notes}
        log_command(job.study, entry | provenance.provenance())
    return job


def train(job: Plan, watch: Watch) -> Outcome:
    """Train the buckets that are missing. See `nlpfeat.sweeps.run.run`."""
    if not job.missing:
        return Outcome()
    return run.run(job.study, job.make, job.missing, programs.member_mesh(), watch)


def finish(study: Study) -> tuple[xr.Dataset | None, list[DamagedFile]]:
    """Combine the results of all finished buckets and write `results.nc`.

    Returns:
      The combined dataset, None if no bucket is finished; and the result files that could not be read.
    """
    with lock(study.path / "lock", wait=True):
        combined, damaged = results.combine(study)
        if combined is not None:
            results.write(combined, study.combined)
    return combined, damaged


def require_whole(damaged: list[DamagedFile]) -> None:
    """Raise the damage that a run met, if any.

    Raises:
      UserError: naming every damaged file and its mend.
    """
    if damaged:
        raise UserError("; ".join(str(error) for error in damaged))
