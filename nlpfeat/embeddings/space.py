"""Words with their vectors, of a trained network or of a file."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.data.text import vector_files
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import UserError, did_you_mean


class WordSpace(NamedTuple):
    """Words with their vectors, the most frequent first."""

    title: str
    words: tuple[str, ...]
    vectors: Float[np.ndarray, "words d"]  # float64
    ids: dict[str, int]  # word -> row
    counts: Int[np.ndarray, " words"] | None  # occurrences in the training texts; None for a file of vectors

    def row(self, word: str) -> int:
        """The row of a word.

        Raises:
          UserError: if the space lacks it; the nearest spelling is named.
        """
        row = find_word(word, self.ids)
        if row is None:
            raise UserError(
                f"no word {word!r} among the {len(self.ids):,} of {self.title} ({_nearest_spelling(word, self.words)}); words "
                "that are too rare, filtered out, or only in the test split have no vector"
            )
        return row

    def rows(self, words: tuple[str, ...]) -> list[int] | None:
        """The rows of several words, or None if the space lacks one."""
        rows = [find_word(word, self.ids) for word in words]
        return None if None in rows else [row for row in rows if row is not None]


def find_word(word: str, ids: dict[str, int]) -> int | None:
    """The id of a word as spelt, in any Unicode form, else in lower case; None if there is none."""
    word = composed(word)
    spellings = (word, word.lower(), word.casefold())
    return next((ids[spelling] for spelling in spellings if spelling in ids), None)


def _nearest_spelling(word: str, words: tuple[str, ...]) -> str:
    """A hint for a misspelt word, from words of about its length, the frequent ones first."""
    candidates = [w for w in words if abs(len(w) - len(word)) <= 2 and w.strip()][:20000]
    hint = did_you_mean(word.lower(), candidates)
    return hint if hint.startswith("did") else "no similar spelling"


def load_space(name: str, rows: int = 0) -> WordSpace:
    """The first `rows` words of a file of vectors; 0 for all.

    Raises:
      UserError: if the file cannot be found or read.
    """
    words, vectors = vector_files.first(name, rows)
    title = f"{name}, {len(words):,} words"
    return WordSpace(
        title, words, vectors.astype(np.float64), {word: i for i, word in enumerate(words)}, None
    )
