"""A measure against width: every seed a point, the median with its interquartile band, the rate of success."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.plotting.style import BLUE, GREY, width_axis


def plot_measure(
    ax: Axes,
    widths: Sequence[float],
    values: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    *,
    label: str,
    colour: str,
    marker: str = "o",
    shift: float = 0.0,
) -> None:
    """Points, median and interquartile band of one measure.

    Args:
      widths: (widths,).
      values: (widths, seeds); what is not finite is left out.
      low, median, high: (widths,), the quartiles.
      shift: moves the points sideways, in octaves, so that two splits do not cover each other.
    """
    values, low, median, high = (
        np.where(np.isfinite(each), each, np.nan) for each in (values, low, median, high)
    )
    spread = np.linspace(-0.09, 0.09, values.shape[1]) if values.shape[1] > 1 else np.zeros(1)
    x = np.asarray(widths)[:, None] * np.exp2(shift + spread)
    ax.plot(x.ravel(), values.ravel(), marker, color=colour, ms=3, alpha=0.4, mew=0)
    ax.fill_between(widths, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(widths, median, "-", marker=marker, color=colour, lw=1.8, ms=5, label=label)


def plot_share(
    ax: Axes,
    widths: Sequence[int],
    low: np.ndarray,
    share: np.ndarray,
    high: np.ndarray,
    *,
    label: str,
    colour: str,
    marker: str = "o",
) -> None:
    """A share of seeds with its Wilson interval.

    Args:
      widths, low, share, high: (widths,).
    """
    error = np.clip(np.stack([share - low, high - share]), 0, None)
    ax.errorbar(widths, share, error, fmt=f"{marker}-", color=colour, capsize=3, lw=1.5, label=label)
    ax.set_ylim(-0.03, 1.03)


def plot_success(
    ax: Axes,
    widths: Sequence[int],
    low: np.ndarray,
    share: np.ndarray,
    high: np.ndarray,
    *,
    half: tuple[float, float, float],
    label: str,
    width_label: str,
) -> None:
    """The share of seeds that succeed, with Wilson intervals, and H50 with its bootstrap interval.

    Args:
      widths, low, share, high: (widths,).
      half: H50 as (low, estimate, high); inf or 0 where the curve does not cross one half.
    """
    plot_share(ax, widths, low, share, high, label=label, colour=BLUE)
    ax.axhline(0.5, color=GREY, lw=0.8, ls=":")
    if 0 < half[1] < np.inf:
        bounds = np.clip(half, min(widths), max(widths))
        ax.axvspan(bounds[0], bounds[2], color=GREY, alpha=0.15, lw=0)
        ax.axvline(half[1], color=GREY, lw=1.2, ls="--", label=describe_half(half, widths))
    else:
        ax.plot([], [], " ", label=describe_half(half, widths))
    width_axis(ax, widths, width_label)
    ax.legend(loc="lower left" if share[0] > 0.5 else "upper left")


def describe_half(half: tuple[float, float, float], widths: Sequence[int]) -> str:
    """H50 in words, such as "H50 = 52 (45 - 60)"; beyond the grid as "> 100" or "< 2"."""

    def number(value: float) -> str:
        if np.isnan(value):
            return "undefined"
        if value == np.inf:
            return f"> {max(widths)}"
        return f"< {min(widths)}" if value == 0 else f"{value:.3g}"

    low, estimate, high = (number(value) for value in half)
    interval = "" if low == high else f"  (95 %: {low} to {high})"
    return f"H50 {'' if estimate[0] in '<>' else '= '}{estimate}{interval}"
