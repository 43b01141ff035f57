"""A study as a part of a page."""

import argparse
import json
import sys

import xarray as xr

from nlpfeat.cli.tables import summary_cells, warn
from nlpfeat.errors import UserError
from nlpfeat.report import item_maps, word_maps
from nlpfeat.report.members import members_of_page
from nlpfeat.report.page import Map, Part
from nlpfeat.report.study_nets import nets_of_page
from nlpfeat.store.layout import StudyFolder, read_manifest
from nlpfeat.store.provenance import signature
from nlpfeat.store.results import further_axes, read_results
from nlpfeat.study.ratings import Ratings, model
from nlpfeat.study.restore import study_factory
from nlpfeat.study.select import choose_seed, describe_member, number
from nlpfeat.study.words import read_words
from nlpfeat.sweeps.members import MemberFactory

# What a map of words is made of where no one says otherwise; see `word_maps.drawing`.
AS_USUAL = argparse.Namespace(method="tsne", step=None, each=200, most=None)
ITEMS = 1000  # of a map of films


def part(study: StudyFolder, flags: argparse.Namespace, budget: float, line: str) -> Part:
    """All that a page shows of a study.

    Args:
      budget: bytes for its weights and points.

    Raises:
      UserError: if it has no results yet, or its data are not those it was trained on.
    """
    if not study.combined.exists():
        raise UserError(f"{study.combined} does not exist yet: run the sweep to its end first")
    print(f"{study.path} …", file=sys.stderr)
    dataset, task, factory = read_results(study.combined), study.spec.task, study_factory(study)
    nets, notes = nets_of_page(study, factory, dataset, flags.frames, budget)
    drawn, told = _maps(study, factory, dataset, flags, line)
    heads, rows, caption = summary_cells(dataset)
    warn(*notes, *told)
    return Part(
        str(study.path),
        task.summary,
        members_of_page(dataset, task),
        nets,
        drawn,
        heads,
        rows,
        [caption, *factory.dataset.notes, *notes, *told],
        _documents(study),
    )


def _documents(study: StudyFolder) -> dict[str, str]:
    """How a study was made: its commands, its manifest, its config."""
    manifest = read_manifest(study)
    lines = [one["command"] for one in manifest["commands"] if one.get("command")]
    return {
        "The commands that made it": "\n".join(lines),
        "manifest.json": json.dumps(manifest, indent=2),
        "config.json": json.dumps(study.spec.to_dict(), indent=2),
    }


def _maps(
    study: StudyFolder, factory: MemberFactory, dataset: xr.Dataset, flags: argparse.Namespace, line: str
) -> tuple[list[Map], list[str]]:
    """The maps of words or of films of members of median score, and what keeps them from being drawn."""
    task = study.spec.task
    if task.views.word_vectors is None and task.views.factors is None:
        return [], []
    point = {name: dataset[name].to_numpy()[0].item() for name in further_axes(dataset)}
    there = dataset["width"].to_numpy().tolist()
    widths = sorted({there[0], there[len(there) // 2], there[-1]})
    if flags.widths is not None:
        widths = [number("widths", text) for text in flags.widths.split(",")]
    members = [
        {"width": width} | point | {"seed": choose_seed(dataset, task, {"width": width} | point, best=False)}
        for width in widths
    ]
    draw = _of_words if task.views.word_vectors is not None else _of_items
    try:
        found = draw(study, factory, members, signature(line, study))
    except UserError as error:  # too few words, or a net that diverged: the rest of the page is as good
        return [], [f"no map: {error}"]
    return found, []


def _of_words(
    study: StudyFolder, factory: MemberFactory, members: list[dict[str, float]], stamped: str
) -> list[Map]:
    words = read_words(study, factory)
    panels, points, said = word_maps.drawing(words, members, AS_USUAL, stamped)
    return [Map("Words", panels, points, said.about)]


def _of_items(
    study: StudyFolder, factory: MemberFactory, members: list[dict[str, float]], stamped: str
) -> list[Map]:
    ratings, found = Ratings(study, factory, factory.dataset.metadata), []
    for member in members:
        one = model(ratings, member, None)
        panel, points, said = item_maps.drawing(ratings, one, (1, 2), ITEMS, stamped)
        found.append(Map(f"Items: {describe_member(member)}", [panel], points, said.about))
    return found
