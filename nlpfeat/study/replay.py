"""Train one member of a study again, with its parameters at any steps: what a film needs."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import xarray as xr

from nlpfeat.data.core import Splits, split_names
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.store import results
from nlpfeat.study.restore import TrainedMember, find_member
from nlpfeat.study.session import Study
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.members import prepare_alone, tree_index, tree_stack


class Replay(NamedTuple):
    """A member's training, at chosen steps."""

    members: list[TrainedMember]  # one per step
    gap: float  # largest difference from the study's record, at the steps recorded there

    @property
    def steps(self) -> np.ndarray:
        """Of each (steps,)."""
        return np.array([member.step for member in self.members])

    @property
    def record(self) -> dict[str, np.ndarray]:
        """Metric -> (steps, splits)."""
        return tree_stack([member.record for member in self.members])


def replay(study: Study, settings: Mapping[str, float], steps: np.ndarray) -> Replay:
    """Train the member with these settings from its seed to the last of `steps`.

    Args:
      steps: rising, between 0 and the study's last step.

    Raises:
      UserError: if the study lacks the member, or has no record of it yet; DamagedFile if that cannot be read.
    """
    folder, factory = study.folder, study.factory
    row = find_member(folder, settings)
    label, training, width = str(row["bucket"]), study.spec.training, int(row["width"])
    if not folder.result(label).exists():
        raise UserError(f"{folder.path} has no record of this member yet: run the sweep to its end first")
    name = str(row.name)
    kept = results.read_bucket(folder, label).set_index(member="id").sel(member=name)
    bucket = prepare_alone(factory, label, folder.bucket(label), name, programs.member_mesh())
    shapes, module = factory.shapes(width), factory.module(width)
    recorded = [stop.step for stop in training.stops]
    state = runner.initial_state(bucket, training.phases[0].frozen, bucket.params)
    stops = sorted({*map(int, steps), *(step for step in recorded if step <= steps[-1])})
    wanted, members, records = set(map(int, steps)), [], []
    for step, (current, on_devices) in zip(
        stops, runner.advance(training, bucket, state, 0, stops), strict=True
    ):
        record: dict[str, np.ndarray] = tree_index(bucket.to_host(on_devices), 0)  # pyright: ignore[reportAssignmentType]
        records.append(record)
        if step in wanted:
            params = crop(tree_index(bucket.to_host(current.evaluated), 0), shapes)
            reached = tuple(stops[: len(records)])
            members.append(
                TrainedMember(
                    name, step, factory, module, params, bucket.first.settings, tree_stack(records), reached
                )
            )
    gap = _gap(tree_stack(records), np.array(stops), kept, bucket.first.splits)
    return Replay(members, gap)


def _gap(record: dict[str, np.ndarray], steps: np.ndarray, kept: xr.Dataset, splits: Splits) -> float:
    """The largest difference of a record (steps, splits) from what the study kept; 0 where both are the same infinity or NaN."""
    common = kept.sel(step=kept["step"].isin(steps), split=split_names(splits))
    here = np.isin(steps, common["step"])
    gaps = []
    for name, values in record.items():
        new, old = values[here], common[name].transpose("step", "split").to_numpy()
        same = (new == old) | (np.isnan(new) & np.isnan(old))
        gaps.append(np.abs(np.where(same, 0, new) - np.where(same, 0, old)))
    return float(np.max(np.nan_to_num(np.stack(gaps), nan=np.inf)))
