"""The explorer: any measure of a study against any axis or other measure, every member a point; hover for its curve."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from bokeh.models import (
    CheckboxGroup,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    HoverTool,
    Legend,
    LegendItem,
    Select,
)
from bokeh.plotting import figure

from nlpfeat.plotting.style import BLUE, GREY, SPLIT_COLOURS
from nlpfeat.report.script import Section, call, places, section


class Measure(NamedTuple):
    """A number of every member at some steps."""

    name: str  # such as "accuracy test"
    family: str  # what it shares with its like on other parts of the data, such as "accuracy"
    split: str  # the part of the data; "" where it is of the net alone
    label: str  # with its unit
    steps: list[int]
    values: np.ndarray  # (members, steps)


class Members(NamedTuple):
    """All members of a study."""

    ids: Sequence[str]
    settings: dict[str, np.ndarray]  # axis -> (members,); those in which they differ, width first
    labels: dict[str, str]  # axis -> what it counts
    measures: list[Measure]
    headline: str  # the name of the measure shown first

    @property
    def further(self) -> list[str]:
        """The axes beside width and seed."""
        return [axis for axis in self.settings if axis not in ("width", "seed")]


def explorer(name: str, members: Members) -> Section:
    """The explorer of a study, whose parts are named after it. A click picks a member, in the unwarper of that name too."""
    axes = list(members.settings)
    further = members.further
    steps = sorted({step for measure in members.measures for step in measure.steps})
    options: Any = [(axis, members.labels[axis]) for axis in axes]
    options += [(measure.name, measure.label) for measure in members.measures]
    first = axes[0]
    controls: dict[str, Any] = {
        "y": Select(title="Up", value=members.headline, options=options, width=260),
        "x": Select(title="Across", value=first, options=options, width=220),
        "log": CheckboxGroup(labels=["log measure across", "log measure up"], active=[], width=160),
        "step": places("Step of the measures", steps, len(steps) - 1, width=260),
    }
    choices = {axis: np.unique(members.settings[axis]).tolist() for axis in further}
    selects = [
        Select(
            title=members.labels[axis],
            value="all",
            options=["all", *(f"{v:.12g}" for v in choices[axis])],
            width=130,
        )
        for axis in further
    ]
    models = _plots()
    about = {
        "ids": list(members.ids),
        "axes": [{"name": a, "label": members.labels[a], "log": _on_log(members.settings[a])} for a in axes],
        "further": further,
        "measures": [m._replace(values=None)._asdict() for m in members.measures],
        "steps": steps,
        "split_colours": SPLIT_COLOURS,
    }
    numbers = {json.dumps(m.name): m.values.astype(np.float32).ravel() for m in members.measures}
    begin = call(
        "startExplorer",
        {
            "name": name,
            "about": json.dumps(about),
            "settings": {json.dumps(axis): values.astype(float) for axis, values in members.settings.items()},
            "measures": numbers,
            "controls": controls | {"further": selects},
        }
        | models,
    )
    _react(name, controls, selects, models)
    parts = {"x_axis": controls["x"], "y_axis": controls["y"], "log": controls["log"], "at": controls["step"]}
    parts |= {"plot": models["plot"], "curves": models["curves"]}
    parts |= {f"of_{axis}": select for axis, select in zip(further, selects, strict=True)}
    return section(name, parts, begin)


def _on_log(values: np.ndarray) -> bool:
    """Whether an axis is drawn on a logarithmic scale: positive, and over at least two octaves."""
    return bool(values.min() > 0 and values.max() >= 4 * values.min())


def _plots() -> dict[str, Any]:
    """The plot of members, the curves, and their sources."""
    dots = ColumnDataSource({name: [] for name in ("x", "y", "member", "id", "told", "left", "right")})
    bands = ColumnDataSource({name: [] for name in ("x", "low", "median", "high")})
    own = ColumnDataSource({name: [] for name in ("xs", "ys", "colour", "name")})
    others = ColumnDataSource({name: [] for name in ("xs", "ys")})
    wide: dict[str, Any] = {"height": 380, "sizing_mode": "stretch_width", "toolbar_location": "above"}
    plot = figure(title="…", tools="pan,wheel_zoom,box_zoom,reset,save,tap", **wide)
    curves = figure(title="…", tools="pan,wheel_zoom,box_zoom,reset,save", x_axis_label="step", **wide)
    plot.varea("x", "low", "high", fill_color=BLUE, fill_alpha=0.18, source=bands)
    plot.line("x", "median", line_color=BLUE, line_width=2.5, source=bands)
    seeds = plot.scatter(
        "x", "y", size=7, color=BLUE, alpha=0.5, selection_alpha=1, selection_color="#b3123f", nonselection_alpha=0.35,
        hover_color="#b3123f", hover_alpha=1, source=dots,
    )  # fmt: skip
    curves.multi_line("xs", "ys", line_color=GREY, line_alpha=0.25, source=others)
    lines = curves.multi_line("xs", "ys", line_color="colour", line_width=3, source=own)
    renderers: Any = [lines]
    named = LegendItem(label={"field": "name"}, renderers=renderers)
    curves.add_layout(Legend(items=[named], orientation="horizontal", border_line_alpha=0), "below")
    plot.add_tools(
        HoverTool(
            renderers=[seeds], tooltips=[("", "@told"), ("across", "@left"), ("up", "@right"), ("id", "@id")]
        )
    )
    for axis in (plot.xaxis, plot.yaxis):
        axis.formatter = CustomJSTickFormatter(args={"log": False}, code="return tickText(tick, log)")
    plot.toolbar.logo = curves.toolbar.logo = None
    sources = {"dots": dots, "bands": bands, "own": own, "others": others}
    axes = {"across": plot.xaxis[0], "up": plot.yaxis[0], "beside": curves.yaxis[0]}
    return {"plot": plot, "curves": curves} | sources | axes


def _react(name: str, controls: dict[str, Any], selects: list[Any], models: dict[str, Any]) -> None:
    """What happens when something is chosen, pointed at or clicked on."""
    redraw = CustomJS(
        args={"name": name}, code="const page = explorers[name]; page.redraw(); showMember(page, page.member)"
    )
    for select in (controls["x"], controls["y"], controls["step"], *selects):
        select.js_on_change("value", redraw)
    controls["log"].js_on_change("active", redraw)
    dots = models["dots"]
    hover = next(tool for tool in models["plot"].tools if isinstance(tool, HoverTool))
    seen = "if (k !== undefined) showMember(explorers[name], dots.data.member[k])"
    hover.callback = CustomJS(
        args={"name": name, "dots": dots}, code=f"const [k] = cb_data.index.indices; {seen}"
    )
    chosen = "if (k !== undefined) pickMember(explorers[name], dots.data.member[k])"
    dots.selected.js_on_change(
        "indices",
        CustomJS(args={"name": name, "dots": dots}, code=f"const [k] = dots.selected.indices; {chosen}"),
    )
