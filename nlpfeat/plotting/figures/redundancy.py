"""Redundancy against width and over training, and the tree of a network's fold lines."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram

from nlpfeat.analysis.agreement import by_width
from nlpfeat.analysis.redundancy import MEASURES, NEAR
from nlpfeat.plotting.primitives import plot_measure, plot_medians
from nlpfeat.plotting.style import BLUE, GREY, RED, house_style, set_heading, width_axis
from nlpfeat.stats.quantiles import quartiles_of

_TITLES = {
    "dead": "units never active",
    "copies": "copies of fold lines",
    "rank": "rank (99 % of the variance)",
    "participation": "participation ratio",
    "idle": "units that decide nothing alone",
    "needed": "units needed",
}


@house_style()
def redundancy_figure(table: pd.DataFrame, width_label: str) -> Figure:
    """Each measure against width at the last step: every seed a point, median, quartiles. Dashed: as many as there are units.

    Args:
      table: from `nlpfeat.analysis.redundancy.redundancy`.
      width_label: what the width counts.
    """
    last = table[table["step"] == table["step"].max()]
    names = [name for name in MEASURES if name in table]
    figure, axes = plt.subplots(2, 3, figsize=(14, 8), sharex=True, squeeze=False)
    widths = sorted(last["width"].unique().tolist())
    for ax, name in zip(axes.flat, names, strict=False):
        _, values = by_width(last, name)
        plot_measure(ax, widths, values, *quartiles_of(values, axis=1), label=name, colour=BLUE)
        ax.plot(widths, widths, "--", color=GREY, lw=1)
        ax.set_yscale("symlog", base=2, linthresh=1)
        ticks = [0, *(2**i for i in range(0, max(widths).bit_length() + 1, 2))]
        ax.set_yticks(ticks, [str(tick) for tick in ticks])
        ax.set_title(_TITLES[name])
        width_axis(ax, widths, width_label, 1.4)
    for ax in [*axes.flat][len(names) :]:
        ax.set_axis_off()
    for row in axes:
        row[0].set_ylabel("units or dimensions")
    seeds = int(last.groupby("width")["seed"].nunique().max())
    set_heading(
        figure,
        f"What is redundant inside a network: {seeds} seeds a width, each a point, median and quartiles. Dashed: all of its units.",
    )
    return figure


@house_style()
def redundancy_in_time_figure(table: pd.DataFrame) -> Figure:
    """Each measure over training: medians and quartiles, a line per width.

    Args:
      table: of all kept steps.
    """
    names = [name for name in MEASURES if name in table]
    figure, axes = plt.subplots(2, 3, figsize=(14, 8), sharex=True, squeeze=False)
    widths = sorted(table["width"].unique().tolist())
    for ax, name in zip(axes.flat, names, strict=False):
        steps = np.array(sorted(table["step"].unique()))
        values = [table[table["width"] == w].pivot(index="step", columns="seed", values=name) for w in widths]
        quartiles = [quartiles_of(part.reindex(steps).to_numpy(float), axis=1) for part in values]
        low, median, high = (
            np.stack([getattr(q, part) for q in quartiles]) for part in ("low", "median", "high")
        )
        plot_medians(ax, steps, low, median, high, widths=widths)
        ax.get_legend().remove()
        ax.set_title(_TITLES[name])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, title="width", loc="outside right upper")
    for ax in [*axes.flat][len(names) :]:
        ax.set_axis_off()
    set_heading(figure, "Redundancy over training: medians and quartiles of all seeds.")
    return figure


@house_style()
def fold_tree_figure(tree: Float[np.ndarray, "merges 4"], dead: Sequence[bool], title: str) -> Figure:
    """The tree in which a network's fold lines fall together.

    Args:
      tree: from `nlpfeat.analysis.redundancy.fold_tree`.
      dead: for each unit, whether it is active on no training example.
      title: whose they are.
    """
    figure, ax = plt.subplots(figsize=(max(8.0, 0.16 * len(dead) + 2), 4.8))
    drawn = dendrogram(tree, ax=ax, color_threshold=NEAR, above_threshold_color=GREY, leaf_font_size=7)
    for tick, unit in zip(ax.get_xticklabels(), drawn["leaves"] or [], strict=True):
        tick.set_color(RED if dead[unit] else "black")
    ax.axhline(NEAR, color=GREY, lw=1, ls="--")
    ax.grid(visible=False, axis="x")
    ax.set(xlabel="hidden unit (coloured: never active)", ylabel="distance of fold lines")
    set_heading(
        figure,
        f"{title}: units whose fold lines lie together. Below the dashed line they count as copies of one.",
    )
    return figure
