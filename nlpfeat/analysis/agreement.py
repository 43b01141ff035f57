"""Agreement of the members of a study: all pairs of seeds of a width, and each width against the widest."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
import pandas as pd

T = TypeVar("T")


def agreement(
    members: Sequence[tuple[Mapping[str, float], T]], compare: Callable[[T, T], Mapping[str, float]]
) -> pd.DataFrame:
    """Compare the pairs of members that differ in seed only, or in width only, one of them being a widest one.

    Args:
      members: the settings of each member, and the object that is compared, such as its vectors.
      compare: the measures of agreement of two objects.

    Returns:
      A row per pair: "kind" ("seeds" or "widest"), "width" (the smaller one), and the measures. Empty if no pair fits.
    """
    widest = max(settings["width"] for settings, _ in members)
    rows = []
    for (a, left), (b, right) in itertools.combinations(members, 2):
        differing = [name for name in a if a[name] != b[name]]
        if differing == ["seed"]:
            rows.append({"kind": "seeds", "width": int(a["width"]), **compare(left, right)})
        elif differing == ["width"] and widest in (a["width"], b["width"]):
            width = int(min(a["width"], b["width"]))
            rows.append({"kind": "widest", "width": width, **compare(left, right)})
    return pd.DataFrame(rows)


def medians(table: pd.DataFrame) -> dict[str, list[str]]:
    """The medians over pairs by kind and width, as columns of text."""
    middle = table.groupby(["kind", "width"]).median().reset_index()
    return {
        str(name): [value if isinstance(value, str) else f"{value:.3g}" for value in middle[name]]
        for name in middle
    }


def by_width(table: pd.DataFrame, name: str) -> tuple[list[int], np.ndarray]:
    """The widths of a table in ascending order, and the values of a column at each width.

    Args:
      table: with a column "width".
      name: of the column.

    Returns:
      The widths, and the values (widths, most), padded with NaN where a width has fewer than the most.
    """
    groups = {int(width): group[name].to_numpy(float) for width, group in table.groupby("width")}  # pyright: ignore[reportArgumentType]
    most = max(map(len, groups.values()))
    padded = [np.pad(v, (0, most - len(v)), constant_values=np.nan) for v in groups.values()]
    return list(groups), np.array(padded)
