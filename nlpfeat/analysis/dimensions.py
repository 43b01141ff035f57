"""What the width of word vectors buys: quality, agreement with the widest spaces, and neighbour stability."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from nlpfeat.analysis.agreement import agreement
from nlpfeat.analysis.embeddings import (
    answer_questions,
    pair_correlation,
    read_questions,
    texts_of,
    word_space,
)
from nlpfeat.data.core import split_names
from nlpfeat.data.text.word_tests import Pair, Question, read_pairs
from nlpfeat.embeddings.alignment import cka, overlap, principal_angles
from nlpfeat.embeddings.neighbours import nearest_of_each
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.embeddings.stability import NeighbourStability, neighbour_stability
from nlpfeat.errors import UserError
from nlpfeat.progress import Track, untracked
from nlpfeat.store.results import record_converged
from nlpfeat.study.restore import TrainedMember
from nlpfeat.study.select import ANYWHERE, finished_steps, members_at_point, members_at_steps
from nlpfeat.study.session import Study

log = logging.getLogger(__name__)

NEIGHBOURS, COMPONENTS = 10, 3  # neighbours per word; principal components whose spans are compared
LISTED, SPELT = 8, 4  # words of each end in the table of stability, and their neighbours


@dataclass(frozen=True)
class DimensionOptions:
    """How spaces are tested.

    Attributes:
      pair_files: files of scored word pairs, each a test of similarity.
      max_items: the most frequent words, whose neighbours are compared.
    """

    pair_files: tuple[Path, ...] = ()
    max_items: int = 2000


class Tests(NamedTuple):
    """The tests of quality."""

    questions: list[Question]
    pairs: dict[str, list[Pair]]  # by name of the file


class FrequentWords(NamedTuple):
    """The most frequent words in the space of a member."""

    vectors: Float[np.ndarray, "items width"]
    neighbours: Int[np.ndarray, "items count"]


class Dimensions(NamedTuple):
    """The result.

    Attributes:
      quality: a row per member: its settings, its headline metric, "analogies" (accuracy), "ρ FILE" per file of pairs. One
        that diverged has the worst of each; it has no part in what follows.
      agreement: a row per pair of members (`nlpfeat.analysis.agreement`): "neighbours", "cka", "angle".
      stability: None without two seeds of each of two widths.
      words: the words whose neighbours are compared, the most frequent first.
      neighbours: width -> neighbours of those words in the space of its first seed.
    """

    quality: pd.DataFrame
    agreement: pd.DataFrame
    stability: NeighbourStability | None
    words: tuple[str, ...]
    neighbours: dict[int, Int[np.ndarray, "items count"]]


def dimensions(
    study: Study,
    point: Mapping[str, float] = ANYWHERE,
    options: DimensionOptions = DimensionOptions(),
    track: Track = untracked,
) -> Dimensions:
    """Test the word vectors of every finished member at its last kept step.

    Args:
      study: of word vectors.
      point: values of the axes beside width and seed.
      options: of the tests.
      track: follows the loop over members.

    Raises:
      UserError: if no bucket is finished, `point` leaves an axis open, all members diverged, or a file cannot be read.
    """
    texts_of(study)  # other studies are refused before files are read
    tests, rows, spaces, words = _read_tests(options.pair_files), [], [], ()
    for member in _final_members(study, point, track):
        settings = {name: float(value) for name, value in vars(member.settings).items()}
        metric = member.task.evaluation.headline
        column = f"{split_names(member.splits)[-1]} {metric.name}"
        if not (member.finite and record_converged(member.record)):
            log.warning(
                "member %s diverged: it fails every test, and its words have no neighbours to compare",
                member.id,
            )
            rows.append({**settings, column: metric.worst, **_failure(tests)})
            continue
        space = word_space(study, member)
        items = min(options.max_items, len(space.words))
        if items <= NEIGHBOURS:
            raise UserError(
                f"{study.path} has {items} words: too few to compare {NEIGHBOURS} neighbours of each"
            )
        words = space.words[:items]
        rows.append({**settings, column: float(member.record[metric.name][-1]), **_quality(space, tests)})
        near = nearest_of_each(space.vectors, np.arange(items), NEIGHBOURS)
        spaces.append((settings, FrequentWords(space.vectors[:items], near)))
    if not spaces:
        raise UserError(f"the training of every member of {study.path} diverged: no word has a vector")
    first = {int(settings["width"]): space.neighbours for settings, space in reversed(spaces)}
    return Dimensions(
        pd.DataFrame(rows).dropna(axis=1, how="all"),
        agreement(spaces, _compare),
        _stability([(int(settings["width"]), space.neighbours) for settings, space in spaces]),
        words,
        first,
    )


def _read_tests(files: tuple[Path, ...]) -> Tests:
    try:
        questions = read_questions([])
    except UserError as error:  # without a network everything else can still be measured
        log.warning("analogies are left out: %s", error)
        questions = []
    return Tests(questions, {path.stem: read_pairs(path) for path in files})


def _final_members(study: Study, point: Mapping[str, float], track: Track) -> Iterator[TrainedMember]:
    """Every finished member at the last kept step of its bucket."""
    table = members_at_point(study, point)
    last_steps = dict(finished_steps(study.folder, table))
    total = int(table["bucket"].isin(last_steps).sum())
    yield from track(members_at_steps(study, table, list(last_steps.items())), "word spaces measured", total)


def _quality(space: WordSpace, tests: Tests) -> dict[str, float]:
    """The accuracy on analogies, and the correlation with each file of pairs; NaN where no word is known."""
    _, solved = answer_questions(space, tests.questions) if tests.questions else (None, np.zeros(0, bool))
    accuracy = float(solved.mean()) if len(solved) else float("nan")
    correlations = {f"ρ {name}": pair_correlation(space, each)[1].rho for name, each in tests.pairs.items()}
    return {"analogies": accuracy, **correlations}


def _failure(tests: Tests) -> dict[str, float]:
    """The quality of a member that diverged: no analogy solved, no correlation."""
    return {
        "analogies": 0.0 if tests.questions else float("nan"),
        **{f"ρ {name}": 0.0 for name in tests.pairs},
    }


def _compare(left: FrequentWords, right: FrequentWords) -> dict[str, float]:
    angles = principal_angles(left.vectors, right.vectors, COMPONENTS)
    return {
        "neighbours": float(overlap(left.neighbours, right.neighbours).mean()),
        "cka": cka(left.vectors, right.vectors),
        "angle": float(angles[-1]) if len(angles) else float("nan"),
    }


def _stability(found: list[tuple[int, np.ndarray]]) -> NeighbourStability | None:
    """The stability of neighbours, given the width and the neighbours of each member."""
    widths = sorted({width for width, _ in found})
    neighbours = [np.stack([near for width, near in found if width == this]) for this in widths]
    if len(widths) < 2 or any(len(near) < 2 for near in neighbours):
        log.warning("neighbour stability needs two widths, with two seeds each")
        return None
    return neighbour_stability(widths, neighbours)


def stability_table(found: Dimensions) -> pd.DataFrame | None:
    """A row per word, the most frequent first: "word", "stable_width", and "overlap_WIDTH" per width; None without stability."""
    if found.stability is None:
        return None
    columns = {
        f"overlap_{width}": values.round(4)
        for width, values in zip(found.stability.widths, found.stability.overlap, strict=True)
    }
    return pd.DataFrame({"word": found.words, "stable_width": found.stability.stable_width, **columns})


def extreme_words(found: Dimensions) -> pd.DataFrame | None:
    """The words that are stable from the smallest and from the largest width on, with neighbours at three widths.

    Returns:
      "word", "stable width", and "nearest at WIDTH" for three widths; None without stability.
    """
    stability = found.stability
    if stability is None:
        return None
    known = np.flatnonzero(~np.isnan(stability.stable_width))
    # Among words with the same stable width, those with the largest mean overlap come first.
    order = known[np.lexsort((-stability.overlap.mean(0)[known], stability.stable_width[known]))]
    rows = list(dict.fromkeys([*order[:LISTED].tolist(), *order[-LISTED:].tolist()]))
    widths = stability.widths
    nearest = {
        f"nearest at {width}": [
            ", ".join(found.words[j] for j in found.neighbours[width][i][:SPELT]) for i in rows
        ]
        for width in sorted({widths[0], widths[len(widths) // 2], widths[-1]})
    }
    names = [found.words[i] for i in rows]
    return pd.DataFrame({"word": names, "stable width": stability.stable_width[rows], **nearest})
