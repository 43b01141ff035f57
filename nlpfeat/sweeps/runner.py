"""What is saved of a bucket: its state and its records so far, in one checkpoint."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh

from nlpfeat.config.schema import Spec
from nlpfeat.data.core import Splits, count, split_names
from nlpfeat.data.samplers import sequential_sampler
from nlpfeat.errors import DamagedFile
from nlpfeat.store import provenance, results
from nlpfeat.store.layout import Study
from nlpfeat.sweeps import multihost, programs
from nlpfeat.sweeps.members import Bucket, MemberFactory, batch_rows, prepare
from nlpfeat.training import checkpoints
from nlpfeat.training.schedule import Phase, TrainingSpec
from nlpfeat.training.step import Params, Record, State, init_state, record_names
from nlpfeat.training.task import Task


class CheckpointState(NamedTuple):
    """Host arrays of a bucket at a step, without the layout's padding: any number of devices can go on."""

    state: State  # leaves (members, …)
    records: dict[str, np.ndarray]  # measure -> (members, stops, splits), NaN where not recorded yet


def empty_records(spec: Spec, members: int, splits: Splits) -> dict[str, np.ndarray]:
    """Records to be filled."""
    shape = (members, len(spec.training.stops), len(split_names(splits)))
    return {name: np.full(shape, np.nan, np.float32) for name in record_names(spec.row)}


def phase_at(training: TrainingSpec, step: int) -> Phase:
    """The phase that ends at or after `step`; a state saved between two phases is that of the first."""
    return next(phase for phase in training.phases if step <= phase.stop)


def load_checkpoint(
    study: Study, make: MemberFactory, label: str, units: int, members: int, splits: Splits, step: int
) -> CheckpointState:
    """What was saved of a bucket of `members` members padded to `units`, at `step`.

    Raises:
      DamagedFile: if it cannot be read or does not fit the study's config.
    """
    training = study.spec.training
    frozen, rows = phase_at(training, step).frozen, batch_rows(training, splits)

    def state(params: Any, settings: Any) -> State:
        return init_state(study.spec.row, make.module(units), frozen, rows, params, settings)

    one = jax.eval_shape(state, make.shapes(units), study.spec.settings)
    like = jax.tree.map(lambda a: jax.ShapeDtypeStruct((members, *a.shape), a.dtype), one)
    records = empty_records(study.spec, members, splits)
    return checkpoints.load(study.checkpoints(label), step, CheckpointState(like, records))


class Interrupted(Exception):
    """The user asked to stop; everything up to the last recorded step is saved."""


@runtime_checkable
class ProgressCallback(Protocol):
    """Who follows a run: shows progress, and says when to stop."""

    def step(self, bucket: str, members: int, step: int) -> None:
        """The `members` members of a bucket have reached a step."""

    def interrupted(self) -> bool:
        """Whether to save and stop here."""
        ...


class NoProgress:
    """Follows a run without a word, and never asks it to stop."""

    def step(self, bucket: str, members: int, step: int) -> None:
        """Say nothing."""

    def interrupted(self) -> bool:
        """Never."""
        return False


class Failure(NamedTuple):
    """A bucket that failed in a process of its own."""

    bucket: str
    cause: BaseException
    told: str  # with the traceback, where there is one


@dataclass
class Outcome:
    """What a run did, for the closing lines of a command."""

    finished: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    damaged: list[DamagedFile] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)


def train_buckets(
    study: Study, make: MemberFactory, labels: list[str], widest: int, mesh: Mesh, watch: ProgressCallback
) -> Outcome:
    """Train the buckets `labels` of a study that are not finished, and write their results.

    A bucket held by another process is left to it; a damaged file stops its own bucket only.

    Args:
      widest: the units at which members are made: the most of all those buckets.

    Raises:
      Interrupted: when `watch` says so, after saving.
    """
    outcome = Outcome()
    for label in labels:
        with multihost.first_lock(study.checkpoints(label) / "lock") as held:
            if not held:
                outcome.busy.append(label)
            elif not multihost.any_of(study.result(label).exists()):
                try:
                    _train(study, make, label, widest, mesh, watch)
                    outcome.finished.append(label)
                except DamagedFile as error:
                    outcome.damaged.append(error)
    return outcome


def _train(
    study: Study, make: MemberFactory, label: str, widest: int, mesh: Mesh, watch: ProgressCallback
) -> None:
    for left_behind in study.result(label).parent.glob(f".{label}.nc.*.part"):
        left_behind.unlink(missing_ok=True)
    members = study.bucket(label)
    try:
        train_bucket(study, make, prepare(make, label, members, mesh, widest), watch)
    except Exception as error:
        error.add_note(f"while training bucket {label} of {study.path}: {_config(study, members)}")
        raise


def _config(study: Study, members: pd.DataFrame) -> str:
    """The config of members, for the report of a defect."""
    spread = {name: sorted(set(members[name].tolist())) for name in study.spec.settings._fields}
    config = {key: part for key, part in study.spec.to_dict().items() if key not in ("settings", "sweep")}
    return json.dumps(config | {"settings": spread})


