"""Buckets: members that train inside one compiled program, padded to the largest width among them."""

import hashlib

import numpy as np
import pandas as pd

# Padding wastes arithmetic, another program costs compilation. The work of a step grows like width + OVERHEAD
# (in units, measured on spirals), and padding may at most double what a member needs.
OVERHEAD = 16
RATIO = 2.0

# More members than this gain nothing from one program, and would lose more to a kill.
MEMBERS = 1024


def assign(table: pd.DataFrame, at_least: int = 1) -> pd.Series:
    """A bucket's label for each member of the table, such as "w42-100-1f3a9c0b".

    Greedy from the widest: a width joins while the widest costs at most RATIO times as much. The label hashes
    the ids of the bucket's members, so equal plans give equal labels, whoever computes them.

    Args:
      table: member table.
      at_least: split the costliest buckets until there are so many (where there are members enough).
    """
    parts = []
    left = np.unique(table["width"])
    while left.size:
        together = left[(left[-1] + OVERHEAD) <= RATIO * (left + OVERHEAD)]
        members = table[table["width"].isin(together)]
        parts += [members.iloc[i : i + MEMBERS] for i in range(0, len(members), MEMBERS)]
        left = left[left < together[0]]
    while len(parts) < min(at_least, len(table)):
        parts.sort(key=lambda part: cost(part) if len(part) > 1 else 0.0)
        costliest = parts.pop()
        parts += [costliest.iloc[::2], costliest.iloc[1::2]]
    labels = pd.Series("", index=table.index, name="bucket", dtype=object)
    for part in parts:
        ids = hashlib.sha256("".join(part.index).encode()).hexdigest()[:8]
        labels[part.index] = f"w{part['width'].min()}-{part['width'].max()}-{ids}"
    return labels


def cost(bucket: pd.DataFrame) -> float:
    """Relative work of a bucket: members × (padded width + overhead)."""
    return len(bucket) * (float(bucket["width"].max()) + OVERHEAD)


def shard(costs: dict[str, float], index: int, shards: int) -> list[str]:
    """The buckets of one of `shards` launchers: the costliest first, each to the least busy.

    A function of the plan alone, so that launchers agree without talking. `index` counts modulo `shards`:
    0 … n-1 and 1 … n both cover the study.
    """
    load = np.zeros(shards)
    mine = []
    for label in sorted(costs, key=lambda label: (-costs[label], label)):
        taker = int(load.argmin())
        load[taker] += costs[label]
        if taker == index % shards:
            mine.append(label)
    return mine
