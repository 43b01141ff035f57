"""A grid of recipes: estimates with their intervals at places along an axis."""

import numpy as np
from matplotlib.axes import Axes


def plot_categories(ax: Axes, x: np.ndarray, values: np.ndarray, *, label: str, colour: str) -> None:
    """Estimates with intervals, joined by a thin line.

    Args:
      x: places (n,).
      values: (n, 3): low, estimate, high.
    """
    low, middle, high = values.T
    error = np.clip(np.stack([middle - low, high - middle]), 0, None)
    ax.errorbar(x, middle, error, fmt="o-", color=colour, capsize=3, lw=1.2, ms=5, label=label, clip_on=False)
    ax.grid(visible=False, axis="x")
