"""The Bokeh models of the unwarper: what both views share, and what each has of its own."""

from typing import Any

from bokeh.models import (
    Arrow,
    BasicTicker,
    Button,
    CheckboxGroup,
    ColumnDataSource,
    HoverTool,
    RadioButtonGroup,
    Range1d,
    Select,
    Slider,
    Spinner,
    VeeHead,
)
from bokeh.plotting import figure

from nlpfeat.report.nets import Nets
from nlpfeat.report.script import places


def controls_of(steps: list[int]) -> dict[str, Any]:
    """What both views share."""
    wide: dict[str, Any] = {"sizing_mode": "stretch_width"}
    return {
        "step": places("Step of training", steps, len(steps) - 1, **wide),
        "way": Slider(title="From the input (0) to the embedding (1)", start=0, end=1, value=1, step=0.005, **wide),
        "train": Button(label="▶ Training", width=110, disabled=len(steps) < 2),
        "move": Button(label="▶ Input → embedding", width=170),
        "path": RadioButtonGroup(labels=["straight", "layer by layer"], active=0, width=190),
        "ground": Select(
            title="Ground of the input",
            value="classes",
            options=[("classes", "the class that wins"), ("on", "units that are on"), ("stretch", "stretch of the map"), ("nothing", "nothing")],
            width=170,
        ),
        "folds": CheckboxGroup(labels=["borders of linear regions"], active=[0], width=200),
        "x": Spinner(title="Point: x", value=0.3, step=0.05, width=90),
        "y": Spinner(title="y", value=0.2, step=0.05, width=90),
    }  # fmt: skip


def view_of(nets: Nets, start: tuple[int, ...]) -> dict[str, Any]:
    """The models of one view, whose sliders are at `start`: the plane, the embedding, the units, and their sources."""
    half, empty = nets.window, ColumnDataSource
    sources = {
        "cells": empty({"xs": [], "ys": [], "colour": []}),
        "folds": empty({"xs": [], "ys": []}),
        "dots": empty({"xs": [], "ys": [], "colour": []}),
        "probe": empty({"x": [], "y": []}),
        "ground": empty({"xs": [], "ys": [], "colour": []}),
        "grid": empty({"xs": [], "ys": []}),
        "moved_dots": empty({"xs": [], "ys": [], "colour": []}),
        "probed": empty({"x": [], "y": []}),
        "arrows": empty({"x0": [], "y0": [], "x1": [], "y1": [], "colour": []}),
        "units_data": empty(
            {name: [] for name in ("left", "right", "bottom", "top", "colour", "name", "value")}
        ),
        "units_words": empty({"x": [], "y": [], "text": [], "colour": []}),
    }
    plane, space = _square(half), _square(half, axes=False)  # the window of the space moves all the time
    plane.patches("xs", "ys", fill_color="colour", line_color=None, source=sources["cells"])
    plane.multi_line(
        "xs", "ys", line_color="#1a1a1a", line_alpha=0.35, line_width=0.7, source=sources["folds"]
    )
    space.patches("xs", "ys", fill_color="colour", line_color=None, source=sources["ground"])
    space.multi_line("xs", "ys", line_color="#9aa0a8", line_width=1, source=sources["grid"])
    for plot, dots, probe in ((plane, "dots", "probe"), (space, "moved_dots", "probed")):
        plot.multi_line(
            "xs", "ys", line_color="colour", line_width=4, line_cap="square", source=sources[dots]
        )
        plot.scatter(
            "x",
            "y",
            marker="circle_cross",
            size=17,
            line_color="#b3123f",
            line_width=2.5,
            fill_alpha=0,
            source=sources[probe],
        )
    for colour, width in (("#1a1a1a", 6), ("colour", 3)):
        line: Any = {"line_color": colour, "line_width": width}
        ends: Any = {"x_start": "x0", "y_start": "y0", "x_end": "x1", "y_end": "y1"}
        head = VeeHead(size=12, fill_color=colour, line_color="#1a1a1a")
        space.add_layout(Arrow(end=head, source=sources["arrows"], **line, **ends))
    axes = [
        places(axis.name.replace("_", " "), axis.values, place, sizing_mode="stretch_width")
        for axis, place in zip(nets.axes, start, strict=True)
    ]
    units = _units(sources, max(len(net.shapes) for net in nets.nets))
    return {
        "plane": plane, "space": space, "units": units, "units_axis": units.yaxis[0], "axes": axes
    } | sources  # fmt: skip


def _square(half: float, *, axes: bool = True) -> Any:
    plot = figure(
        x_range=Range1d(start=-half, end=half), y_range=Range1d(start=-half, end=half), aspect_ratio=1, sizing_mode="stretch_width",
        tools="pan,wheel_zoom,box_zoom,reset,save", toolbar_location="below", toolbar_inner=True, title=None,
        min_border=2, min_border_left=30 if axes else 2, min_border_bottom=30 if axes else 2,  # the frame is a square, too
        x_axis_location="below" if axes else None, y_axis_location="left" if axes else None,
    )  # fmt: skip
    plot.center = []  # no grids: Bokeh places them again in every frame, seen or not, and measures each label of an axis
    plot.axis.major_label_text_font_size = "9px"
    plot.axis.ticker = BasicTicker(desired_num_ticks=3)
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    return plot


def _units(sources: dict[str, Any], layers: int) -> Any:
    plot = figure(
        x_range=Range1d(start=0, end=1), y_range=Range1d(start=0, end=4), height=24 + 22 * (layers + 1), sizing_mode="stretch_width", tools="", toolbar_location=None, title=None, x_axis_location=None,
    )  # fmt: skip
    plot.center = []
    plot.background_fill_color = "#dde1e7"  # so that a white bar is seen
    plot.yaxis.ticker = []
    plot.yaxis.major_tick_line_color = None
    cells = plot.quad(
        "left",
        "right",
        "top",
        "bottom",
        fill_color="colour",
        line_color=None,
        source=sources["units_data"],
    )
    plot.text(
        "x",
        "y",
        text="text",
        text_align="center",
        text_baseline="middle",
        text_font_size="10px",
        text_color="colour",
        source=sources["units_words"],
    )
    plot.add_tools(HoverTool(renderers=[cells], tooltips=[("", "@name"), ("value", "@value{0.000}")]))
    return plot
