"""Two spaces of the same words or items: orthogonal maps, translation, and how far the spaces agree."""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import orthogonal_procrustes, subspace_angles

from nlpfeat.embeddings.neighbours import CHUNK, Vectors, nearest_of_each, unit_length

# Vectors of the same items in two spaces of any two dimensions.
Left = Float[np.ndarray, "items d"]
Right = Float[np.ndarray, "items e"]
CSLS_NEIGHBOURS = 10  # neighbours whose mean cosine measures local density


def centred(vectors: Vectors) -> Vectors:
    """The directions of the vectors around their mean direction: normalised, centred, normalised."""
    directions = unit_length(vectors)
    return unit_length(directions - directions.mean(0))


def rotation(source: Left, target: Right) -> Float[np.ndarray, "d e"]:
    """The orthogonal map (rotation or reflection) that brings the rows of `source` nearest to those of `target`.

    Where the dimensions differ, the smaller space is embedded in the larger one. Source: Schönemann 1966.
    """
    d, e = source.shape[1], target.shape[1]
    larger = max(d, e)
    padded_source, padded_target = (np.pad(v, ((0, 0), (0, larger - v.shape[1]))) for v in (source, target))
    return orthogonal_procrustes(padded_source, padded_target)[0][:d, :e]


def mean_neighbour_similarity(vectors: Vectors, others: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " n"]:
    """The mean cosine of each of `vectors` with its nearest among `others`; all have length 1."""
    count = min(CSLS_NEIGHBOURS, len(others))
    means = []
    for start in range(0, len(vectors), CHUNK):
        cosines = vectors[start : start + CHUNK] @ others.T
        means.append(np.partition(cosines, -count, axis=1)[:, -count:].mean(1))
    return np.concatenate(means)


def nearest_translations(
    queries: Float[np.ndarray, "n d"],
    source: Float[np.ndarray, "words d"],
    target: Float[np.ndarray, "others d"],
    count: int,
    *,
    csls: bool = True,
) -> Int[np.ndarray, "n count"]:
    """The `count` vectors of `target` nearest to each query, nearest first. All vectors have length 1, in one space.

    Args:
      queries: rows of `source` to translate.
      source: all vectors of the space translated from.
      target: all vectors of the space translated to.
      count: number of neighbours.
      csls: whether to rank by cross-domain similarity local scaling, 2 cos(x, y) − r(x) − r(y), r being the mean cosine
        with the nearest neighbours in the other space, instead of by the cosine: it penalises hubs, which are near
        everything. Source: Conneau et al., "Word translation without parallel data", ICLR 2018.
    """
    known, mapped = target.astype(np.float32), queries.astype(np.float32)
    # r(x) is the same for all candidates of a query, so it does not change their order.
    density = (
        mean_neighbour_similarity(known, source.astype(np.float32)) / 2
        if csls
        else np.zeros(len(known), np.float32)
    )
    translations = np.empty((len(mapped), count), np.int64)
    for start in range(0, len(mapped), CHUNK):
        similarity = mapped[start : start + CHUNK] @ known.T - density[None]
        translations[start : start + CHUNK] = np.argsort(-similarity, axis=1, kind="stable")[:, :count]
    return translations


def neighbour_overlap(left: Left, right: Right, count: int = 10) -> float:
    """The share of an item's `count` nearest neighbours by cosine that two spaces have in common, mean over items.

    The expected overlap of unrelated spaces is count / (items - 1).
    """
    every = np.arange(len(left))
    return float(overlap(*(nearest_of_each(vectors, every, count) for vectors in (left, right))).mean())


def overlap(left: Int[np.ndarray, "n count"], right: Int[np.ndarray, "n count"]) -> Float[np.ndarray, " n"]:
    """The share of the numbers of each row, which are distinct, that occur in the same row of the other array."""
    return (left[:, :, None] == right[:, None]).any(2).mean(1)


def list_overlap(left: Int[np.ndarray, " n"], right: Int[np.ndarray, " n"]) -> float:
    """The share of a list that occurs in another."""
    return len(set(left.tolist()) & set(right.tolist())) / max(len(left), 1)


def cka(left: Left, right: Right) -> float:
    """Linear centred kernel alignment: 1 if one space is a scaled rotation of the other. Source: Kornblith et al., ICML 2019."""
    a, b = (vectors - vectors.mean(0) for vectors in (left, right))
    numerator = (np.linalg.norm(a.T @ b)) ** 2
    denominator = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(numerator / denominator) if denominator else float("nan")


def principal_angles(left: Left, right: Right, dimensions: int = 3) -> Float[np.ndarray, " angles"]:
    """Principal angles in degrees, smallest first, between the spans of the first principal components over items.

    Args:
      left, right: vectors of the same items.
      dimensions: principal components of each space, where it has that many.
    """
    spans = []
    for vectors in (left, right):
        u, singular_values, _ = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
        spans.append(u[:, : min(dimensions, int((singular_values > 1e-9 * singular_values[:1]).sum()))])
    if not all(span.shape[1] for span in spans):
        return np.zeros(0)
    return np.degrees(np.sort(subspace_angles(*spans)))
