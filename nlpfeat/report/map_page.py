"""Interactive maps of named points, offline: zoom, pan, hover, search, linked selection, coordinates as CSV.

Beside the page, a map is written as a still picture (PNG, PDF) and as a table.
"""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from bokeh.embed import file_html
from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    ColumnDataSource,
    CustomJS,
    Div,
    HoverTool,
    LabelSet,
    LayoutDOM,
    Model,
    PlainText,
    Range1d,
    TextInput,
    Title,
)
from bokeh.plotting import figure
from bokeh.resources import Resources

from nlpfeat.plotting.figures.maps import Panel, Points, map_figure
from nlpfeat.plotting.save import save_figure
from nlpfeat.store.atomic import write_atomic, write_csv

SCRIPT = Path(__file__).with_name("map_page.js")


class Map(NamedTuple):
    """Named points, such as words, on maps side by side.

    Attributes:
      panels: the maps.
      points: names, colours and markers of the points.
      heading: above the still picture.
      about: HTML above the maps of the page.
    """

    panels: list[Panel]
    points: Points
    heading: str
    about: str


def write_map(path: Path, shown: Map, stamp: str) -> list[Path]:
    """Write a map as PNG, PDF, HTML page and CSV.

    Args:
      path: name without suffix (dots in it are its own); its folder is made if there is none.
      shown: the map.
      stamp: command, commit and config, below the picture and the text of the page.

    Returns:
      The four paths, in that order.

    Raises:
      OSError: if a file cannot be written.
    """
    panels, points, heading, about = shown
    paths = save_figure(map_figure(panels, points, heading), path, stamp)
    stamped = f"{about}<p style='color:#666;font-size:11px'>{html.escape(stamp)}</p>"
    page, table = (path.with_name(path.name + suffix) for suffix in (".html", ".csv"))
    write_atomic(page, map_page(panels, points, stamped))
    coordinates = {
        f"{panel.title}: {axis}": panel.points[:, i] for panel in panels for i, axis in enumerate("xy")
    }
    columns = {points.kind: points.names, **points.columns, **coordinates}
    return [*paths, page, write_csv(pd.DataFrame(columns), table)]


def map_page(panels: Sequence[Panel], points: Points, about: str) -> str:
    """The HTML of a page with `maps`; its arguments are theirs."""
    page = maps(panels, points, about)
    return file_html(page, resources=Resources("inline"), title=f"Map: {points.kind}s")


def maps(panels: Sequence[Panel], points: Points, about: str) -> LayoutDOM:
    """Maps side by side with a search field; a selection in one map is shown in all.

    Args:
      panels: maps of the same points.
      points: names, colours and markers of the points, and the columns of tooltips and CSV.
      about: HTML above the maps.
    """
    columns = list(points.columns)
    data = {
        "name": list(points.names),
        **points.columns,
        "colour": list(points.colours),
        "marker": list(points.markers),
        "weight": points.weights.astype(float),
    }
    for i, panel in enumerate(panels):
        data |= {f"x{i}": panel.points[:, 0].astype(float), f"y{i}": panel.points[:, 1].astype(float)}
    source = ColumnDataSource(data)
    size = 760 if len(panels) == 1 else 520
    plots = [_plot(panel, source, columns, i, size) for i, panel in enumerate(panels)]
    search, clear, found = _search(source, points.kind)
    save = Button(label="Coordinates as CSV", button_type="default", name="save")
    titles = [panel.title for panel in panels]
    save.js_on_click(_script("save", source=source, titles=titles, columns=columns, kind=points.kind))
    controls = row(search, clear, save, found)
    return column(Div(text=about, width=900, disable_math=True), controls, row(*plots))


def _plot(panel: Panel, source: ColumnDataSource, columns: list[str], number: int, size: int) -> figure:
    """A scatter plot with the labels that fit, which are placed anew whenever the view changes."""
    low, high = panel.points.min(0), panel.points.max(0)
    margin = 0.06 * np.maximum(high - low, 1e-3 * max(np.ptp(panel.points), 1.0))
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
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
    tooltips = [("", "@name"), *((column, f"@{{{column}}}") for column in columns)]
    plot.add_tools(HoverTool(renderers=[points], tooltips=tooltips))
    shown = ColumnDataSource({"x": [], "y": [], "name": [], "colour": []})
    labels = LabelSet(
        x="x",
        y="y",
        text="name",
        text_color="colour",
        source=shown,
        x_offset=5,
        y_offset=3,
        text_font_size="11px",
    )
    plot.add_layout(labels)
    layout = _script("labels", source=source, shown=shown, plot=plot, number=number)
    for bound in (plot.x_range, plot.y_range):
        bound.js_on_change("start", layout)
        bound.js_on_change("end", layout)
    source.selected.js_on_change("indices", layout)
    plot.js_on_change("inner_width", layout)
    return plot


def _search(source: ColumnDataSource, kind: str) -> tuple[TextInput, Button, Div]:
    """A field that selects the name that is typed, or names that begin with it or contain it; a button to clear; the matches."""
    search = TextInput(placeholder=f"search {kind}s", width=180, name="search")
    found = Div(text="", width=420, name="found", disable_math=True)
    clear = Button(label="Clear", button_type="default", name="clear")
    search.js_on_change("value_input", _script("search", source=source, found=found))
    clear.js_on_click(_script("clear", source=source, found=found, field=search))
    return search, clear, found


def _script(name: str, **arguments: Model | Sequence[str] | str | int) -> CustomJS:
    """A call of the function `name` of map_page.js with the arguments, and `value`, the text of the search field."""
    call = f"{name}({{{', '.join(arguments)}, value: cb_obj.value_input}})"
    return CustomJS(args=arguments, code=f"{SCRIPT.read_text('utf-8')}\n{call};")
