"""How good word vectors are: analogies by section, and correlations with what people say of pairs."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from nlpfeat.cli.tables import print_columns
from nlpfeat.config.files import expand_path
from nlpfeat.data.downloads import QUESTIONS, fetch
from nlpfeat.data.text.word_tests import Pair, Question, pairs, questions
from nlpfeat.embeddings.analogies import solve_analogies
from nlpfeat.embeddings.similarity import Correlation, correlation
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError


def read_questions(files: Sequence[str]) -> list[Question]:
    """The analogies of some files; without any, the 19,544 that word2vec's authors published."""
    paths = [expand_path(file) for file in files] or [fetch(QUESTIONS)]
    return [question for path in paths for question in questions(path)]


def scored(space: WordSpace, asked: list[Question]) -> tuple[np.ndarray, np.ndarray]:
    """Which analogies the space knows all four words of, and which of those it solves: bool (asked,), bool (known,)."""
    places = [space.places(question.words) for question in asked]
    known = np.array([found is not None for found in places])
    rows = np.array([found for found in places if found], np.int64).reshape(-1, 4)
    right = solve_analogies(space.vectors, rows[:, :3]) == rows[:, 3] if len(rows) else np.zeros(0, bool)
    return known, right


def analogies(space: WordSpace, files: Sequence[str], *, as_json: bool) -> int:
    """Print how many analogies of each section are solved."""
    asked = read_questions(files)
    known, right = scored(space, asked)
    if not known.any():
        raise UserError(
            f"{space.title} knows all four words of none of the {len(asked):,} analogies: are they of the same language?"
        )
    sections = np.array([question.section for question in asked])
    rows: list[dict[str, Any]] = []
    for section in [*dict.fromkeys(sections.tolist()), None]:
        mine = np.ones(len(asked), bool) if section is None else sections == section
        inside = mine[known]
        rows.append(
            {
                "section": "all" if section is None else section or "(no section)",
                "asked": int(mine.sum()),
                "known": int(inside.sum()),
                "right": int(right[inside].sum()),
                "share": float(right[inside].mean()) if inside.any() else None,
            }
        )
    if as_json:
        print(json.dumps(rows))
        return 0
    columns = {name: [_cell(row[name]) for row in rows] for name in rows[0]}
    print_columns(
        columns,
        f"{space.title}. known: all four words have a vector; share: of those, how many are solved: the word nearest by cosine to "
        "second - first + third, those three left out",
    )
    return 0


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.1%}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


def ranked(space: WordSpace, asked: list[Pair]) -> tuple[int, Correlation]:
    """How many pairs a space knows both words of, and how it ranks them."""
    places = [space.places(pair.words) for pair in asked]
    scores = np.array([pair.score for pair, found in zip(asked, places, strict=True) if found])
    rows = np.array([found for found in places if found], np.int64).reshape(-1, 2)
    return len(rows), correlation(space.vectors, rows, scores)


def similarity(space: WordSpace, files: Sequence[str], *, as_json: bool) -> int:
    """Print the rank correlation with each file of scored pairs."""
    rows = []
    for file in files:
        asked = pairs(expand_path(file))
        count, found = ranked(space, asked)
        values = {name: None if np.isnan(value) else value for name, value in found._asdict().items()}
        rows.append({"file": file, "pairs": len(asked), "known": count, **values})
    if as_json:
        print(json.dumps(rows))
        return 0
    columns = {
        "file": [row["file"] for row in rows],
        "pairs": [f"{row['pairs']:,}" for row in rows],
        "known": [f"{row['known']:,}" for row in rows],
        "Spearman's ρ": ["–" if row["rho"] is None else f"{row['rho']:.3f}" for row in rows],
        "95 % interval": [
            "–" if row["rho"] is None else f"{row['low']:.3f} to {row['high']:.3f}" for row in rows
        ],
    }
    print_columns(
        columns,
        f"{space.title}. ρ of cosines with people's scores, of the pairs whose words are both known; –: fewer than four such pairs",
    )
    return 0
