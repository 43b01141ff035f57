"""How classes lie in feature space: Fisher's ratio, discrimination value, neural collapse."""

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
    """S_W and S_B, each (d, d); classes weigh the same.

    S_W is the mean outer product of what is left of a point after its class mean, S_B that of the class means
    after theirs.
    """
    means = class_means(features, labels)
    within = [np.cov(features[labels == k].T, bias=True) for k in np.unique(labels)]
    centred = means - means.mean(0)
    return np.atleast_2d(np.mean(within, 0)), centred.T @ centred / len(means)


def _ratio(over: np.ndarray, under: np.ndarray) -> float:
    """tr(under⁺ over), but infinite where `over` has something that `under` has not."""
    values, vectors = np.linalg.eigh(under)
    shares = np.einsum("ij,ik,kj->j", vectors, over, vectors)
    small = values <= 1e-12 * max(np.trace(under), np.trace(over), np.finfo(float).tiny)
    if (shares[small] > 1e-9 * np.trace(over)).any():
        return np.inf
    return float((shares[~small] / values[~small]).sum())


def fisher(features: Features, labels: Labels) -> float:
    """tr(S_W⁻¹ S_B), larger is better separated (Fisher 1936). Infinite if the classes have no width."""
    within, between = scatter(features, labels)
    return _ratio(between, within)


def nc1(features: Features, labels: Labels) -> float:
    """tr(S_W S_B⁺) / K: 0 where classes have collapsed to their means (Papyan, Han & Donoho 2020).

    The pseudo-inverse ignores what lies outside the span of the class means; NaN if those all coincide.
    """
    within, between = scatter(features, labels)
    if np.trace(between) <= np.finfo(float).tiny:
        return np.nan
    return float(np.trace(within @ np.linalg.pinv(between, rcond=1e-10, hermitian=True))) / len(
        np.unique(labels)
    )


def gdv(features: Features, labels: Labels) -> float:
    """Generalized discrimination value (Schilling et al. 2021): 0 mixed, -1 ideally separated.

    Each dimension (column) is centred and divided by twice its own standard deviation. Then mean distance within
    classes less mean distance between classes, over √d.
    """
    class_means(features, labels)  # complains of a single class
    deviation = features.std(0)
    z = (features - features.mean(0)) / np.where(deviation > 0, 2 * deviation, np.inf)
    groups = [z[labels == k] for k in np.unique(labels)]
    intra = np.mean([pdist(group).mean() if len(group) > 1 else 0.0 for group in groups])
    inter = np.mean([cdist(a, b).mean() for i, a in enumerate(groups) for b in groups[:i]])
    return float((intra - inter) / np.sqrt(features.shape[1]))


def uneven(vectors: Float[np.ndarray, "classes d"]) -> float:
    """How unevenly vectors are spread over the circle: root mean square of (gap - 2π/K) over 2π/K. 0 is even.

    The second condition of neural collapse asks for a simplex; K > 3 vectors of the plane cannot form one.

    Raises:
      ValueError: for vectors that are not of the plane.
    """
    if vectors.shape[1] != 2:
        raise ValueError(f"angles around a circle need 2-D vectors; these have {vectors.shape[1]} dimensions")
    angles = np.sort(np.arctan2(vectors[:, 1], vectors[:, 0]))
    gaps = np.diff(angles, append=angles[0] + 2 * np.pi)
    even = 2 * np.pi / len(vectors)
    return float(np.sqrt(np.mean((gaps - even) ** 2)) / even)


def nc2(features: Features, labels: Labels) -> float:
    """`uneven` of the class means about their centre, for 2-D features."""
    means = class_means(features, labels)
    return uneven(means - means.mean(0))


def nc4(features: Features, means: Float[np.ndarray, "classes d"], predicted: Labels) -> float:
    """Share of points whose predicted class is that of the nearest class mean, of the training part."""
    return float((cdist(features, means).argmin(1) == predicted).mean())
