"""The figure of several recipes: the share of seeds that succeed, against width."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.width import WidthCurve
from nlpfeat.plotting.primitives import describe_half, plot_share
from nlpfeat.plotting.style import BLUE, GREEN, GREY, ORANGE, RED, house_style, set_heading, width_axis

SPACING = 1.4  # between two ticks of a panel
COLOURS, MARKERS = (ORANGE, BLUE, GREEN, GREY, RED), "osD^v"


class Sized(NamedTuple):
    """Curves against one notion of size.

    Attributes:
      curves: by the recipe in words, at most five, of one success criterion; their widths are the sizes.
      label: what the size counts.
    """

    curves: Mapping[str, WidthCurve]
    label: str


@house_style()
def success_figure(panels: Sequence[Sized], heading: str) -> Figure:
    """One line per recipe: the share of seeds that succeed with its Wilson interval, and H50 in the legend.

    Args:
      panels: side by side: the same recipes against several notions of size.
      heading: of the figure.
    """
    wide = len(panels) > 1
    most = max(len(curves) for curves, _ in panels)
    size = (12, 4.2 + 0.55 * most) if wide else (8.5, 4.6)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for ax, (curves, label) in zip(axes[0], panels, strict=True):
        for (name, curve), colour, marker in zip(curves.items(), COLOURS, MARKERS, strict=False):
            low, share, high = np.array(curve.shares).T
            words = f"{name}\n{describe_half(curve.h50, curve.widths)}"
            plot_share(ax, curve.widths, low, share, high, label=words, colour=colour, marker=marker)
        ax.axhline(0.5, color=GREY, lw=0.8, ls=":")
        sizes = sorted({width for curve in curves.values() for width in curve.widths})
        width_axis(ax, sizes, label, SPACING)
        if wide:
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), labelspacing=0.8)
        else:
            ax.legend(loc="upper left", bbox_to_anchor=(1, 1), labelspacing=1.1)
    success, split = next((curve.criterion, curve.split) for curve in panels[0].curves.values())
    axes[0, 0].set_ylabel(f"share of seeds with\n{split} {success.metric.name} {success}")
    set_heading(figure, heading)
    return figure
