"""The figure of a coordinate check: the change of each layer's pre-activations against the width."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from nlpfeat.analysis.coordinate_check import CoordinateCheck
from nlpfeat.plotting.primitives import plot_measure
from nlpfeat.plotting.style import house_style, log_axis, set_heading, width_axis, width_colours
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.training.task import Task

SHOWN_STEPS = 5


@house_style()
def coordinate_check_figure(check: CoordinateCheck, task: Task, learning_rate: float) -> Figure:
    """One row of panels per parametrisation, one column per layer, one line per step: medians and quartiles over seeds.

    Args:
      check: the sizes and slopes.
      task: what is trained.
      learning_rate: at the base width.
    """
    sizes = check.sizes
    names, layers = sizes["parametrisation"].unique(), sizes["layer"].unique()
    steps = np.unique(np.geomspace(1, sizes["step"].max(), SHOWN_STEPS).round().astype(int))
    figure, axes = plt.subplots(
        len(names),
        len(layers),
        figsize=(2.2 + 2.7 * len(layers), 1.2 + 2.4 * len(names)),
        sharex=True,
        sharey="col",
        squeeze=False,
    )
    slopes = check.slopes[check.slopes["quantity"] == "change"].set_index(
        ["parametrisation", "layer", "step"]
    )
    for row, name in zip(axes, names, strict=True):
        for ax, layer in zip(row, layers, strict=True):
            part = sizes[(sizes["parametrisation"] == name) & (sizes["layer"] == layer)]
            widths = np.sort(part["width"].unique())
            for step, colour in zip(steps, width_colours(steps.tolist()), strict=True):
                now = (
                    part[part["step"] == step]
                    .pivot(index="width", columns="seed", values="change")
                    .to_numpy()
                )
                quartiles = quartiles_of(now, axis=1)
                plot_measure(ax, widths.tolist(), now, *quartiles, colour=colour, label=f"step {step}")
            log_axis(ax.yaxis)
            width_axis(ax, widths.tolist(), "")
            shown = widths[:: max(1, len(widths) // 3)].tolist()
            ax.set_xticks(shown, [f"{width:g}" for width in shown], fontsize=9)
            slope = slopes.loc[(name, layer, steps[-1]), "slope"]
            ax.set_title(
                f"{layer}, {name.replace('_', ' ')}\nslope {slope:+.2f} at step {steps[-1]}", fontsize=10
            )
        row[0].set_ylabel("mean |change|")
    for ax in axes[-1]:
        ax.set_xlabel(task.width_label)
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    set_heading(
        figure,
        f"Coordinate check of {task.name}, learning rate {learning_rate:g} at the base width: change of each layer's "
        "pre-activations since step 0, median and quartiles over seeds. Flat is alike at all widths.",
    )
    return figure
