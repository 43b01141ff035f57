"""The parts of figures: measures against width and over training, shares with intervals, groups, layers, learning rates.

Each function draws numbers that an analysis has computed into an Axes.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from nlpfeat.plotting.style import BLUE, GREY, RED, log_axis, width_axis, width_colours


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
    """One measure against width: every seed a point, the median a line, the interquartile range a band.

    Args:
      ax: where.
      widths: (widths,).
      values: (widths, seeds); those that are not finite are left out.
      low, median, high: (widths,), the quartiles.
      label: of the line in a legend.
      colour, marker: of all three.
      shift: of the points sideways, in octaves, so that two splits do not cover each other.
    """
    values, low, median, high = map(_finite, (values, low, median, high))
    scatter = np.linspace(-0.09, 0.09, values.shape[1]) if values.shape[1] > 1 else np.zeros(1)
    x = np.asarray(widths)[:, None] * np.exp2(shift + scatter)
    ax.plot(x.ravel(), values.ravel(), marker, color=colour, ms=3, alpha=0.4, mew=0)
    ax.fill_between(widths, low, high, color=colour, alpha=0.18, lw=0)
    ax.plot(widths, median, "-", marker=marker, color=colour, lw=1.8, ms=5, label=label)


def _finite(values: np.ndarray) -> np.ndarray:
    """NaN, which matplotlib leaves out, in place of infinity."""
    return np.where(np.isfinite(values), values, np.nan)


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
    """A share of seeds against width, with its interval.

    Args:
      ax: where.
      widths: (widths,).
      low, share, high: (widths,), 0 to 1.
      label: of the line in a legend.
      colour, marker: of the line.
    """
    error = error_bars(low, share, high)
    ax.errorbar(widths, share, error, fmt=f"{marker}-", color=colour, capsize=3, lw=1.5, label=label)
    ax.set_ylim(-0.03, 1.03)


def error_bars(low: np.ndarray, middle: np.ndarray, high: np.ndarray) -> np.ndarray:
    """The lengths (2, n) of the bars below and above estimates, not negative by rounding."""
    return np.clip(np.stack([middle - low, high - middle]), 0, None)


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
    """The share of seeds that succeed, with intervals, and H50 with its interval.

    Args:
      ax: where.
      widths: (widths,).
      low, share, high: (widths,), 0 to 1.
      half: H50 as (low, estimate, high); inf or 0 where the curve does not cross one half.
      label: of the shares in the legend.
      width_label: what the width counts.
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
    """H50 in words, such as "H50 = 52  (95 %: 45 to 60)"; beyond the grid as "> 100" or "< 2"."""

    def number(value: float) -> str:
        if np.isnan(value):
            return "undefined"
        if value == np.inf:
            return f"> {max(widths)}"
        return f"< {min(widths)}" if value == 0 else f"{value:.3g}"

    low, estimate, high = (number(value) for value in half)
    interval = "" if low == high else f"  (95 %: {low} to {high})"
    return f"H50 {'' if estimate[0] in '<>' else '= '}{estimate}{interval}"


def plot_gain(
    ax: Axes,
    widths: np.ndarray,
    values: np.ndarray,
    low: np.ndarray,
    median: np.ndarray,
    high: np.ndarray,
    gain_width: tuple[float, float, float],
    bound: str,
    ends: tuple[str, str],
) -> None:
    """The gain of one task against width: every seed a point, median, quartiles, and the width at which .95 is reached.

    Args:
      ax: a strip, see `set_up_strip`.
      widths: (widths,).
      values: (widths, seeds), scaled; those that are not finite are left out.
      low, median, high: (widths,), their quartiles.
      gain_width: (low, estimate, high) of the width at which .95 is reached, inf for more than the widest; low and high are
        NaN for too few seeds.
      bound: "≤" or ">" if the estimate is only a bound, at the first or the last width, else empty.
      ends: labels of 0 and of 1.
    """
    values, low, median, high = map(_finite, (values, low, median, high))
    ax.set_yticks([0, 1], list(ends), fontsize=8)
    x = np.broadcast_to(widths[:, None], values.shape)
    ax.axhline(0.95, color=GREY, lw=0.7, ls=":")
    ax.plot(x.ravel(), values.ravel(), "o", color=BLUE, ms=2.5, alpha=0.35, mew=0)
    ax.fill_between(widths, low, high, color=BLUE, alpha=0.2, lw=0)
    ax.plot(widths, median, "-", color=BLUE, lw=1.8)
    left, middle, right = np.clip(gain_width, widths[0], widths[-1])
    if np.isfinite(left):
        ax.plot([left, right], [0.95, 0.95], "-", color=RED, lw=2.2, solid_capstyle="butt")
    marker = {"≤": "<", ">": ">"}.get(bound, "D")
    ax.plot(middle, 0.95, marker, color=RED, ms=5.5 if marker == "D" else 8, mec="white", mew=0.8)
    if bound == ">":
        ax.text(widths[-1], 0, f"more than {widths[-1]:g}", color=RED, fontsize=8, ha="right", va="bottom")


