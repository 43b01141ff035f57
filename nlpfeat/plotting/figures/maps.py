"""Maps of named points, such as words or films: a scatter plot with as many labels as there is room for."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import BboxBase

from nlpfeat.plotting.save import any_letters
from nlpfeat.plotting.style import house_style

MAX_POINTS = 1000  # of a still picture; the page has all points
# Markers by their name, which the pages' map.js knows too.
MARKERS = {
    "circle": "o",
    "triangle": "^",
    "square": "s",
    "diamond": "D",
    "inverted_triangle": "v",
    "plus": "P",
    "x": "X",
    "star": "*",
}


class Panel(NamedTuple):
    """One map of the points.

    Attributes:
      title: above it.
      points: coordinates.
      line: whether they are stacked on a number line.
      neighbours: of each point the nearest others in the whole space, nearest first; none where they are not known.
      ends: what lies at the left, right, lower and upper end, by name; empty where nothing is known.
    """

    title: str
    points: Float[np.ndarray, "n 2"]
    line: bool = False
    neighbours: Int[np.ndarray, "n neighbours"] | None = None
    ends: tuple[str, ...] = ()


class Points(NamedTuple):
    """Points that all panels of a figure or page show.

    Attributes:
      kind: what a point is, such as "word".
      names: (n,).
      columns: further columns (n,) of the tooltips and of the CSV.
      colours: (n,).
      markers: (n,), keys of MARKERS. Groups differ in marker, too, so that colour is not needed.
      weights: (n,); where there is no room for all labels, those of the largest weight are shown.
    """

    kind: str
    names: Sequence[str]
    columns: Mapping[str, Sequence[object] | np.ndarray]
    colours: Sequence[str]
    markers: Sequence[str]
    weights: np.ndarray


@house_style()
def map_figure(panels: Sequence[Panel], points: Points, heading: str) -> Figure:
    """The panels side by side, each with the first MAX_POINTS points."""
    size = 9.0 if len(panels) == 1 else 6.5
    figure, axes = plt.subplots(1, len(panels), figsize=(size * len(panels), size), squeeze=False)
    figure.suptitle(heading, x=0.005, ha="left", fontsize=12)
    figure.supxlabel(" ", fontsize=6.5)  # room for the stamp: labels are placed by the final layout
    for ax, panel in zip(axes[0], panels, strict=True):
        ax.set_title(panel.title, fontsize=10)
        plot_points(ax, panel.points[:MAX_POINTS], points)
    return figure


@any_letters()
def plot_points(ax: Axes, positions: Float[np.ndarray, "n 2"], points: Points, max_labels: int = 160) -> None:
    """The first n points, and their names where they do not overlap, those of the largest weight first.

    Args:
      ax: without ticks afterwards.
      positions: coordinates.
      points: names, colours, markers and weights, at least n.
      max_labels: number of labels, at most.
    """
    count = len(positions)
    colours, markers = np.array(points.colours[:count]), np.array(points.markers[:count])
    for colour, marker in sorted(set(zip(colours.tolist(), markers.tolist(), strict=True))):
        chosen = (colours == colour) & (markers == marker)
        ax.plot(*positions[chosen].T, MARKERS[marker], color=colour, ms=3, mew=0, alpha=0.55)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.margins(0.06)
    ax.figure.draw_without_rendering()  # pyright: ignore[reportAttributeAccessIssue]
    frame, taken = ax.get_window_extent(), []
    for i in np.argsort(-points.weights[:count], kind="stable").tolist():
        if len(taken) == max_labels:
            return
        label = ax.annotate(
            str(points.names[i]),
            (positions[i, 0], positions[i, 1]),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=points.colours[i],
        )
        box = label.get_window_extent()
        if any(box.overlaps(other) for other in taken) or not _inside(box, frame):
            label.remove()
        else:
            taken.append(box)


def _inside(box: BboxBase, frame: BboxBase) -> bool:
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
