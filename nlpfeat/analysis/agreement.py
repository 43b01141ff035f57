"""How far the members of a study agree: every two seeds of a width, and every width beside the widest."""

import itertools
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nlpfeat.plotting.primitives import plot_measure
from nlpfeat.plotting.style import BLUE, ORANGE, width_axis
from nlpfeat.stats.quantiles import quartiles_of

T = TypeVar("T")


def agreement(
    seen: list[tuple[dict[str, float], T]], agree: Callable[[T, T], dict[str, float]]
) -> pd.DataFrame:
    """What `agree` says of every two seeds of one point of the grid ("seeds"), and of a seed's member beside its widest ("widest").

    Args:
      seen: the settings of each member, and what is compared.
    """
    widest = max(point["width"] for point, _ in seen)
    rows = []
    for (a, left), (b, right) in itertools.combinations(seen, 2):
        differ = [name for name in a if a[name] != b[name]]
        if differ == ["seed"]:
            rows.append({"kind": "seeds", "width": int(a["width"])} | agree(left, right))
        elif differ == ["width"] and widest in (a["width"], b["width"]):
            rows.append({"kind": "widest", "width": int(min(a["width"], b["width"]))} | agree(left, right))
    return pd.DataFrame(rows)


def medians(table: pd.DataFrame) -> dict[str, list[str]]:
    """The medians over pairs, as columns of text."""
    middle = table.groupby(["kind", "width"]).median().reset_index()
    return {
        str(name): [value if isinstance(value, str) else f"{value:.3g}" for value in middle[name]]
        for name in middle
    }


def by_width(table: pd.DataFrame, name: str) -> tuple[list[int], np.ndarray]:
    """The widths, and the values of a column at each: (widths, most), NaN where one has fewer."""
    groups = {int(width): group[name].to_numpy() for width, group in table.groupby("width")}  # pyright: ignore[reportArgumentType]
    most = max(map(len, groups.values()))
    padded = [np.pad(v, (0, most - len(v)), constant_values=np.nan) for v in groups.values()]
    return list(groups), np.array(padded)


def plot_agreement(ax: Axes, table: pd.DataFrame, name: str, about: str, top: float, units: str) -> None:
    """One measure against width: every pair, median, quartiles.

    Args:
      top: of its axis.
      units: what the width counts.
    """
    for kind, colour, marker in (("seeds", BLUE, "o"), ("widest", ORANGE, "^")):
        part = table[table["kind"] == kind]
        if part.empty:
            continue
        widths, values = by_width(part, name)
        label = "two seeds" if kind == "seeds" else "beside the widest"
        quartiles = quartiles_of(values, axis=1)
        plot_measure(ax, widths, values, *quartiles, label=label, colour=colour, marker=marker)
    width_axis(ax, sorted(table["width"].unique().tolist()), units)
    ax.set_title(about, fontsize=10)
    ax.set_ylim(0, top)
