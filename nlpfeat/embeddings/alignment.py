"""From one space to another: an orthogonal map, learned from names that both know, and names found by it."""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import orthogonal_procrustes, subspace_angles

from nlpfeat.embeddings.neighbours import CHUNK, nearest_of_each, unit

Vectors = Float[np.ndarray, "n d"]
CSLS_NEIGHBOURS = 10  # neighbours that say how crowded a place is


def centred(vectors: Float[np.ndarray, "words d"]) -> Float[np.ndarray, "words d"]:
    """Vectors at length 1 around their mean, at length 1 again: what is mapped is direction only."""
    directions = unit(vectors)
    return unit(directions - directions.mean(0))


def rotation(source: Float[np.ndarray, "n d"], target: Float[np.ndarray, "n e"]) -> Float[np.ndarray, "d e"]:
    """The orthogonal map that brings rows of `source` nearest to those of `target`: it turns and mirrors.

    Where the spaces differ in dimension, the smaller one lies in as many dimensions of the larger. Source: Schönemann 1966.
    """
    d, e = source.shape[1], target.shape[1]
    larger = max(d, e)
    wide, onto = (np.pad(v, ((0, 0), (0, larger - v.shape[1]))) for v in (source, target))
    turn, _ = orthogonal_procrustes(wide, onto)
    return turn[:d, :e]


def mean_neighbour_similarity(vectors: Vectors, others: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " n"]:
    """The mean cosine of each of `vectors` with its nearest of `others`, all of length 1."""
    near = min(CSLS_NEIGHBOURS, len(others))
    means = []
    for start in range(0, len(vectors), CHUNK):
        cosines = vectors[start : start + CHUNK] @ others.T
        means.append(np.partition(cosines, -near, axis=1)[:, -near:].mean(1))
    return np.concatenate(means)


def nearest_translations(
    asked: Float[np.ndarray, "n d"],
    source: Float[np.ndarray, "words d"],
    target: Float[np.ndarray, "others d"],
    count: int,
    *,
    crowded: bool = True,
) -> Int[np.ndarray, "n count"]:
    """The `count` places of `target` nearest to each of `asked`, nearest first. All vectors are of length 1, in one space.

    Args:
      source: all vectors of the space that is translated from.
      crowded: whether nearness is 2 cos(x, y) − crowding(x) − crowding(y) instead of the cosine: words that are near
        everything are found less. Source: Conneau et al., "Word translation without parallel data", ICLR 2018.
    """
    known, mapped = target.astype(np.float32), asked.astype(np.float32)
    held = (
        mean_neighbour_similarity(known, source.astype(np.float32)) / 2
        if crowded
        else np.zeros(len(known), np.float32)
    )
    found = np.empty((len(mapped), count), np.int64)
    for start in range(0, len(mapped), CHUNK):
        nearness = mapped[start : start + CHUNK] @ known.T - held[None]
        found[start : start + CHUNK] = np.argsort(-nearness, axis=1, kind="stable")[:, :count]
    return found


# Vectors of the same items, of any two dimensions.
Left = Float[np.ndarray, "items d"]
Right = Float[np.ndarray, "items e"]


def neighbour_overlap(left: Left, right: Right, count: int = 10) -> float:
    """The share of an item's `count` nearest by cosine in one model that are so in the other, mean over items.

    Chance is count / (items - 1).
    """
    every = np.arange(len(left))
    return float(overlap(*(nearest_of_each(vectors, every, count) for vectors in (left, right))).mean())


def overlap(left: Int[np.ndarray, "n count"], right: Int[np.ndarray, "n count"]) -> Float[np.ndarray, " n"]:
    """The share of each row's numbers, all different, that stand in the same row of the other."""
    return (left[:, :, None] == right[:, None]).any(2).mean(1)


def cka(left: Left, right: Right) -> float:
    """Linear centred kernel alignment: 1 where one is a rotation of the other, scaled. Source: Kornblith et al., ICML 2019."""
    a, b = (vectors - vectors.mean(0) for vectors in (left, right))
    top = (np.linalg.norm(a.T @ b)) ** 2
    bottom = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(top / bottom) if bottom else float("nan")


def principal_angles(left: Left, right: Right, dimensions: int = 3) -> Float[np.ndarray, " angles"]:
    """Angles in degrees, smallest first, between the spaces of the first principal components, as columns over items."""
    spans = []
    for vectors in (left, right):
        u, lengths, _ = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
        spans.append(u[:, : min(dimensions, int((lengths > 1e-9 * lengths[:1]).sum()))])
    if not all(span.shape[1] for span in spans):
        return np.zeros(0)
    return np.degrees(np.sort(subspace_angles(*spans)))


def list_overlap(left: Int[np.ndarray, " n"], right: Int[np.ndarray, " n"]) -> float:
    """The share of a list that is in the other."""
    return len(set(left.tolist()) & set(right.tolist())) / max(len(left), 1)


# MERGED: """How alike two models see the same items or words: neighbours, subspaces, lists."""
