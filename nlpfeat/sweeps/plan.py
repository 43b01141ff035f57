"""The plan of a launch: the grid expands to members, members are grouped into buckets, buckets are shared among launchers.

A member's id is a hash of its resolved config. Its index is its number in the grid, the last axis varying fastest; members at
any indices are made without the others, so a grid of millions is never in memory as a whole. A bucket's members train inside
one compiled program, padded to the largest width among them.
"""

from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.config.fields import setting_names
from nlpfeat.config.tied_axes import formula_column
from nlpfeat.store import layout
from nlpfeat.store.layout import StudyFolder, check_folder
from nlpfeat.sweeps.buckets import BucketSize, buckets_of_shard, partition_widths
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.tasks.spec import Spec, member_ids

CHUNK = 4096  # members whose rows are in memory while ids are counted


def grid_size(spec: Spec) -> int:
    """The number of members in the grid of a spec."""
    return prod(spec.shape)


def member_rows(spec: Spec, indices: np.ndarray) -> pd.DataFrame:
    """The members at `indices` of the grid: one column for each traced setting, indexed by "id".

    Neither the settings nor the id depend on the index in the grid, on the other members, or on time.
    """
    columns = settings_at(spec, indices)
    table = pd.DataFrame({name: columns[name] for name in setting_names(spec.settings)})
    ids = member_ids(spec, {str(name): table[name].tolist() for name in table})
    table.index = pd.Index(ids, name="id", dtype=object)
    return table


def all_members(spec: Spec) -> pd.DataFrame:
    """All members of the grid of a spec."""
    return member_rows(spec, np.arange(grid_size(spec)))


def id_numbers(spec: Spec) -> np.ndarray:
    """The ids of all members of the grid as numbers, uint64 (members,): eight bytes per member."""
    everywhere = np.arange(grid_size(spec))
    parts = np.split(everywhere, range(CHUNK, len(everywhere), CHUNK))
    return np.concatenate([as_numbers(member_rows(spec, part).index) for part in parts])


def as_numbers(ids: pd.Index) -> np.ndarray:
    """Ids, sixteen hexadecimal digits each, as numbers, uint64."""
    return np.array([int(one, 16) for one in ids], np.uint64)


def as_ids(numbers: np.ndarray) -> list[str]:
    """The inverse of `as_numbers`."""
    return [f"{one:016x}" for one in numbers.tolist()]


def settings_at(spec: Spec, indices: np.ndarray) -> dict[str, np.ndarray]:
    """The values of every traced setting at `indices` of the grid."""
    axes = dict(spec.sweep)
    found = np.unravel_index(indices, spec.shape)
    swept = {
        name: np.asarray(axes[name])[at]
        for group, at in zip(spec.groups, found, strict=True)
        for name in group
    }
    if len(indices):
        swept |= {
            name: formula_column(name, text, swept, type(getattr(spec.settings, name)))
            for name, text in spec.formulas
        }
    return {
        name: swept.get(name, np.full(len(indices), value)) for name, value in vars(spec.settings).items()
    }


WHOLE = (0, 1)  # the shard of a launcher that trains all buckets
BUCKETS_PER_WORKER = 2  # at least, or the costliest bucket would keep the other workers waiting


class LaunchPlan(NamedTuple):
    """What a launch has to do. Members are made from it when they are needed, so the plan of a large grid is small.

    Attributes:
      wanted: the sizes of the buckets that hold the members of the grid.
      new: of each bucket in `wanted` that was not planned before, the indices of its members in the grid.
      missing: the buckets in `wanted` to train here.
    """

    folder: StudyFolder
    factory: MemberFactory
    wanted: dict[str, BucketSize]
    new: dict[str, np.ndarray]
    missing: list[str]

    @property
    def members(self) -> int:
        """The number of members of the grid."""
        return grid_size(self.factory.spec)

    @property
    def member_counts(self) -> dict[str, int]:
        """Members of each bucket to train here."""
        return {label: self.wanted[label].members for label in self.missing}

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket."""
        if label in self.new:
            return member_rows(self.factory.spec, self.new[label])
        return self.folder.bucket(label)


def make_plan(
    factory: MemberFactory, path: Path, shard: tuple[int, int] = WHOLE, workers: int = 1
) -> LaunchPlan:
    """Plan a launch of a study at `path`; writes nothing.

    Members already planned keep their bucket, finished or not, so that an interrupted bucket resumes with the
    same members in the same order; only new ones form new buckets.

    Args:
      shard: (i, n): this is launcher i of n.
      workers: the number of buckets that a launcher trains at once; with several, new buckets are split until each worker has
        BUCKETS_PER_WORKER.

    Raises:
      UserError: if `path` holds something else; DamagedFile if a member table cannot be read.
    """
    folder = check_folder(path, factory.spec)
    numbers = id_numbers(factory.spec)
    order, known, wanted, new = np.argsort(numbers), np.zeros(len(numbers), bool), {}, {}
    for label in folder.buckets():
        members = folder.bucket(label)
        ids = as_numbers(members.index)
        indices = order[np.searchsorted(numbers, ids, sorter=order) % len(order)]
        requested = indices[numbers[indices] == ids]
        known[requested] = True
        if len(requested):
            wanted[label] = BucketSize(len(members), int(members["width"].max()))
    left = np.flatnonzero(~known)
    widths = settings_at(factory.spec, left)["width"]
    at_least = shard[1] * (workers * BUCKETS_PER_WORKER if workers > 1 else 1)
    for indices in partition_widths(widths, at_least, padded=factory.spec.task.model.padded):
        label = layout.bucket_label(as_ids(numbers[left[indices]]), widths[indices])
        new[label] = left[indices]
        wanted[label] = BucketSize(len(indices), int(widths[indices].max()))
    costs = {label: one.cost for label, one in wanted.items()}
    missing = [label for label in buckets_of_shard(costs, *shard) if not folder.result(label).exists()]
    return LaunchPlan(folder, factory, wanted, new, missing)
