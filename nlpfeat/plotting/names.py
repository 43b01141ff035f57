"""A map of named points as a still picture, with as many labels as there is room for."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import BboxBase

from nlpfeat.plotting.map_page import Points
from nlpfeat.plotting.style import any_letters

# The page's names of markers, and matplotlib's.
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


@any_letters()
def plot_names(ax: Axes, points: np.ndarray, shown: Points, most: int = 160) -> None:
    """Points, and their names where they do not cover one another, those of the largest weight first.

    Args:
      points: (n, 2).
      shown: what they are; groups differ in shape, too, so that colour is not needed.
      most: labels, at most.
    """
    colours, markers = np.array(shown.colours), np.array(shown.markers)
    for colour, marker in sorted(set(zip(colours.tolist(), markers.tolist(), strict=True))):
        mine = (colours == colour) & (markers == marker)
        ax.plot(*points[mine].T, MARKERS[marker], color=colour, ms=3, mew=0, alpha=0.55)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.margins(0.06)
    figure: Any = ax.figure
    figure.draw_without_rendering()
    frame, taken = ax.get_window_extent(), []
    for i in np.argsort(-shown.weights, kind="stable").tolist():
        if len(taken) == most:
            return
        label = ax.annotate(
            str(shown.names[i]),
            (points[i, 0], points[i, 1]),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=shown.colours[i],
        )
        box = label.get_window_extent()
        if any(box.overlaps(other) for other in taken) or not _inside(box, frame):
            label.remove()
        else:
            taken.append(box)


def _inside(box: BboxBase, frame: BboxBase) -> bool:
    return bool(frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1)
