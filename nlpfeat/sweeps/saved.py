"""What is saved of a bucket: its state and its records so far, in one checkpoint."""

from typing import Any, NamedTuple

import jax
import numpy as np

from nlpfeat.data.examples import Splits, split_names
from nlpfeat.sweeps.prepare import Maker, batch_rows
from nlpfeat.sweeps.spec import Spec
from nlpfeat.sweeps.study import Study
from nlpfeat.training import checkpoints
from nlpfeat.training.member import State, fresh_state, recorded
from nlpfeat.training.spec import Phase, TrainingSpec


class Saved(NamedTuple):
    """Host arrays of a bucket at a step, without the layout's padding: any number of devices can go on."""

    state: State  # leaves (members, …)
    records: dict[str, np.ndarray]  # measure -> (members, stops, splits), NaN where not recorded yet


def empty_records(spec: Spec, members: int, splits: Splits) -> dict[str, np.ndarray]:
    """Records to be filled."""
    shape = (members, len(spec.training.stops), len(split_names(splits)))
    return {name: np.full(shape, np.nan, np.float32) for name in recorded(spec.row)}


def phase_at(training: TrainingSpec, step: int) -> Phase:
    """The phase that ends at or after `step`; a state saved between two phases is that of the first."""
    return next(phase for phase in training.phases if step <= phase.stop)


def load(study: Study, make: Maker, label: str, units: int, members: int, splits: Splits, step: int) -> Saved:
    """What was saved of a bucket of `members` members padded to `units`, at `step`.

    Raises:
      DamagedFile: if it cannot be read or does not fit the study's config.
    """
    training = study.spec.training
    frozen, rows = phase_at(training, step).frozen, batch_rows(training, splits)

    def state(params: Any, settings: Any) -> State:
        return fresh_state(study.spec.row, make.module(units), frozen, rows, params, settings)

    one = jax.eval_shape(state, make.shapes(units), study.spec.settings)
    like = jax.tree.map(lambda a: jax.ShapeDtypeStruct((members, *a.shape), a.dtype), one)
    records = empty_records(study.spec, members, splits)
    return checkpoints.load(study.checkpoints(label), step, Saved(like, records))
