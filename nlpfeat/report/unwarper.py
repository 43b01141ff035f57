"""The unwarper: nets of a study by sliders, their regions, embeddings and units, computed in the page from their weights."""

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    Arrow,
    Button,
    CheckboxGroup,
    ColumnDataSource,
    CustomJSTickFormatter,
    HoverTool,
    RadioButtonGroup,
    Range1d,
    Select,
    Slider,
    Spinner,
    VeeHead,
)
from bokeh.plotting import figure

from nlpfeat.plotting.style import CLASS_COLOURS, THEMES, ground, width_colours
from nlpfeat.report.script import CustomJS, call

MARKERS = ["circle", "triangle", "square", "diamond", "inverted_triangle", "plus", "hex", "star"]
SECONDS = 6  # of a play
VIEWS = ("a", "b")


class Axis(NamedTuple):
    """A setting in which the nets differ."""

    name: str
    values: Sequence[float]  # rising


class Net(NamedTuple):
    """One net of the plane."""

    id: str
    at: tuple[int, ...]  # its place on each axis
    steps: int  # which of the lists of steps it has parameters for
    shapes: list[tuple[int, int]]  # (out, in) of each layer
    slopes: list[float]  # of each layer's activation left of zero
    start: int  # of its numbers: step after step, layer after layer, weight row by row and bias
    points: int  # which of the sets of points are its own


class Nets(NamedTuple):
    """The nets of a page.

    Attributes:
      axes: what the sliders move along.
      steps_of: lists of steps, rising, each those of several nets.
      numbers: float32, the parameters of all.
      points: sets of training points (n, 2), with the class of each (n,).
      grid: (lines, m, 2), a grid of the input plane.
      window: half the side of the input's box.
      start: the first net of either view, as places on the axes.
    """

    axes: list[Axis]
    steps_of: list[list[int]]
    nets: list[Net]
    numbers: np.ndarray
    points: list[tuple[np.ndarray, np.ndarray]]
    grid: np.ndarray
    window: float
    start: tuple[tuple[int, ...], tuple[int, ...]]


class Unwarper(NamedTuple):
    """The parts of an unwarper, to be placed in a page, and what starts it."""

    roots: dict[str, Any]  # name -> model
    begin: CustomJS


def unwarper(name: str, nets: Nets) -> Unwarper:
    """The unwarper of a study, whose parts are named after it."""
    steps = sorted({step for some in nets.steps_of for step in some})
    controls = _controls(steps)
    views = {side: _view(nets, side, nets.start[i]) for i, side in enumerate(VIEWS)}
    total = np.cumsum([0, *(len(points) for points, _ in nets.points)]).tolist()
    about = {
        "axes": [axis._asdict() for axis in nets.axes],
        "steps": steps,
        "steps_of": nets.steps_of,
        "nets": [net._asdict() for net in nets.nets],
        "points": [{"start": start, "count": stop - start} for start, stop in pairwise(total)],
        "window": nets.window,
        "colours": _colours(),
    }
    lines, along = nets.grid.shape[:2]
    every = np.concatenate([points for points, _ in nets.points]).astype(np.float32)
    begin = call(
        "((given) => startUnwarper({...given, about: JSON.parse(given.about), grid: {...given.grid, ...JSON.parse(given.grid.sizes)}}))",
        {
            "name": name,
            "about": json.dumps(about),
            "numbers": nets.numbers.astype(np.float32),
            "points": every.T.ravel(),
            "labels": np.concatenate([labels for _, labels in nets.points]).astype(np.uint8),
            "grid": {
                "x": nets.grid[..., 0].astype(float).ravel(),
                "y": nets.grid[..., 1].astype(float).ravel(),
                "sizes": json.dumps({"lines": lines, "points": along}),
            },
            "views": views,
            "controls": controls,
        },
    )
    _react(name, controls, views)
    parts = controls | {
        f"{side}_{part}": views[side][part] for side in VIEWS for part in ("plane", "space", "units")
    }
    parts |= {
        f"{side}_{axis.name}": views[side]["axes"][i] for side in VIEWS for i, axis in enumerate(nets.axes)
    }
    for part, model in parts.items():
        model.name = f"{name}_{part}"
    return Unwarper({model.name: model for model in parts.values()}, begin)


def _colours() -> dict[str, Any]:
    """What the page paints with: classes by colour and marker, scales of values."""
    classes, light = range(len(CLASS_COLOURS)), THEMES["light"]
    owned = ["#" + "".join(f"{round(255 * c):02x}" for c in rgb) for rgb in ground(light, np.array(classes))]
    rising = ["#" + "".join(f"{round(255 * c):02x}" for c in rgb[:3]) for rgb in width_colours(range(32))]
    away = [
        [1 + t * (c / 255 - 1) for c in end]
        for end in ((0, 114, 178), (213, 94, 0))
        for t in np.linspace(1, 0.05, 12)
    ]
    away = away[:12] + away[12:][::-1]
    centred = ["#" + "".join(f"{round(255 * c):02x}" for c in rgb) for rgb in away]
    return {
        "dots": CLASS_COLOURS,
        "ink": CLASS_COLOURS,
        "ground": owned,
        "markers": MARKERS,
        "scale": {"rising": rising, "centred": centred},
    }


