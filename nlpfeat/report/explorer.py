"""The explorer: any measure of a study against any axis or other measure, one point per member, with its curve on hover."""

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from bokeh.models import (
    Axis,
    CheckboxGroup,
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    HoverTool,
    Legend,
    LegendItem,
    Plot,
    Select,
)
from bokeh.plotting import figure
from jaxtyping import Float

from nlpfeat.plotting.style import BLUE, GREY, SPLIT_COLOURS
from nlpfeat.report.script import Section, call, index_slider, on_change, section

CHOSEN = "#b3123f"  # colour of the member under the pointer


class MeasureValues(NamedTuple):
    """A number of every member at some steps.

    Attributes:
      name: such as "accuracy test".
      family: the name without the split, such as "accuracy".
      split: empty for a measure of the network alone.
      label: with units.
      steps: at which it is known.
      values: NaN where it is not.
    """

    name: str
    family: str
    split: str
    label: str
    steps: list[int]
    values: Float[np.ndarray, "members steps"]


class Members(NamedTuple):
    """All members of a study.

    Attributes:
      ids: of each.
      settings: axis -> (members,), for the axes in which they differ, width first.
      labels: axis -> its label.
      measures: of all members.
      headline: name of the measure that is shown first.
    """

    ids: Sequence[str]
    settings: dict[str, Float[np.ndarray, " members"]]
    labels: dict[str, str]
    measures: list[MeasureValues]
    headline: str

    @property
    def further(self) -> list[str]:
        """The axes beside width and seed."""
        return [axis for axis in self.settings if axis not in ("width", "seed")]


class _Models(NamedTuple):
    """The plots, their data sources and the axes whose labels change; names as the page's script reads them."""

    plot: Plot
    curves: Plot
    hover: HoverTool
    dots: ColumnDataSource
    bands: ColumnDataSource
    own: ColumnDataSource
    others: ColumnDataSource
    across: Axis
    up: Axis
    beside: Axis


def explorer(name: str, members: Members) -> Section:
    """The explorer of a study. A click selects a member, in the unwarper of the same section too.

    Args:
      name: of the section.
      members: what is shown.
    """
    axes, labels = list(members.settings), members.labels
    steps = sorted({step for measure in members.measures for step in measure.steps})
    options: list[str | tuple[str, str]] = [(axis, labels[axis]) for axis in axes]
    options += [(measure.name, measure.label) for measure in members.measures]
    up = Select(title="Up", value=members.headline, options=options, width=260)
    across = Select(title="Across", value=axes[0], options=options, width=220)
    log = CheckboxGroup(labels=["log measure across", "log measure up"], active=[], width=160)
    step = index_slider("Step of the measures", steps, len(steps) - 1, width=260)
    selects = [
        Select(
            title=labels[axis],
            value="all",
            options=["all", *(f"{value:.12g}" for value in np.unique(members.settings[axis]))],
            width=130,
        )
        for axis in members.further
    ]
    models = _models()
    metadata = {
        "ids": list(members.ids),
        "axes": [
            {"name": axis, "label": labels[axis], "log": _is_log(values)}
            for axis, values in members.settings.items()
        ],
        "further": members.further,
        "measures": [measure._replace(values=None)._asdict() for measure in members.measures],  # pyright: ignore[reportArgumentType]
        "steps": steps,
        "split_colours": SPLIT_COLOURS,
    }
    start = call(
        "startExplorer",
        {
            "name": name,
            "metadata": json.dumps(metadata),
            "settings": {json.dumps(axis): values.astype(float) for axis, values in members.settings.items()},
            "measures": {json.dumps(m.name): m.values.astype(np.float32).ravel() for m in members.measures},
            "controls": {"x": across, "y": up, "log": log, "step": step, "further": selects},
            **models._asdict(),
        },
    )
    redraw = "const page = explorers[name]; page.redraw(); showMember(page, page.member)"
    for control in (across, up, step, *selects):
        on_change(control, "value", name, redraw)
    on_change(log, "active", name, redraw)
    _react_to_pointer(name, models)
    parts = {"x_axis": across, "y_axis": up, "log": log, "at": step}
    parts |= {"plot": models.plot, "curves": models.curves}
    parts |= {f"of_{axis}": select for axis, select in zip(members.further, selects, strict=True)}
    return section(name, parts, start)


def _is_log(values: np.ndarray) -> bool:
    """Whether an axis is logarithmic: positive, and over at least two octaves."""
    return bool(values.min() > 0 and values.max() >= 4 * values.min())


def empty_source(*columns: str) -> ColumnDataSource:
    """A data source that the page's script fills."""
    return ColumnDataSource({column: [] for column in columns})


def _models() -> _Models:
    dots = empty_source("x", "y", "member", "id", "description", "across", "up")
    bands = empty_source("x", "low", "median", "high")
    own, others = empty_source("xs", "ys", "colour", "name"), empty_source("xs", "ys")
    tools = "pan,wheel_zoom,box_zoom,reset,save"
    plot = figure(title="…", tools=f"{tools},tap", height=380)
    curves = figure(title="…", tools=tools, x_axis_label="step", height=380)
    for one in (plot, curves):
        one.update(sizing_mode="stretch_width", toolbar_location="above")
        one.toolbar.logo = None
    plot.varea("x", "low", "high", fill_color=BLUE, fill_alpha=0.18, source=bands)
    plot.line("x", "median", line_color=BLUE, line_width=2.5, source=bands)
    seeds = plot.scatter(
        "x", "y", size=7, color=BLUE, alpha=0.5, selection_alpha=1, selection_color=CHOSEN, nonselection_alpha=0.35,
        hover_color=CHOSEN, hover_alpha=1, source=dots,
    )  # fmt: skip
    curves.multi_line("xs", "ys", line_color=GREY, line_alpha=0.25, source=others)
    lines = curves.multi_line("xs", "ys", line_color="colour", line_width=3, source=own)
    legend = LegendItem(label={"field": "name"}, renderers=[lines])  # pyright: ignore[reportArgumentType]
    curves.add_layout(Legend(items=[legend], orientation="horizontal", border_line_alpha=0), "below")
    tooltips = [("", "@description"), ("across", "@across"), ("up", "@up"), ("id", "@id")]
    hover = HoverTool(renderers=[seeds], tooltips=tooltips)
    plot.add_tools(hover)
    for axis in (plot.xaxis, plot.yaxis):
        axis.formatter = CustomJSTickFormatter(args={"log": False}, code="return tickText(tick, log)")
    beside = curves.yaxis[0]
    return _Models(plot, curves, hover, dots, bands, own, others, plot.xaxis[0], plot.yaxis[0], beside)


def _react_to_pointer(name: str, models: _Models) -> None:
    """Show the member under the pointer; select the one that is clicked on."""
    args = {"name": name, "dots": models.dots}
    shown = "if (k !== undefined) showMember(explorers[name], dots.data.member[k])"
    models.hover.callback = CustomJS(args=args, code=f"const [k] = cb_data.index.indices; {shown}")
    chosen = "if (k !== undefined) pickMember(explorers[name], dots.data.member[k])"
    models.dots.selected.js_on_change(
        "indices", CustomJS(args=args, code=f"const [k] = dots.selected.indices; {chosen}")
    )
