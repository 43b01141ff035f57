"""The page: studies one below another, each with its explorer, its unwarper, its maps and how it was made."""

from pathlib import Path
from typing import Any, NamedTuple

from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.models import CustomJS
from bokeh.resources import Resources

from nlpfeat.plotting.style import CLASS_COLOURS
from nlpfeat.report.explorer import Members, explorer
from nlpfeat.report.map_page import Panel, Points, maps
from nlpfeat.report.nets import Nets
from nlpfeat.report.script import scripts
from nlpfeat.report.unwarper import VIEWS, unwarper

TEMPLATE = Path(__file__).with_name("page.html")


class Map(NamedTuple):
    """Maps of named points, such as words."""

    heading: str
    panels: list[Panel]
    points: Points
    about: str  # HTML above them


class Part(NamedTuple):
    """A study, as data for the page."""

    title: str
    summary: str
    members: Members
    nets: Nets | None  # where they are nets of the plane
    maps: list[Map]
    heads: list[str]  # of the table
    rows: list[list[str]]
    notes: list[str]  # below the table: how to read it, and what is left out
    documents: dict[str, str]  # title -> text: how it was made


def report(parts: list[Part], stamp: str) -> str:
    """The page as HTML. Titles, words and documents are shown as text, whatever they hold."""
    document, told, begins = Document(), [], []
    for number, part in enumerate(parts):
        name = f"s{number}"
        explored = explorer(name, part.members)
        roots, begin = dict(explored.roots), [explored.begin]
        view: dict[str, Any] = {
            "name": name,
            "part": part,
            "axes": [],
            "classes": [],
            "maps": [],
            "further": part.members.further,
        }
        if part.nets is not None:
            opened = unwarper(name, part.nets)
            roots |= opened.roots
            begin.append(opened.begin)
            view["axes"] = [axis.name for axis in part.nets.axes]
            classes, _ = part.nets.nets[0].shapes[-1]
            view["classes"] = [CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in range(classes)]
        for i, one in enumerate(part.maps):
            layout = maps(one.panels, one.points, one.about)
            layout.name = f"{name}_map{i}"
            roots[layout.name] = layout
            view["maps"].append((layout.name, one.heading))
        for root in roots.values():
            document.add_root(root)
        told.append(view)
        begins += begin
    code = "\n".join(f"_{i}.execute({{}});" for i in range(len(begins)))
    document.js_on_event(
        "document_ready", CustomJS(args={f"_{i}": b for i, b in enumerate(begins)}, code=code)
    )
    variables = {"studies": told, "scripts": scripts(), "stamp": stamp, "sides": VIEWS}
    title = "nlpfeat: " + ", ".join(part.title for part in parts)
    return file_html(
        document,
        Resources("inline"),
        title,
        template=TEMPLATE.read_text("utf-8"),
        template_variables=variables,
    )
