"""The plan of a launch: the grid expands to members, members are grouped into buckets, buckets are shared among launchers.

A member's id is a hash of its resolved config. Its place is its number in the grid, the last axis varying fastest; members at
any places are made without the others, so a grid of millions is never in memory as a whole. A bucket's members train inside
one compiled program, padded to the largest width among them.
"""

import hashlib
import json
from math import prod
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.config.fields import setting_names
from nlpfeat.config.schema import digest
from nlpfeat.store import layout
from nlpfeat.store.layout import StudyFolder, check_folder
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.tasks.spec import Spec

CHUNK = 4096  # members whose rows are in memory while ids are counted


def grid_size(spec: Spec) -> int:
    """The number of members in the grid of a spec."""
    return prod(len(values) for _, values in spec.sweep)


def member_rows(spec: Spec, places: np.ndarray) -> pd.DataFrame:
    """The members at `places` of the grid: one column for each traced setting, indexed by "id".

    The id depends on everything that decides the member's numbers and on nothing else: not on its place in the
    grid, on the other members, or on time.
    """
    columns = settings_at(spec, places)
    table = pd.DataFrame({name: columns[name] for name in setting_names(spec.settings)})
    lines = zip(*(table[name].tolist() for name in table), strict=True)
    started = _started(spec)
    table.index = pd.Index(
        [_id(started, dict(zip(table.columns, line, strict=True))) for line in lines], name="id", dtype=object
    )
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


def settings_at(spec: Spec, places: np.ndarray) -> dict[str, np.ndarray]:
    """The values of every traced setting at `places` of the grid."""
    axes = dict(spec.sweep)
    found = np.unravel_index(places, [len(values) for values in axes.values()])
    swept = {name: np.asarray(axes[name])[at] for name, at in zip(axes, found, strict=True)}
    return {name: swept.get(name, np.full(len(places), value)) for name, value in vars(spec.settings).items()}


def _started(spec: Spec) -> "hashlib._Hash":
    """The hash of what all members share: the beginning of the JSON of [static settings, traced settings]."""
    shared = digest({k: v for k, v in spec.to_dict().items() if k not in ("sweep", "settings")})
    return hashlib.sha256(f'["{shared}", '.encode())


def _id(started: "hashlib._Hash", settings: dict[str, float]) -> str:
    whole = started.copy()
    whole.update(f"{json.dumps(settings, sort_keys=True)}]".encode())
    return whole.hexdigest()[:16]


# Padding wastes arithmetic, another program costs compilation. The work of a step grows like width + OVERHEAD
# (in units, measured on spirals), and padding may at most double what a member needs.
OVERHEAD = 16
MAX_RATIO = 2.0

# More members than this gain nothing from one program, and would lose more to a kill.
MAX_MEMBERS = 1024


class BucketSize(NamedTuple):
    """The size of a bucket, which decides its cost."""

    members: int
    width: int  # padded: of the widest

    @property
    def cost(self) -> float:
        """Relative work: members × (padded width + overhead)."""
        return self.members * (self.width + float(OVERHEAD))


def partition_widths(widths: np.ndarray, at_least: int = 1) -> list[np.ndarray]:
    """Group members by width into buckets.

    Greedy from the widest: a width joins while the widest costs at most MAX_RATIO times as much.

    Args:
      widths: (members,).
      at_least: the costliest buckets are split until there are this many, as far as there are members.

    Returns:
      The indices of the members of each bucket, the narrowest bucket first.
    """
    parts = []
    left = np.unique(widths)
    while left.size:
        together = left[(left[-1] + OVERHEAD) <= MAX_RATIO * (left + OVERHEAD)]
        places = np.flatnonzero((widths >= together[0]) & (widths <= together[-1]))
        parts = np.split(places, range(MAX_MEMBERS, len(places), MAX_MEMBERS)) + parts
        left = left[left < together[0]]
    while len(parts) < min(at_least, len(widths)):
        costs = [BucketSize(len(p), int(widths[p].max())).cost if len(p) > 1 else 0.0 for p in parts]
        costliest = parts.pop(int(np.argmax(costs)))
        parts += [costliest[::2], costliest[1::2]]
    return parts


def shard(costs: dict[str, float], index: int, shards: int) -> list[str]:
    """The buckets of one of `shards` launchers: the costliest first, each to the least busy.

    A function of the plan alone, so that launchers agree without communicating.

    Args:
      costs: of all buckets, by label.
      index: of the launcher, 0 to `shards` - 1.

    Raises:
      ValueError: for another index.
    """
    if not 0 <= index < shards:
        raise ValueError(f"shard {index} of {shards}")
    load = np.zeros(shards)
    mine = []
    for label in sorted(costs, key=lambda label: (-costs[label], label)):
        taker = int(load.argmin())
        load[taker] += costs[label]
        if taker == index:
            mine.append(label)
    return mine


ALL_SHARDS = (0, 1)
BUCKETS_PER_WORKER = 2  # at least, or the costliest bucket would keep the other workers waiting


class LaunchPlan(NamedTuple):
    """What a launch has to do. Members are made from it when they are needed, so the plan of a large grid is small.

    Attributes:
      wanted: the sizes of the buckets that hold the members of the grid.
      new: those of them that were not planned before: places in the grid.
      missing: those of them to train here.
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
    def sizes(self) -> dict[str, int]:
        """Members of each bucket to train here."""
        return {label: self.wanted[label].members for label in self.missing}

    def bucket(self, label: str) -> pd.DataFrame:
        """The members of a bucket."""
        if label in self.new:
            return member_rows(self.factory.spec, self.new[label])
        return self.folder.bucket(label)


def make_plan(
    factory: MemberFactory, path: Path, shards: tuple[int, int] = ALL_SHARDS, workers: int = 1
) -> LaunchPlan:
    """Plan the launch `shards` = (i, n) of a study at `path`; writes nothing.

    Members already planned keep their bucket, finished or not, so that an interrupted bucket resumes with the
    same members in the same places; only new ones form new buckets.

    Args:
      shards: (i, n): this is launcher i of n.
      workers: the number of buckets that a launcher trains at once; with several, new buckets are split until each worker has
        BUCKETS_PER_WORKER.

    Raises:
      UserError: if `path` holds something else; DamagedFile if a member table cannot be read.
    """
    folder = StudyFolder(path, factory.spec)
    check_folder(path, factory.spec)
    numbers = id_numbers(factory.spec)
    order, known, wanted, new = np.argsort(numbers), np.zeros(len(numbers), bool), {}, {}
    for label in folder.buckets():
        members = folder.bucket(label)
        ids = as_numbers(members.index)
        places = order[np.searchsorted(numbers, ids, sorter=order) % len(order)]
        requested = places[numbers[places] == ids]
        known[requested] = True
        if len(requested):
            wanted[label] = BucketSize(len(members), int(members["width"].max()))
    left = np.flatnonzero(~known)
    widths = settings_at(factory.spec, left)["width"]
    for places in partition_widths(widths, shards[1] * (workers * BUCKETS_PER_WORKER if workers > 1 else 1)):
        label = layout.bucket_label(as_ids(numbers[left[places]]), widths[places])
        new[label] = left[places]
        wanted[label] = BucketSize(len(places), int(widths[places].max()))
    costs = {label: one.cost for label, one in wanted.items()}
    missing = [label for label in shard(costs, *shards) if not folder.result(label).exists()]
    return LaunchPlan(folder, factory, wanted, new, missing)
