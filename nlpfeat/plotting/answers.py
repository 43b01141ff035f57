"""What classifiers answer: who is mistaken for whom, how sure they are, and where they are most wrong."""

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.plotting.style import BLUE, GREY

LEGIBLE = 12  # classes whose counts can be read


def plot_confusion(ax: Axes, counts: np.ndarray, classes: Sequence[str]) -> None:
    """A matrix of counts (classes, classes), rows the true class: shares by colour, counts and shares as text.

    Of more than LEGIBLE classes by colour alone; below it stands who is most often taken for whom.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.grid(visible=False)
    if len(classes) > LEGIBLE:
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
