"""Words with their vectors, wherever they come from. Nothing here waits for JAX to be imported."""

from typing import NamedTuple

import numpy as np

from nlpfeat.data.text import vector_files
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import UserError, nearest


class WordSpace(NamedTuple):
    """Words with their vectors, the most frequent first."""

    title: str
    words: tuple[str, ...]
    vectors: np.ndarray  # float64 (words, d)
    ids: dict[str, int]
    counts: np.ndarray | None  # (words,), how often the text says each; None where nobody counted

    def place(self, word: str) -> int:
        """The place of a word.

        Raises:
          UserError: if it is not there; the nearest spelling is named.
        """
        found = find_word(word, self.ids)
        if found is None:
            raise UserError(
                f"no word {word!r} among the {len(self.ids):,} of {self.title} ({_near(word, self.words)}); words that are too "
                "rare, cut, or only in the test part have no vector"
            )
        return found

    def places(self, words: tuple[str, ...]) -> list[int] | None:
        """The places of several words, or None if one is not there."""
        found = [find_word(word, self.ids) for word in words]
        return None if None in found else [place for place in found if place is not None]


def find_word(word: str, ids: dict[str, int]) -> int | None:
    """The place of a word as it is spelt, however its accents are typed, or in small letters."""
    word = composed(word)
    spellings = (word, word.lower(), word.casefold())
    return next((ids[spelt] for spelt in spellings if spelt in ids), None)


def _near(word: str, words: tuple[str, ...]) -> str:
    """The nearest spelling among the words that could be meant: of about its length, the frequent ones first."""
    alike = [w for w in words if abs(len(w) - len(word)) <= 2 and w.strip()][:20000]
    hint = nearest(word.lower(), alike)
    return hint if hint.startswith("did") else "nothing is spelt alike"


def load_space(name: str, rows: int) -> WordSpace:
    """The first `rows` words of a file of vectors; 0 for all.

    Raises:
      UserError: if it cannot be had or read.
    """
    names, found = vector_files.first(name, rows)
    title = f"{name}, {len(names):,} words"
    return WordSpace(title, names, found.astype(np.float64), {word: i for i, word in enumerate(names)}, None)
