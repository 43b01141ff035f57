"""Run a study: bucket after bucket, chunk after chunk, resumable at every checkpoint."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple, Protocol

import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh

from nlpfeat.data.examples import Splits, count, split_names
from nlpfeat.data.order import batch_order
from nlpfeat.errors import DamagedFile
from nlpfeat.sweeps import programs, provenance, results
from nlpfeat.sweeps.study import Study, lock
from nlpfeat.training import checkpoints
from nlpfeat.training.member import State, fresh_state, initial_params
from nlpfeat.training.spec import Phase, TrainingSpec


class Interrupted(Exception):
    """The user asked to stop; everything up to the last recorded step is saved."""


class Watch(Protocol):
    """Who follows a run: shows progress, and says when to stop."""

    def step(self, bucket: str, members: int, step: int) -> None: ...
    def interrupted(self) -> bool: ...


@dataclass
class Outcome:
    """What a run did, for the closing lines of a command."""

    finished: list[str] = field(default_factory=list)
    busy: list[str] = field(default_factory=list)
    damaged: list[DamagedFile] = field(default_factory=list)


class Example(NamedTuple):
    """The settings and the data of one member, from which all shapes follow."""

    settings: Any
    splits: Splits


@dataclass(frozen=True)
class Bucket:
    """One bucket made ready: its members on the devices, with their data."""

    label: str
    members: pd.DataFrame
    module: Any
    layout: programs.Layout
    settings: Any  # (members,) each
    splits: Splits
    example: Example  # the first member's
    fill: np.ndarray  # (layout.members,): which member each place holds; the last ones repeat
    data_sha256: str


def run(study: Study, labels: list[str], mesh: Mesh, watch: Watch) -> Outcome:
    """Train the buckets `labels` of a study that are not finished, and write their results.

    A bucket held by another process is left to it; a damaged file stops its own bucket only.

    Raises:
      Interrupted: when `watch` says so, after saving.
    """
    outcome = Outcome()
    table = study.members()
    source = study.spec.row.load(study.spec.data)
    draw = jax.jit(partial(study.spec.row.draw, source))
    for label in labels:
        with lock(study.checkpoints(label) / "lock", wait=False) as held:
            if not held:
                outcome.busy.append(label)
            elif not study.result(label).exists():
                members = table[table["bucket"] == label]
                try:
                    run_bucket(study, prepare(study, label, members, source, draw, mesh), watch)
                    outcome.finished.append(label)
                except DamagedFile as error:
                    outcome.damaged.append(error)
    return outcome


def prepare(
    study: Study,
    label: str,
    members: pd.DataFrame,
    source: Any,
    draw: Callable[[Any], Splits],
    mesh: Mesh,
) -> Bucket:
    """Draw the data of a bucket's members and lay both out on the devices.

    The last member is repeated to fill the devices; the copies are dropped again from every record.
    """
    spec = study.spec
    settings = stack_settings(spec.settings, members)
    own = [jax.tree.map(lambda column, i=i: column[i], settings) for i in range(len(members))]
    drawn = [jax.device_get(draw(one)) for one in (own if spec.row.seeded else own[:1])]
    module = spec.row.module(spec.model, source, int(members["width"].max()))
    rows = spec.training.batch_size or count(drawn[0]["train"])
    inputs = jax.tree.map(lambda leaf: leaf[:rows], drawn[0]["train"].inputs)
    layout = programs.lay_out(mesh, len(members), programs.activation_bytes(module, inputs, own[0]))
    fill = np.minimum(np.arange(layout.members), len(members) - 1)
    if spec.row.seeded:
        splits = jax.tree.map(lambda *leaves: np.stack(leaves), *drawn)
        on_device = programs.put(layout, jax.tree.map(lambda leaf: leaf[fill], splits))
    else:
        splits = drawn[0]
        on_device = programs.put(layout, splits, per_member=False)
    return Bucket(
        label=label,
        members=members,
        module=module,
        layout=layout,
        settings=programs.put(layout, jax.tree.map(lambda column: column[fill], settings)),
        splits=on_device,
        example=Example(own[0], drawn[0]),
        fill=fill,
        data_sha256=provenance.data_hash(splits),
    )


def stack_settings(settings: Any, members: pd.DataFrame) -> Any:
    """The settings of members as one NamedTuple of int32 and float32 arrays (members,)."""
    kinds = {int: np.int32, float: np.float32}
    return type(settings)(
        **{
            name: members[name].to_numpy().astype(kinds[type(value)])
            for name, value in settings._asdict().items()
        }
    )


def run_bucket(study: Study, bucket: Bucket, watch: Watch) -> None:
    """Train one bucket from its last checkpoint, or from the start, to its results file."""
    task, training = study.spec.row, study.spec.training
    folder = study.checkpoints(bucket.label)
    began = time.perf_counter()
    state, records, position = resume(study, bucket)
    phases = training.phases
    for i in range(position, len(training.stops)):
        stop = training.stops[i]
        last = training.stops[i - 1].step if i else 0
        phase = next(p for p in phases if stop.step <= p.stop)
        if last == phase.start and last > 0 and phase.frozen != phases[phases.index(phase) - 1].frozen:
            state = programs.restart(
                task, phase.frozen, bucket.layout, state.params, bucket.settings
            )
        state, record = programs.advance(
            task,
            bucket.module,
            phase.frozen,
            bucket.layout,
            state,
            bucket.settings,
            bucket.splits,
            orders(training, bucket, last, stop.step),
            phase.rate,
            last,
            stop.step - last,
        )
        for name, values in jax.device_get(record).items():
            records[name][:, i] = values[: len(bucket.members)]
        watch.step(bucket.label, len(bucket.members), stop.step)
        interrupted = watch.interrupted()
        if stop.checkpoint or interrupted:
            members = len(bucket.members)
            host = jax.tree.map(lambda leaf: leaf[:members], jax.device_get(state))
            checkpoints.save(folder, stop.step, {"state": host, "records": records})
            kept = {s.step for s in training.stops if s.keep} | {stop.step}
            checkpoints.discard(folder, [s for s in checkpoints.saved_steps(folder) if s not in kept])
        if interrupted:
            raise Interrupted
    write_results(study, bucket, records, time.perf_counter() - began)


def resume(study: Study, bucket: Bucket) -> tuple[State, dict[str, np.ndarray], int]:
    """The state to go on from, the records so far, and the index of the next stop."""
    training = study.spec.training
    folder = study.checkpoints(bucket.label)
    steps = [stop.step for stop in training.stops]
    saved = [step for step in checkpoints.saved_steps(folder) if step in steps]
    if saved:
        tree = load_bucket(study, bucket.label, bucket.module, len(bucket.members), bucket.example, saved[-1])
        fill = bucket.fill
        state = programs.put(bucket.layout, jax.tree.map(lambda leaf: leaf[fill], tree["state"]))
        return state, tree["records"], steps.index(saved[-1]) + 1
    state = programs.start(
        study.spec.row,
        bucket.module,
        training.phases[0].frozen,
        bucket.layout,
        bucket.settings,
        bucket.splits,
    )
    return state, empty_records(study, len(bucket.members), bucket.example), 0


def empty_records(study: Study, members: int, example: Example) -> dict[str, np.ndarray]:
    """Records to be filled: measure -> NaN (members, stops, splits)."""
    shape = (members, len(study.spec.training.stops), len(example.splits))
    names = ("loss", *(name for name, _ in study.spec.row.metrics))
    return {name: np.full(shape, np.nan, np.float32) for name in names}


def load_bucket(
    study: Study, label: str, module: Any, members: int, example: Example, step: int
) -> dict[str, Any]:
    """The checkpoint of a bucket at `step`: {"state": State, "records": …}, leaves (members, …) on the host.

    Raises:
      DamagedFile: if it cannot be read.
    """
    frozen = phase_at(study.spec.training, step).frozen

    def one(example: Example) -> State:
        params = initial_params(module, example.splits, example.settings)
        return fresh_state(study.spec.row, params, frozen, example.settings)

    state = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct((members, *leaf.shape), leaf.dtype),
        jax.eval_shape(one, example),
    )
    like = {"state": state, "records": empty_records(study, members, example)}
    return checkpoints.load(study.checkpoints(label), step, like)


def phase_at(training: TrainingSpec, step: int) -> Phase:
    """The phase that ends at or after `step`; a state saved between two phases is that of the first."""
    return next(phase for phase in training.phases if step <= phase.stop)


def orders(training: TrainingSpec, bucket: Bucket, start: int, stop: int) -> Any:
    """The mini-batches of steps `start` … `stop - 1` of every member, or None for full batches.

    Padded to the longest stretch between two stops, so that the shape never changes.
    """
    if not training.batch_size:
        return None
    n = count(bucket.example.splits["train"])
    seeds = np.asarray(bucket.settings.seed)
    by_seed = {
        seed: batch_order(n, training.batch_size, int(seed), start, stop) for seed in np.unique(seeds)
    }
    order = np.zeros((len(seeds), training.record_every, training.batch_size), np.int32)
    for i, seed in enumerate(seeds):
        order[i, : stop - start] = by_seed[seed]
    return programs.put(bucket.layout, order)


def write_results(
    study: Study, bucket: Bucket, records: dict[str, np.ndarray], seconds: float
) -> None:
    """Write the results file of a finished bucket."""
    attributes = {
        "task": study.spec.task,
        "bucket": bucket.label,
        "config": study.spec.to_dict(),
        "provenance": provenance.provenance(),
        "device": provenance.devices.describe(),
        "data_sha256": bucket.data_sha256,
        "seconds": round(seconds, 3),
    }
    steps = [stop.step for stop in study.spec.training.stops]
    dataset = results.bucket_dataset(
        bucket.members, records, steps, split_names(bucket.example.splits), attributes
    )
    results.write(dataset, study.result(bucket.label))