def set_up_strip(ax: Axes, title: str, ticks: Sequence[int], *, lowest: bool) -> None:
    """Set up the strip of one task: log2(width) along it, the scaled gain across it.

    Args:
      ax: where.
      title: above it.
      ticks: widths marked below.
      lowest: whether it is the last strip of its column, below which the widths are written.
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
    """Learning curves: every seed a thin line, the median and the interquartile band on top.

    Args:
      ax: where.
      steps: (steps,).
      values: (seeds, steps).
      low, median, high: (steps,), the quartiles over seeds.
      colour: of all lines.
      label: of the median in a legend.
      title: of the panel.
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
    """Medians over training with their bands, one line per width, on an axis that is linear up to step 10.

    Args:
      ax: where.
      steps: (steps,).
      low, median, high: (widths, steps), the quartiles over seeds.
      widths: (widths,).
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


def plot_categories(ax: Axes, x: np.ndarray, values: np.ndarray, *, label: str, colour: str) -> None:
    """Estimates with intervals, joined by a thin line.

    Args:
      ax: where.
      x: positions (n,).
      values: (n, 3): low, estimate, high.
      label: of the line in a legend.
      colour: of the line.
    """
    low, middle, high = values.T
    error = error_bars(low, middle, high)
    ax.errorbar(x, middle, error, fmt="o-", color=colour, capsize=3, lw=1.2, ms=5, label=label, clip_on=False)
    ax.grid(visible=False, axis="x")


def plot_groups(
    ax: Axes, labels: Sequence[str], groups: Sequence[np.ndarray], colours: Sequence[str]
) -> None:
    """Groups of seeds side by side: every seed a point, median, quartiles; below each its label, its size and its median.

    Args:
      ax: where.
      labels: one per group.
      groups: values (seeds,), one array per group; NaN is left out.
      colours: one per group.
    """
    texts = []
    for position, (label, values, colour) in enumerate(zip(labels, groups, colours, strict=True)):
        known = np.sort(values[~np.isnan(values)])
        texts.append(f"{label}\n{len(known)} seeds")
        if not len(known):
            continue
        scatter = 0.28 * np.sin(np.arange(len(known)) * 2.4)  # fixed: the same figure every time
        low, middle, high = np.quantile(known, (0.25, 0.5, 0.75))
        ax.plot(position + scatter, known, "o", color=colour, ms=3, alpha=0.4, mew=0)
        ax.plot([position - 0.35, position + 0.35], [middle, middle], color=colour, lw=3)
        ax.plot([position, position], [low, high], color=colour, lw=3, alpha=0.6)
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
    """A measure of each layer with its quartiles.

    Args:
      ax: where.
      layers: numbers of the layers (layers,).
      low, median, high: (layers,), the quartiles over seeds.
      label: of the line in a legend.
      colour: of line and band.
    """
    ax.fill_between(layers, low, high, color=colour, alpha=0.2, lw=0)
    ax.plot(layers, median, "-o", color=colour, lw=1.8, ms=5, label=label)


def plot_survival(
    ax: Axes,
    learning_rates: Sequence[float],
    scores: np.ndarray,
    *,
    metric: str,
    label: str,
    colour: str,
    marker: str,
) -> None:
    """Scores after fine-tuning against the learning rate: every repeat a point, the median a line.

    Args:
      ax: where.
      learning_rates: (rates,).
      scores: (rates, repeats); NaN, where training diverged, is left out.
      metric: its name.
      label: of the line in a legend.
      colour, marker: of points and line.
    """
    for values in scores.T:
        ax.plot(learning_rates, values, marker, color=colour, ms=3, alpha=0.5, mew=0)
    medians = np.ma.median(np.ma.masked_invalid(scores), axis=1).filled(np.nan)
    ax.plot(learning_rates, medians, marker + "-", color=colour, ms=6, lw=1.6, label=label)
    log_axis(ax.xaxis)
    ax.set(xlabel="learning rate of fine-tuning", ylabel=f"{metric} after it")


def plot_levels(ax: Axes, levels: Mapping[str, float]) -> None:
    """Horizontal dashed lines, named at their right end."""
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
