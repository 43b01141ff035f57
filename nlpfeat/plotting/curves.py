"""Learning curves: one panel a width, every seed a thin line, the median and its band on top."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from nlpfeat.plotting.style import log_axis, width_colours


def plot_curves(
    ax: Axes,
    steps: np.ndarray,
    values: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    *,
    colour: str,
    label: str,
    title: str,
    phases: Sequence[int] = (),
) -> None:
    """One measure over training.

    Args:
      steps: (steps,).
      values: (seeds, steps).
      low, median, high: (steps,), the quartiles over seeds.
      phases: steps at which a new phase of training begins, drawn as dotted lines.
    """
    ax.plot(steps, values.T, color=colour, lw=0.5, alpha=0.25)
    ax.fill_between(steps, low, high, color=colour, alpha=0.2, lw=0)
    ax.plot(steps, median, color=colour, lw=1.8, label=label)
    for step in phases:
        ax.axvline(step, color="#999999", lw=0.8, ls=":")
    ax.set_title(title)


def plot_medians(
    ax: Axes,
    steps: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    *,
    widths: Sequence[int],
) -> None:
    """Medians over training with their bands, one line a width, on an axis that is linear up to step 10.

    Args:
      steps: (steps,).
      low, median, high: (widths, steps), the quartiles over seeds.
    """
    for width, colour, *band in zip(widths, width_colours(widths), low, median, high, strict=True):
        ax.fill_between(steps, band[0], band[2], color=colour, alpha=0.15, lw=0)
        ax.plot(steps, band[1], "-o", color=colour, ms=3, lw=1.5, label=str(width))
    log_axis(ax.xaxis, linear_to=10)
    decades = [step for step in (0, 10, 100, 1000, 10_000, 100_000) if steps.min() <= step <= steps.max()]
    shown = decades or np.unique(steps[:: max(1, len(steps) // 4)]).tolist()
    ax.set_xticks(shown, [f"{step:g}" for step in shown])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xlabel("step")
    ax.legend(title="width", fontsize=8, ncols=2)
