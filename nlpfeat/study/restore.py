"""Restore trained members: parameters at their own width, data, record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import flax.linen as nn
import jax
import numpy as np
import pandas as pd

from nlpfeat import numerics
from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Dataset, Params, Splits
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.store import layout, provenance
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.precheck import missing_member
from nlpfeat.sweeps import runner
from nlpfeat.sweeps.members import MemberFactory, member_factory, stack_settings, tree_index
from nlpfeat.training import checkpoints
from nlpfeat.training.step import Data, Program, fresh_splits
from nlpfeat.training.task import Task


@dataclass(frozen=True)
class TrainedMember:
    """One trained network of a study, at a step.

    Attributes:
      id: of the member.
      step: whose parameters these are.
      factory: of the study's members.
      module: at the member's own width.
      params: host arrays, cropped to that width.
      settings: NumPy scalars.
      record: metric -> (splits,), as recorded during the sweep.
    """

    id: str
    step: int
    factory: MemberFactory
    module: nn.Module
    params: Params
    settings: Settings
    record: dict[str, np.ndarray]

    @property
    def task(self) -> Task:
        """What it was trained on."""
        return self.factory.spec.task

    @property
    def dataset(self) -> Dataset:
        """What all members of the study share."""
        return self.factory.dataset

    @cached_property
    def splits(self) -> Splits:
        """Its own splits, on the host."""
        return self.factory.splits(self.settings)

    @property
    def recorded_splits(self) -> Splits:
        """The splits that its record was evaluated on: at the last step fresh ones, where the task can generate them."""
        if self.step < self.factory.spec.training.total:
            return self.splits
        return self.splits | fresh_splits(self.task, self.dataset.metadata, self.settings)

    @property
    def program(self) -> Program:
        """The task and its module, for `nlpfeat.training.step`."""
        return Program(self.task, self.module)

    @property
    def data(self) -> Data:
        """What it is trained and evaluated on."""
        return Data(self.settings, self.dataset.arrays, self.splits)

    @property
    def finite(self) -> bool:
        """Whether its training did not diverge."""
        return is_finite(self.params)


def is_finite(params: Params) -> bool:
    """Whether all parameters are finite."""
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params))


def find_member(folder: StudyFolder, settings: Mapping[str, float]) -> pd.Series:
    """The one row of the member table with these settings.

    Raises:
      UserError: if there is none (the values that exist are listed), or several.
    """
    table = folder.members()
    if table.empty:
        raise UserError(f"{folder.path} has no members yet: run the sweep")
    chosen = table
    for name, value in settings.items():
        narrowed = layout.select_members(chosen, {name: value})
        if narrowed.empty:
            others = {other: settings[other] for other in settings if other != name}
            raise missing_member(folder.path, name, value, others, chosen[name].unique().tolist())
        chosen = narrowed
    if len(chosen) > 1:
        free = [n for n in table if n != "bucket" and chosen[n].nunique() > 1]
        values = "; ".join(f"{n}={' or '.join(f'{v:g}' for v in sorted(chosen[n].unique()))}" for n in free)
        raise UserError(f"{len(chosen)} members fit; choose one of {values}")
    return chosen.iloc[0]


def restore(
    folder: StudyFolder, factory: MemberFactory, settings: Mapping[str, float], step: int | None = None
) -> TrainedMember:
    """Restore the member with these settings, such as {"width": 8, "seed": 3}.

    Args:
      step: a step whose checkpoint was kept; the last one if None.

    Raises:
      UserError: if the study lacks the member or the step; DamagedFile if its checkpoint cannot be read.
    """
    row = find_member(folder, settings)
    label = str(row["bucket"])
    kept = kept_steps(folder, label)
    if not kept:
        result = folder.result(label)
        remedy = (
            f"delete {result} and run the sweep, which trains that bucket anew"
            if result.exists()
            else "run the sweep"
        )
        raise UserError(f"this member has no checkpoint in {folder.path}: {remedy}")
    step = kept[-1] if step is None else step
    if step not in kept:
        raise UserError(
            f"no checkpoint of step {step} was kept for this member; there are {', '.join(map(str, kept))}"
        )
    bucket = restore_bucket(folder, factory, label, step)
    return bucket.member(list(bucket.members.index).index(row.name))


def study_factory(folder: StudyFolder) -> MemberFactory:
    """The factory of a study's members, its files read and compared with those that it was trained on.

    Raises:
      UserError: if the files cannot be had or read, or have changed, or if this process draws other numbers.
    """
    factory = member_factory(folder.spec)
    numerics.require_same(folder.numerics, str(folder.path), training=False)
    provenance.check_data(folder, factory.dataset)
    return factory


@dataclass(frozen=True)
class RestoredBucket:
    """All members of a bucket at a step.

    Attributes:
      members: the bucket's rows of the member table.
      saved: host arrays (members, …), padded.
    """

    factory: MemberFactory
    members: pd.DataFrame
    step: int
    checkpoint: checkpoints.CheckpointState

    def member(self, row: int) -> TrainedMember:
        """The member in a row of the table."""
        factory = self.factory
        settings = tree_index(stack_settings(factory.spec.settings, self.members), row)
        width = int(self.members["width"].iloc[row])
        params = crop(tree_index(self.checkpoint.state.evaluated, row), factory.shapes(width))
        stop = [one.step for one in factory.spec.training.stops].index(self.step)
        record = {name: values[row, stop] for name, values in self.checkpoint.records.items()}
        name = str(self.members.index[row])
        return TrainedMember(name, self.step, factory, factory.module(width), params, settings, record)

    def __iter__(self) -> Iterator[TrainedMember]:
        return (self.member(row) for row in range(len(self.members)))


def kept_steps(folder: StudyFolder, label: str) -> list[int]:
    """The steps of a bucket whose checkpoints were kept."""
    return checkpoints.saved_steps(folder.checkpoints(label))


def restore_bucket(folder: StudyFolder, factory: MemberFactory, label: str, step: int) -> RestoredBucket:
    """All members of a bucket at a step that was kept.

    Raises:
      DamagedFile: if the checkpoint cannot be read or does not fit.
    """
    members = folder.bucket(label)
    first = tree_index(stack_settings(folder.spec.settings, members), 0)
    checkpoint = runner.load_checkpoint(folder, factory, label, members, factory.splits(first), step)
    return RestoredBucket(factory, members, step, checkpoint)
