"""The figure of several recipes: the share of seeds that succeed, against width."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.width import WidthCurve
from nlpfeat.plotting.primitives import describe_half, plot_share
from nlpfeat.plotting.style import BLUE, GREEN, GREY, ORANGE, RED, house_style, set_heading, width_axis

COLOURS, MARKERS = (ORANGE, BLUE, GREEN, GREY, RED), "osD^v"


@house_style()
def success_figure(curves: Mapping[str, WidthCurve], width_label: str, heading: str) -> Figure:
    """One line per recipe: the share of seeds that succeed with its Wilson interval, and H50 in the legend.

    Args:
      curves: by the recipe in words, at most five, of one success criterion.
      width_label: what the width counts.
      heading: of the figure.
    """
    figure, ax = plt.subplots(figsize=(8.5, 4.6))
    widths = sorted({width for curve in curves.values() for width in curve.widths})
    for (name, curve), colour, marker in zip(curves.items(), COLOURS, MARKERS, strict=False):
        low, share, high = np.array(curve.shares).T
        label = f"{name}\n{describe_half(curve.half, curve.widths)}"
        plot_share(ax, curve.widths, low, share, high, label=label, colour=colour, marker=marker)
    ax.axhline(0.5, color=GREY, lw=0.8, ls=":")
    width_axis(ax, widths, width_label)
    success, split = next((curve.success, curve.split) for curve in curves.values())
    ax.set_ylabel(f"share of seeds with {split} {success.metric.name} {success}")
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1), labelspacing=1.1)
    set_heading(figure, heading)
    return figure
