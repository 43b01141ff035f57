"""Character n-grams of words, hashed into buckets, so that words that are spelt alike share a part of their vectors.

Source: Bojanowski, Grave, Joulin & Mikolov, "Enriching word vectors with subword information", TACL 2017.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

SHORTEST, LONGEST = 3, 6  # characters of an n-gram
MOST = 48  # n-grams per word; of the longest words, the longest n-grams are left out
_OFFSET, _PRIME = 2166136261, 16777619  # of the 32-bit FNV-1a hash


def character_ngrams(word: str) -> list[str]:
    """The n-grams of a word between < and >, the shortest first, without the whole word: "as" gives "<as" and "as>"."""
    marked = f"<{word}>"
    return [
        marked[i : i + n]
        for n in range(SHORTEST, min(LONGEST, len(marked) - 1) + 1)
        for i in range(len(marked) - n + 1)
    ][:MOST]


def bucket(ngram: str, buckets: int) -> int:
    """The bucket of an n-gram, by the 32-bit FNV-1a hash of its UTF-8 bytes."""
    value = _OFFSET
    for byte in ngram.encode():
        value = ((value ^ byte) * _PRIME) & 0xFFFFFFFF
    return value % buckets


def subword_ids(words: Sequence[str], buckets: int) -> Int[np.ndarray, "words most"]:
    """The buckets of the n-grams of each word, padded by the number `buckets`: int32 (words, n-grams of the longest word).

    Args:
      words: any.
      buckets: their number; 0 for no n-grams, which gives no columns.
    """
    if not buckets:
        return np.zeros((len(words), 0), np.int32)
    rows = [[bucket(ngram, buckets) for ngram in character_ngrams(word)] for word in words]
    table = np.full((len(words), max(map(len, rows), default=0)), buckets, np.int32)
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return table
