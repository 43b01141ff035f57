"""Nearest words, films or whatever the vectors stand for, by dot product, cosine or distance."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

Vectors = Float[np.ndarray, "words d"]
Vector = Float[np.ndarray, " d"]


def dot(vectors: Vectors, query: Vector) -> Float[np.ndarray, " words"]:
    """Dot products: long vectors are near everything on their side. Trask's measure."""
    return vectors @ query


def cosine(vectors: Vectors, query: Vector) -> Float[np.ndarray, " words"]:
    """Cosines of the angles; 0 for a vector of length 0."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    return np.divide(vectors @ query, lengths, out=np.zeros(len(vectors)), where=lengths > 0)


def closeness(vectors: Vectors, query: Vector) -> Float[np.ndarray, " words"]:
    """Minus the Euclidean distances, so that more is nearer."""
    return -np.linalg.norm(vectors - query, axis=1)


CHUNK = 512  # rows that are compared with all vectors at a time

# How near two words are; the larger the nearer.
SIMILARITIES: dict[str, Callable[[Vectors, Vector], Float[np.ndarray, " words"]]] = {
    "dot": dot,
    "cosine": cosine,
    "distance": closeness,
}


def nearest(
    similarity: Float[np.ndarray, " words"], count: int, leave_out: tuple[int, ...] = ()
) -> Int[np.ndarray, " count"]:
    """The `count` words of largest similarity, largest first; of equals the more frequent one, which stands first.

    Args:
      leave_out: words that are not to be found, such as the query itself.
    """
    order = np.argsort(-similarity, kind="stable")
    return order[~np.isin(order, leave_out)][:count]


def ties(similarity: Float[np.ndarray, " words"], nearest_ones: Int[np.ndarray, " count"]) -> int:
    """How many words are as near, up to rounding, as the last of the nearest: with more than those, the order says nothing."""
    if not len(nearest_ones):
        return 0
    last = similarity[nearest_ones[-1]]
    return int((similarity >= last - 1e-6 * max(abs(last), 1e-30)).sum())


def unit(vectors: Vectors) -> Vectors:
    """The vectors at length 1; those of length 0 stay."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def nearest_of_each(
    vectors: Vectors, places: Int[np.ndarray, " n"], count: int
) -> Int[np.ndarray, "n count"]:
    """The `count` nearest of each of some, by cosine and without itself, nearest first.

    Args:
      places: whose neighbours are asked for.
      count: fewer than there are vectors.
    """
    known = unit(np.asarray(vectors, np.float32))
    found = np.empty((len(places), count), np.int64)
    for start in range(0, len(places), CHUNK):
        mine = places[start : start + CHUNK]
        cosines = known[mine] @ known.T
        cosines[np.arange(len(mine)), mine] = -np.inf
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
        found[start : start + CHUNK] = np.take_along_axis(best, order, 1)
    return found
