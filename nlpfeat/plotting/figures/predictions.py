"""Figures of the predictions of classifiers: confusion, calibration, and the worst errors."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Int
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.predictions import CalibrationBins, Predictions, calibration, confusion
from nlpfeat.plotting.primitives import error_bars
from nlpfeat.plotting.style import BLUE, GREY, house_style, width_colours
from nlpfeat.study.restore import TrainedMember

SHOWN = 8  # errors in the figure
MOST_CLASSES = 30  # with a line of their own
MAX_LEGIBLE_CLASSES = 12  # more counts than those of so many classes cannot be read


@house_style()
def predictions_figure(found: Sequence[tuple[TrainedMember, Predictions]]) -> Figure:
    """The confusion matrix above the calibration curve, a column per member."""
    columns = len(found)
    figure, axes = plt.subplots(2, columns, figsize=(max(7.0, 3.4 * columns + 0.6), 7), squeeze=False)
    for (top, bottom), (member, predictions) in zip(axes.T, found, strict=True):
        plot_confusion(top, confusion(predictions), member.dataset.metadata.corpus.classes)
        settings, accuracy = member.settings, float(predictions.correct.mean())
        top.set_title(f"width {settings.width}, seed {settings.seed}\naccuracy {accuracy:.1%}")
        bins = calibration(predictions)
        plot_calibration(bottom, bins)
        bottom.set_title(f"calibration error {bins.error:.3f}")
    return figure


@house_style()
def classes_figure(table: pd.DataFrame, classes: Sequence[str]) -> Figure:
    """The recall of each class with its interval, a colour per width; of many classes, those that are found worst.

    Args:
      table: rows of `nlpfeat.analysis.predictions.class_table` for each width, with a column "width".
      classes: names of all classes, in their order.
    """
    table = table[table["examples"] > 0]
    widths = sorted({int(width) for width in table["width"]})
    mean = table.groupby("class")["recall"].mean()
    shown = [name for name in classes if name in mean.index]
    if len(shown) > MOST_CLASSES:
        shown = mean.nsmallest(MOST_CLASSES).index.tolist()
    figure, ax = plt.subplots(figsize=(8, max(2.6, 1.4 + 0.34 * len(shown))))
    for k, (width, colour) in enumerate(zip(widths, width_colours(widths), strict=True)):
        rows = table[(table["width"] == width) & table["class"].isin(shown)]
        y = np.array([shown.index(name) for name in rows["class"]]) + 0.16 * (k - (len(widths) - 1) / 2)
        low, middle, high = (rows[name].to_numpy() for name in ("recall_low", "recall", "recall_high"))
        error = error_bars(low, middle, high)
        ax.errorbar(middle, y, xerr=error, fmt="o", color=colour, ms=4, lw=1, capsize=2, label=f"{width}")
    sizes = table.groupby("class")["examples"].max()
    ax.set_yticks(range(len(shown)), [f"{_short(name)} ({sizes[name]:,})" for name in shown])
    ax.set(xlim=(-0.02, 1.02), ylim=(len(shown) - 0.5, -0.5))
    left = f"\nthe {len(shown)} of {len(mean)} classes that are found worst" if len(shown) < len(mean) else ""
    ax.set_xlabel(f"recall: the share of the texts of a class that are predicted as it{left}")
    ax.legend(title="width", loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def plot_confusion(ax: Axes, counts: Int[np.ndarray, "classes classes"], classes: Sequence[str]) -> None:
    """A confusion matrix: the share of the true class as colour, count and share as text.

    With more than MAX_LEGIBLE_CLASSES colour only, and the most frequent confusions below.

    Args:
      ax: of the panel.
      counts: rows are true classes, columns predicted ones.
      classes: their names.
    """
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.grid(visible=False)
    if len(classes) > MAX_LEGIBLE_CLASSES:
        ax.set(xticks=[], yticks=[], ylabel="true")
        listed = [
            f"{_short(classes[true])} predicted as {_short(classes[predicted])}: {n:,}"
            for true, predicted, n in confusions(counts, 4)
        ]
        ax.set_xlabel("\n".join([f"predicted, {len(classes)} classes", *listed]), fontsize=8)
        return
    for row, column in np.ndindex(counts.shape):
        ax.text(
            column,
            row,
            f"{counts[row, column]:,}\n{shares[row, column]:.1%}",
            ha="center",
            va="center",
            fontsize=9 if len(classes) < 5 else 6,
            color="white" if shares[row, column] > 0.5 else "black",
        )
    ticks = np.arange(len(classes))
    ax.set_xticks(ticks, list(classes), rotation=30 if len(classes) > 3 else 0)
    ax.set_yticks(ticks, list(classes))
    ax.set(xlabel="predicted", ylabel="true")


def confusions(counts: Int[np.ndarray, "classes classes"], most: int) -> list[tuple[int, int, int]]:
    """The most frequent confusions: (true class, predicted class, count), at most `most`."""
    wrong = counts - np.diag(np.diag(counts))
    pairs = np.argsort(-wrong, axis=None, kind="stable")[:most]
    return [(*divmod(int(pair), len(counts)), int(wrong.flat[pair])) for pair in pairs if wrong.flat[pair]]


def _short(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def plot_calibration(ax: Axes, bins: CalibrationBins) -> None:
    """Accuracy against mean confidence with 95 % intervals; a calibrated classifier lies on the diagonal."""
    confidence, accuracy, size = bins
    low = min(0.98, float(np.floor(10 * min(confidence.min(), accuracy.min())) / 10))
    ax.plot([low, 1], [low, 1], "--", color=GREY, lw=1)
    error = 1.96 * np.sqrt(np.maximum(accuracy * (1 - accuracy), 0.25 / size) / size)
    ax.errorbar(confidence, accuracy, yerr=error, fmt="o-", color=BLUE, ms=4, lw=1, elinewidth=1)
    ax.set(xlabel="mean confidence", ylabel="accuracy", xlim=(low, 1.01), ylim=(low, 1.01))


@house_style()
def errors_figure(member: TrainedMember, table: pd.DataFrame) -> Figure:
    """The first SHOWN errors of a table, with their texts.

    Args:
      member: whose errors they are.
      table: of `nlpfeat.analysis.predictions.errors_table`.
    """
    first = table.head(SHOWN)
    figure, ax = plt.subplots(figsize=(10.5, 1 + 0.85 * max(len(first), 1)))
    columns = (first[name] for name in ("true", "predicted", "true_probability"))
    lines = [f"line {n:,}: " for n in first["line"]] if "line" in first else [""] * len(first)
    headings = [
        f"{line}{true}, predicted as {predicted}: probability of the truth {probability:.2%}"
        for line, true, predicted, probability in zip(lines, *columns, strict=True)
    ]
    plot_texts(ax, headings, first["text"].tolist())
    ax.set_title(
        f"Most wrong, width {member.settings.width}, seed {member.settings.seed}: least probability of the true class"
    )
    return figure


def plot_texts(
    ax: Axes, headings: Sequence[str], texts: Sequence[str], columns: int = 170, lines: int = 3
) -> None:
    """Texts under their headings, each shortened to some lines.

    Args:
      ax: without axes afterwards.
      headings, texts: one of each per entry.
      columns: characters per line.
      lines: per text.
    """
    ax.axis("off")
    height = 1 / max(len(texts), 1)
    for i, (heading, text) in enumerate(zip(headings, texts, strict=True)):
        y = 1 - i * height
        ax.text(0, y, heading, fontsize=9, fontweight="bold", va="top", transform=ax.transAxes)
        short = textwrap.shorten(text, columns * lines, placeholder=" …")
        body = "\n".join(textwrap.wrap(short, columns))
        ax.text(0, y - 0.22 * height, body, fontsize=8, va="top", transform=ax.transAxes, parse_math=False)
