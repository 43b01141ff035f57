"""Scatter of classes in feature space: Fisher's ratio, the generalized discrimination value, neural collapse."""

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import cdist, pdist

Features = Float[np.ndarray, "n d"]
Labels = Int[np.ndarray, " n"]


def class_means(features: Features, labels: Labels) -> Float[np.ndarray, "classes d"]:
    """The mean of each class, in the order of `np.unique(labels)`.

    Raises:
      ValueError: for fewer than two classes, as all measures here do.
    """
    if len(np.unique(labels)) < 2:
        raise ValueError("these measures compare classes: give labels of at least two")
    return np.stack([features[labels == k].mean(0) for k in np.unique(labels)])


def scatter(features: Features, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """The within-class scatter S_W and the between-class scatter S_B, each (d, d), with equal weight per class.

    S_W is the mean covariance of the classes, S_B the covariance of the class means.
    """
    means, (_, own, counts) = (
        class_means(features, labels),
        np.unique(labels, return_inverse=True, return_counts=True),
    )
    apart = (features - means[own]) / np.sqrt(counts[own] * len(means))[:, None]
    centred = means - means.mean(0)
    return apart.T @ apart, centred.T @ centred / len(means)


def _ratio(over: np.ndarray, under: np.ndarray) -> float:
    """tr(under⁺ over); infinite where `over` has variance in a direction in which `under` has none."""
    values, vectors = np.linalg.eigh(under)
    shares = np.einsum("ij,ik,kj->j", vectors, over, vectors)
    small = values <= 1e-12 * max(np.trace(under), np.trace(over), np.finfo(float).tiny)
    if (shares[small] > 1e-9 * np.trace(over)).any():
        return np.inf
    return float((shares[~small] / values[~small]).sum())


def fisher(features: Features, labels: Labels) -> float:
    """tr(S_W⁻¹ S_B): larger is better separated (Fisher 1936). Infinite if the classes have no variance."""
    within, between = scatter(features, labels)
    return _ratio(between, within)


def nc1(features: Features, labels: Labels) -> float:
    """tr(S_W S_B⁺) / K: 0 where classes have collapsed to their means (Papyan, Han & Donoho 2020).

    The pseudo-inverse ignores variance outside the span of the class means; NaN if all class means coincide.
    """
    within, between = scatter(features, labels)
    if np.trace(between) <= np.finfo(float).tiny:
        return np.nan
    return float(np.trace(within @ np.linalg.pinv(between, rcond=1e-10, hermitian=True))) / len(
        np.unique(labels)
    )


def gdv(features: Features, labels: Labels) -> float:
    """Generalized discrimination value (Schilling et al. 2021): 0 mixed, -1 ideally separated.

    Each dimension is centred and divided by twice its standard deviation. The value is the mean distance within classes
    minus the mean distance between classes, divided by √d.
    """
    class_means(features, labels)  # raises for a single class
    deviation = features.std(0)
    z = (features - features.mean(0)) / np.where(deviation > 0, 2 * deviation, np.inf)
    groups = [z[labels == k] for k in np.unique(labels)]
    intra = np.mean([pdist(group).mean() if len(group) > 1 else 0.0 for group in groups])
    inter = np.mean([cdist(a, b).mean() for i, a in enumerate(groups) for b in groups[:i]])
    return float((intra - inter) / np.sqrt(features.shape[1]))


def unevenness(vectors: Float[np.ndarray, "classes d"]) -> float:
    """How unevenly the directions of 2-D vectors are spread around the circle; 0 is even.

    The root mean square of (gap - 2π/K) over the K angles between neighbouring vectors, divided by 2π/K. It stands for the
    second condition of neural collapse, a simplex, which K > 3 vectors in the plane cannot form.

    Raises:
      ValueError: for vectors that are not 2-D.
    """
    if vectors.shape[1] != 2:
        raise ValueError(f"angles around a circle need 2-D vectors; these have {vectors.shape[1]} dimensions")
    angles = np.sort(np.arctan2(vectors[:, 1], vectors[:, 0]))
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    even = 2 * np.pi / len(vectors)
    return float(np.sqrt(np.mean((gaps - even) ** 2)) / even)


def nc2(features: Features, labels: Labels) -> float:
    """`unevenness` of the class means about their centre, for 2-D features."""
    means = class_means(features, labels)
    return unevenness(means - means.mean(0))


def nc4(features: Features, means: Float[np.ndarray, "classes d"], predicted: Labels) -> float:
    """The fraction of points for which the nearest class mean is that of the predicted class.

    Args:
      features: (n, d).
      means: (classes, d), of the train split.
      predicted: int (n,), the class that the network predicts.
    """
    return float((cdist(features, means).argmin(1) == predicted).mean())
