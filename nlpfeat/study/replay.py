"""Train one member of a study again, with its parameters at as many steps as one likes: what a film needs."""

from typing import Any, NamedTuple

import jax
import numpy as np

from nlpfeat.data.core import Splits, split_names
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.store import results
from nlpfeat.store.layout import Study
from nlpfeat.study.restore import find_member
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.members import MemberFactory, prepare_alone, tree_index, tree_stack
from nlpfeat.training.step import Params


class Replay(NamedTuple):
    """A member's training, at chosen steps."""

    id: str
    settings: Any  # NamedTuple of scalars
    splits: Splits
    steps: np.ndarray  # (steps,)
    params: list[Params]  # at each step, host arrays cropped to the member's width
    record: dict[str, np.ndarray]  # measure -> (steps, splits)
    gap: float  # largest difference from the study's record, at the steps recorded there


def replay(study: Study, make: MemberFactory, wanted: dict[str, float], steps: np.ndarray) -> Replay:
    """Train the member with the settings `wanted` from its seed to the last of `steps`.

    Args:
      steps: rising, between 0 and the study's last step.

    Raises:
      UserError: if the study lacks the member, or has no record of it yet; DamagedFile if that cannot be read.
    """
    row = find_member(study, wanted)
    label, training = str(row["bucket"]), study.spec.training
    if not study.result(label).exists():
        raise UserError(f"{study.path} has no record of this member yet: run the sweep to its end first")
    kept = results.read_results(study.result(label)).set_index(member="id").sel(member=str(row.name))
    bucket = prepare_alone(make, label, study.bucket(label), str(row.name), programs.member_mesh())
    shapes = make.shapes(int(row["width"]))
    recorded = [stop.step for stop in training.stops]
    state = runner.initial_state(study.spec.row, bucket, training.phases[0].frozen, bucket.params)
    stops = sorted({*map(int, steps), *(step for step in recorded if step <= steps[-1])})
    wanted_steps, found, records = set(map(int, steps)), [], []
    going = runner.advance(study.spec.row, training, bucket, state, 0, stops)
    for step, (current, record) in zip(stops, going, strict=True):
        records.append(tree_index(bucket.fetch(record), 0))
        if step in wanted_steps:
            found.append(crop(tree_index(bucket.fetch(current.params), 0), shapes))
    every = tree_stack(records)
    gap = _gap(every, np.array(stops), kept, bucket.example.splits)
    here = np.isin(stops, steps)
    return Replay(
        str(row.name),
        bucket.example.settings,
        bucket.example.splits,
        np.asarray(steps),
        found,
        jax.tree.map(lambda values: values[here], every),
        gap,
    )


def _gap(record: dict[str, np.ndarray], steps: np.ndarray, kept: Any, splits: Splits) -> float:
    """The largest difference of a record (steps, splits) from what the study kept; 0 where both are the same infinity or NaN."""
    common = kept.sel(step=kept["step"].isin(steps), split=split_names(splits))
    here = np.isin(steps, common["step"])
    gaps = []
    for name, values in record.items():
        new, old = values[here], common[name].transpose("step", "split").to_numpy()
        same = (new == old) | (np.isnan(new) & np.isnan(old))
        gaps.append(np.abs(np.where(same, 0, new) - np.where(same, 0, old)))
    return float(np.max(np.nan_to_num(np.stack(gaps), nan=np.inf)))
