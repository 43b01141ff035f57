"""Groups of seeds side by side, and a measure layer by layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes


def plot_groups(
    ax: Axes, labels: Sequence[str], groups: Sequence[np.ndarray], colours: Sequence[str]
) -> None:
    """Every value a point, median and quartiles; below each group its label, how many there are, and the median.

    Args:
      labels, groups, colours: one a group; values (seeds,), NaN is left out.
    """
    texts = []
    for place, (label, values, colour) in enumerate(zip(labels, groups, colours, strict=True)):
        known = np.sort(values[~np.isnan(values)])
        texts.append(f"{label}\n{len(known)} seeds")
        if not len(known):
            continue
        spread = 0.28 * np.sin(np.arange(len(known)) * 2.4)  # a fixed scatter: the same figure every time
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
        ax.plot(place + spread, known, "o", color=colour, ms=3, alpha=0.4, mew=0)
        ax.plot([place - 0.35, place + 0.35], [middle, middle], color=colour, lw=3)
        ax.plot([place, place], [low, high], color=colour, lw=3, alpha=0.6)
        texts[-1] += f"\n{float(f'{middle:.3g}'):,g}"
    ax.set_xticks(range(len(labels)), texts, fontsize=9)
    ax.set_xlim(-0.6, len(labels) - 0.4)


def plot_layers(
    ax: Axes,
    layers: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    *,
    label: str,
    colour: str,
) -> None:
    """A measure of each layer, (layers,) each, with its quartiles."""
    ax.fill_between(layers, low, high, color=colour, alpha=0.2, lw=0)
    ax.plot(layers, median, "-o", color=colour, lw=1.8, ms=5, label=label)
