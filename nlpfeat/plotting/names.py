"""A map of named points as a still picture: two colours, and as many labels as there is room for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from nlpfeat.plotting.style import any_letters


@any_letters()
def plot_names(
    ax: Axes,
    points: np.ndarray,
    names: Sequence[str],
    good: np.ndarray,
    colours: tuple[str, str],
    most: int = 90,
) -> None:
    """Points, and their names where they do not cover one another, the first ones first.

    Args:
      points: (n, 2).
      names: (n,), the most telling first within each group.
      good: (n,), which are of the first group; the groups differ in shape, too, so that colour is not needed.
      colours: of the groups.
      most: labels, at most.
    """
    for group, colour, marker in ((good, colours[0], "o"), (~good, colours[1], "^")):
        ax.plot(*points[group].T, marker, color=colour, ms=3, mew=0, alpha=0.55)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.margins(0.06)
    figure: Any = ax.figure
    figure.draw_without_rendering()
    frame, taken = ax.get_window_extent(), []
    ranks = np.where(good, np.cumsum(good), np.cumsum(~good))  # the two groups take turns
    for i in np.argsort(ranks, kind="stable").tolist():
        if len(taken) == most:
            return
        label = ax.annotate(
            str(names[i]),
            (points[i, 0], points[i, 1]),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=colours[0] if good[i] else colours[1],
        )
        box = label.get_window_extent()
        if any(box.overlaps(other) for other in taken) or not _inside(box, frame):
            label.remove()
        else:
            taken.append(box)


def _inside(box: Bbox, frame: Bbox) -> bool:
    return frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
