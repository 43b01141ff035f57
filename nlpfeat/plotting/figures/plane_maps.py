"""Maps of the plane: linear regions, area factor and decision regions of one network per width."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.geometry import PlaneMap
from nlpfeat.plotting.plane import plot_classes, plot_dots, plot_lines, plot_scale
from nlpfeat.plotting.style import THEMES, house_style, set_heading

ROWS = ("units on (dark: none)", "log|det| of the map", "class, and boundary")


@house_style()
def plane_maps_figure(maps: Sequence[PlaneMap], recipe: str) -> Figure:
    """The plane as one network per width maps it: a column each.

    Args:
      maps: from `nlpfeat.analysis.geometry.plane_maps`.
      recipe: learning rate and steps, for the heading.
    """
    figure, axes = plt.subplots(3, len(maps), figsize=(2.3 * len(maps) + 1, 7.9), squeeze=False)
    scale = None
    for column, one in zip(axes.T, maps, strict=True):
        settings, polygons = one.member.settings, one.regions.polygons()
        plot_scale(column[0], polygons, one.regions.patterns().sum(1), "viridis")
        column[0].set_title(
            f"width {settings.width}, seed {settings.seed}\n{len(one.regions)} regions", fontsize=9
        )
        if one.log_det is not None:
            scale = plot_scale(column[1], polygons, one.log_det, "RdBu_r", -6.0, 6.0)
        plot_classes(column[2], one.decision.polygons(), one.decision.winner)
        plot_lines(column[2], one.decision.segments(), "black")
        test = one.member.splits["test"]
        points, classes = np.stack(test.inputs, 1)[::3], np.asarray(test.targets)[::3]
        plot_dots(column[2], points, classes, THEMES["light"], size=5)
    for ax, label in zip(axes[:, 0], ROWS, strict=True):
        ax.set_ylabel(label)
    if scale is not None:
        label = "log|det|: red grows, blue shrinks, grey is flat"
        figure.colorbar(scale, ax=axes[1, :], label=label)
    metric = maps[0].member.task.evaluation.headline.name
    set_heading(
        figure,
        f"The plane as networks map it, {recipe}: per width the seed of median {metric}; every third point of the test split",
    )
    return figure