def train_bucket(study: Study, make: MemberFactory, bucket: Bucket, watch: ProgressCallback) -> None:
    """Train one bucket from its last checkpoint, or from the start, to its results file."""
    task, training = study.spec.row, study.spec.training
    began = time.perf_counter()
    (state, records), done = resume_bucket(study, make, bucket)
    stops = training.stops
    start = stops[done - 1].step if done else 0
    going = advance(task, training, bucket, state, start, [stop.step for stop in stops[done:]])
    for i, (state, record) in enumerate(going, done):
        stop = stops[i]
        for name, values in bucket.fetch(record).items():
            records[name][:, i] = values
        watch.step(bucket.label, len(bucket.members), stop.step)
        interrupted = multihost.any_of(watch.interrupted())
        if stop.checkpoint or interrupted:
            save_checkpoint(study, bucket, stop.step, CheckpointState(bucket.fetch(state), records))
        if interrupted:
            raise Interrupted
    if multihost.is_first():
        write_bucket_results(study, bucket, records, time.perf_counter() - began)
    multihost.wait_for_all(bucket.label)  # before the next one is asked for, whose lock is another


def advance(
    task: Task, training: TrainingSpec, bucket: Bucket, state: State, start: int, steps: list[int]
) -> Iterator[tuple[State, Record]]:
    """The state and the record, on the devices, at each of `steps`, which rise and pass over no end of a phase.

    The record of the last step of all may be of fresh examples (`Task.last_draw`).

    Args:
      state: at step `start`; donated, as each state that is yielded is when the next one is asked for.
    """
    frozen = phase_at(training, start).frozen
    for step in steps:
        phase = phase_at(training, step)
        if phase.frozen != frozen:
            frozen = phase.frozen
            state = initial_state(task, bucket, frozen, state.params)
        order = batch_indices(task, training, bucket, start, step)
        state, record = programs.advance(
            task,
            bucket.module,
            frozen,
            bucket.layout,
            state,
            bucket.settings,
            bucket.arrays,
            bucket.splits,
            order,
            phase.rate,
            start,
            step - start,
        )
        if task.last_draw and step == training.total:
            record = programs.fresh_record(
                task,
                bucket.module,
                bucket.about,
                bucket.layout,
                record,
                state.params,
                bucket.settings,
                bucket.arrays,
                bucket.splits,
            )
        yield state, record
        start = step


def resume_bucket(study: Study, make: MemberFactory, bucket: Bucket) -> tuple[CheckpointState, int]:
    """The state on the devices, the records so far, and how many stops are behind."""
    task, training = study.spec.row, study.spec.training
    members = len(bucket.members)
    steps = [stop.step for stop in training.stops]
    known = [s for s in checkpoints.saved_steps(study.checkpoints(bucket.label)) if s in steps]
    if known:
        units = int(bucket.members["width"].max())
        found = load_checkpoint(study, make, bucket.label, units, members, bucket.example.splits, known[-1])
        return CheckpointState(bucket.place(found.state), found.records), steps.index(known[-1]) + 1
    state = initial_state(task, bucket, training.phases[0].frozen, bucket.params)
    return CheckpointState(state, empty_records(study.spec, members, bucket.example.splits)), 0


def initial_state(task: Task, bucket: Bucket, frozen: tuple[str, ...], params: Params) -> State:
    """The state, on the devices, at the start of a phase that trains all of `params` but `frozen`."""
    return programs.init_members(
        task, bucket.module, frozen, bucket.rows, bucket.layout, params, bucket.settings
    )


def save_checkpoint(study: Study, bucket: Bucket, step: int, content: CheckpointState) -> None:
    """Save a checkpoint, and then discard those that it replaces."""
    folder = study.checkpoints(bucket.label)
    checkpoints.save(folder, step, content)
    if multihost.is_first():
        kept = {stop.step for stop in study.spec.training.stops if stop.keep} | {step}
        checkpoints.discard(folder, [s for s in checkpoints.saved_steps(folder) if s not in kept])


def batch_indices(task: Task, training: TrainingSpec, bucket: Bucket, start: int, stop: int) -> Any:
    """The mini-batches of steps `start` … `stop - 1` of every member, or None for full batches.

    Padded to the longest stretch between two stops, so that the shape never changes.
    """
    if not training.batch_size:
        return None
    n = count(bucket.example.splits["train"])
    if task.rule:
        shared = np.zeros((training.record_every, training.batch_size), np.int32)
        shared[: stop - start] = sequential_sampler(n, training.batch_size, start, stop)
        return programs.put(bucket.layout, shared, per_member=False)
    seeds = bucket.members["seed"].to_numpy()
    by_seed = {seed: task.order(n, training.batch_size, int(seed), start, stop) for seed in np.unique(seeds)}
    order = np.zeros((len(seeds), training.record_every, training.batch_size), np.int32)
    for i, seed in enumerate(seeds):
        order[i, : stop - start] = by_seed[seed]
    return bucket.place(order)


def write_bucket_results(
    study: Study, bucket: Bucket, records: dict[str, np.ndarray], seconds: float
) -> None:
    """Write the results file of a finished bucket."""
    attributes = {
        "task": study.spec.task,
        "bucket": bucket.label,
        "config": study.spec.to_dict(),
        "provenance": provenance.provenance(),
        "data_sha256": bucket.data_sha256,
        "seconds": round(seconds, 3),
    }
    steps = [stop.step for stop in study.spec.training.stops]
    splits = split_names(bucket.example.splits)
    dataset = results.bucket_dataset(
        bucket.members, records, steps, splits, attributes, study.spec.row.loss_units
    )
    results.write_results(dataset, study.result(bucket.label))


# MERGED: """Run a study: bucket after bucket, stretch after stretch, resumable at every checkpoint."""
