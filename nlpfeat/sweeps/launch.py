"""Launch a study: begin (plan, write tables), train this launcher's share, finish (combine the results)."""

import time
from collections.abc import Sequence
from pathlib import Path

import xarray as xr

from nlpfeat import numerics
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store import netcdf, provenance
from nlpfeat.store.combine import combine
from nlpfeat.store.layout import (
    StudyFolder,
    check_folder,
    create_folder,
    log_command,
    log_training,
    write_bucket,
)
from nlpfeat.store.locks import lock
from nlpfeat.sweeps import memory, multihost, programs, runner
from nlpfeat.sweeps.compute import bytes_per_step, flops_per_step, peak_flops
from nlpfeat.sweeps.members import MemberFactory, member_factory
from nlpfeat.sweeps.plan import WHOLE, LaunchPlan, make_plan
from nlpfeat.sweeps.runner import Outcome, ProgressCallback
from nlpfeat.tasks.spec import Spec


def begin(
    spec: Spec,
    path: Path,
    shard: tuple[int, int] = WHOLE,
    command: str = "",
    workers: int = 1,
    factory: MemberFactory | None = None,
) -> LaunchPlan:
    """Write a study's config, member tables and manifest, before anything runs.

    Args:
      spec: of the study.
      path: of its folder.
      shard: (i, n): this is launcher i of n.
      command: for the manifest.
      workers: see `make_plan`.
      factory: of the study's members, where it is at hand: files are read and programs compiled once.

    Raises:
      UserError: if `path` holds something else, or a study that was computed otherwise; then nothing was written.
    """
    check_folder(path, spec)  # before anything is written, and again under the lock
    factory = factory or member_factory(spec)
    if workers == 1:  # those of a cluster have devices of their own
        memory.require_fits_here(factory)
    here = numerics.current()
    if not multihost.is_first():
        multihost.wait_for_all("planned")
        plan = make_plan(factory, path, shard, workers)
        numerics.require_same(plan.folder.numerics, str(path), training=True)
        return plan
    with lock(path / "lock", wait=True):
        plan = make_plan(factory, path, shard, workers)
        numerics.require_same(plan.folder.numerics, str(path), training=True)
        provenance.check_data(plan.folder, factory.dataset)
        data_sha256 = provenance.shared_data_hash(factory.dataset)
        plan = plan._replace(folder=create_folder(plan.folder, here, data_sha256))
        for label in plan.new:
            write_bucket(plan.folder, label, plan.bucket(label))
        entry = {
            "command": command,
            "time": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "data": factory.dataset.notes,
        }
        log_command(plan.folder, entry | provenance.provenance())
    multihost.wait_for_all("planned")
    return plan


def train(plan: LaunchPlan, progress: ProgressCallback) -> Outcome:
    """Train the buckets that are missing. See `nlpfeat.sweeps.runner.train_buckets`."""
    if not plan.missing:
        return Outcome()
    began, widest = time.perf_counter(), max(plan.wanted[label].width for label in plan.missing)
    outcome = runner.train_buckets(
        plan.folder, plan.factory, plan.missing, widest, programs.member_mesh(), progress
    )
    if outcome.finished and multihost.is_first():
        entry = cost_of(plan, outcome.finished, time.perf_counter() - began)
        with lock(plan.folder.path / "lock", wait=True):
            log_training(plan.folder, entry)
    return outcome


def cost_of(plan: LaunchPlan, labels: Sequence[str], seconds: float) -> dict[str, float]:
    """What the training of some buckets cost, in all and per step of one member.

    Operations and bytes are those of padded members, as they were computed; `seconds` include compiling.
    """
    factory, steps = plan.factory, plan.factory.spec.training.total
    sizes = [plan.wanted[label] for label in labels]
    widths = {size.width for size in sizes}
    flops = {width: flops_per_step(factory, width) for width in widths}
    bytes_ = {width: bytes_per_step(factory, width) for width in widths}
    members = sum(size.members for size in sizes)
    total = steps * sum(size.members * flops[size.width] for size in sizes)
    peak = peak_flops()
    return {
        "members": members,
        "steps": steps,
        "seconds": round(seconds, 3),
        "flops_per_step_and_member": total / steps / members,
        "bytes_per_step_and_member": sum(size.members * bytes_[size.width] for size in sizes) / members,
        "gflops_per_second": round(total / seconds / 1e9, 3),
        "peak_gflops_per_second": round(peak / 1e9, 3),
        "share_of_peak": round(total / seconds / peak, 5),
    }


def finish(folder: StudyFolder) -> tuple[xr.Dataset | None, list[DamagedFile]]:
    """Combine the results of all finished buckets and write `results.nc`.

    Returns:
      The combined dataset, its numbers read from the file when they are asked for, None if no bucket is finished; and
      the result files that could not be read.
    """
    with lock(folder.path / "lock", wait=True):
        some, damaged = combine(folder)
    return netcdf.open_netcdf(folder.combined) if some else None, damaged


def require_whole(damaged: Sequence[UserError]) -> None:
    """Raise the errors of damaged files, if there are any.

    Raises:
      UserError: naming every damaged file and its remedy.
    """
    if damaged:
        raise UserError("; ".join(str(error) for error in damaged))


def run(
    spec: Spec,
    path: Path,
    progress: ProgressCallback | None = None,
    shard: tuple[int, int] = WHOLE,
    factory: MemberFactory | None = None,
) -> LaunchPlan:
    """Train what a grid lacks in the study at `path`, in this process and to its end, and combine the results.

    Args:
      progress: called at every recorded step; None: nobody is.
      shard: (i, n), the share of the buckets that this call trains.
      factory: see `begin`.

    Raises:
      UserError: if `path` holds something else, files in it are damaged, or another process trains there.
    """
    plan = begin(spec, path, shard, factory=factory)
    outcome = train(plan, progress or runner.NoProgress())
    dataset, damaged = finish(plan.folder)
    require_whole([*outcome.damaged, *damaged])
    if dataset is None or outcome.busy:
        raise UserError(f"{path} is being trained by another process: wait until it ends, and call again")
    dataset.close()
    return plan
