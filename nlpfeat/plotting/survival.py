"""What is left of a trained net after fine-tuning at growing learning rates."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.plotting.style import GREY, log_axis


def plot_survival(
    ax: Axes,
    rates: Sequence[float],
    scores: np.ndarray,
    *,
    metric: str,
    label: str,
    colour: str,
    marker: str,
) -> None:
    """Scores (rates, repeats) against the learning rate: every repeat a point, their median a line; NaN, diverged, is left out."""
    for values in scores.T:
        ax.plot(rates, values, marker, color=colour, ms=3, alpha=0.5, mew=0)
    ax.plot(
        rates,
        np.ma.median(np.ma.masked_invalid(scores), axis=1).filled(np.nan),
        marker + "-",
        color=colour,
        ms=6,
        lw=1.6,
        label=label,
    )
    log_axis(ax.xaxis)
    ax.set(xlabel="learning rate of fine-tuning", ylabel=f"{metric} after it")


def plot_levels(ax: Axes, levels: dict[str, float]) -> None:
    """Horizontal lines, named at their right end."""
    for name, value in levels.items():
        ax.axhline(value, ls="--", lw=1, color=GREY)
        ax.annotate(
            name,
            (1, value),
            (-2, 2),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
            fontsize=8,
            color=GREY,
        )
