"""The figure of learning rates by width: where which width learns best."""

from collections.abc import Mapping
from types import MappingProxyType

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from nlpfeat.plotting.style import GREY, RED, Powers, house_style, log_axis, set_heading, width_axis
from nlpfeat.stats.best_rates import BestRates, describe_shift
from nlpfeat.training.task import Task

MAX_WRITTEN = 80  # cells in which the number is written
NOT_RUN = ". Below, networks that learn no features; grey: not run"
WIDE = 30  # largest over smallest of errors, from which on their colours are logarithmic


@house_style()
def rates_figure(
    best: BestRates,
    task: Task,
    recipe: str,
    seeds: int,
    baselines: Mapping[str, Mapping[int, float]] = MappingProxyType({}),
) -> Figure:
    """The median of the headline metric over width and learning rate, and the best rate of each width.

    Args:
      best: from `nlpfeat.analysis.selection.best_rate_fit`.
      task: what the study is trained on.
      recipe: steps and values of other axes, for the heading.
      seeds: of each width and rate.
      baselines: medians by width of what learns no features, in words; one row each below the others.
    """
    metric, medians = task.evaluation.headline, best.medians.T
    size = (max(7.5, 2.5 + 1.1 * len(best.widths)), max(4.8, 2.0 + 0.6 * len(best.rates)))
    heights = [len(best.rates), *(1.2 for _ in baselines)]
    size = (size[0], size[1] + 0.75 * len(baselines))
    figure, axes = plt.subplots(
        len(heights), 1, figsize=size, sharex=True, height_ratios=heights, squeeze=False
    )
    ax, *strips = axes[:, 0]
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
    figure.colorbar(mesh, ax=list(axes[:, 0]), format=ticks, label=f"median {best.judged_on}")
    log_axis(ax.yaxis)
    for strip, (name, medians_of) in zip(strips, baselines.items(), strict=True):
        _plot_strip(strip, best.widths, medians_of, mesh)
        strip.set_yticks([0.5], [name])
    width_axis(axes[-1, 0], best.widths.tolist(), task.width_label)
    ax.set_yticks(best.rates, [f"{rate:g}" for rate in best.rates])
    ax.minorticks_off()
    ax.grid(visible=False)
    ax.set_ylabel("learning rate")
    if medians.size <= MAX_WRITTEN:
        _write_medians(ax, best, mesh)
    _plot_ridge(ax, best)
    set_heading(
        figure,
        f"Median {best.judged_on} of {task.name} over {seeds} seeds, {recipe}. Red: the best rate, by a "
        "parabola in its logarithm, 95 % interval (triangle: the end of the grid, a bound); "
        f"{describe_shift(best)}{NOT_RUN if baselines else ''}",
    )
    return figure


def _plot_strip(ax: Axes, widths: np.ndarray, medians: Mapping[int, float], mesh: QuadMesh) -> None:
    """One row of cells in the colours of `mesh`, with their numbers; a width without a median is left empty."""
    values = np.array([medians.get(int(width), np.nan) for width in widths])
    edges = _edges(widths)
    ax.pcolormesh(
        edges,
        [0, 1],
        np.ma.masked_invalid(values)[None],
        cmap=mesh.get_cmap(),
        norm=mesh.norm,  # pyright: ignore[reportArgumentType]
    )
    for left, value in zip(edges[:-1], values, strict=True):
        if np.isfinite(value):
            _write(ax, (left, 1), value, mesh, offset=(4, -6))
    ax.grid(visible=False)


def _edges(centres: np.ndarray) -> np.ndarray:
    """The edges (n + 1,) of cells around positive numbers (n,), halfway on a logarithmic scale."""
    logs = np.log(centres.astype(float))
    if len(logs) == 1:
        return np.exp([logs[0] - 0.5, logs[0] + 0.5])
    middles = (logs[1:] + logs[:-1]) / 2
    return np.exp([2 * logs[0] - middles[0], *middles, 2 * logs[-1] - middles[-1]])


def _write_medians(ax: Axes, best: BestRates, mesh: QuadMesh) -> None:
    """Write the medians of the cells of `mesh` into them."""
    left, top = _edges(best.widths)[:-1].tolist(), _edges(best.rates)[1:].tolist()
    for i, j in np.ndindex(best.medians.shape):
        if not np.isnan(best.medians[i, j]):
            _write(ax, (left[i], top[j]), float(best.medians[i, j]), mesh, offset=(4, -3))


def _write(
    ax: Axes, corner: tuple[float, float], value: float, mesh: QuadMesh, offset: tuple[float, float]
) -> None:
    """Write a number below the upper left corner of its cell, in white on the dark ones."""
    shade = np.ma.asarray(mesh.norm(np.ma.masked_invalid([value])))[0]
    light_end = mesh.get_cmap().name == "viridis"
    dark = not np.ma.is_masked(shade) and (shade < 0.55 if light_end else shade > 0.45)
    ax.annotate(
        f"{value:.3g}" if np.isfinite(value) else "∞",
        corner,
        offset,
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
