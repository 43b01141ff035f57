"""Maps of the plane: linear regions, stretch and decision regions of one net a width."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from nlpfeat.analysis.geometry import WINDOW
from nlpfeat.geometry.decision import DecisionRegions, decision_regions
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import Regions, linear_regions
from nlpfeat.geometry.warping import determinants
from nlpfeat.plotting.plane import plot_classes, plot_points, plot_scale, plot_segments
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.results import recipe
from nlpfeat.study.restore import restore
from nlpfeat.study.select import final_scores, median_seed, point_of
from nlpfeat.training.task import Task


def maps_figure(study: StudyFolder, dataset: xr.Dataset, task: Task, headline: str) -> Any:
    """The plane as the seed of median accuracy sees it, a column a width."""
    assert task.views.piecewise_linear is not None
    widths = dataset["width"].to_numpy().tolist()
    rows = ("units on (dark: none)", "log|det| of the map", "class, and boundary")
    figure, axes = plt.subplots(3, len(widths), figsize=(2.3 * len(widths) + 1, 7.9), squeeze=False)
    figure.suptitle(
        f"The plane as nets see it, {recipe(dataset)}: for each width the seed of median accuracy; every third point",
        x=0.005,
        ha="left",
        fontsize=11,
    )
    further = point_of(study, dataset)
    scale = None
    for column, width in enumerate(widths):
        there = dataset["violations"].sel(width=width).isel(step=-1).notnull()
        scores = final_scores(dataset, headline).sel(width=width).isel(split=-1).where(there).dropna("seed")
        if not scores.sizes["seed"]:
            continue
        middle = median_seed(scores)
        member = restore(study, {**further, "width": width, "seed": middle})
        network = Network(
            tuple(Layer(*layer) for layer in task.views.piecewise_linear(member.params, member.settings))
        )
        regions = linear_regions(network.until(len(network.layers) - 1), WINDOW)
        scale = _maps(axes[:, column], regions, decision_regions(network, WINDOW), member) or scale
        axes[0, column].set_title(f"width {width}, seed {middle}\n{len(regions)} regions", fontsize=9)
    for ax, label in zip(axes[:, 0], rows, strict=True):
        ax.set_ylabel(label)
    if scale is not None:
        figure.colorbar(
            scale, ax=axes[1, :], label="log|det|: red grows, blue shrinks, grey is flat", shrink=0.9
        )
    return figure


def _maps(axes: Any, regions: Regions, decision: DecisionRegions, member: Any) -> Any:
    """Three maps of one net; returns what a colour bar needs for the second."""
    polygons = regions.polygons()
    plot_scale(axes[0], polygons, regions.patterns().sum(1), "viridis")
    scale = None
    if regions.network.outputs == 2:
        det = np.abs(determinants(regions.affine[0]))
        values = np.log(det, out=np.full(len(det), np.nan), where=det > 0)
        scale = plot_scale(axes[1], polygons, values, "RdBu_r", -6.0, 6.0)
    plot_classes(axes[2], decision.polygons(), decision.winner)
    plot_segments(axes[2], decision.segments(), colors="black", linewidths=0.8)
    test = member.splits["test"]
    plot_points(axes[2], np.stack(test.inputs, 1)[::3], np.asarray(test.targets)[::3])
    return scale
