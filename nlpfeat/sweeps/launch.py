"""Launch a study: plan it, train this launcher's share, combine the results."""

import time
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from nlpfeat.tasks.spec import Spec
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store import provenance, results
from nlpfeat.store.combine import combine
from nlpfeat.store.layout import StudyFolder, check_folder, create_folder, log_command, write_bucket
from nlpfeat.store.locks import lock
from nlpfeat.sweeps import multihost, programs, runner
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.plan import ALL_SHARDS, LaunchPlan, make_plan
from nlpfeat.sweeps.runner import Outcome, ProgressCallback


def begin(
    spec: Spec,
    path: Path,
    part: tuple[int, int] = ALL_SHARDS,
    command: str = "",
    workers: int = 1,
    factory: MemberFactory | None = None,
) -> LaunchPlan:
    """Write a study's config, member tables and manifest, before anything runs.

    Args:
      workers: see `lay_plan`.
      make: the study's maker, where it is at hand: files are read and programs compiled once.

    Raises:
      UserError: if `path` holds something else; then nothing was written.
    """
    check_folder(path, spec)  # before anything is written, and again under the lock
    factory = factory or member_factory(spec)
    if not multihost.is_first():
        multihost.wait_for_all("planned")
        return make_plan(factory, path, part, workers)
    with lock(path / "lock", wait=True):
        job = make_plan(factory, path, part, workers)
        provenance.check_data(job.study, factory.dataset)
        job = job._replace(study=create_folder(path, spec))
        provenance.write_data_hash(job.study, factory.dataset)
        for label in job.new:
            write_bucket(job.study, label, job.bucket(label))
        entry = {"command": command, "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "data": factory.dataset.notes}
        log_command(job.study, entry | provenance.provenance())
    multihost.wait_for_all("planned")
    return job


def train(job: LaunchPlan, watch: ProgressCallback) -> Outcome:
    """Train the buckets that are missing. See `nlpfeat.sweeps.run.run`."""
    if not job.missing:
        return Outcome()
    widest = max(job.wanted[label].width for label in job.missing)
    return runner.train_buckets(job.study, job.factory, job.missing, widest, programs.member_mesh(), watch)


def finish(study: StudyFolder) -> tuple[xr.Dataset | None, list[DamagedFile]]:
    """Combine the results of all finished buckets and write `results.nc`.

    Returns:
      The combined dataset, its numbers read from the file when they are asked for, None if no bucket is finished; and
      the result files that could not be read.
    """
    with lock(study.path / "lock", wait=True):
        some, damaged = combine(study)
    return results.open_results(study.combined) if some else None, damaged


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
    watch: ProgressCallback | None = None,
    part: tuple[int, int] = ALL_SHARDS,
    factory: MemberFactory | None = None,
) -> tuple[StudyFolder, xr.Dataset]:
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
    job = begin(spec, path, part, factory=factory)
    outcome = train(job, watch or runner.NoProgress())
    dataset, damaged = finish(job.study)
    require_whole([*outcome.damaged, *damaged])
    if dataset is None or outcome.busy:
        raise UserError(f"{path} is being trained by another process: wait until it ends, and call again")
    return job.study, dataset
