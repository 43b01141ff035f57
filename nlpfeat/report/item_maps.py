"""A map of items by two principal components of their factors: a PNG, a PDF, a page and a CSV."""

import html
from typing import Any

import numpy as np

from nlpfeat.data.ratings.files import year
from nlpfeat.embeddings.components import components
from nlpfeat.errors import UserError
from nlpfeat.plotting.style import BLUE, ORANGE
from nlpfeat.report import map_files
from nlpfeat.report.map_files import Said
from nlpfeat.report.map_page import Panel, Points
from nlpfeat.store.provenance import signature
from nlpfeat.study.ratings import Ratings, factors, merit, who
from nlpfeat.study.restore import Member
from nlpfeat.study.select import format_number


def draw(ratings: Ratings, member: Member, flags: Any, line: str) -> int:
    """Draw the map of one member; paths on stdout."""
    study, chosen = ratings.study, _axes(flags.components or "1,2")
    panel, shown, said = drawing(ratings, member, chosen, flags.most, signature(line, study))
    study.figures.mkdir(exist_ok=True)
    where = f"factors-{chosen[0]}-{chosen[1]}-width={format_number(member.settings.width)}-seed={format_number(member.settings.seed)}"
    print("\n".join(map(str, map_files.write(study.figures / where, [panel], shown, said))))
    return 0


def drawing(
    ratings: Ratings, member: Member, chosen: tuple[int, int], most: int, stamped: str
) -> tuple[Panel, Points, Said]:
    """The map of the `most` rated items by two components of one member's factors.

    Raises:
      UserError: if there are too few items or components.
    """
    items = ratings.most_rated(most)
    if len(items) < 3:
        raise UserError(f"a map needs three items, and there are {len(items)}: raise --most")
    found = components(factors(ratings, member).items[items], max(chosen))
    if max(chosen) > found.scores.shape[1]:
        raise UserError(
            f"--components: {chosen[0]},{chosen[1]}: there are {found.scores.shape[1]}, as width is {member.settings.width}"
        )
    points = found.scores[:, [axis - 1 for axis in chosen]]
    name, values = merit(ratings, member, items)
    titles = [ratings.title(item) for item in items]
    better = values >= np.median(values)
    years = [year(title) for title in titles]
    told = {
        "year": ["" if np.isnan(one) else f"{one:.0f}" for one in years],
        "ratings": ratings.counts[items],
        name: values.round(3),
    }
    title = f"components {chosen[0]} and {chosen[1]} of {who(member)}"
    colours = np.where(better, BLUE, ORANGE).tolist()
    markers = np.where(better, "circle", "triangle").tolist()
    shown = Points("item", titles, told, colours, markers, ratings.counts[items].astype(float))
    headline = f"The most rated items by {title}:\nbetter than the median (dots) and worse (triangles), as {name} has it"
    said = Said(headline, _about(ratings, items, name, chosen, found.share, stamped), stamped)
    return Panel(title, points), shown, said


def _axes(text: str) -> tuple[int, int]:
    """Two different components, from 1."""
    try:
        a, b = (int(part) for part in text.split(","))
    except ValueError:
        a = b = 0
    if min(a, b) < 1 or a == b:
        raise UserError(f"--components: {text!r}: name two different ones, as in 1,2")
    return a, b


def _about(
    ratings: Ratings, items: np.ndarray, name: str, chosen: tuple[int, int], share: np.ndarray, line: str
) -> str:
    shares = " and ".join(f"{share[axis - 1]:.0%}" for axis in chosen)
    return (
        f"<p><b>Items as the model sees them.</b> The {len(items):,} most rated items by two of the directions in which their "
        f"factors differ most ({shares} of their variance): those near one another are liked by the same people. Dots: "
        f"{html.escape(name)} above the median; triangles: below. Wheel to zoom, drag to pan; point at an item to read it; more "
        f"labels appear as you zoom in.</p><p style='color:#666;font-size:11px'>{html.escape(line)}</p>"
    )
