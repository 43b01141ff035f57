"""The figure of a grid with further axes: which recipe succeeds how often."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from nlpfeat.analysis.grid import varied_axes
from nlpfeat.plotting.primitives import plot_categories
from nlpfeat.plotting.style import house_style, set_heading, width_colours
from nlpfeat.store.results import describe_value, describe_values, time_in_words
from nlpfeat.training.metrics import Success

PANELS = (["share_low", "share", "share_high"], ["low", "median", "high"])  # columns of the table


@house_style()
def grid_figure(table: pd.DataFrame, plane: xr.Dataset, whole: xr.Dataset, success: Success) -> Figure:
    """Success and the headline metric over up to three axes of a grid: a column, a colour, and a place on the x-axis.

    Args:
      table: of the recipes of the plane on its last split, from `nlpfeat.analysis.grid.recipe_table`.
      plane: the part of the grid that is drawn, from `nlpfeat.analysis.grid.planes`.
      whole: the grid.
      success: metric and threshold.
    """
    last, name = str(plane["split"].to_numpy()[-1]), success.metric.name
    x_axis, colour_axis, column_axis = [*varied_axes(plane)[::-1], None, None][:3]
    places, colours, columns = (
        plane[axis].to_numpy().tolist() if axis else [None] for axis in (x_axis, colour_axis, column_axis)
    )
    size = (max(6.5, 1.5 + 3.4 * len(columns)), 7.0)
    figure, axes = plt.subplots(2, len(columns), figsize=size, sharex=True, sharey="row", squeeze=False)
    for j, column in enumerate(columns):
        in_column = table if column is None else table[table[column_axis] == column]
        for k, (value, colour) in enumerate(zip(colours, width_colours(range(len(colours))), strict=True)):
            rows = in_column if value is None else in_column[in_column[colour_axis] == value]
            x = np.array([places.index(v) for v in rows[x_axis]]) + 0.12 * (k - (len(colours) - 1) / 2)
            label = "all" if value is None else describe_value(plane[colour_axis], value)
            for ax, names in zip(axes[:, j], PANELS, strict=True):
                plot_categories(ax, x, rows[names].to_numpy(), label=label, colour=colour)
        axes[0, j].set_title(_value(plane, column_axis, column) if column_axis and column is not None else "")
        axes[1, j].set_xticks(range(len(places)), describe_values(plane[x_axis]))
        axes[1, j].set_xlabel(_words(x_axis))
    axes[0, 0].set_ylabel(f"P({last} {name} {success})")
    axes[1, 0].set_ylabel(f"{last} {name}, median")
    axes[0, 0].set_ylim(bottom=0)
    if colour_axis:
        axes[0, -1].legend(title=_words(colour_axis), fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    fixed = [_value(plane, axis, plane[axis].item()) for axis in varied_axes(whole) if plane.sizes[axis] == 1]
    recipe = ", ".join([time_in_words(plane), *fixed])
    set_heading(
        figure,
        f"Which recipe of {plane.attrs['task']} succeeds ({recipe}): {table['seeds'].max()} seeds each.\nAbove: share, Wilson 95 % interval. Below: median, quartiles.",
    )
    return figure


def _value(plane: xr.Dataset, axis: str, value: float) -> str:
    return f"{_words(axis)} {describe_value(plane[axis], value)}"


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
