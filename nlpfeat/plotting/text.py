"""A text in a grid of equal letters, each on the colour of a number: how Karpathy (2015) showed what a unit follows."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from nlpfeat.plotting.style import any_letters

COLOURS = "RdBu_r"


def lay_out(text: str, columns: int) -> list[tuple[int, int]]:
    """The row and column of each character; lines are broken where they end, and where they are longer than `columns`."""
    places, row, column = [], 0, 0
    for letter in text:
        if column == columns:
            row, column = row + 1, 0
        places.append((row, column))
        row, column = (row + 1, 0) if letter == "\n" else (row, column + 1)
    return places


def plot_text(ax: Axes, text: str, values: np.ndarray, *, columns: int, limit: float, title: str) -> None:
    """Draw a text, its line breaks as ↵.

    Args:
      values: (characters,), white at 0, red above, blue below.
      limit: the size of the strongest colours.
    """
    places = lay_out(text, columns)
    rows = places[-1][0] + 1
    grid = np.full((rows, columns), np.nan)
    for (row, column), value in zip(places, values, strict=True):
        grid[row, column] = value
    norm = Normalize(-limit, limit)
    ax.imshow(grid, cmap=COLOURS, norm=norm, aspect="auto", extent=(0, columns, rows, 0), alpha=0.75)
    with any_letters():
        for letter, (row, column) in zip(text, places, strict=True):
            shown = "↵" if letter == "\n" else letter
            ax.text(
                column + 0.5, row + 0.5, shown, ha="center", va="center", fontsize=7.5, family="monospace"
            )
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
