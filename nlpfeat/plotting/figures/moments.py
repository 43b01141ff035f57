"""The figure of several measures against width, each at several recipes or moments of training."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import xarray as xr
from matplotlib.figure import Figure

from nlpfeat.plotting.figures.success import COLOURS, MARKERS
from nlpfeat.plotting.figures.width import finite_quartiles
from nlpfeat.plotting.style import house_style, log_axis, set_heading, width_axis


class Panel(NamedTuple):
    """One measure of the figure.

    Attributes:
      name: of the measure.
      title: above the panel.
      label: of its vertical axis.
      logarithmic: whether that axis is.
      bottom: where it begins, if it is not logarithmic.
    """

    name: str
    title: str
    label: str
    logarithmic: bool = False
    bottom: float = 0.0


COLUMNS = 3
SPACING = 1.5  # between two ticks of so narrow an axis


@house_style()
def moments_figure(
    parts: Mapping[str, xr.Dataset], panels: Sequence[Panel], width_label: str, heading: str
) -> Figure:
    """One panel per measure, one line per recipe or moment: the median over seeds, with quartiles as a band.

    Args:
      parts: measures by the recipe in words, at most five, as `nlpfeat.stats.summaries.flat_measures` gives them, with dims width
        and seed, and split for some, of which the last counts.
      panels: which measures are drawn.
      width_label: what the width counts.
      heading: of the figure.
    """
    rows = -(-len(panels) // COLUMNS)
    figure, axes = plt.subplots(rows, COLUMNS, figsize=(12.5, 3.1 * rows + 1.3), squeeze=False)
    every = sorted({int(width) for part in parts.values() for width in part["width"].to_numpy()})
    for ax, panel in zip(axes.ravel(), panels, strict=False):
        for (label, part), colour, marker in zip(parts.items(), COLOURS, MARKERS, strict=False):
            values = part[panel.name]
            values = values.isel(split=-1) if "split" in values.dims else values
            values = values.transpose("width", "seed").to_numpy()
            low, middle, high = finite_quartiles(values)
            widths = part["width"].to_numpy()
            ax.fill_between(widths, low, high, color=colour, alpha=0.15, lw=0)
            ax.plot(widths, middle, f"{marker}-", color=colour, lw=1.6, ms=4.5, label=label)
        width_axis(ax, every, width_label, SPACING)
        if panel.logarithmic:
            log_axis(ax.yaxis)
        else:
            ax.set_ylim(bottom=panel.bottom)
        ax.set_title(panel.title, fontsize=10.5)
        ax.set_ylabel(panel.label)
    for ax in axes.ravel()[len(panels) :]:
        ax.axis("off")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 3))
    set_heading(figure, heading)
    return figure
