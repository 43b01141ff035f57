"""Figures of word vectors against width: quality, agreement, neighbour stability, separability."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.agreement import by_width
from nlpfeat.analysis.dimensions import Dimensions
from nlpfeat.analysis.word_separability import separability_by_width
from nlpfeat.embeddings.stability import NeighbourStability
from nlpfeat.plotting.primitives import plot_measure, plot_medians
from nlpfeat.plotting.style import BLUE, ORANGE, house_style, width_axis
from nlpfeat.stats.quantiles import quartiles_of

# Measures of agreement: title, upper limit.
AGREEMENT = {
    "neighbours": ("nearest words shared", 1.03),
    "cka": ("CKA: 1 is a rotation", 1.03),
    "angle": ("largest angle of 3-d spaces, degrees", 90.0),
}
# Measures of separability: title, limits.
SEPARABILITY = {
    "rank": ("dimensions filled", 0, None),
    "probe": ("held-out probe", None, None),
    "separable": ("share certified separable", -0.04, 1.04),
    "margin": ("hard margin", 0, None),
    "silhouette": ("silhouette", None, None),
    "purity": ("purity of neighbours", None, None),
}


@house_style()
def dimensions_figure(found: Dimensions, width_label: str) -> Figure:
    """Quality above; agreement and neighbour stability below.

    Args:
      found: the result of the analysis.
      width_label: what the width counts.
    """
    qualities = [str(name) for name in found.quality if name == "analogies" or " " in str(name)]
    agreements = [name for name in AGREEMENT if name in found.agreement]
    columns = max(len(qualities), len(agreements) + (found.stability is not None))
    rows = 2 if agreements or found.stability is not None else 1
    figure, axes = plt.subplots(rows, columns, figsize=(3.6 * columns, 3.7 * rows), squeeze=False)
    for ax, name in zip(axes[0], qualities, strict=False):
        plot_quality(ax, found.quality, name, width_label)
    for ax, name in zip(axes[-1], agreements, strict=False):
        plot_agreement(ax, found.agreement, name, *AGREEMENT[name], width_label)
    if agreements:
        axes[-1, 0].legend()
    if found.stability is not None:
        plot_stability(axes[-1, len(agreements)], found.stability, width_label)
    for ax in axes.flat:
        ax.set_visible(ax.has_data())
    return figure


def plot_quality(ax: Axes, quality: pd.DataFrame, name: str, width_label: str) -> None:
    """A column of a table with a row per member against width: every member, median, quartiles."""
    widths, values = by_width(quality, name)
    plot_measure(ax, widths, values, *quartiles_of(values, axis=1), label=name, colour=BLUE)
    width_axis(ax, widths, width_label)
    titles = {"analogies": "analogies: accuracy"}
    correlation = f"{name[2:]}: rank correlation" if name.startswith("ρ ") else name
    ax.set_title(titles.get(name, correlation), fontsize=10)


def plot_agreement(
    ax: Axes, table: pd.DataFrame, name: str, title: str, upper: float, width_label: str
) -> None:
    """A measure of agreement against width: every pair of members, median, quartiles.

    Args:
      ax: of the panel.
      table: a row per pair, of `nlpfeat.analysis.agreement.agreement`.
      name: of the measure.
      title: of the panel.
      upper: limit of the vertical axis.
      width_label: what the width counts.
    """
    for kind, label, colour, marker in (
        ("seeds", "two seeds", BLUE, "o"),
        ("widest", "against the widest", ORANGE, "^"),
    ):
        part = table[table["kind"] == kind]
        if len(part):
            widths, values = by_width(part, name)
            quartiles = quartiles_of(values, axis=1)
            plot_measure(ax, widths, values, *quartiles, label=label, colour=colour, marker=marker)
    width_axis(ax, sorted(table["width"].unique().tolist()), width_label)
    ax.set_title(title, fontsize=10)
    ax.set_ylim(0, upper)


def plot_stability(ax: Axes, stability: NeighbourStability, width_label: str) -> None:
    """The share of words with a stable width, among those that have one, against width."""
    known = stability.stable_width[~np.isnan(stability.stable_width)]
    share = [float((known <= width).mean()) if len(known) else 0.0 for width in stability.widths]
    ax.plot(stability.widths, share, "o-", color=BLUE, lw=1.8, ms=5)
    width_axis(ax, stability.widths, width_label)
    ax.set_ylim(0, 1.03)
    ax.set_title("words with stable neighbours", fontsize=10)


@house_style()
def separability_figure(dataset: xr.Dataset, width_label: str) -> Figure:
    """Each measure against width at the last step, every member a point; below, its medians over training.

    Args:
      dataset: of `nlpfeat.analysis.word_separability.word_separability`.
      width_label: what the width counts.
    """
    middle = separability_by_width(dataset).transpose("bound", "width", "step")
    widths, steps = middle["width"].to_numpy().tolist(), middle["step"].to_numpy()
    last = dataset[list(SEPARABILITY)].isel(step=-1).to_dataframe()
    figure, axes = plt.subplots(2, len(SEPARABILITY), figsize=(3.2 * len(SEPARABILITY), 6.8))
    for (name, (title, lower, upper)), (top, bottom) in zip(SEPARABILITY.items(), axes.T, strict=True):
        bounds = middle[name].to_numpy()
        plot_measure(top, widths, by_width(last, name)[1], *bounds[..., -1], label=name, colour=BLUE)
        width_axis(top, widths, width_label)
        top.set_title(title)
        plot_medians(bottom, steps, *bounds, widths=widths)
        for ax in (top, bottom):
            ax.set_ylim(lower, upper)
        if bottom is not axes[-1, -1]:
            bottom.get_legend().remove()
    return figure
