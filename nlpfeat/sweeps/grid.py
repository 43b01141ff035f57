"""The grid expands to the member table: one row a member, whose id is a hash of its resolved config."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from nlpfeat.sweeps.spec import Spec, digest


def expand(spec: Spec) -> pd.DataFrame:
    """The members of a grid: one column for each traced setting, indexed by "id".

    The id depends on everything that decides the member's numbers and on nothing else: not on its place in the
    grid, on the other members, or on time.
    """
    axes = dict(spec.sweep)
    settings = spec.settings._asdict()
    points = np.meshgrid(*(np.asarray(values) for values in axes.values()), indexing="ij")
    columns = {axis: grid.ravel() for axis, grid in zip(axes, points, strict=True)}
    size = points[0].size
    table = pd.DataFrame({name: columns.get(name, np.full(size, value)) for name, value in settings.items()})
    static = digest({k: v for k, v in spec.to_dict().items() if k not in ("sweep", "settings")})
    rows = zip(*(table[name].tolist() for name in settings), strict=True)
    table.index = pd.Index(
        [digest([static, dict(zip(settings, row, strict=True))])[:16] for row in rows], name="id"
    )
    return table


def select(table: pd.DataFrame, wanted: dict[str, float]) -> pd.DataFrame:
    """The rows whose settings equal `wanted`; floats are compared by value."""
    chosen = np.ones(len(table), bool)
    for name, value in wanted.items():
        chosen &= table[name].to_numpy() == value
    return table[chosen]


def varying(table: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Which of `names` take more than one value in the table; width and seed count always."""
    return [name for name in names if name in ("width", "seed") or table[name].nunique() > 1]
