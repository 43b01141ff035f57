"""A map of words as a still picture: points in two colours, and as many labels as there is room for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

# Trask's map: green for good words, black for bad ones. Different shapes too, so that colour is not needed.
GOOD, BAD = "#009E73", "#1a1a1a"


def plot_words(ax: Axes, points: np.ndarray, words: Sequence[str], good: np.ndarray, most: int = 90) -> None:
    """Points, and the words themselves where they do not cover one another, the first ones first.

    Args:
      points: (n, 2).
      words: (n,), the most telling first within each group.
      good: (n,), which are good words.
      most: labels, at most.
    """
    for group, colour, marker in ((good, GOOD, "o"), (~good, BAD, "^")):
        ax.plot(*points[group].T, marker, color=colour, ms=3, mew=0, alpha=0.55)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.margins(0.06)
    figure: Any = ax.figure
    figure.draw_without_rendering()
    frame, taken = ax.get_window_extent(), []
    ranks = np.where(good, np.cumsum(good), np.cumsum(~good))  # the two groups take turns
    names = list(words)
    for i in np.argsort(ranks, kind="stable").tolist():
        if len(taken) == most:
            return
        label = ax.annotate(
            names[i],
            (points[i, 0], points[i, 1]),
            xytext=(3, 2),
            textcoords="offset points",
            fontsize=7,
            color=GOOD if good[i] else BAD,
        )
        box = label.get_window_extent()
        if any(box.overlaps(other) for other in taken) or not _inside(box, frame):
            label.remove()
        else:
            taken.append(box)


def _inside(box: Bbox, frame: Bbox) -> bool:
    return frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
