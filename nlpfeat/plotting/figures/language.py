"""Figures of character networks: bits against size, text statistics, and texts coloured by single units."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from nlpfeat.analysis.language import SIZES, MemberProbes, MemberStatistics, WidthCurves
from nlpfeat.analysis.text_statistics import DESCRIPTIONS as STATISTICS
from nlpfeat.analysis.unit_probes import DESCRIPTIONS as FEATURES
from nlpfeat.plotting.primitives import plot_measure, plot_medians
from nlpfeat.plotting.style import (
    BLUE,
    GREY,
    ORANGE,
    house_style,
    log_axis,
    width_axis,
    width_colours,
)
from nlpfeat.plotting.texts import lay_out, plot_text
from nlpfeat.stats.power_laws import PowerLaw
from nlpfeat.stats.quantiles import quartiles_of

COLUMNS, LINES = 80, 12  # of a text


@house_style()
def width_curves_figure(result: WidthCurves) -> Figure:
    """Bits per character at the last step against each size, and over the seconds of training."""
    last, evaluated = result.last, result.evaluated
    figure, axes = plt.subplots(1, 4, figsize=(16, 4.4), sharey=True)
    for ax, (name, label) in zip(axes, SIZES.items(), strict=False):
        for split, colour, marker in (("train bits", ORANGE, "^"), (evaluated, BLUE, "o")):
            plot_bits(ax, last, name, split, colour, marker)
        plot_law(ax, result.laws[name], last[name].to_numpy(), label)
    axes[0].set_ylabel("bits per character")
    axes[0].legend()
    plot_training(axes[3], result.curves, evaluated)
    known = last[["train bits", evaluated]].replace(np.inf, np.nan)
    low, high = known.min(axis=None), known[evaluated].max()
    if np.isfinite(high):
        axes[0].set_ylim(low - 0.15 * (high - low) - 0.1, high + 0.3 * (high - low) + 0.1)
    return figure


def plot_bits(ax: Axes, last: pd.DataFrame, size: str, split: str, colour: str, marker: str) -> None:
    """Bits per character against a size: every seed, median, quartiles.

    Args:
      last: one row per member.
      size: the column of the horizontal axis.
      split: the column of bits.
    """
    values = last.pivot(index="width", columns="seed", values=split).to_numpy()
    sizes = last.groupby("width")[size].median().to_numpy()
    order = np.argsort(sizes)
    quartiles = quartiles_of(values[order], axis=1)
    label = split.removesuffix(" bits")
    plot_measure(
        ax, sizes[order].tolist(), values[order], *quartiles, label=label, colour=colour, marker=marker
    )


def plot_law(ax: Axes, law: PowerLaw | None, sizes: np.ndarray, label: str) -> None:
    """A power law as a dashed line, its exponent in the title, with its interval where there is one.

    Args:
      law: None where none could be fitted.
      sizes: of all members.
      label: of the horizontal axis.
    """
    if label == SIZES["width"]:
        width_axis(ax, sorted(set(sizes.astype(int).tolist())), label)
    else:
        log_axis(ax.xaxis)
        ax.xaxis.set_minor_formatter(NullFormatter())
        ax.set_xlabel(label)
    if law is None:
        ax.set_title("no power law", fontsize=10)
        return
    x = np.geomspace(sizes.min(), sizes.max(), 100)
    ax.plot(x, law.at(x), "--", color=GREY, lw=1.2, label="power law above a floor")
    low, middle, high = law.exponent
    interval = f" ({low:.2f} to {high:.2f})" if np.isfinite(low) else ""
    ax.set_title(f"exponent {middle:.2f}{interval}, floor {law.floor.estimate:.2f}", fontsize=10)


def plot_training(ax: Axes, curves: pd.DataFrame, split: str) -> None:
    """Median bits over the seconds of training, one line per width.

    Args:
      curves: of `WidthCurves`.
      split: the column of bits.
    """
    widths = [int(width) for width in curves["width"].unique()]
    for width, colour in zip(widths, width_colours(widths), strict=True):
        trained = curves[(curves["width"] == width) & (curves["step"] > 0)]
        medians = trained.groupby("step")[["seconds", split]].median()
        ax.plot(medians["seconds"], medians[split], color=colour, lw=1.6, label=str(width))
    log_axis(ax.xaxis)
    ax.set_xlabel(SIZES["seconds"])
    ax.set_title(f"{split} over training, by units", fontsize=10)
    ax.legend(ncols=2, fontsize=8)


@house_style()
def member_statistics_figure(result: MemberStatistics, width_label: str) -> Figure:
    """Each statistic against width at the last step, above, and over training, below; dashed: the evaluation text.

    Args:
      result: of all members.
      width_label: what the width counts.
    """
    (reference, *_) = result.references.values()
    figure, axes = plt.subplots(2, len(STATISTICS), figsize=(3.3 * len(STATISTICS), 7))
    cube = result.members.set_index(["width", "seed", "step"]).to_xarray()
    widths, steps = cube["width"].to_numpy().tolist(), cube["step"].to_numpy()
    for (name, description), (top, bottom) in zip(STATISTICS.items(), axes.T, strict=True):
        values = cube[name].to_numpy()  # (widths, seeds, steps)
        quartiles = quartiles_of(values, axis=1)
        last = (each[:, -1] for each in quartiles)
        plot_measure(top, widths, values[:, :, -1], *last, label=name, colour=BLUE)
        width_axis(top, widths, width_label)
        top.set_title(description.replace(", ", ",\n", 1), fontsize=10)
        plot_medians(bottom, steps, *quartiles, widths=widths)
        for ax in (top, bottom):
            ax.axhline(getattr(reference, name), ls="--", lw=1.2, color=GREY)
            ax.set_ylim(0, None)
        if bottom is not axes[1, -1]:
            bottom.get_legend().remove()
    return figure


@house_style()
def member_probes_figure(result: MemberProbes) -> Figure:
    """The passage in which each feature varies most, coloured by the unit that follows it: red above its mean."""
    probes = result.probes
    figure, axes = plt.subplots(len(probes), 1, figsize=(11, 0.9 + 2.5 * len(probes)), squeeze=False)
    for ax, (name, probe) in zip(axes[:, 0], probes.items(), strict=True):
        start, stop = passage(result.text, result.features[name])
        values = probe.sign * result.activations[:, probe.unit]
        values = (values - values.mean()) / max(float(values.std()), 1e-9)
        r2 = f"r² {probe.evaluation_r2:.2f} (all units {probe.probe_r2:.2f})"
        title = f"{FEATURES[name]}: {result.unit_name(name)}, {r2}"
        plot_text(ax, result.text[start:stop], values[start:stop], columns=COLUMNS, limit=2.5, title=title)
    return figure


def passage(text: str, feature: np.ndarray) -> tuple[int, int]:
    """Start and stop of the `LINES` lines, `COLUMNS` wide, in which a feature (characters,) varies most."""
    rows = np.array([row for row, _ in lay_out(text, COLUMNS)])
    starts = np.searchsorted(rows, np.arange(0, max(rows[-1] - LINES, 0) + 1))
    stops = np.searchsorted(rows, np.arange(len(starts)) + LINES)
    variation = [feature[a:b].var() * (b - a) for a, b in zip(starts, stops, strict=True)]
    best = int(np.argmax(variation))
    return int(starts[best]), int(stops[best])
