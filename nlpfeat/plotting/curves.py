"""Learning curves: one panel a width, every seed a thin line, the median and its band on top."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes


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
