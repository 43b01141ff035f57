"""What width buys, scaled: 0 is the best constant answer, 1 the best median of all widths. One strip a system."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.plotting.style import BLUE, GREY, RED


def plot_gain(
    ax: Axes,
    widths: np.ndarray,
    values: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    reached: tuple[float, float, float],
    bound: str,
    scale: tuple[str, str],
) -> None:
    """Every seed a point, the median with its quartiles, and the width at which .95 is reached with its interval.

    Args:
      ax: a strip whose horizontal axis is log2(width).
      widths: (widths,).
      values: (widths, seeds), scaled; what is not finite is left out.
      low, median, high: (widths,), their quartiles.
      reached: (low, estimate, high) of that width; the ends are NaN where seeds are too few to say.
      bound: "≤" or ">" where that width is a bound only, else empty.
      scale: what stands at 0 and at 1.
    """
    values, low, median, high = (
        np.where(np.isfinite(each), each, np.nan) for each in (values, low, median, high)
    )
    ax.set_yticks([0, 1], list(scale), fontsize=8)
    x = np.broadcast_to(widths[:, None], values.shape)
    ax.axhline(0.95, color=GREY, lw=0.7, ls=":")
    ax.plot(x.ravel(), values.ravel(), "o", color=BLUE, ms=2.5, alpha=0.35, mew=0)
    ax.fill_between(widths, low, high, color=BLUE, alpha=0.2, lw=0)
    ax.plot(widths, median, "-", color=BLUE, lw=1.8)
    ends = np.clip(reached, widths[0], widths[-1])
    if np.isfinite(reached[0]):
        ax.plot(ends[[0, 2]], [0.95, 0.95], "-", color=RED, lw=2.2, solid_capstyle="butt")
    marker = {"≤": "<", ">": ">"}.get(bound, "D")
    ax.plot(ends[1], 0.95, marker, color=RED, ms=5.5 if marker == "D" else 8, mec="white", mew=0.8)


def strip(ax: Axes, title: str, ticks: Sequence[int], *, lowest: bool) -> None:
    """Set up the strip of one system.

    Args:
      title: above it.
      ticks: widths marked below.
      lowest: whether it is the last of its column, where the widths are written.
    """
    ax.set_title(title, fontsize=9.5, pad=3)
    ax.set_xscale("log", base=2)
    ax.set_xticks(ticks, [str(tick) if lowest else "" for tick in ticks], fontsize=8)
    ax.minorticks_off()
    ax.set_xlim(ticks[0] / 1.15, ticks[-1] * 1.15)
    ax.set_yticks([])
    ax.set_ylim(-0.12, 1.12)
    if lowest:
        ax.set_xlabel("width", fontsize=9)
