"""Train the buckets of a study, one after another, interval by interval, resumable at every checkpoint."""

import json
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from itertools import zip_longest
from typing import NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh

from nlpfeat.config.fields import Settings, setting_names
from nlpfeat.data.core import Params, Splits, count, split_names
from nlpfeat.data.samplers import sequential_sampler
from nlpfeat.errors import DamagedFile
from nlpfeat.store import provenance, results
from nlpfeat.store.atomic import discard_parts
from nlpfeat.store.layout import StudyFolder, require_present
from nlpfeat.store.netcdf import write_netcdf
from nlpfeat.sweeps import multihost, programs
from nlpfeat.sweeps.ahead import compiling_ahead
from nlpfeat.sweeps.members import (
    Bucket,
    MemberFactory,
    batch_rows,
    prepare,
    tree_index,
)
from nlpfeat.tasks.spec import Spec
from nlpfeat.training import checkpoints
from nlpfeat.training.averages import average_weights
from nlpfeat.training.learning_rates import CONSTANT, lr_scales
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.step import (
    Indices,
    Interval,
    Record,
    State,
    StepInputs,
    StepScales,
    fresh_splits,
    init_state,
    record_names,
)
from nlpfeat.training.task import GradientDescent, Task

log = logging.getLogger(__name__)


def empty_records(spec: Spec, members: int, splits: Splits) -> dict[str, np.ndarray]:
    """Records to be filled."""
    shape = (members, len(spec.training.stops), len(split_names(splits)))
    return {name: np.full(shape, np.nan, np.float32) for name in record_names(spec.task)}


def load_checkpoint(
    folder: StudyFolder, factory: MemberFactory, label: str, members: pd.DataFrame, splits: Splits, step: int
) -> checkpoints.CheckpointState:
    """What was saved of a bucket at a step.

    Args:
      members: of the bucket, rows of the member table.
      splits: of one of them.

    Raises:
      DamagedFile: if it cannot be read, with what to do then; UserError if it does not fit the study's config.
    """
    training, units = folder.spec.training, int(members["width"].max())
    program = factory.program(members)._replace(frozen=training.phase_at(step).frozen)

    def state(params: Params, settings: Settings) -> State:
        return init_state(program, batch_rows(training, splits), params, settings)

    one = jax.eval_shape(state, factory.shapes(units), folder.spec.settings)
    like = jax.tree.map(lambda a: jax.ShapeDtypeStruct((len(members), *a.shape), a.dtype), one)
    records = empty_records(folder.spec, len(members), splits)
    try:
        return checkpoints.load(folder.checkpoints(label), step, checkpoints.CheckpointState(like, records))
    except DamagedFile as error:
        result = folder.result(label)
        both = f"it and {result}" if result.exists() else "it"
        mend = f"delete {both}, and run the sweep again, which trains this bucket again from the checkpoint before"
        raise DamagedFile(error.what, mend) from error


class Interrupted(Exception):
    """The user asked to stop; everything up to the last recorded step is saved."""


@runtime_checkable
class ProgressCallback(Protocol):
    """Follows a run: shows progress, and decides when to stop."""

    def step(self, bucket: str, members: int, step: int) -> None:
        """Called when all members of a bucket have reached a step."""

    def interrupted(self) -> bool:
        """Whether to save and stop here."""
        ...


class NoProgress:
    """Shows nothing, and never asks to stop."""

    def step(self, bucket: str, members: int, step: int) -> None:
        """Does nothing."""

    def interrupted(self) -> bool:
        """Never."""
        return False


class Failure(NamedTuple):
    """A bucket that failed in a process of its own."""

    bucket: str
    cause: BaseException
    report: str  # with the traceback, where there is one


