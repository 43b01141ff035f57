"""The figures of double descent: errors against width, and over width and examples."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.double_descent import DoubleDescent
from nlpfeat.plotting.style import BLUE, GREY, ORANGE, RED, house_style, set_heading, width_axis

_COLUMNS = 4  # panels side by side


@house_style()
def double_descent_figure(found: DoubleDescent, width_label: str) -> Figure:
    """Errors against width: a panel per point of the further axes.

    Args:
      found: from `nlpfeat.analysis.double_descent`.
      width_label: what the width counts.
    """
    panels = found.panels()
    columns = min(len(panels), _COLUMNS)
    rows = -(-len(panels) // columns)
    size = (max(7.0, 4.6 * columns), 1.3 + 3.7 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, sharex=True, sharey=True, squeeze=False)
    for ax, (where, panel) in zip(axes.flat, panels.items(), strict=False):
        _plot_panel(ax, panel)
        shares = [
            f"{row['peak_share']:.0%} of {row['seeds']:.0f} seeds have a peak"
            for row in panel.peaks.to_dict("records")
        ]
        ax.set_title(": ".join([where, *shares] if where else shares), fontsize=11)
        width_axis(ax, sorted(found.curves["width"].unique().tolist()), width_label, 1.9)
    for ax in [*axes.flat][len(panels) :]:
        ax.set_axis_off()
    for ax in axes[:, 0]:
        ax.set_ylabel("error")
    axes[0, 0].set_ylim(bottom=0)
    axes[0, 0].legend(fontsize=9, loc="lower left")
    seeds = int(found.curves["seeds"].max())
    set_heading(
        figure,
        f"Error against width, {seeds} seeds, {found.recipe}: every seed a point, mean with 95 % interval, quartiles.\n"
        "Dashed: the width from which on half of the seeds fit every training label. Diamond: peak of the mean.",
    )
    return figure


def _plot_panel(ax: Axes, panel: DoubleDescent) -> None:
    errors, curve, peak, split = panel.errors, panel.curves, panel.peaks, panel.split
    shift = np.exp2(np.random.default_rng(0).uniform(-0.08, 0.08, len(errors)))
    ax.plot(errors["width"] * shift, errors["test"], "o", color=BLUE, ms=2.5, alpha=0.3, mew=0)
    ax.fill_between(curve["width"], curve["low"], curve["high"], color=BLUE, alpha=0.18, lw=0)
    bars = np.stack([curve["error"] - curve["mean_low"], curve["mean_high"] - curve["error"]])
    ax.errorbar(
        curve["width"], curve["error"], bars, fmt="o-", color=BLUE, ms=4, lw=1.6, label=f"{split} error"
    )
    ax.plot(curve["width"], curve["train_error"], "s--", color=ORANGE, ms=3.5, lw=1.4, label="training error")
    if not len(peak):
        return
    row = peak.iloc[0]
    if np.isfinite(row["threshold_width"]):
        ax.axvline(row["threshold_width"], color=GREY, ls=(0, (4, 3)), lw=1.2)
    if min(row["mean_rise"], row["mean_fall"]) > 0:
        ax.plot(row["mean_peak_width"], row["mean_peak_error"], "D", color=RED, ms=8, mfc="none", mew=1.8)


@house_style()
def surface_figure(found: DoubleDescent, over: str, width_label: str) -> Figure:
    """The mean error over width and another axis, such as the number of examples: a panel per point of the axes left.

    Args:
      found: from `nlpfeat.analysis.double_descent`.
      over: the other axis.
      width_label: what the width counts.
    """
    panels = found.panels(over)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(2.5 + 5.2 * len(panels), 4.6), sharey=True, squeeze=False
    )
    low, high = found.curves["error"].min(), found.curves["error"].max()
    image = None
    for ax, (where, panel) in zip(axes[0], panels.items(), strict=True):
        table, fitted = (
            panel.curves.pivot(index=over, columns="width", values=name) for name in ("error", "fitted")
        )
        x, y = np.arange(table.shape[1]), np.arange(table.shape[0])
        image = ax.pcolormesh(x, y, table.to_numpy(), cmap="viridis", vmin=low, vmax=high, shading="nearest")
        # "half fit" as an outline of cells, so that nothing is interpolated
        ax.contour(*_outline(fitted.to_numpy() >= 0.5), levels=[0.5], colors="white", linewidths=2)
        tall = panel.clear_peaks
        places = [table.columns.get_loc(width) for width in tall["mean_peak_width"]]
        ax.plot(
            places, [table.index.get_loc(value) for value in tall[over]], "D", color=RED, mec="white", ms=8
        )
        ax.set_xticks(x[::2], [f"{width:,}" for width in table.columns[::2]])
        ax.set_yticks(y, [f"{value:,g}" for value in table.index])
        ax.set_xlabel(width_label)
        ax.set_title(where)
        ax.grid(visible=False)
    axes[0, 0].set_ylabel(over.replace("_", " "))
    if image is not None:
        figure.colorbar(image, ax=axes[0].tolist(), label=f"mean {found.split} error")
    set_heading(
        figure,
        f"Mean error over {int(found.curves['seeds'].max())} seeds, {found.recipe}. Diamonds: peaks of the mean along the width.\n"
        "Right of the white line, half of the seeds fit every training label.",
    )
    return figure


def _outline(mask: np.ndarray) -> Sequence[np.ndarray]:
    """x, y and values of a mask, each cell as a block of points, so that a contour follows the cells' borders."""
    fine = 8
    values = np.kron(mask.astype(float), np.ones((fine, fine)))
    x, y = (np.arange(side * fine) / fine - 0.5 + 0.5 / fine for side in mask.shape[::-1])
    return x, y, values
