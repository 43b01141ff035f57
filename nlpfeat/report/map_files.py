"""A map of named points as files: a picture (PNG, PDF), a page and a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd

from nlpfeat.plotting.save import save, stamp
from nlpfeat.plotting.style import house_style
from nlpfeat.plotting.texts import plot_names
from nlpfeat.report.map_page import Panel, Points, map_page
from nlpfeat.store.atomic import atomic

DRAWN = 1000  # points of a still picture, the first ones, where there are more; the page has all


class Said(NamedTuple):
    """What is written beside a map."""

    headline: str  # above the picture
    about: str  # HTML above the maps of the page
    line: str  # the stamp: command, commit, config


def write(path: Path, panels: Sequence[Panel], points: Points, said: Said) -> list[Path]:
    """Write a map, `path` being the name without suffix (dots in it are its own)."""
    paths = _still(path, panels, points, said)
    table = pd.DataFrame({points.kind: points.names, **points.told})
    for panel in panels:
        table[f"{panel.title}: x"], table[f"{panel.title}: y"] = panel.points.T
    page = map_page(panels, points, said.about)
    for suffix, text in ((".html", page), (".csv", table.to_csv(index=False))):
        paths.append(path.with_name(path.name + suffix))
        with atomic(paths[-1]) as part:
            part.write_text(text, "utf-8")
    return paths


def _still(path: Path, panels: Sequence[Panel], points: Points, said: Said) -> list[Path]:
    size = 9.0 if len(panels) == 1 else 6.5
    few = points.first(DRAWN)
    with house_style():
        figure, axes = plt.subplots(1, len(panels), figsize=(size * len(panels), size), squeeze=False)
        figure.suptitle(said.headline, x=0.005, ha="left", fontsize=12)
        stamp(figure, said.line)
        for ax, panel in zip(axes[0], panels, strict=True):
            ax.set_title(panel.title, fontsize=10)
            plot_names(ax, panel.points[: len(few.names)], few)
        paths = save(figure, path)
        plt.close(figure)
    return list(paths)
