"""The report of studies: each becomes a part of one page."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jaxtyping import PyTree

from nlpfeat.analysis.ratings import item_map
from nlpfeat.analysis.redundancy import NEAR, fold_tree
from nlpfeat.analysis.word_maps import WordMapOptions, word_map
from nlpfeat.config.files import expand_path
from nlpfeat.data.text.characters import CharacterSpec
from nlpfeat.errors import UserError
from nlpfeat.plotting.figures.redundancy import fold_tree_figure
from nlpfeat.plotting.save import svg_of
from nlpfeat.progress import Track, untracked
from nlpfeat.report.characters import Characters, characters_of_page
from nlpfeat.report.headline import headline, words_sentences
from nlpfeat.report.item_maps import item_map_page
from nlpfeat.report.map_page import Map
from nlpfeat.report.members import members_of_page
from nlpfeat.report.page import Part, Picture, report_page
from nlpfeat.report.spreadsheet import Spreadsheet, spreadsheet
from nlpfeat.report.study_nets import nets_of_page
from nlpfeat.report.word_maps import word_map_page
from nlpfeat.stats.summaries import summary_table
from nlpfeat.store.atomic import write_atomic
from nlpfeat.store.layout import read_manifest
from nlpfeat.store.provenance import commit
from nlpfeat.store.results import further_axes
from nlpfeat.study.select import choose_seed, describe_settings
from nlpfeat.study.session import Study

WORDS_PER_CLASS = 200  # of a map of polar words
ITEMS = 1000  # of a map of rated items

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ReportOptions:
    """What a report shows.

    Attributes:
      frames: number of steps at which the unwarper shows one network per width, which is trained again for it; 0: only the
        kept checkpoints.
      widths: of the maps of words or items; none: the narrowest, a middle one and the widest.
      budget: bytes for parameters and points of all networks; a page then takes at most 15 MB.
    """

    frames: int = 80
    widths: tuple[float, ...] = ()
    budget: float = 5e6


def write_report(
    studies: Sequence[Study] | Study,
    path: str | Path | None = None,
    options: ReportOptions = ReportOptions(),
    command: str = "nlpfeat.write_report",
    track: Track = untracked,
) -> Path:
    """Write one page that shows some studies interactively, in any browser and without a network.

        nlpfeat.write_report(nlpfeat.open_study("runs/spirals"))

    Args:
      studies: one or several.
      path: of the HTML file; None for report.html in the folder of the first study.
      options: what is shown.
      command: that made the page, for its last line.
      track: follows checkpoints, networks that are trained again, and maps.

    Returns:
      The path of the page.

    Raises:
      UserError: if a study has no results yet, or its data have changed since it was trained.
    """
    studies = [studies] if isinstance(studies, Study) else studies
    budget = options.budget / len(studies)
    parts = [study_part(study, options, budget, track) for study in studies]
    path = studies[0].path / "report.html" if path is None else expand_path(path)
    write_atomic(path, report_page(parts, f"{command}   commit {commit()}").encode())
    return path


def study_part(study: Study, options: ReportOptions, budget: float, track: Track = untracked) -> Part:
    """Everything that a page shows of a study.

    Args:
      study: with results.
      options: what is shown.
      budget: bytes for the parameters and points of this study's networks.
      track: as for `write_report`.

    Raises:
      UserError: if the study has no results yet, or its data have changed since it was trained.
    """
    members = members_of_page(study)
    nets, notes = nets_of_page(study, options.frames, budget, track)
    found = Views([], [], None, None)
    try:
        found = _views(study, options, track)
    except UserError as error:  # too few words, or training diverged: the rest of the page is unaffected
        notes.append(f"no map: {error}")
    pictures: tuple[Picture, ...] = ()
    try:
        pictures = _pictures(study, options)
    except UserError as error:
        notes.append(f"no tree of units: {error}")
    table = summary_table(study.results)
    for note in notes:
        log.warning(note)
    return Part(
        title=str(study.path),
        summary=study.task.summary,
        members=members,
        nets=nets,
        headline=[*headline(study), *found.sentences],
        maps=found.maps,
        spreadsheet=found.spreadsheet,
        characters=found.characters,
        table=table,
        notes=[table.caption, *study.dataset.notes, *notes],
        documents=_documents(study),
        pictures=pictures,
    )


def _documents(study: Study) -> dict[str, str]:
    """How a study was made: its commands, its manifest, its config."""
    manifest = read_manifest(study.folder)
    commands = [entry["command"] for entry in manifest["commands"] if entry.get("command")]
    return {
        "The commands that made it": "\n".join(commands),
        "manifest.json": json.dumps(manifest, indent=2),
        "config.json": json.dumps(study.spec.to_dict(), indent=2),
    }


def _pictures(study: Study, options: ReportOptions) -> tuple[Picture, ...]:
    """The tree in which the fold lines of the widest network of median score fall together, where networks are piecewise linear."""
    views = study.task.views
    if views.units is None or views.piecewise_linear is None:
        return ()
    widest = max(_members(study, options), key=lambda settings: settings["width"])
    if widest["width"] < 2:
        return ()
    tree = fold_tree(study.restore_converged(**widest))
    title = f"The units of {describe_settings(widest)}"
    figure = fold_tree_figure(tree.tree, tree.dead.tolist(), title)
    count = int((tree.tree[:, 2] <= NEAR).sum())
    words = (
        f"Units that fold along nearly the same line (in more dimensions, the same plane) are joined low in the tree: {count} of {len(tree.dead)} count as copies of "
        f"others. {int(tree.dead.sum())} are active on no training example."
    )
    return (Picture("Which units are copies of each other", words, svg_of(figure)),)


class Views(NamedTuple):
    """What a page shows of networks of words, items or characters."""

    sentences: list[str]
    maps: list[Map]
    spreadsheet: Spreadsheet | None
    characters: Characters | None


def _views(study: Study, options: ReportOptions, track: Track) -> Views:
    """Maps of words or items and texts of characters, of members of median score; the spreadsheet of ratings."""
    views = study.task.views
    if views.word_vectors is not None:
        words = word_map(study, _members(study, options), WordMapOptions(per_class=WORDS_PER_CLASS), track)
        return Views(words_sentences(words), [word_map_page(words)._replace(heading="Words")], None, None)
    if views.factors is not None:
        table = spreadsheet(study.dataset.metadata)
        maps = []
        for settings in _members(study, options):
            result = item_map(study.restore_converged(**settings), max_items=ITEMS)
            maps.append(item_map_page(result)._replace(heading=f"Items: {describe_settings(settings)}"))
        return Views([], maps, table, None)
    if issubclass(study.task.data.spec, CharacterSpec):
        return Views([], [], None, characters_of_page(study, _members(study, options), track))
    return Views([], [], None, None)


def _members(study: Study, options: ReportOptions) -> list[dict[str, PyTree]]:
    """The narrowest, a middle and the widest member, or those of the widths that were asked for, at the first point of the further axes."""
    dataset = study.results
    point = {name: dataset[name].to_numpy()[0].item() for name in further_axes(dataset)}
    there = dataset["width"].to_numpy().tolist()
    widths = options.widths or sorted({there[0], there[len(there) // 2], there[-1]})
    members = []
    for width in widths:
        settings = {"width": width} | point
        members.append(settings | {"seed": choose_seed(dataset, study.task, settings, best=False)})
    return members
