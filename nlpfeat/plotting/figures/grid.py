"""The figure of a grid with further axes: which recipe succeeds how often."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from nlpfeat.analysis.grid import varied_axes
from nlpfeat.plotting.figures.width import plot_baseline
from nlpfeat.plotting.primitives import plot_categories
from nlpfeat.plotting.style import house_style, set_heading, width_colours
from nlpfeat.store.results import describe_value, describe_values, further_axes, rate_in_words, time_in_words
from nlpfeat.training.metrics import Success
from nlpfeat.training.task import Task

SHARE, MEDIAN = ["share_low", "share", "share_high"], ["low", "median", "high"]  # columns of the table


@house_style()
def grid_figure(
    table: pd.DataFrame, plane: xr.Dataset, whole: xr.Dataset, task: Task, success: Success | None
) -> Figure:
    """Success and the headline metric over up to three axes of a grid: a column, a colour, and a place on the x-axis.

    Success is left out without a threshold, and where no seed reaches it, which the heading then says.

    Args:
      table: of the recipes of the plane on its last split, from `nlpfeat.analysis.grid.recipe_table`.
      plane: the part of the grid that is drawn, from `nlpfeat.analysis.grid.planes`.
      whole: the grid.
      task: what the study is trained on.
      success: metric and threshold; None without a threshold.
    """
    last, metric = str(plane["split"].to_numpy()[-1]), task.evaluation.headline
    name = metric.name.replace("_", " ")
    x_axis, colour_axis, column_axis = [*varied_axes(plane)[::-1], None, None][:3]
    places, colours, columns = (
        plane[axis].to_numpy().tolist() if axis else [None] for axis in (x_axis, colour_axis, column_axis)
    )
    shares = success is not None and bool((table["share"] > 0).any())
    panels = [SHARE, MEDIAN] if shares else [MEDIAN]
    size = (max(6.5, 1.5 + 3.4 * len(columns)), 1.4 + 2.8 * len(panels))
    figure, axes = plt.subplots(
        len(panels), len(columns), figsize=size, sharex=True, sharey="row", squeeze=False
    )
    for j, column in enumerate(columns):
        in_column = table if column is None else table[table[column_axis] == column]
        for k, (value, colour) in enumerate(zip(colours, width_colours(range(len(colours))), strict=True)):
            rows = in_column if value is None else in_column[in_column[colour_axis] == value]
            x = np.array([places.index(v) for v in rows[x_axis]]) + 0.12 * (k - (len(colours) - 1) / 2)
            label = "all" if value is None else describe_value(plane[colour_axis], value)
            for ax, names in zip(axes[:, j], panels, strict=True):
                plot_categories(ax, x, rows[names].to_numpy(), label=label, colour=colour)
        plot_baseline(axes[-1, j], plane, task)
        axes[0, j].set_title(_value(plane, column_axis, column) if column_axis and column is not None else "")
        axes[-1, j].set_xticks(range(len(places)), describe_values(plane[x_axis]))
        axes[-1, j].set_xlabel(_words(x_axis))
    if shares:
        axes[0, 0].set_ylabel(f"P({last} {name} {success})")
        axes[0, 0].set_ylim(bottom=0)
    axes[-1, 0].set_ylabel(f"{last} {name}, median")
    axes[-1, -1].legend(
        title=_words(colour_axis) or None, fontsize=9, loc="upper left", bbox_to_anchor=(1, 1)
    )
    fixed = [
        _value(plane, axis, plane[axis].item())
        for axis in ("width", *further_axes(whole))
        if plane.sizes[axis] == 1
    ]
    rate = [] if "learning_rate" in further_axes(whole) else [rate_in_words(plane)]
    recipe = ", ".join([*rate, time_in_words(plane), *fixed])
    none = f" No seed reaches {last} {name} {success}." if success is not None and not shares else ""
    how = "Above: share, Wilson 95 % interval. Below: median, quartiles." if shares else "Median, quartiles."
    question = "Which recipe succeeds" if shares else "Which recipe is best"
    set_heading(
        figure,
        f"{question}: {plane.attrs['task']}, {recipe}; {table['seeds'].max()} seeds each. {how}{none}",
    )
    return figure


def _value(plane: xr.Dataset, axis: str, value: float) -> str:
    return f"{_words(axis)} {describe_value(plane[axis], value)}"


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
