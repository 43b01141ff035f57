"""Which members train together in one compiled program, and which launcher trains which of these buckets."""

from typing import NamedTuple

import numpy as np

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


def partition_widths(widths: np.ndarray, at_least: int = 1, *, padded: bool = True) -> list[np.ndarray]:
    """Group members by width into buckets.

    Greedy from the widest: a width joins while the widest costs at most MAX_RATIO times as much.

    Args:
      widths: (members,).
      at_least: the costliest buckets are split until there are this many, as far as there are members.
      padded: whether members of different widths can share a bucket.

    Returns:
      The indices of the members of each bucket.
    """
    parts = []
    left = np.unique(widths)
    while left.size:
        ratio = MAX_RATIO if padded else 1.0
        together = left[(left[-1] + OVERHEAD) <= ratio * (left + OVERHEAD)]
        indices = np.flatnonzero((widths >= together[0]) & (widths <= together[-1]))
        parts = np.split(indices, range(MAX_MEMBERS, len(indices), MAX_MEMBERS)) + parts
        left = left[left < together[0]]
    while len(parts) < min(at_least, len(widths)):
        costs = [BucketSize(len(p), int(widths[p].max())).cost if len(p) > 1 else 0.0 for p in parts]
        costliest = parts.pop(int(np.argmax(costs)))
        parts += [costliest[::2], costliest[1::2]]
    return parts


def buckets_of_shard(costs: dict[str, float], index: int, shards: int) -> list[str]:
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