@dataclass
class Outcome:
    """What became of the buckets of a run: labels, errors of damaged files, failures."""

    finished: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    damaged: list[DamagedFile] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def train_buckets(
    folder: StudyFolder,
    factory: MemberFactory,
    labels: list[str],
    widest: int,
    mesh: Mesh,
    progress: ProgressCallback,
) -> Outcome:
    """Train the buckets of a study that are not finished, and write their results.

    A bucket locked by another process is left to it; a damaged file stops its own bucket only.

    Args:
      folder: of the study.
      labels: of the buckets.
      widest: units at which members are made: the largest width of all these buckets.
      mesh: of the devices.
      progress: called at every recorded step.

    Raises:
      Interrupted: when `progress` says so, after saving.
    """
    outcome = Outcome()
    with compiling_ahead(factory, mesh) as compile_programs:
        for label, following in zip_longest(labels, labels[1:]):
            require_present(folder)
            with multihost.first_lock(folder.checkpoints(label) / "lock") as held:
                if not held:
                    outcome.busy.append(label)
                elif not multihost.any_of(folder.result(label).exists()):
                    try:
                        _train(folder, factory, (label, following), widest, mesh, progress, compile_programs)
                        outcome.finished.append(label)
                    except DamagedFile as error:
                        outcome.damaged.append(error)
    return outcome


def _train(
    folder: StudyFolder,
    factory: MemberFactory,
    labels: tuple[str, str | None],
    widest: int,
    mesh: Mesh,
    progress: ProgressCallback,
    compile_programs: Callable[[pd.DataFrame], list[Future[None]]],
) -> None:
    """Train the first of two buckets; the programs of the second compile meanwhile."""
    label, following = labels
    discard_parts(folder.result(label).parent, f"{label}.nc")
    members = folder.bucket(label)
    try:
        compiling = compile_programs(members)
        bucket = prepare(factory, label, members, mesh, widest)
        for future in compiling:
            future.result()
        if following is not None:
            compile_programs(folder.bucket(following))
        train_bucket(folder, factory, bucket, progress)
    except Exception as error:
        error.add_note(f"while training bucket {label} of {folder.path}: {_config(folder, members)}")
        raise


def _config(folder: StudyFolder, members: pd.DataFrame) -> str:
    """The config of members, for a traceback."""
    values = {name: sorted(set(members[name].tolist())) for name in setting_names(folder.spec.settings)}
    config = {key: part for key, part in folder.spec.to_dict().items() if key not in ("settings", "sweep")}
    return json.dumps(config | {"settings": values})


def train_bucket(
    folder: StudyFolder, factory: MemberFactory, bucket: Bucket, progress: ProgressCallback
) -> None:
    """Train one bucket from its last checkpoint, or from the start, to its results file."""
    training = folder.spec.training
    began = time.perf_counter()
    state, records, done = resume_bucket(folder, factory, bucket)
    stops = training.stops
    start = stops[done - 1].step if done else 0
    states = advance(training, bucket, state, start, [stop.step for stop in stops[done:]])
    for i, (state, record) in enumerate(states, done):
        stop = stops[i]
        for name, values in bucket.to_host(record).items():
            records[name][:, i] = values
        progress.step(bucket.label, len(bucket.members), stop.step)
        interrupted = multihost.any_of(progress.interrupted())
        if stop.checkpoint or interrupted:
            save_checkpoint(
                folder, bucket, stop.step, checkpoints.CheckpointState(bucket.to_host(state), records)
            )
        if interrupted:
            raise Interrupted
    if multihost.is_first():
        require_present(folder)
        checkpoints.discard(folder.checkpoints(bucket.label), training.kept_steps)
        write_bucket_results(folder, factory, bucket, records, time.perf_counter() - began)
    multihost.wait_for_all(bucket.label)  # before the next one is asked for, whose lock is another


