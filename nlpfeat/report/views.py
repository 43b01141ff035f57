"""The Bokeh models of the unwarper: controls that both views share, and the plots of each view."""

from typing import NamedTuple

from bokeh.models import (
    Arrow,
    Axis,
    BasicTicker,
    Button,
    CheckboxGroup,
    ColumnDataSource,
    HoverTool,
    Plot,
    RadioButtonGroup,
    Range1d,
    Select,
    Slider,
    Spinner,
    VeeHead,
)
from bokeh.plotting import figure

from nlpfeat.report.explorer import CHOSEN, empty_source
from nlpfeat.report.nets import Nets
from nlpfeat.report.script import index_slider

INK = "#1a1a1a"


class Controls(NamedTuple):
    """What both views share; names as the page's script reads them."""

    step: Slider
    way: Slider
    train: Button
    move: Button
    path: RadioButtonGroup
    ground: Select
    folds: CheckboxGroup
    x: Spinner
    y: Spinner


class View(NamedTuple):
    """One view: its plots, its sliders and its data sources; names as the page's script reads them."""

    plane: Plot
    space: Plot
    units: Plot
    units_axis: Axis
    axes: list[Slider]
    sources: dict[str, ColumnDataSource]


def controls_of(steps: list[int]) -> Controls:
    """The controls, the step slider at the last of `steps`."""
    grounds: list[str | tuple[str, str]] = [
        ("classes", "predicted class"),
        ("on", "number of active units"),
        ("areaFactor", "area factor of the map"),
        ("nothing", "nothing"),
    ]
    return Controls(
        step=index_slider("Step of training", steps, len(steps) - 1),
        way=Slider(title="From the input (0) to the embedding (1)", start=0, end=1, value=1, step=0.005, sizing_mode="stretch_width"),
        train=Button(label="▶ Training", width=110, disabled=len(steps) < 2),
        move=Button(label="▶ Input → embedding", width=170),
        path=RadioButtonGroup(labels=["straight", "layer by layer"], active=0, width=190),
        ground=Select(title="Background of the input", value="classes", options=grounds, width=170),
        folds=CheckboxGroup(labels=["borders of linear regions"], active=[0], width=200),
        x=Spinner(title="Point: x", value=0.3, step=0.05, width=90),
        y=Spinner(title="y", value=0.2, step=0.05, width=90),
    )  # fmt: skip


def view_of(nets: Nets, start: tuple[int, ...]) -> View:
    """The models of one view.

    Args:
      nets: what can be shown.
      start: index of each slider at first.
    """
    sources = {
        "cells": empty_source("xs", "ys", "colour"),
        "folds": empty_source("xs", "ys"),
        "dots": empty_source("xs", "ys", "colour"),
        "probe": empty_source("x", "y"),
        "ground": empty_source("xs", "ys", "colour"),
        "grid": empty_source("xs", "ys"),
        "moved_dots": empty_source("xs", "ys", "colour"),
        "probed": empty_source("x", "y"),
        "arrows": empty_source("x0", "y0", "x1", "y1", "colour"),
        "units_data": empty_source("left", "right", "bottom", "top", "colour", "name", "value"),
        "units_words": empty_source("x", "y", "text", "colour"),
    }
    plane, space = _square(nets.window), _square(nets.window, axes=False)
    plane.patches("xs", "ys", fill_color="colour", line_color=None, source=sources["cells"])
    plane.multi_line("xs", "ys", line_color=INK, line_alpha=0.35, line_width=0.7, source=sources["folds"])
    space.patches("xs", "ys", fill_color="colour", line_color=None, source=sources["ground"])
    space.multi_line("xs", "ys", line_color="#9aa0a8", line_width=1, source=sources["grid"])
    for plot, dots, probe in ((plane, "dots", "probe"), (space, "moved_dots", "probed")):
        plot.multi_line(
            "xs", "ys", line_color="colour", line_width=4, line_cap="square", source=sources[dots]
        )
        plot.scatter(
            "x", "y", marker="circle_cross", size=17, line_color=CHOSEN, line_width=2.5, fill_alpha=0, source=sources[probe],
        )  # fmt: skip
    for colour, width in ((INK, 6), ("colour", 3)):
        head = VeeHead(size=12, fill_color=colour, line_color=INK)
        arrow = Arrow(x_start="x0", y_start="y0", x_end="x1", y_end="y1", end=head, source=sources["arrows"])
        arrow.update(line_color=colour, line_width=width)
        space.add_layout(arrow)
    sliders = [
        index_slider(axis.name.replace("_", " "), axis.values, index)
        for axis, index in zip(nets.axes, start, strict=True)
    ]
    units = _units(sources, max(len(net.shapes) for net in nets.nets))
    return View(plane, space, units, units.yaxis[0], sliders, sources)


def _square(half: float, *, axes: bool = True) -> figure:
    """A square plot around the origin."""
    plot = figure(
        x_range=Range1d(start=-half, end=half), y_range=Range1d(start=-half, end=half), aspect_ratio=1, sizing_mode="stretch_width",
        tools="pan,wheel_zoom,box_zoom,reset,save", toolbar_location="below", toolbar_inner=True, title=None,
        min_border=2, min_border_left=30 if axes else 2, min_border_bottom=30 if axes else 2,  # the frame is a square, too
        x_axis_location="below" if axes else None, y_axis_location="left" if axes else None,
    )  # fmt: skip
    plot.center = []  # no grids: Bokeh lays them out in every frame, visible or not, and measures each label of an axis
    plot.axis.major_label_text_font_size = "9px"
    plot.axis.ticker = BasicTicker(desired_num_ticks=3)
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    return plot


def _units(sources: dict[str, ColumnDataSource], layers: int) -> figure:
    """The values of all units at one point: one row per layer and one for the input."""
    plot = figure(
        x_range=Range1d(start=0, end=1), y_range=Range1d(start=0, end=4), height=24 + 22 * (layers + 1),
        sizing_mode="stretch_width", tools="", toolbar_location=None, title=None, x_axis_location=None,
    )  # fmt: skip
    plot.center = []
    plot.background_fill_color = "#dde1e7"  # grey, so that a white bar is visible
    plot.yaxis.ticker = []
    plot.yaxis.major_tick_line_color = None
    cells = plot.quad(
        "left", "right", "top", "bottom", fill_color="colour", line_color=None, source=sources["units_data"],
    )  # fmt: skip
    plot.text(
        "x", "y", text="text", text_align="center", text_baseline="middle", text_font_size="10px", text_color="colour",
        source=sources["units_words"],
    )  # fmt: skip
    plot.add_tools(HoverTool(renderers=[cells], tooltips=[("", "@name"), ("value", "@value{0.000}")]))
    return plot
