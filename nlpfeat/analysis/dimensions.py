"""What dimensions buy word vectors: every figure of quality against width, agreement with the widest, which words settle when."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from nlpfeat.analysis.agreement import agreement, medians
from nlpfeat.analysis.word_scores import ranked, read_questions, scored
from nlpfeat.analysis.word_settling import by_word, print_settling, settle
from nlpfeat.cli.progress import Counter
from nlpfeat.cli.tables import median_cell, print_columns, warn
from nlpfeat.config.files import expand_path
from nlpfeat.data.core import split_names
from nlpfeat.data.text.word_tests import Pair, Question, pairs
from nlpfeat.embeddings.alignment import cka, overlap, principal_angles
from nlpfeat.embeddings.neighbours import nearest_of_each
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError
from nlpfeat.plotting.figures.embeddings import figure_of
from nlpfeat.store.atomic import atomic
from nlpfeat.store.provenance import signature
from nlpfeat.study.select import finished_buckets, members_at_point, members_at_steps
from nlpfeat.study.words import Words, own_rows, table_of

MOST = 2000  # frequent words that are compared
NEAR, ANGLES = 10, 3  # neighbours of each; components whose spaces are compared


class Tests(NamedTuple):
    """What every space is put to."""

    questions: list[Question]
    pairs: dict[str, list[Pair]]  # by the name of the file


class Look(NamedTuple):
    """What is kept of a member's space."""

    vectors: np.ndarray  # (most, d)
    near: np.ndarray  # (most, NEAR)


def dimensions(words: Words, chosen: dict[str, float], flags: Any, line: str) -> int:
    """Measure every finished member at its last kept step: tables on stdout; a figure and two CSVs in the study's folder.

    Raises:
      UserError: if no bucket is finished, the further axes are open, or a file cannot be read.
    """
    tests = _tests(flags.similarity)
    rows, seen = [], []
    for point, record, space in _spaces(words, chosen):
        if space is None:
            rows.append(point | record | failure(tests))
            continue
        most = min(flags.most or MOST, len(space.words))
        if most <= NEAR:
            raise UserError(f"{words.study.path} has {most} words: too few to compare their {NEAR} nearest")
        rows.append(point | record | quality(space, tests))
        seen.append(
            (point, Look(space.vectors[:most], nearest_of_each(space.vectors, np.arange(most), NEAR)))
        )
    if not seen:
        raise UserError(f"the training of every member of {words.study.path} diverged: no word has a vector")
    figures = pd.DataFrame(rows).dropna(axis=1, how="all")
    agree = agreement(seen, _agree)
    settled = settle([(point, look.near) for point, look in seen])
    tables = {"words-dimensions": figures, "words-agreement": agree}
    if settled is not None:
        tables["words-settling"] = by_word(settled, list(words.vocabulary.ids))
    if flags.json:
        print(
            json.dumps({name: json.loads(table.to_json(orient="records")) for name, table in tables.items()})
        )
        return 0
    _print(figures, agree)
    if settled is not None:
        print_settling(settled, [(point, look.near) for point, look in seen], list(words.vocabulary.ids))
    folder = words.study.figures
    folder.mkdir(exist_ok=True)
    units, stamped = words.study.spec.task.width_label, signature(line, words.study)
    paths = figure_of(figures, agree, settled, units, stamped, folder / "words-dimensions")
    for name, table in tables.items():
        paths.append(folder / f"{name}.csv")
        with atomic(paths[-1]) as part:
            table.to_csv(part, index=False)
    print("\n".join(map(str, paths)))
    return 0


def _tests(files: list[str]) -> Tests:
    try:
        questions = read_questions([])
    except UserError as error:  # a page that cannot be reached should not keep anyone from all else
        warn(f"analogies are left out: {error}")
        questions = []
    return Tests(questions, {path.stem: pairs(path) for path in map(expand_path, files)})


def _spaces(
    words: Words, chosen: dict[str, float]
) -> Iterator[tuple[dict[str, float], dict[str, float], WordSpace | None]]:
    """Every finished member: its settings, its last record on the last split, its space; no space if its training diverged."""
    study = words.study
    table = members_at_point(study, chosen)
    work = list(dict(finished_buckets(study, table)).items())  # the last step of each bucket
    total = int(table["bucket"].isin({label for label, _ in work}).sum())
    metric, worst = study.spec.task.evaluation.headline.name, study.spec.task.evaluation.criterion.worst
    with Counter("word spaces measured", total) as progress:
        for done, net in enumerate(members_at_steps(study, words.factory, table, work), 1):
            vectors = table_of(words, net.params, net.settings)
            progress.done(done)
            point = {name: float(value) for name, value in net.settings._asdict().items()}
            column = f"{split_names(net.bucket.splits)[-1]} {metric}"
            if np.isfinite(vectors).all():
                record = {column: float(net.bucket.saved.records[metric][net.place, -1, -1])}
                yield point, record, own_rows(words, vectors, net.id)
            else:
                warn(f"member {net.id} diverged, and counts as a failure")
                yield point, {column: worst}, None


def quality(space: WordSpace, tests: Tests) -> dict[str, float]:
    """The share of analogies that are solved, and the correlation with each file of pairs; NaN where no word is known."""
    _, right = scored(space, tests.questions) if tests.questions else (None, np.zeros(0, bool))
    found = {"analogies": float(right.mean()) if len(right) else float("nan")}
    return found | {f"ρ {name}": ranked(space, each)[1].rho for name, each in tests.pairs.items()}


def failure(tests: Tests) -> dict[str, float]:
    """What a member that diverged counts as: it solves nothing, and orders no pairs."""
    return {"analogies": 0.0 if tests.questions else float("nan")} | {
        f"ρ {name}": 0.0 for name in tests.pairs
    }


def _agree(left: Look, right: Look) -> dict[str, float]:
    angles = principal_angles(left.vectors, right.vectors, ANGLES)
    return {
        "neighbours": float(overlap(left.near, right.near).mean()),
        "cka": cka(left.vectors, right.vectors),
        "angle": float(angles[-1]) if len(angles) else float("nan"),
    }


def _print(figures: pd.DataFrame, agree: pd.DataFrame) -> None:
    measured = [str(name) for name in figures if name == "analogies" or " " in str(name)]
    columns: dict[str, list[str]] = {}
    groups = list(figures.groupby("width"))
    columns["width"] = [f"{width:g}" for width, _ in groups]
    columns["members"] = [str(len(group)) for _, group in groups]
    for name in measured:
        columns[name] = [median_cell(group[name].to_numpy()) for _, group in groups]
    print_columns(columns, "medians over seeds (lowest–highest); ρ: rank correlation with people's scores")
    if len(agree):
        print_columns(
            medians(agree),
            f"medians over pairs of members: two seeds of a width, or a width beside the widest. neighbours: share of a word's {NEAR} "
            f"nearest that both have; cka: 1 is a rotation; angle: the largest between spaces of {ANGLES} components, degrees",
        )
