"""How features share dimensions: a phase diagram, the loss against dimensions, and the vectors in a plane."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from nlpfeat.analysis.agreement import by_width
from nlpfeat.analysis.grid import rows_at_points
from nlpfeat.analysis.superposition import Superposition
from nlpfeat.plotting.style import GREY, house_style, log_axis, set_heading, width_axis, width_colours
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.layout import select_members
from nlpfeat.study.select import describe_settings


@house_style()
def superposition_figure(found: Superposition, width_label: str) -> Figure:
    """Features per dimension, overlap and loss against the dimensions, a line per point of the further axes.

    Args:
      found: from `nlpfeat.analysis.superposition.superposition`.
      width_label: what the width counts.
    """
    names = found.axes
    groups = list(rows_at_points(found.members, names))
    widths = sorted(found.members["width"].unique().tolist())
    figure, axes = plt.subplots(1, 3, figsize=(15.5, 5))
    for (point, rows), colour in zip(groups, width_colours(range(len(groups))), strict=True):
        words = describe_settings(point)
        for ax, name in zip(axes, ("per_dimension", "overlap", "loss"), strict=True):
            places, values = by_width(rows, name)
            low, median, high = quartiles_of(values, axis=1)
            ax.fill_between(places, low, high, color=colour, alpha=0.18, lw=0)
            ax.plot(
                places,
                median,
                "o-",
                color=colour,
                ms=3.5,
                lw=1.6,
                label=words + _slope(found.slopes, point, name),
            )
    axes[1].plot(
        widths, np.array(widths, float) ** -0.5, "--", color=GREY, lw=1, label="random directions, 1/√m"
    )
    titles = ("Superposition", "Overlap", "Loss")
    labels = ("features per dimension", "root mean square cosine of two features", f"{found.split} loss")
    for ax, title, label in zip(axes, titles, labels, strict=True):
        width_axis(ax, widths, width_label, 1.4)
        ax.set(title=title, ylabel=label)
        log_axis(ax.yaxis)
        low, high = ax.get_ylim()
        ax.set_ylim(
            max(low, high * 1e-5 if ax is axes[2] else 0.02), high
        )  # m = n has next to no loss and no overlap
        ax.legend(fontsize=8)
    seeds = int(found.members.groupby("width")["seed"].nunique().max())
    set_heading(
        figure,
        f"How features share dimensions: median and quartiles of {seeds} seeds. In the legend on the right, the power of the dimensions.",
    )
    return figure


def _slope(slopes: pd.DataFrame, point: Mapping[str, float], measure: str) -> str:
    if measure != "loss" or slopes.empty:
        return ""
    rows = select_members(slopes, point)
    return f": {rows['slope'].iloc[0]:.2f}" if len(rows) else ""


@house_style()
def phase_figure(found: Superposition, over: str, width_label: str) -> Figure:
    """The phase diagram: features per dimension over the dimensions and another axis, such as the sparsity.

    Args:
      found: of a study with several values of `over`.
      over: the other axis.
      width_label: what the width counts.
    """
    table = found.members.groupby([over, "width"])["per_dimension"].median().unstack()
    figure, ax = plt.subplots(figsize=(9.5, 1.8 + 0.55 * len(table)))
    x, y = np.arange(table.shape[1]), np.arange(table.shape[0])
    image = ax.pcolormesh(x, y, np.log2(table.to_numpy()), cmap="PuOr_r", vmin=-3, vmax=3, shading="nearest")
    for (row, column), value in np.ndenumerate(table.to_numpy()):
        ax.text(
            column,
            row,
            f"{value:.1f}",
            ha="center",
            va="center",
            fontsize=8,
            color="white" if abs(np.log2(value)) > 1.8 else "black",
        )
    ax.set_xticks(x, [f"{width:g}" for width in table.columns])
    ax.set_yticks(y, [f"{value:g}" for value in table.index])
    ax.set(xlabel=width_label, ylabel=over.replace("_", " "))
    ax.grid(visible=False)
    bar = figure.colorbar(image, ax=ax, ticks=(-2, 0, 2))
    bar.ax.set_yticklabels(("¼", "1", "4"))
    bar.set_label("features per dimension")
    set_heading(
        figure, "Where features share dimensions (orange, more than one per dimension): medians over seeds."
    )
    return figure


@house_style()
def plane_figure(vectors: dict[str, np.ndarray]) -> Figure:
    """The vectors of all features in two dimensions, a panel per network.

    Args:
      vectors: title -> (features, 2).
    """
    figure, axes = plt.subplots(1, len(vectors), figsize=(2.9 * len(vectors), 3.6), squeeze=False)
    for ax, (title, rows) in zip(axes[0], vectors.items(), strict=True):
        largest = max(1.2, 1.15 * np.abs(rows).max())
        for x, y in rows:
            ax.annotate(
                "",
                (x, y),
                (0, 0),
                arrowprops={"arrowstyle": "-|>", "color": "#0072B2", "lw": 1.8, "shrinkA": 0, "shrinkB": 0},
            )
        ax.plot(*rows.T, "o", color="#0072B2", ms=4)
        ax.set(
            xlim=(-largest, largest),
            ylim=(-largest, largest),
            aspect="equal",
            title=title,
            xticks=(),
            yticks=(),
        )
    set_heading(figure, "The vectors of all features in two dimensions, of the best seed at each point.")
    return figure
