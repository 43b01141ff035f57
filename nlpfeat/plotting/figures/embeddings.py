"""The figure of a study of dimensions: quality, agreement, and how many words have settled, against width."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from nlpfeat.analysis.agreement import by_width, plot_agreement
from nlpfeat.embeddings.stability import NeighbourStability
from nlpfeat.plotting.primitives import plot_measure
from nlpfeat.plotting.save import save_figure
from nlpfeat.plotting.style import BLUE, house_style, width_axis
from nlpfeat.stats.quantiles import quartiles_of

AGREEMENT = {
    "neighbours": ("nearest words shared", 1.03),
    "cka": ("CKA: 1 is a rotation", 1.03),
    "angle": ("largest angle of 3-d spaces, degrees", 90.0),
}


def figure_of(
    figures: pd.DataFrame,
    agree: pd.DataFrame,
    settled: NeighbourStability | None,
    units: str,
    line: str,
    path: Path,
) -> list[Path]:
    """Draw and save it.

    Args:
      figures: a row a member: "width", and every figure of quality.
      agree: a row a pair of members, as `experiments.pairs.agreement` gives them.
      units: what the width counts.
    """
    measured = [str(name) for name in figures if name == "analogies" or " " in str(name)]
    below = [name for name in AGREEMENT if name in agree]
    columns = max(len(measured), len(below) + (settled is not None))
    rows = 2 if below or settled is not None else 1
    with house_style():
        figure, axes = plt.subplots(rows, columns, figsize=(3.6 * columns, 3.7 * rows), squeeze=False)
        for ax, name in zip(axes[0], measured, strict=False):
            _quality(ax, figures, name, units)
        for ax, name in zip(axes[-1], below, strict=False):
            plot_agreement(ax, agree, name, *AGREEMENT[name], units)
        if below:
            axes[-1, 0].legend()
        if settled is not None:
            _settling(axes[-1, len(below)], settled, units)
        for ax in axes.flat:
            ax.set_visible(ax.has_data())
        return save_figure(
            figure,
            "What dimensions buy word vectors: every seed or pair a point, median, quartiles",
            line,
            path,
        )


def _quality(ax: Axes, figures: pd.DataFrame, name: str, units: str) -> None:
    widths, values = by_width(figures, name)
    plot_measure(ax, widths, values, *quartiles_of(values, axis=1), label=name, colour=BLUE)
    width_axis(ax, widths, units)
    titles = {"analogies": "analogies solved, share"}
    ax.set_title(
        titles.get(name, f"{name[2:]}: rank correlation" if name.startswith("ρ ") else name), fontsize=10
    )


def _settling(ax: Axes, settled: NeighbourStability, units: str) -> None:
    """The share of words that have settled by each width."""
    known = settled.width[~np.isnan(settled.width)]
    share = [float((known <= width).mean()) if len(known) else 0.0 for width in settled.widths]
    ax.plot(settled.widths, share, "o-", color=BLUE, lw=1.8, ms=5)
    width_axis(ax, settled.widths, units)
    ax.set_ylim(0, 1.03)
    ax.set_title("words whose neighbours have settled", fontsize=10)
