"""The report page: studies one below another, each with its explorer, its unwarper, its maps and how it was made."""

from pathlib import Path
from typing import NamedTuple

from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.models import CustomJS
from bokeh.resources import Resources

from nlpfeat.plotting.style import CLASS_COLOURS
from nlpfeat.report.explorer import Members, explorer
from nlpfeat.report.map_page import Map, maps
from nlpfeat.report.nets import Nets
from nlpfeat.report.script import scripts
from nlpfeat.report.unwarper import SIDES, unwarper
from nlpfeat.stats.summaries import SummaryTable

TEMPLATE = Path(__file__).with_name("page.html")


class Part(NamedTuple):
    """A study as data for the page.

    Attributes:
      title: of the study.
      summary: of its task.
      members: of the explorer.
      nets: of the unwarper; None where the networks are not on the plane.
      maps: of words or items.
      table: the headline metric at the last step.
      notes: below the table: how it is read, and what is left out.
      documents: title -> text: how the study was made.
    """

    title: str
    summary: str
    members: Members
    nets: Nets | None
    maps: list[Map]
    table: SummaryTable
    notes: list[str]
    documents: dict[str, str]


class _PartView(NamedTuple):
    """A part as the template reads it."""

    name: str  # prefix of its Bokeh models
    part: Part
    axes: list[str]  # sliders of each view of the unwarper
    classes: list[str]  # their colours
    maps: list[tuple[str, str]]  # name of the Bokeh model, heading


def report_page(parts: list[Part], stamp: str) -> str:
    """The page as HTML. Titles, words and documents are escaped, whatever they contain.

    Args:
      parts: one per study.
      stamp: the last line of the page: command and commit.
    """
    document, views, starts = Document(), [], []
    for number, part in enumerate(parts):
        name = f"s{number}"
        sections = [explorer(name, part.members)]
        view = _PartView(name, part, [], [], [])
        if part.nets is not None:
            sections.append(unwarper(name, part.nets))
            classes, _ = part.nets.nets[0].shapes[-1]
            view.axes.extend(axis.name for axis in part.nets.axes)
            view.classes.extend(CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in range(classes))
        for i, one in enumerate(part.maps):
            layout = maps(one.panels, one.points, one.about)
            layout.name = f"{name}_map{i}"
            document.add_root(layout)
            view.maps.append((layout.name, one.heading))
        for section in sections:
            starts.append(section.start)
            for root in section.roots:
                document.add_root(root)
        views.append(view)
    code = "\n".join(f"_{i}.execute({{}});" for i in range(len(starts)))
    document.js_on_event(
        "document_ready", CustomJS(args={f"_{i}": start for i, start in enumerate(starts)}, code=code)
    )
    return file_html(
        document,
        Resources("inline"),
        "nlpfeat: " + ", ".join(part.title for part in parts),
        template=TEMPLATE.read_text("utf-8"),
        template_variables={"studies": views, "scripts": scripts(), "stamp": stamp, "sides": SIDES},
    )
