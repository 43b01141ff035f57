"""Buckets: members that train inside one compiled program, padded to the largest width among them."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

# Padding wastes arithmetic, another program costs compilation. The work of a step grows like width + OVERHEAD
# (in units, measured on spirals), and padding may at most double what a member needs.
OVERHEAD = 16
RATIO = 2.0

# More members than this gain nothing from one program, and would lose more to a kill.
MEMBERS = 1024


class Size(NamedTuple):
    """What a bucket's work depends on."""

    members: int
    width: int  # padded: of the widest

    @property
    def cost(self) -> float:
        """Relative work: members × (padded width + overhead)."""
        return self.members * (self.width + float(OVERHEAD))


def part(widths: np.ndarray, at_least: int = 1) -> list[np.ndarray]:
    """Part members of `widths` (members,) into buckets: the places of each one's members, the narrowest bucket first.

    Greedy from the widest: a width joins while the widest costs at most RATIO times as much.

    Args:
      at_least: split the costliest buckets until there are so many (where there are members enough).
    """
    parts = []
    left = np.unique(widths)
    while left.size:
        together = left[(left[-1] + OVERHEAD) <= RATIO * (left + OVERHEAD)]
        places = np.flatnonzero((widths >= together[0]) & (widths <= together[-1]))
        parts = np.split(places, range(MEMBERS, len(places), MEMBERS)) + parts
        left = left[left < together[0]]
    while len(parts) < min(at_least, len(widths)):
        costs = [Size(len(p), int(widths[p].max())).cost if len(p) > 1 else 0.0 for p in parts]
        costliest = parts.pop(int(np.argmax(costs)))
        parts += [costliest[::2], costliest[1::2]]
    return parts


def label(ids: Iterable[str], widths: np.ndarray) -> str:
    """The label of a bucket of such members, such as "w42-100-1f3a9c0b".

    It hashes the ids of the bucket's members, so equal plans give equal labels, whoever computes them.
    """
    short = hashlib.sha256("".join(ids).encode()).hexdigest()[:8]
    return f"w{min(widths)}-{max(widths)}-{short}"


def by_width(label: str) -> tuple[int, str]:
    """What sorts labels: the narrowest width, then the others and the hash."""
    return int(label[1:].split("-", 1)[0]), label


def shard(costs: dict[str, float], index: int, shards: int) -> list[str]:
    """The buckets of one of `shards` launchers: the costliest first, each to the least busy.

    A function of the plan alone, so that launchers agree without talking. `index` runs from 0 to `shards` - 1.

    Raises:
      ValueError: for another index, which would be no launcher's share.
    """
    if not 0 <= index < shards:
        raise ValueError(f"share {index} of {shards} shares")
    load = np.zeros(shards)
    mine = []
    for label in sorted(costs, key=lambda label: (-costs[label], label)):
        taker = int(load.argmin())
        load[taker] += costs[label]
        if taker == index:
            mine.append(label)
    return mine
