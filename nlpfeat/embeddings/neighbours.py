"""Nearest neighbours by dot product, cosine or Euclidean distance."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int
from sklearn.neighbors import NearestNeighbors

Vectors = Float[np.ndarray, "n d"]
Vector = Float[np.ndarray, " d"]
NEIGHBOURS = 10  # nearest points of each that a map knows
CHUNK = 128  # rows that are compared with all vectors at a time


def dot(vectors: Vectors, query: Vector) -> Float[np.ndarray, " n"]:
    """Dot products, Trask's measure: a long vector is near everything on its side."""
    return vectors @ query


def cosine(vectors: Vectors, query: Vector) -> Float[np.ndarray, " n"]:
    """Cosines of the angles; 0 for a vector of length 0."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
    return np.divide(vectors @ query, lengths, out=np.zeros(len(vectors)), where=lengths > 0)


def negative_distance(vectors: Vectors, query: Vector) -> Float[np.ndarray, " n"]:
    """Minus the Euclidean distances: larger is nearer."""
    return -np.linalg.norm(vectors - query, axis=1)


# Similarities by the name of their metric; larger is nearer.
SIMILARITIES: dict[str, Callable[[Vectors, Vector], Float[np.ndarray, " n"]]] = {
    "dot": dot,
    "cosine": cosine,
    "distance": negative_distance,
}


def nearest(
    similarity: Float[np.ndarray, " n"], count: int, leave_out: tuple[int, ...] = ()
) -> Int[np.ndarray, " count"]:
    """The indices of the `count` largest similarities, largest first; ties keep their order.

    Args:
      similarity: to the query.
      count: number of neighbours.
      leave_out: indices to exclude, such as the query itself.
    """
    order = np.argsort(-similarity, kind="stable")
    return order[~np.isin(order, leave_out)][:count]


def ties(similarity: Float[np.ndarray, " n"], neighbours: Int[np.ndarray, " count"]) -> int:
    """Number of vectors at least as similar as the last neighbour, up to rounding.

    If there are many more than neighbours, the choice among them is arbitrary.
    """
    if not len(neighbours):
        return 0
    last = similarity[neighbours[-1]]
    return int((similarity >= last - 1e-6 * max(abs(last), 1e-30)).sum())


def unit_length(vectors: Vectors) -> Vectors:
    """The vectors at length 1; zero vectors stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)


def nearest_of_each(
    vectors: Vectors, rows: Int[np.ndarray, " queries"], count: int
) -> Int[np.ndarray, "queries count"]:
    """The `count` nearest neighbours by cosine of some of the vectors, nearest first, each query excluded. Ties are broken arbitrarily.

    Args:
      vectors: (n, d).
      rows: indices of the queries.
      count: number of neighbours, less than n.
    """
    known = unit_length(np.asarray(vectors, np.float32))
    neighbours = np.empty((len(rows), count), np.int64)
    # One block of memory for all chunks: a new one per chunk costs a page fault for every 4 kB, more than the product.
    memory = np.empty((min(CHUNK, len(rows)), len(known)), np.float32)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        cosines = np.matmul(known[chunk], known.T, out=memory[: len(chunk)])
        cosines[np.arange(len(chunk)), chunk] = -np.inf
        best = np.argpartition(cosines, -count, axis=1)[:, -count:]
        order = np.argsort(-np.take_along_axis(cosines, best, 1), axis=1, kind="stable")
        neighbours[start : start + CHUNK] = np.take_along_axis(best, order, 1)
    return neighbours


def nearest_of(points: Float[np.ndarray, "n d"]) -> Int[np.ndarray, "n neighbours"]:
    """The nearest other points of each, nearest first, by Euclidean distance; none where all points coincide."""
    count = min(NEIGHBOURS, len(points) - 1) if points.shape[1] else 0
    if not count:
        return np.zeros((len(points), 0), int)
    return NearestNeighbors(n_neighbors=count).fit(points).kneighbors(return_distance=False)
