"""Train members that start from given parameters: what is left of a trained network, its first weights, those of another seed.

They train in the programs of a sweep, in memory; whoever asks for them keeps their records.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import jax
import numpy as np
import pandas as pd

from nlpfeat.data.core import Params
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.progress import Track, untracked
from nlpfeat.sweeps import programs
from nlpfeat.sweeps.buckets import partition_widths
from nlpfeat.sweeps.members import Bucket, MemberFactory, NewMember, prepare_given, tree_index
from nlpfeat.sweeps.runner import advance, final_record, initial_state, step_inputs
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.step import Interval, Record, State

MOST = 512  # members of one program: more gain nothing
PROGRAM_BYTES = 2**28  # of the parameters of the members of one program
RETURNS = 4  # of a program to the host, where progress is seen and Ctrl-C is heard


class Trained(NamedTuple):
    """Members after their training.

    Attributes:
      records: metric -> (members, splits), at the end.
      params: of each member, at its own width, on the host.
    """

    records: dict[str, np.ndarray]
    params: list[Params]


def run_trials(
    factory: MemberFactory,
    members: pd.DataFrame,
    given: Sequence[NewMember],
    steps: int,
    track: Track = untracked,
) -> Trained:
    """Train members and evaluate them, as at the last step of a study: on fresh examples, where the task generates any.

    Args:
      factory: of the study whose recipe they follow; its schedule runs over `steps` in one phase, and nothing is frozen.
      members: one row of all settings per member, the width that of its parameters.
      given: each member, at its own width, on the host.
      steps: of training; 0 evaluates the parameters as they are.
      track: follows the programs.

    Raises:
      UserError: if the warm-up of a member takes all of the steps.
    """
    longest = int(members["warmup_steps"].max()) if steps and "warmup_steps" in members else 0
    if longest and longest >= steps:
        raise UserError(f"steps: a warm-up of {longest} steps leaves none of {steps}: train for more")
    training = one_phase(factory.spec.training, steps)
    factory = replace(factory, spec=replace(factory.spec, training=training))
    parts = _parts(factory, members["width"].to_numpy())
    records: dict[str, np.ndarray] = {}
    params: list[Params] = [{} for _ in given]
    for part in track(parts, "programs", len(parts)):
        rows = members.iloc[part]
        bucket = prepare_given(factory, "trials", rows, [given[i] for i in part], programs.member_mesh())
        state, record = _trained(training, bucket, steps)
        host, evaluated = bucket.to_host(record), bucket.to_host(state.evaluated)
        for name, values in host.items():
            records.setdefault(name, np.full((len(members), values.shape[1]), np.nan, np.float32))
            records[name][part] = values
        for row, i in enumerate(part):
            params[i] = crop(tree_index(evaluated, row), factory.shapes(int(rows["width"].iloc[row])))
    return Trained(records, params)


def one_phase(training: TrainingSpec, steps: int) -> TrainingSpec:
    """A schedule of so many steps at the member's own rate, with few returns to the host."""
    return replace(
        training,
        steps=(max(1, steps),),
        lr_scales=(),
        frozen=(),
        records_per_decade=0,
        record_every=max(1, steps),
        checkpoint_every=max(1, -(-steps // RETURNS)),
        snapshots=(),
    )


def _parts(factory: MemberFactory, widths: np.ndarray) -> list[np.ndarray]:
    """The members of each program: of similar widths, and of one size for each of them, filled with copies of the last."""
    found = []
    for bucket in partition_widths(widths, padded=factory.spec.task.model.padded):
        shapes = factory.shapes(int(widths[bucket].max()))
        each = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))
        number = -(-len(bucket) // max(1, min(MOST, PROGRAM_BYTES // each)))
        size = -(-len(bucket) // number)
        filled = np.minimum(np.arange(number * size), len(bucket) - 1)
        found += np.split(bucket[filled], number)
    return found


def _trained(training: TrainingSpec, bucket: Bucket, steps: int) -> tuple[State, Record]:
    state = initial_state(bucket, (), bucket.params)
    if not steps:
        inputs = step_inputs(training, bucket, 0, 0)
        layout, data = bucket.layout, bucket.data
        state, record = programs.advance(bucket.program, layout, state, data, inputs, Interval(0, 0))
        return state, final_record(bucket, state, record)
    stops = [stop.step for stop in training.stops]
    *_, last = advance(training, bucket, state, 0, stops[1:])
    return last
