"""A text in a grid of characters, each on a colour that shows a number, as in Karpathy, Johnson & Fei-Fei 2015."""

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from nlpfeat.plotting.save import any_letters

COLOURS = "RdBu_r"


def lay_out(text: str, columns: int) -> list[tuple[int, int]]:
    """The row and column of each character; lines break at line feeds and after `columns` characters."""
    positions, row, column = [], 0, 0
    for letter in text:
        if column == columns:
            row, column = row + 1, 0
        positions.append((row, column))
        row, column = (row + 1, 0) if letter == "\n" else (row, column + 1)
    return positions


@any_letters()
def plot_text(
    ax: Axes, text: str, values: Float[np.ndarray, " characters"], *, columns: int, limit: float, title: str
) -> None:
    """Draw a text, line feeds as ↵, each character on the colour of its value: white at 0, red above, blue below.

    Args:
      ax: without ticks afterwards.
      text: at least one character.
      values: one per character.
      columns: characters per line.
      limit: the absolute value of the strongest colours.
      title: of the panel.
    """
    positions = lay_out(text, columns)
    rows = positions[-1][0] + 1
    grid = np.full((rows, columns), np.nan)
    for (row, column), value in zip(positions, values, strict=True):
        grid[row, column] = value
    norm = Normalize(-limit, limit)
    ax.imshow(grid, cmap=COLOURS, norm=norm, aspect="auto", extent=(0, columns, rows, 0), alpha=0.75)
    for letter, (row, column) in zip(text, positions, strict=True):
        shown = "↵" if letter == "\n" else letter
        ax.text(column + 0.5, row + 0.5, shown, ha="center", va="center", fontsize=7.5, family="monospace")
    ax.set_title(title, fontsize=10, loc="left")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.grid(visible=False)
