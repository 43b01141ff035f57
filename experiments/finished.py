"""The finished members of a study, one after another: what the commands start from that look at every net."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from experiments.members import PLAIN, describe, spell
from nlpfeat.errors import UserError
from nlpfeat.sweeps import grid
from nlpfeat.sweeps.prepare import Maker
from nlpfeat.sweeps.restore import RestoredBucket, kept_steps, restore_bucket
from nlpfeat.sweeps.study import Study


class Net(NamedTuple):
    """A member at a step."""

    id: str
    step: int
    bucket: RestoredBucket
    place: int

    @property
    def settings(self) -> Any:
        """Its settings, a NamedTuple of scalars."""
        return self.bucket.settings(self.place)

    @property
    def params(self) -> Any:
        """Its parameters, cropped to its own width."""
        return self.bucket.params(self.place)


def at_one_point(study: Study, chosen: dict[str, float]) -> pd.DataFrame:
    """The members with the settings `chosen`, which must leave open width and seed only.

    Raises:
      UserError: if there are none, or they leave more open.
    """
    table = grid.select(study.members(), chosen)
    if table.empty:
        raise UserError(f"{study.path} has no member with {describe(chosen)}")
    free = [name for name in grid.varying(table, list(study.spec.settings._fields)) if name not in PLAIN]
    if free:
        values = "; ".join(f"--{n}={' or '.join(map(spell, sorted(table[n].unique())))}" for n in free)
        raise UserError(f"the members differ in more than width and seed; say which: {values}")
    return table


def finished(study: Study, table: pd.DataFrame) -> list[tuple[str, int]]:
    """The finished buckets of the members `table` with each of their kept steps, in order.

    Raises:
      UserError: if there is none.
    """
    labels = [x for x in table["bucket"].unique() if study.result(x).exists()]
    found = [(label, step) for label in labels for step in kept_steps(study, label)]
    if not found:
        raise UserError(
            f"{study.path} has no finished bucket with a checkpoint: run the sweep to its end first"
        )
    return found


def nets(study: Study, make: Maker, table: pd.DataFrame, work: list[tuple[str, int]]) -> Iterator[Net]:
    """The members of `table`, at the buckets and steps of `work`.

    Raises:
      DamagedFile: if a checkpoint cannot be read.
    """
    for label, step in work:
        bucket = restore_bucket(study, make, label, step)
        for place, member in enumerate(bucket.members.index):
            if member in table.index:
                yield Net(str(member), step, bucket, place)
