"""The interactive map of items by two components of their factors."""

import html

import numpy as np

from nlpfeat.analysis.ratings import ItemMap
from nlpfeat.plotting.figures.maps import Panel, Points
from nlpfeat.plotting.style import BLUE, ORANGE
from nlpfeat.report.map_page import Map


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
    title = f"components {result.components[0]} and {result.components[1]} of {result.model}"
    headline = f"The most rated items by {title}:\n{quality} above the median (dots) and below (triangles)"
    panel = Panel(title, table[["x", "y"]].to_numpy())
    return Map([panel], points, headline, _about(result))


def _about(result: ItemMap) -> str:
    shares = " and ".join(f"{share:.0%}" for share in result.share)
    return (
        f"<p><b>Items as the model sees them.</b> The {len(result.table):,} most rated items by two principal components of "
        f"their factors ({shares} of the variance): the same people like items that are near one another. Dots: "
        f"{html.escape(result.quality)} above the median; triangles: below. Wheel to zoom, drag to pan; point at an item to read "
        "its title; more labels appear as you zoom in.</p>"
    )
