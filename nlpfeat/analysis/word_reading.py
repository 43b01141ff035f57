"""Words read one by one: neighbours, an analogy, and vectors for other programs."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from nlpfeat.cli.tables import print_columns, warn
from nlpfeat.data.text import vector_files
from nlpfeat.embeddings.analogies import analogy_query
from nlpfeat.embeddings.neighbours import SIMILARITIES, cosine, nearest, ties
from nlpfeat.embeddings.space import WordSpace


def neighbours(space: WordSpace, asked: list[str], by: str, count: int, *, as_json: bool) -> int:
    """Print the nearest words of each."""
    found: dict[str, list[dict[str, Any]]] = {}
    for word in asked:
        place = space.place(word)
        similarity = SIMILARITIES[by](space.vectors, space.vectors[place])
        near = nearest(similarity, count, leave_out=(place,))
        equal = ties(similarity, near)
        if equal > 2 * len(near) + 10:
            warn(
                f"{word}: {equal:,} words are as near as the last of these, so their order says nothing; "
                "the vectors may fill one dimension only, where a cosine is 1 or -1: try --by=dot"
            )
        found[space.words[place]] = _told(space, similarity, near, by)
    return _print(found, by, as_json=as_json)


def analogy(space: WordSpace, asked: list[str], count: int, *, as_json: bool) -> int:
    """Print what is to the third word as the second is to the first."""
    a, b, c = (space.place(word) for word in asked)
    similarity = cosine(space.vectors, analogy_query(space.vectors, a, b, c))
    near = nearest(similarity, count, leave_out=(a, b, c))
    names = [space.words[place] for place in (a, b, c)]
    title = f"{names[0]} : {names[1]} :: {names[2]} :"
    return _print({title: _told(space, similarity, near, "cosine")}, "cosine", as_json=as_json)


def _told(space: WordSpace, similarity: np.ndarray, near: np.ndarray, by: str) -> list[dict[str, Any]]:
    return [
        {
            "word": space.words[i],
            by: abs(float(similarity[i])) if by == "distance" else float(similarity[i]),
        }
        for i in near
    ]


def _print(found: dict[str, list[dict[str, Any]]], by: str, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps(found))
        return 0
    columns: dict[str, list[str]] = {}
    for word, near in found.items():
        columns[word if word.endswith(":") else f"nearest to {word}"] = [
            entry["word"] or "(empty)" for entry in near
        ]
        columns[f"{by} with {word}" if not word.endswith(":") else by] = [
            f"{entry[by]:.4g}" for entry in near
        ]
    print_columns(columns)
    return 0


def export(space: WordSpace, out: Path) -> int:
    """Write the vectors in word2vec's text format; the path on stdout."""
    from nlpfeat.store.atomic import atomic

    fit = [i for i, word in enumerate(space.words) if word and word.split() == [word]]
    if len(fit) < len(space.words):
        warn(f"{len(space.words) - len(fit):,} words that are empty or hold white space cannot be written")
    with atomic(out) as part:
        vector_files.write(part, [space.words[i] for i in fit], space.vectors[fit])
    print(out)
    return 0
