"""One space told in the words of another: an orthogonal map, and how often it finds the word itself."""

import json
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.cli.tables import print_columns
from nlpfeat.embeddings.alignment import centred, nearest_translations, rotation
from nlpfeat.embeddings.space import WordSpace
from nlpfeat.errors import UserError

FIRST = (1, 5, 10)  # places within which the right word counts as found
HELD = 5  # every so many-th shared word is held out


class Mapped(NamedTuple):
    """Two spaces with one brought onto the other, all vectors of length 1."""

    source: np.ndarray  # (words, e)
    target: np.ndarray  # (others, e)
    held: np.ndarray  # (n, 2): the same words in both, not used to learn the map
    learned: int  # words it was learned from


def mapped(source: WordSpace, target: WordSpace, most: int) -> Mapped:
    """The map learned from four fifths of the `most` most frequent shared words.

    Raises:
      UserError: if they share too few.
    """
    shared = [(i, target.ids[word]) for i, word in enumerate(source.words) if word in target.ids][:most]
    if len(shared) < 2 * HELD:
        raise UserError(
            f"{source.title} and {target.title} share {len(shared)} words: a map is learned from ten or more"
        )
    pairs = np.array(shared)
    hold = np.arange(len(pairs)) % HELD == HELD - 1
    left, right = centred(source.vectors), centred(target.vectors)
    turn = rotation(*(side[pairs[~hold, i]] for i, side in enumerate((left, right))))
    return Mapped(left @ turn, right, pairs[hold], int((~hold).sum()))


def precision(found: Mapped, *, crowded: bool) -> dict[int, float]:
    """The share of held-out words that are among the first so many found: {k: share}."""
    near = nearest_translations(
        found.source[found.held[:, 0]], found.source, found.target, max(FIRST), crowded=crowded
    )
    right = near == found.held[:, 1:]
    return {k: float(right[:, :k].any(1).mean()) for k in FIRST}


def translate(
    source: WordSpace, target: WordSpace, asked: list[str], most: int, count: int, *, as_json: bool
) -> int:
    """Print the precision on held-out words and, of words that are asked for, those nearest in the other space."""
    found = mapped(source, target, most)
    shares = {
        "cosine": precision(found, crowded=False),
        "less what crowds": precision(found, crowded=True),
    }
    places = [source.place(word) for word in asked]
    near = nearest_translations(found.source[places], found.source, found.target, count) if places else []
    told = {
        source.words[place]: [target.words[i] for i in row] for place, row in zip(places, near, strict=True)
    }
    if as_json:
        precisions = {name: {str(k): share for k, share in each.items()} for name, each in shares.items()}
        result: dict[str, Any] = {
            "from": source.title,
            "to": target.title,
            "learned": found.learned,
            "held_out": len(found.held),
        }
        print(json.dumps(result | {"precision": precisions, "words": told}))
        return 0
    columns = {"nearness": list(shares)} | {
        f"precision@{k}": [f"{each[k]:.1%}" for each in shares.values()] for k in FIRST
    }
    print_columns(
        columns,
        f"From {source.title}\nto {target.title}. An orthogonal map, learned from {found.learned:,} words that both know, finds "
        f"{len(found.held):,} others that are as frequent: the share that is the nearest of all {len(target.words):,} words, among "
        "the nearest five, ten. Less what crowds: 2 cos less the mean cosine with the ten nearest on each side",
    )
    if told:
        print_columns(
            {f"nearest to {word}": [name or "(empty)" for name in row] for word, row in told.items()}
        )
    return 0
