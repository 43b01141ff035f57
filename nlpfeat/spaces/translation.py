"""From one space to another: an orthogonal map, learned from names that both know, and names found by it."""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import orthogonal_procrustes

from nlpfeat.spaces.neighbours import PIECE, unit

Vectors = Float[np.ndarray, "n d"]
NEAR = 10  # neighbours that say how crowded a place is


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


def crowding(vectors: Vectors, others: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " n"]:
    """The mean cosine of each of `vectors` with its nearest of `others`, all of length 1."""
    near = min(NEAR, len(others))
    means = []
    for start in range(0, len(vectors), PIECE):
        cosines = vectors[start : start + PIECE] @ others.T
        means.append(np.partition(cosines, -near, axis=1)[:, -near:].mean(1))
    return np.concatenate(means)


def translated(
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
    held = crowding(known, source.astype(np.float32)) / 2 if crowded else np.zeros(len(known), np.float32)
    found = np.empty((len(mapped), count), np.int64)
    for start in range(0, len(mapped), PIECE):
        nearness = mapped[start : start + PIECE] @ known.T - held[None]
        found[start : start + PIECE] = np.argsort(-nearness, axis=1, kind="stable")[:, :count]
    return found