def advance(
    training: TrainingSpec, bucket: Bucket, state: State, start: int, steps: list[int]
) -> Iterator[tuple[State, Record]]:
    """The state and the record, on the devices, at each of `steps`, which rise and pass over no end of a phase.

    The record of the very last step may be of fresh examples (`DataPipeline.fresh_splits`).

    Args:
      state: at step `start`; donated, as each state that is yielded is when the next one is asked for.
    """
    frozen = training.phase_at(start).frozen
    inputs = step_inputs(training, bucket, start, steps[0]) if steps else None
    for step, following in zip_longest(steps, steps[1:]):
        phase = training.phase_at(step)
        if phase.frozen != frozen:
            frozen = phase.frozen
            average = state.average
            state = initial_state(bucket, frozen, state.params)._replace(average=average)
        program = bucket.program._replace(frozen=frozen)
        interval = Interval(start, step - start)
        assert inputs is not None
        state, record = programs.advance(program, bucket.layout, state, bucket.data, inputs, interval)
        if following is not None:  # made while the devices work
            inputs = step_inputs(training, bucket, step, following)
        yield state, final_record(bucket, state, record) if step == training.total else record
        start = step


def final_record(bucket: Bucket, state: State, record: Record) -> Record:
    """The record at the end of training: of fresh examples, where the task can generate them. `record` is donated."""
    if not _fresh_shapes(bucket.program.task, bucket):
        return record
    return programs.fresh_record(
        bucket.program, bucket.metadata, bucket.layout, record, state.evaluated, bucket.data
    )


class Resumed(NamedTuple):
    """Where a bucket goes on: the state on the devices, the records so far, and how many stops are behind."""

    state: State
    records: dict[str, np.ndarray]
    done: int


def resume_bucket(folder: StudyFolder, factory: MemberFactory, bucket: Bucket) -> Resumed:
    """The bucket at its last checkpoint that is sound, or before the first step."""
    training, members, splits = folder.spec.training, bucket.members, bucket.first.splits
    steps = [stop.step for stop in training.stops]
    saved = [s for s in checkpoints.saved_steps(folder.checkpoints(bucket.label)) if s in steps]
    for step in reversed(saved):
        try:
            found = load_checkpoint(folder, factory, bucket.label, members, splits, step)
        except DamagedFile as error:
            log.warning(
                "%s; the bucket goes on from the checkpoint before it, or from the start",
                error.what,
            )
        else:
            return Resumed(bucket.to_devices(found.state), found.records, steps.index(step) + 1)
    state = initial_state(bucket, training.phases[0].frozen, bucket.params)
    return Resumed(state, empty_records(folder.spec, len(members), splits), 0)


def initial_state(bucket: Bucket, frozen: tuple[str, ...], params: Params) -> State:
    """The state, on the devices, at the start of a phase that trains all of `params` but `frozen`."""
    program = bucket.program._replace(frozen=frozen)
    return programs.init_members(program, bucket.rows, bucket.layout, params, bucket.data.settings)


def save_checkpoint(
    folder: StudyFolder, bucket: Bucket, step: int, content: checkpoints.CheckpointState
) -> None:
    """Save a checkpoint, and then discard those that it replaces."""
    require_present(folder)
    path = folder.checkpoints(bucket.label)
    checkpoints.save(path, step, content)
    if multihost.is_first():
        checkpoints.discard(path, folder.spec.training.kept_steps | {step})


def step_inputs(training: TrainingSpec, bucket: Bucket, start: int, stop: int) -> StepInputs:
    """The arguments of the steps `start` … `stop - 1` of every member, on the devices."""
    return StepInputs(
        batch_indices(training, bucket, start, stop), step_scales(training, bucket, start, stop)
    )


def batch_indices(training: TrainingSpec, bucket: Bucket, start: int, stop: int) -> Indices:
    """The mini-batches of steps `start` … `stop - 1` of every member, or None for full batches.

    Padded to the longest interval between two stops, so that the shape never changes.
    """
    size, learner = training.batch_size, bucket.program.task.learner
    if not size:
        return None
    n, longest = count(bucket.first.splits["train"]), max(training.longest_interval, stop - start)
    if not isinstance(learner, GradientDescent):
        shared = np.zeros((longest, size), np.int32)
        shared[: stop - start] = sequential_sampler(n, size, start, stop)
        return programs.put(bucket.layout, shared, per_member=False)
    seeds = bucket.members["seed"].to_numpy()
    by_seed = {seed: learner.sampler(n, size, int(seed), start, stop) for seed in np.unique(seeds)}
    indices = np.zeros((len(seeds), longest, size), np.int32)
    for i, seed in enumerate(seeds):
        indices[i, : stop - start] = by_seed[seed]
    return bucket.to_devices(indices)  # pyright: ignore[reportReturnType]


