"""How alike two models see the same items or words: neighbours, subspaces, lists."""

import numpy as np
from jaxtyping import Float, Int
from scipy.linalg import subspace_angles

from nlpfeat.spaces.neighbours import nearest_of_each

# Vectors of the same items, of any two dimensions.
Left = Float[np.ndarray, "items d"]
Right = Float[np.ndarray, "items e"]


def neighbour_overlap(left: Left, right: Right, count: int = 10) -> float:
    """The share of an item's `count` nearest by cosine in one model that are so in the other, mean over items.

    Chance is count / (items - 1).
    """
    every = np.arange(len(left))
    return float(shared(*(nearest_of_each(vectors, every, count) for vectors in (left, right))).mean())


def shared(left: Int[np.ndarray, "n count"], right: Int[np.ndarray, "n count"]) -> Float[np.ndarray, " n"]:
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
