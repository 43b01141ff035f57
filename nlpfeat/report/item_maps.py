"""The interactive map of items by two components of their factors."""

import numpy as np
import pandas as pd

from nlpfeat.analysis.ratings import ItemMap
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.plotting.style import BLUE, ORANGE
from nlpfeat.report.map_page import Map

OUTER, NAMED = 12, 3  # items at an end of an axis, and how many of them are named


def item_map_page(result: ItemMap) -> Map:
    """The map of items, ready for `nlpfeat.report.map_page.write_map`."""
    table, quality = result.table, result.quality
    better = table["quality"] >= table["quality"].median()
    columns = {
        "year": ["" if np.isnan(year) else f"{year:.0f}" for year in table["year"]],
        "ratings": table["ratings"].to_numpy(),
        quality: table["quality"].to_numpy().round(3),
    }
    points = Points(
        "item",
        table["title"].tolist(),
        columns,
        np.where(better, BLUE, ORANGE).tolist(),
        np.where(better, "circle", "triangle").tolist(),
        table["ratings"].to_numpy(float),
    )
    numbers = " and ".join(map(str, result.components))
    title = f"component{'' if len(result.components) == 1 else 's'} {numbers} of {result.model}"
    headline = f"The most rated items by {title}:\n{quality} above the median (dots) and below (triangles)"
    line = len(result.components) == 1
    panel = Panel(title, table[["x", "y"]].to_numpy(), line, result.neighbours, _ends(table, line=line))
    return Map([panel], points, headline, _about(result))


def _ends(table: pd.DataFrame, *, line: bool) -> tuple[str, ...]:
    """The best known items at each end of an axis: of the `OUTER` outermost the three with most ratings."""
    found = []
    for axis in ("x",) if line else ("x", "y"):
        order = np.argsort(table[axis].to_numpy(), kind="stable")
        for outer in (order[:OUTER], order[::-1][:OUTER]):
            known = sorted(outer.tolist(), key=lambda i: -table["ratings"].iloc[i])[:NAMED]
            found.append("; ".join(table["title"].iloc[i] for i in known))
    return tuple(found)


def _about(result: ItemMap) -> str:
    shares = " and ".join(f"{share:.0%}" for share in result.share)
    directions = "two principal components" if len(result.share) == 2 else "the only dimension"
    return (
        f"Items as the model sees them: the {len(result.table):,} most rated by {directions} of their factors ({shares} of the variance). "
        f"The same people like items that are near one another. The ends of each axis are named. Dots: {result.quality} above the median; "
        "triangles: below. Wheel to zoom, drag to move; point at an item to read its title, click it for the items nearest to it by the "
        "cosine of all factors; more labels appear as you zoom in."
    )
