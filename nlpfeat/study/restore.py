"""Give one member back: its parameters at its own width, its data, its record."""

from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd

from nlpfeat.data.core import Dataset, Splits
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.store import layout, provenance
from nlpfeat.store.layout import Study
from nlpfeat.store.precheck import missing_member
from nlpfeat.sweeps import runner
from nlpfeat.sweeps.members import MemberFactory, member_factory, stack_settings, tree_index
from nlpfeat.training import checkpoints
from nlpfeat.training.step import Params, fresh_splits


class Member(NamedTuple):
    """One network of a study, by itself."""

    id: str
    step: int
    module: Any  # at the member's own width
    params: Params  # host arrays, cropped to it
    settings: Any  # NamedTuple of scalars
    source: Dataset
    splits: Splits
    record: dict[str, np.ndarray]  # measure -> (splits,), as recorded during the sweep


def is_finite(params: Params) -> bool:
    """Whether all numbers of a net are finite: whether its training did not diverge."""
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params))


def find_member(study: Study, wanted: dict[str, float]) -> Any:
    """The one row of the member table with the settings `wanted`.

    Raises:
      UserError: if there is none (the values that exist are listed), or several.
    """
    table = study.members()
    if table.empty:
        raise UserError(f"{study.path} has no members yet: run the sweep")
    chosen = table
    for name, value in wanted.items():
        narrowed = layout.select_members(chosen, {name: value})
        if narrowed.empty:
            others = {other: wanted[other] for other in wanted if other != name}
            raise missing_member(study.path, name, value, others, chosen[name].unique().tolist())
        chosen = narrowed
    if len(chosen) > 1:
        free = [n for n in table if n != "bucket" and chosen[n].nunique() > 1]
        values = "; ".join(f"--{n}={' or '.join(f'{v:g}' for v in sorted(chosen[n].unique()))}" for n in free)
        raise UserError(f"{len(chosen)} members fit; say which: {values}")
    return chosen.iloc[0]


def restore(
    study: Study, wanted: dict[str, float], step: int | None = None, make: MemberFactory | None = None
) -> Member:
    """Restore the member with the settings `wanted`, such as {"width": 8, "seed": 3}.

    Args:
      step: a step whose checkpoint was kept; the last one if None.
      make: the study's maker, where it is at hand: files are read once.

    Raises:
      UserError: if the study lacks the member or the step, or its data have changed; DamagedFile if its checkpoint cannot be read.
    """
    row = find_member(study, wanted)
    kept = kept_steps(study, row["bucket"])
    if not kept:
        result = study.result(row["bucket"])
        mend = (
            f"delete {result} and run the sweep, which trains that bucket anew"
            if result.exists()
            else "run the sweep"
        )
        raise UserError(f"this member has no checkpoint in {study.path}: {mend}")
    step = kept[-1] if step is None else step
    if step not in kept:
        there = ", ".join(map(str, kept))
        raise UserError(f"no checkpoint of step {step} was kept for this member; there are {there}")
    make = make or study_factory(study)
    bucket = restore_bucket(study, make, row["bucket"], step)
    place, width = list(bucket.members.index).index(row.name), int(row["width"])
    settings = bucket.settings(place)
    steps = [stop.step for stop in study.spec.training.stops]
    record = {name: values[place, steps.index(step)] for name, values in bucket.saved.records.items()}
    params = bucket.params(place)
    module, splits = make.module(width), make.splits(settings)
    return Member(str(row.name), step, module, params, settings, make.source, splits, record)


def recorded_splits(study: Study, member: Member) -> Splits:
    """The examples that the record of a restored member was taken over."""
    if member.step < study.spec.training.total:
        return member.splits
    return member.splits | fresh_splits(study.spec.row, member.source.about, member.settings)


def study_factory(study: Study) -> MemberFactory:
    """The maker of a study's members, its files read and compared with those that it was trained on.

    Raises:
      UserError: if the files cannot be had or read, or are others now.
    """
    make = member_factory(study.spec)
    provenance.check_data(study, make.source)
    return make


class RestoredBucket(NamedTuple):
    """All members of a bucket at a step."""

    make: MemberFactory
    members: pd.DataFrame  # the bucket's rows of the member table
    splits: Splits  # of the first member
    saved: runner.CheckpointState  # host arrays (members, …), padded

    def settings(self, place: int) -> Any:
        """The settings of the member in a place of the table."""
        return tree_index(stack_settings(self.make.spec.settings, self.members), place)

    def params(self, place: int) -> Params:
        """The parameters of the member in a place of the table, cropped to its own width."""
        return crop(
            tree_index(self.saved.state.params, place),
            self.make.shapes(int(self.members["width"].iloc[place])),
        )


def kept_steps(study: Study, label: str) -> list[int]:
    """The steps of a bucket whose checkpoints were kept."""
    return checkpoints.saved_steps(study.checkpoints(label))


def restore_bucket(study: Study, make: MemberFactory, label: str, step: int) -> RestoredBucket:
    """All members of a bucket at a step that was kept.

    Raises:
      DamagedFile: if the checkpoint cannot be read or does not fit.
    """
    members = study.bucket(label)
    first = tree_index(stack_settings(study.spec.settings, members), 0)
    splits = make.splits(first)
    loaded = runner.load_checkpoint(
        study, make, label, int(members["width"].max()), len(members), splits, step
    )
    return RestoredBucket(make, members, splits, loaded)