def step_scales(training: TrainingSpec, bucket: Bucket, start: int, stop: int) -> StepScales:
    """What the schedules of every member say about the steps `start` … `stop - 1`.

    Padded to the longest interval between two stops, so that the shape never changes.
    """
    members = bucket.members
    longest = max(training.longest_interval, stop - start)
    phases = tuple((phase.stop - phase.start, phase.lr_scale) for phase in training.phases)
    rates = np.zeros((len(members), longest), np.float32)
    weights = np.ones((len(members), longest), np.float32)
    if not issubclass(bucket.program.task.model.settings, DescentSettings):
        rates[:, : stop - start] = lr_scales(phases, CONSTANT, 0, 0.0)[start:stop]
        return StepScales(bucket.to_devices(rates))
    for values, rows in members.groupby(["schedule", "warmup_steps", "final_lr_scale"]).indices.items():
        schedule, warmup, final = values  # pyright: ignore[reportGeneralTypeIssues]
        rates[rows, : stop - start] = lr_scales(phases, int(schedule), int(warmup), float(final))[start:stop]
    if "average" not in bucket.program.parts:
        return StepScales(bucket.to_devices(rates))
    for values, rows in members.groupby(["average_decay", "average_share"]).indices.items():
        decay, share = values  # pyright: ignore[reportGeneralTypeIssues]
        weights[rows, : stop - start] = average_weights(start, stop, training.total, decay, share)
    return StepScales(bucket.to_devices(rates), bucket.to_devices(weights))


def baselines(factory: MemberFactory, bucket: Bucket) -> np.ndarray:
    """The headline metric of the best constant prediction: float32 (members, splits)."""
    task, arrays = factory.spec.task, factory.dataset.arrays

    def of_each(splits: Splits) -> list[float]:
        return [
            task.evaluation.baseline(arrays, splits["train"], splits[name]) for name in split_names(splits)
        ]

    if not task.data.per_seed:
        found = [of_each(bucket.first.splits)] * len(bucket.members)
    else:
        splits = bucket.to_host(bucket.data.splits)
        found = [of_each(tree_index(splits, i)) for i in range(len(bucket.members))]
    return np.array(found, np.float32)


def _fresh_shapes(task: Task, bucket: Bucket) -> Splits:
    """The shapes of the fresh splits of a member, by split; empty if its task, or its data, cannot generate examples."""
    return jax.eval_shape(partial(fresh_splits, task, bucket.metadata), bucket.first.settings)


def _sizes(factory: MemberFactory, bucket: Bucket) -> np.ndarray:
    """The number of examples of each split at the last record: float32 (members, splits)."""
    splits = bucket.first.splits | _fresh_shapes(factory.spec.task, bucket)
    sizes = np.array([count(splits[name]) for name in split_names(splits)], np.float32)
    return np.tile(sizes, (len(bucket.members), 1))


def write_bucket_results(
    folder: StudyFolder,
    factory: MemberFactory,
    bucket: Bucket,
    records: dict[str, np.ndarray],
    seconds: float,
) -> None:
    """Write the results file of a finished bucket."""
    attributes = {
        "task": folder.spec.task.name,
        "bucket": bucket.label,
        "config": folder.spec.to_dict(),
        "provenance": provenance.provenance(),
        "data_sha256": bucket.data_sha256,
        "seconds": round(seconds, 3),
    }
    steps = [stop.step for stop in folder.spec.training.stops]
    splits = split_names(bucket.first.splits)
    units = {metric.name: metric.units for metric in folder.spec.task.recorded}
    units["baseline"] = folder.spec.task.evaluation.headline.units
    of_splits = {"baseline": baselines(factory, bucket), "examples": _sizes(factory, bucket)}
    dataset = results.bucket_dataset(bucket.members, records, steps, splits, attributes, units, of_splits)
    write_netcdf(dataset, folder.result(bucket.label))
