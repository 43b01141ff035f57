"""Maps of named points as a page of its own, which needs no network: zoom, pan, hover, search, linked selection, CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    ColumnDataSource,
    CustomJS,
    Div,
    HoverTool,
    LabelSet,
    PlainText,
    Range1d,
    TextInput,
    Title,
)
from bokeh.plotting import figure
from bokeh.resources import Resources

SCRIPT = Path(__file__).with_name("map_page.js")


class Panel(NamedTuple):
    """One map of the points."""

    title: str
    points: np.ndarray  # (n, 2)


class Points(NamedTuple):
    """What all maps of a page show."""

    kind: str  # what a point is, such as "word"
    names: Sequence[str]  # (n,)
    told: dict[str, Any]  # column -> (n,), told when a point is pointed at, and written to the CSV
    colours: Sequence[str]  # (n,)
    markers: Sequence[str]  # (n,)
    weights: np.ndarray  # (n,): where there is no room for all labels, those of the largest are shown

    def first(self, count: int) -> "Points":
        """The first ones."""
        told = {name: values[:count] for name, values in self.told.items()}
        return Points(
            self.kind,
            self.names[:count],
            told,
            self.colours[:count],
            self.markers[:count],
            self.weights[:count],
        )


def map_page(panels: Sequence[Panel], points: Points, about: str) -> str:
    """A page of `maps` as HTML."""
    page = maps(panels, points, about)
    return file_html(page, resources=Resources("inline"), title=f"Map: {points.kind}s")


def maps(panels: Sequence[Panel], points: Points, about: str) -> Any:
    """Maps side by side, with a field to search. Every panel shows the same points; what is selected in one is selected in all.

    Args:
      about: a sentence or two of HTML above the maps.
    """
    data: dict[str, Any] = {
        "name": list(points.names),
        **points.told,
        "colour": list(points.colours),
        "marker": list(points.markers),
        "weight": points.weights.astype(float),
    }
    for i, panel in enumerate(panels):
        data |= {f"x{i}": panel.points[:, 0].astype(float), f"y{i}": panel.points[:, 1].astype(float)}
    source = ColumnDataSource(data)
    size = 760 if len(panels) == 1 else 520
    plots = [_plot(panel, source, list(points.told), i, size) for i, panel in enumerate(panels)]
    search, clear, found = _search(source, points.kind)
    save = Button(label="Coordinates as CSV", button_type="default", name="save")
    names = [panel.title for panel in panels]
    save.js_on_click(
        _script("save", source=source, titles=names, columns=list(points.told), kind=points.kind)
    )
    controls = row(search, clear, save, found)
    return column(Div(text=about, width=900, disable_math=True), controls, row(*plots))


def _plot(panel: Panel, source: ColumnDataSource, told: list[str], number: int, size: int) -> Any:
    """A scatter plot with the labels that have room, laid out anew whenever the view changes."""
    low, high = panel.points.min(0), panel.points.max(0)
    room = 0.06 * np.maximum(high - low, 1e-3 * max(np.ptp(panel.points), 1.0))
    (left, bottom), (right, top) = (low - room).tolist(), (high + room).tolist()
    plot = figure(
        title=Title(text=PlainText(text=panel.title)),  # two dollars in a path are no formula
        width=size,
        height=size,
        x_range=Range1d(left, right),
        y_range=Range1d(bottom, top),
        tools="pan,wheel_zoom,box_zoom,box_select,lasso_select,tap,reset",
        active_scroll="wheel_zoom",
        name=f"map{number}",
    )
    plot.axis.visible = False
    plot.grid.visible = False
    points = plot.scatter(
        f"x{number}",
        f"y{number}",
        source=source,
        color="colour",
        marker="marker",
        size=6,
        alpha=0.6,
        selection_alpha=1.0,
        nonselection_alpha=0.12,
    )
    plot.add_tools(
        HoverTool(
            renderers=[points], tooltips=[("", "@name"), *((column, f"@{{{column}}}") for column in told)]
        )
    )
    shown = ColumnDataSource({"x": [], "y": [], "name": [], "colour": []})
    plot.add_layout(
        LabelSet(
            x="x",
            y="y",
            text="name",
            text_color="colour",
            source=shown,
            x_offset=5,
            y_offset=3,
            text_font_size="11px",
        )
    )
    layout = _script("labels", source=source, shown=shown, plot=plot, number=number)
    for bound in (plot.x_range, plot.y_range):
        bound.js_on_change("start", layout)
        bound.js_on_change("end", layout)
    source.selected.js_on_change("indices", layout)
    plot.js_on_change("inner_width", layout)
    return plot


def _search(source: ColumnDataSource, kind: str) -> tuple[TextInput, Button, Div]:
    """A field that selects what is typed, or what begins with it or holds it; a button to clear it; what was found."""
    search = TextInput(placeholder=f"search {kind}s", width=180, name="search")
    found = Div(text="", width=420, name="found", disable_math=True)
    clear = Button(label="Clear", button_type="default", name="clear")
    search.js_on_change("value_input", _script("search", source=source, found=found))
    clear.js_on_click(_script("clear", source=source, found=found, field=search))
    return search, clear, found


def _script(name: str, **arguments: Any) -> CustomJS:
    """The function `name` of map_page.js, called with the arguments and the `value` of what was typed in."""
    call = f"{name}({{{', '.join(arguments)}, value: cb_obj.value_input}})"
    return CustomJS(args=arguments, code=f"{SCRIPT.read_text('utf-8')}\n{call};")
