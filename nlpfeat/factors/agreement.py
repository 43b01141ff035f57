"""How alike two models see the same items: neighbours, subspaces, lists."""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import subspace_angles

Vectors = Float[np.ndarray, "items d"]


def neighbour_overlap(left: Vectors, right: Vectors, count: int = 10) -> float:
    """The share of an item's `count` nearest by cosine in one model that are so in the other, mean over items.

    Chance is count / (items - 1).
    """
    near = [_nearest(vectors, count) for vectors in (left, right)]
    shared = [len(set(a) & set(b)) for a, b in zip(*near, strict=True)]
    return float(np.mean(shared) / count)


def cka(left: Vectors, right: Vectors) -> float:
    """Linear centred kernel alignment: 1 where one is a rotation of the other, scaled. Source: Kornblith et al., ICML 2019."""
    a, b = (vectors - vectors.mean(0) for vectors in (left, right))
    top = (np.linalg.norm(a.T @ b)) ** 2
    bottom = np.linalg.norm(a.T @ a) * np.linalg.norm(b.T @ b)
    return float(top / bottom) if bottom else float("nan")


def principal_angles(left: Vectors, right: Vectors, dimensions: int = 3) -> Float[np.ndarray, " dimensions"]:
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


def _nearest(vectors: Vectors, count: int) -> Int[np.ndarray, "items count"]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -np.inf)
    return np.argpartition(-cosines, count, axis=1)[:, :count]
