"""A text in a grid of equal letters, each on the colour of a number: how Karpathy (2015) showed what a unit follows."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.transforms import BboxBase

from nlpfeat.plotting.save import any_letters
from nlpfeat.plotting.style import BLUE, GREY
from nlpfeat.report.map_page import Points

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


MAX_LEGIBLE_CLASSES = 12  # classes whose counts can be read


def plot_confusion(ax: Axes, counts: np.ndarray, classes: Sequence[str]) -> None:
    """A matrix of counts (classes, classes), rows the true class: shares by colour, counts and shares as text.

    Of more than LEGIBLE classes by colour alone; below it stands who is most often taken for whom.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.grid(visible=False)
    if len(classes) > MAX_LEGIBLE_CLASSES:
        ax.set(xticks=[], yticks=[], ylabel="true")
        told = [
            f"{_short(classes[a])} taken for {_short(classes[b])}: {n:,}" for a, b, n in confused(counts, 4)
        ]
        ax.set_xlabel("\n".join([f"predicted, {len(classes)} classes", *told]), fontsize=8)
        return
    for row, column in np.ndindex(counts.shape):
        dark = shares[row, column] > 0.5
        ax.text(
            column,
            row,
            f"{counts[row, column]:,}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            fontsize=9 if len(classes) < 5 else 6,
            color="white" if dark else "black",
        )
    places = np.arange(len(classes))
    ax.set_xticks(places, list(classes), rotation=30 if len(classes) > 3 else 0)
    ax.set_yticks(places, list(classes))
    ax.set(xlabel="predicted", ylabel="true")


def confused(counts: np.ndarray, most: int) -> list[tuple[int, int, int]]:
    """The pairs of classes that are confused most often: (true, predicted, how often), at most `most`."""
    wrong = counts - np.diag(np.diag(counts))
    pairs = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [(*divmod(int(pair), len(counts)), int(wrong.flat[pair])) for pair in pairs if wrong.flat[pair]]


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def plot_calibration(ax: Axes, sure: np.ndarray, right: np.ndarray, size: np.ndarray) -> None:
    """Share of right answers against how sure the net was, (bins,) each, with 95 % intervals; the diagonal is honest."""
    low = min(0.98, float(np.floor(10 * min(sure.min(), right.min())) / 10))
    ax.plot([low, 1], [low, 1], "--", color=GREY, lw=1)
    error = 1.96 * np.sqrt(np.maximum(right * (1 - right), 0.25 / size) / size)
    ax.errorbar(sure, right, yerr=error, fmt="o-", color=BLUE, ms=4, lw=1, elinewidth=1)
    ax.set(
        xlabel="how sure: mean share given", ylabel="share that is right", xlim=(low, 1.01), ylim=(low, 1.01)
    )


def plot_texts(
    ax: Axes, headings: Sequence[str], texts: Sequence[str], width: int = 170, lines: int = 3
) -> None:
    """Texts under their headings, each cut to some lines."""
    ax.axis("off")
    step = 1 / max(len(texts), 1)
    for i, (heading, text) in enumerate(zip(headings, texts, strict=True)):
        y = 1 - i * step
        ax.text(0, y, heading, fontsize=9, fontweight="bold", va="top", transform=ax.transAxes)
        short = textwrap.shorten(text, width * lines, placeholder=" …")
        body = "\n".join(textwrap.wrap(short, width))
        ax.text(0, y - 0.22 * step, body, fontsize=8, va="top", transform=ax.transAxes, parse_math=False)


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


# MERGED: """What classifiers answer: who is mistaken for whom, how sure they are, and where they are most wrong.""" | """A map of named points as a still picture, with as many labels as there is room for."""