def _controls(steps: list[int]) -> dict[str, Any]:
    """What both views share."""
    told = CustomJSTickFormatter(
        args={"steps": steps}, code="return steps[Math.round(tick)].toLocaleString('en')"
    )
    wide: dict[str, Any] = {"sizing_mode": "stretch_width"}
    last = max(1, len(steps) - 1)
    return {
        "step": Slider(title="Step of training", start=0, end=last, value=len(steps) - 1, step=1, format=told, **wide),
        "way": Slider(title="From the input (0) to the embedding (1)", start=0, end=1, value=1, step=0.005, **wide),
        "train": Button(label="▶ Training", width=110),
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


def _view(nets: Nets, side: str, start: tuple[int, ...]) -> dict[str, Any]:
    """The models of one view: sliders, a note, the plane, the embedding, the units, and their sources."""
    half, empty = nets.window, ColumnDataSource
    sources = {
        "cells": empty({"xs": [], "ys": [], "colour": []}),
        "folds": empty({"x0": [], "y0": [], "x1": [], "y1": []}),
        "dots": empty({"x": [], "y": [], "colour": [], "marker": []}),
        "probe": empty({"x": [], "y": []}),
        "ground": empty({"xs": [], "ys": [], "colour": []}),
        "grid": empty({"xs": [], "ys": []}),
        "moved": empty({"x": [], "y": [], "colour": [], "marker": []}),
        "probed": empty({"x": [], "y": []}),
        "arrows": empty({"x0": [], "y0": [], "x1": [], "y1": [], "colour": []}),
        "units_data": empty(
            {name: [] for name in ("left", "right", "bottom", "top", "colour", "name", "value")}
        ),
        "units_words": empty({"x": [], "y": [], "text": []}),
    }
    plane, space = _square(half), _square(half)
    space.axis.visible = False  # its window moves all the time
    plane.patches("xs", "ys", fill_color="colour", line_alpha=0, source=sources["cells"])
    plane.segment(
        "x0", "y0", "x1", "y1", line_color="#1a1a1a", line_alpha=0.35, line_width=0.7, source=sources["folds"]
    )
    space.patches("xs", "ys", fill_color="colour", line_alpha=0, source=sources["ground"])
    space.multi_line("xs", "ys", line_color="#9aa0a8", line_width=1, source=sources["grid"])
    for plot, dots, probe in ((plane, "dots", "probe"), (space, "moved", "probed")):
        plot.scatter(
            "x",
            "y",
            fill_color="colour",
            line_color=None,  # half the work of a frame
            marker="marker",
            size=5,
            source=sources[dots],
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
    for colour, width in (("#1a1a1a", 5), ("#ffffff", 2)):
        line: Any = {"line_color": colour, "line_width": width}
        ends: Any = {"x_start": "x0", "y_start": "y0", "x_end": "x1", "y_end": "y1"}
        head = VeeHead(size=11, fill_color=colour, line_color="#1a1a1a")
        space.add_layout(Arrow(end=head, source=sources["arrows"], **line, **ends))
    axes = []
    for axis, place in zip(nets.axes, start, strict=True):
        told = CustomJSTickFormatter(
            args={"values": [float(v) for v in axis.values]}, code="return String(values[Math.round(tick)])"
        )
        title, last = axis.name.replace("_", " "), max(1, len(axis.values) - 1)
        axes.append(
            Slider(
                title=title,
                start=0,
                end=last,
                value=place,
                step=1,
                format=told,
                sizing_mode="stretch_width",
                show_value=True,
            )
        )
    units = _units(sources)
    return {
        "plane": plane, "space": space, "units": units, "units_axis": units.yaxis[0], "axes": axes
    } | sources  # fmt: skip


def _square(half: float) -> Any:
    plot = figure(
        x_range=Range1d(start=-half, end=half), y_range=Range1d(start=-half, end=half), aspect_ratio=1, sizing_mode="stretch_width",
        tools="pan,wheel_zoom,box_zoom,reset,save", toolbar_location="below", min_border=2,
    )  # fmt: skip
    plot.grid.visible = False
    plot.axis.major_label_text_font_size = "9px"
    plot.toolbar.logo, plot.toolbar.autohide = None, True
    return plot


def _units(sources: dict[str, Any]) -> Any:
    plot = figure(
        x_range=Range1d(start=0, end=1), y_range=Range1d(start=0, end=4), height=150, sizing_mode="stretch_width", tools="", toolbar_location=None,
        title="The point on its way through the net: blue above zero, orange below, white zero",
    )  # fmt: skip
    plot.xaxis.visible = plot.grid.visible = False
    plot.yaxis.ticker = []
    plot.yaxis.major_tick_line_color = None
    cells = plot.quad(
        "left",
        "right",
        "top",
        "bottom",
        fill_color="colour",
        line_color="#c9ced6",
        line_width=0.5,
        source=sources["units_data"],
    )
    plot.text(
        "x",
        "y",
        text="text",
        text_align="center",
        text_baseline="middle",
        text_font_size="10px",
        source=sources["units_words"],
    )
    plot.add_tools(HoverTool(renderers=[cells], tooltips=[("", "@name"), ("value", "@value{0.000}")]))
    return plot


def _react(name: str, controls: dict[str, Any], views: dict[str, Any]) -> None:
    """What happens when something is moved, ticked or clicked."""
    all_views = CustomJS(args={"name": name}, code="unwarpers[name].redraw()")
    for which in ("step", "way", "x", "y", "ground"):
        controls[which].js_on_change("value", all_views)
    for which in ("path", "folds"):
        controls[which].js_on_change("active", all_views)
    for button, slider in (("train", "step"), ("move", "way")):
        code = f"play(unwarpers[name], {slider!r}, cb_obj.origin ?? cb_obj, {SECONDS})"
        controls[button].js_on_event("button_click", CustomJS(args={"name": name}, code=code))
    for side, view in views.items():
        one = CustomJS(args={"name": name}, code=f"drawView(unwarpers[name], unwarpers[name].views.{side})")
        for slider in view["axes"]:
            slider.js_on_change("value", one)
        view["plane"].js_on_event(
            "tap",
            CustomJS(
                args={"x": controls["x"], "y": controls["y"]}, code="x.value = cb_obj.x; y.value = cb_obj.y"
            ),
        )
