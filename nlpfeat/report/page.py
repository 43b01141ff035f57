"""The report page: studies one below another, each with its networks, its members, its maps and how it was made."""

from typing import NamedTuple

from nlpfeat.report.characters import Characters
from nlpfeat.report.map_page import Map
from nlpfeat.report.members import Members
from nlpfeat.report.nets import Nets
from nlpfeat.report.spreadsheet import Spreadsheet
from nlpfeat.report.web_page import as_paragraph, web_page
from nlpfeat.stats.summaries import SummaryTable


class Picture(NamedTuple):
    """A figure on the page.

    Attributes:
      heading: above it.
      description: of what it shows, also for those who cannot see it.
      svg: the figure.
    """

    heading: str
    description: str
    svg: str


class Part(NamedTuple):
    """A study as data for the page.

    Attributes:
      title: of the study.
      summary: of its task.
      headline: what width bought, in sentences.
      members: of the explorer.
      nets: of the unwarper; None where the networks are not on the plane.
      maps: of words or items.
      table: the headline metric at the last step.
      notes: below the table: how it is read, and what is left out.
      documents: title -> text: how the study was made.
      spreadsheet: of studies of ratings.
      characters: of studies of characters.
      pictures: of single networks.
    """

    title: str
    summary: str
    headline: list[str]
    members: Members
    nets: Nets | None
    maps: list[Map]
    table: SummaryTable
    notes: list[str]
    documents: dict[str, str]
    spreadsheet: Spreadsheet | None = None
    characters: Characters | None = None
    pictures: tuple[Picture, ...] = ()

    def as_data(self) -> dict[str, object]:
        """As the page's script reads it."""
        return {
            "title": self.title,
            "summary": self.summary,
            "headline": self.headline,
            "members": self.members.as_data(),
            "nets": None if self.nets is None else self.nets.as_data(),
            "maps": [{"heading": one.heading, "map": one.as_data()} for one in self.maps],
            "table": {"heads": list(self.table.heads), "rows": [list(row) for row in self.table.rows]},
            "notes": self.notes,
            "documents": self.documents,
            "spreadsheet": None if self.spreadsheet is None else self.spreadsheet.as_data(),
            "characters": None if self.characters is None else self.characters.as_data(),
            "pictures": [picture._asdict() for picture in self.pictures],
        }


def report_page(parts: list[Part], stamp: str) -> str:
    """The page as HTML. Titles, words and documents are shown as text, whatever they contain.

    Args:
      parts: one per study.
      stamp: the last line of the page: command and commit.
    """
    return web_page(
        "nlpfeat: " + ", ".join(part.title for part in parts),
        "report",
        "window.pages = report.startReport(root, data, trainer);",
        {"studies": [part.as_data() for part in parts]},
        as_paragraph(stamp),
    )
