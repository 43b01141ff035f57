"""The grid expands to members, each with an id that is a hash of its resolved config.

A member has a place: its number in the grid, the last axis turning fastest. Members of any places are made without the
others, so a grid of millions never lies in memory whole.
"""

import hashlib
import json
from collections.abc import Sequence
from math import prod

import numpy as np
import pandas as pd

from nlpfeat.sweeps.spec import Spec, digest

CHUNK = 4096  # members whose rows are in memory while ids are counted


def size(spec: Spec) -> int:
    """How many members the grid of a spec has."""
    return prod(len(values) for _, values in spec.sweep)


def rows(spec: Spec, places: np.ndarray) -> pd.DataFrame:
    """The members at `places` of the grid: one column for each traced setting, indexed by "id".

    The id depends on everything that decides the member's numbers and on nothing else: not on its place in the
    grid, on the other members, or on time.
    """
    columns = settings_at(spec, places)
    table = pd.DataFrame({name: columns[name] for name in spec.settings._fields})
    lines = zip(*(table[name].tolist() for name in table), strict=True)
    started = _started(spec)
    table.index = pd.Index(
        [_id(started, dict(zip(table.columns, line, strict=True))) for line in lines], name="id", dtype=object
    )
    return table


def expand(spec: Spec) -> pd.DataFrame:
    """All members of the grid of a spec."""
    return rows(spec, np.arange(size(spec)))


def numbers(spec: Spec) -> np.ndarray:
    """The ids of all members of the grid as numbers, uint64 (members,): eight bytes a member."""
    everywhere = np.arange(size(spec))
    parts = np.split(everywhere, range(CHUNK, len(everywhere), CHUNK))
    return np.concatenate([as_numbers(rows(spec, part).index) for part in parts])


def as_numbers(ids: pd.Index) -> np.ndarray:
    """Ids, sixteen hexadecimal digits each, as numbers, uint64."""
    return np.array([int(one, 16) for one in ids], np.uint64)


def as_ids(numbers: np.ndarray) -> list[str]:
    """The opposite of `as_numbers`."""
    return [f"{one:016x}" for one in numbers.tolist()]


def settings_at(spec: Spec, places: np.ndarray) -> dict[str, np.ndarray]:
    """The values of every traced setting at `places` of the grid."""
    axes = dict(spec.sweep)
    found = np.unravel_index(places, [len(values) for values in axes.values()])
    swept = {name: np.asarray(axes[name])[at] for name, at in zip(axes, found, strict=True)}
    return {
        name: swept.get(name, np.full(len(places), value)) for name, value in spec.settings._asdict().items()
    }


def _started(spec: Spec) -> "hashlib._Hash":
    """The hash of what all members share: the beginning of the JSON of [static settings, traced settings]."""
    shared = digest({k: v for k, v in spec.to_dict().items() if k not in ("sweep", "settings")})
    return hashlib.sha256(f'["{shared}", '.encode())


def _id(started: "hashlib._Hash", settings: dict[str, float]) -> str:
    whole = started.copy()
    whole.update(f"{json.dumps(settings, sort_keys=True)}]".encode())
    return whole.hexdigest()[:16]


def select(table: pd.DataFrame, wanted: dict[str, float]) -> pd.DataFrame:
    """The rows whose settings equal `wanted`; floats are compared by value."""
    chosen = np.ones(len(table), bool)
    for name, value in wanted.items():
        chosen &= table[name].to_numpy() == value
    return table[chosen]


def varying(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Which of `names` take more than one value in the table; width and seed count always."""
    return [name for name in names if name in ("width", "seed") or table[name].nunique() > 1]
