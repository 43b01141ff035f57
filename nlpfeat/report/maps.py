"""A map of named points as files: a still picture (PNG, PDF), a page, and a table."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from nlpfeat.plotting.figures.maps import Panel, Points, map_figure
from nlpfeat.plotting.save import save_figure
from nlpfeat.report.map_page import map_page
from nlpfeat.store.atomic import write_atomic, write_csv


class MapText(NamedTuple):
    """The text of a map.

    Attributes:
      heading: above the still picture.
      about: HTML above the maps of the page.
      stamp: command, commit and config, below the picture and the text of the page.
    """

    heading: str
    about: str
    stamp: str = ""


def write_map(path: Path, panels: Sequence[Panel], points: Points, text: MapText) -> list[Path]:
    """Write a map as PNG, PDF, HTML page and CSV.

    Args:
      path: name without suffix (dots in it are its own); its folder is made if there is none.
      panels: maps of the points, side by side.
      points: names, colours and markers of the points.
      text: of the map.

    Returns:
      The four paths, in that order.

    Raises:
      OSError: if a file cannot be written.
    """
    paths = save_figure(map_figure(panels, points, text.heading), path, text.stamp)
    stamp = f"<p style='color:#666;font-size:11px'>{html.escape(text.stamp)}</p>"
    page, table = (path.with_name(path.name + suffix) for suffix in (".html", ".csv"))
    write_atomic(page, map_page(panels, points, text.about + stamp))
    coordinates = {
        f"{panel.title}: {axis}": panel.points[:, i] for panel in panels for i, axis in enumerate("xy")
    }
    columns = {points.kind: points.names, **points.columns, **coordinates}
    return [*paths, page, write_csv(pd.DataFrame(columns), table)]
