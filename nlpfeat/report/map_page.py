"""Pages on which people look around in maps of named points."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.plotting.figures.maps import Panel, Points, map_figure
from nlpfeat.plotting.save import save_figure
from nlpfeat.report.web_page import as_array, as_paragraph, web_page
from nlpfeat.store.atomic import write_atomic, write_csv


class Map(NamedTuple):
    """Named points, such as words, on maps side by side.

    Attributes:
      panels: the maps.
      points: names, colours and markers of the points.
      heading: above the still picture.
      about: above the maps of the page, plain text.
    """

    panels: list[Panel]
    points: Points
    heading: str
    about: str

    def as_data(self) -> dict[str, object]:
        """As the page's script reads them."""
        points = self.points
        known = [panel.neighbours for panel in self.panels if panel.neighbours is not None]
        return {
            "kind": points.kind,
            "names": list(points.names),
            "columns": {name: np.asarray(values).tolist() for name, values in points.columns.items()},
            "colours": list(points.colours),
            "markers": list(points.markers),
            "weights": as_array(points.weights, "f8"),
            "per": min((neighbours.shape[1] for neighbours in known), default=0),
            "panels": [_panel_data(panel) for panel in self.panels],
            "about": self.about,
        }


def _panel_data(panel: Panel) -> dict[str, object]:
    near = panel.neighbours
    return {
        "title": panel.title,
        "x": as_array(panel.points[:, 0], "f8"),
        "y": as_array(panel.points[:, 1], "f8"),
        "line": panel.line,
        "neighbours": None if near is None or not near.size else as_array(near, "u2"),
        "ends": list(panel.ends),
    }


def write_map(path: Path, shown: Map, stamp: str) -> list[Path]:
    """Write a map as PNG, PDF, HTML page and CSV.

    Args:
      path: name without suffix (dots in it are its own); its folder is made if there is none.
      shown: the map.
      stamp: command, commit and config, below the picture and the page.

    Returns:
      The four paths, in that order.

    Raises:
      OSError: if a file cannot be written.
    """
    panels, points, heading, _ = shown
    paths = save_figure(map_figure(panels, points, heading), path, stamp)
    page, table = (path.with_name(path.name + suffix) for suffix in (".html", ".csv"))
    write_atomic(page, map_page(shown, stamp).encode())
    return [*paths, page, write_csv(coordinates(panels, points), table)]


def coordinates(panels: Sequence[Panel], points: Points) -> pd.DataFrame:
    """One row per point: its name, its columns, and its coordinates on each map."""
    places = {f"{panel.title}: {axis}": panel.points[:, i] for panel in panels for i, axis in enumerate("xy")}
    return pd.DataFrame({points.kind: points.names, **points.columns, **places})


def map_page(shown: Map, stamp: str) -> str:
    """The HTML of a page of maps; the stamp is its last line."""
    return web_page(
        f"Map: {shown.points.kind}s",
        "map_page",
        "window.page = map_page.startMapPage(root, data);",
        shown.as_data(),
        as_paragraph(stamp),
    )
