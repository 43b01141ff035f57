"""The figure of learning rates by width: where which width learns best."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from nlpfeat.plotting.style import GREY, RED, Powers, house_style, log_axis, set_heading, width_axis
from nlpfeat.stats.best_rates import BestRates, describe_shift
from nlpfeat.training.task import Task

MAX_WRITTEN = 80  # cells in which the number is written
WIDE = 30  # largest over smallest of errors, from which on their colours are logarithmic


@house_style()
def rates_figure(best: BestRates, task: Task, recipe: str, seeds: int) -> Figure:
    """The median of the headline metric over width and learning rate, and the best rate of each width.

    Args:
      best: from `nlpfeat.analysis.selection.best_rate_fit`.
      task: what the study is trained on.
      recipe: steps and values of other axes, for the heading.
      seeds: of each width and rate.
    """
    metric, medians = task.evaluation.headline, best.medians.T
    size = (max(7.5, 2.5 + 1.1 * len(best.widths)), max(4.8, 2.0 + 0.6 * len(best.rates)))
    figure, ax = plt.subplots(figsize=size)
    finite = medians[np.isfinite(medians)]
    wide = metric.mode == "min" and finite.size and finite.min() > 0 and finite.max() > WIDE * finite.min()
    colours = plt.get_cmap("viridis" if metric.mode == "max" else "viridis_r").with_extremes(bad="#dddddd")
    mesh = ax.pcolormesh(
        _edges(best.widths),
        _edges(best.rates),
        np.ma.masked_invalid(medians),
        cmap=colours,
        norm=LogNorm() if wide else None,
    )
    ticks = Powers() if wide else None
    figure.colorbar(mesh, ax=ax, format=ticks, label=f"median {best.judged_on}")
    log_axis(ax.yaxis)
    width_axis(ax, best.widths.tolist(), task.width_label)
    ax.set_yticks(best.rates, [f"{rate:g}" for rate in best.rates])
    ax.minorticks_off()
    ax.grid(visible=False)
    ax.set_ylabel("learning rate")
    if medians.size <= MAX_WRITTEN:
        _write_medians(ax, best, np.ma.asarray(mesh.norm(np.ma.masked_invalid(medians))))
    _plot_ridge(ax, best)
    set_heading(
        figure,
        f"Median {best.judged_on} of {task.name} over {seeds} seeds, {recipe}. Red: the best rate, by a "
        "parabola in its logarithm, 95 % interval (triangle: the end of the grid, a bound); "
        f"{describe_shift(best)}",
    )
    return figure


def _edges(centres: np.ndarray) -> np.ndarray:
    """The edges (n + 1,) of cells around positive numbers (n,), halfway on a logarithmic scale."""
    logs = np.log(centres.astype(float))
    if len(logs) == 1:
        return np.exp([logs[0] - 0.5, logs[0] + 0.5])
    middles = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middles[0], *middles, 2 * logs[-1] - middles[-1]])


def _write_medians(ax: Axes, best: BestRates, shades: np.ma.MaskedArray) -> None:
    """Write the medians into their cells, in white on the dark ones.

    Args:
      ax: where.
      best: whose medians they are.
      shades: (rates, widths), their places on the colour map.
    """
    light_end = ax.collections[0].get_cmap().name == "viridis"
    left, top = _edges(best.widths)[:-1], _edges(best.rates)[1:]
    for i, j in np.ndindex(best.medians.shape):
        median, shade = best.medians[i, j], shades[j, i]
        if np.isnan(median):
            continue
        text = f"{median:.3g}" if np.isfinite(median) else "∞"
        dark = not np.ma.is_masked(shade) and (shade < 0.55 if light_end else shade > 0.45)
        ax.annotate(
            text,
            (left[i], top[j]),
            (4, -3),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color="white" if dark else "black",
        )


def _plot_ridge(ax: Axes, best: BestRates) -> None:
    """The best rates, joined by a line where they are no bounds."""
    markers = {"": "o", "≥": "^", "≤": "v"}
    low, middle, high = np.array(best.best).T
    for place in np.flatnonzero(best.inner & ~np.isnan(low)):
        ax.plot([best.widths[place]] * 2, [low[place], high[place]], color=RED, lw=2)
    ax.plot(best.widths[best.inner], middle[best.inner], "-", color=RED, lw=1.2)
    for width, rate, bound in zip(best.widths, middle, best.bounds, strict=True):
        ax.plot(width, rate, markers[bound], color=RED, ms=8 if bound else 7, mec="white", mew=1)
    if np.isinf(best.medians).any():
        ax.plot([], [], "s", color="#dddddd", mec=GREY, label="∞: most diverged")
        ax.legend(loc="upper right", bbox_to_anchor=(1, -0.08), fontsize=8)
