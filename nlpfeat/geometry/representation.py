"""Features at any layer and of any dimension: are the classes linearly separable, and how many dimensions are in use?

Exact proofs are for few dimensions (`nlpfeat.geometry.separability`). Here the separator is that of a softmax classifier trained to
convergence, and a bound on rounding errors certifies it; where it leaves a few points on the wrong side, a linear program in floats decides, if it is small.
"""

from math import comb
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial import KDTree

from nlpfeat.geometry.certificates import Separator
from nlpfeat.geometry.margin import margins
from nlpfeat.geometry.probes import Probe, fit_probe
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.separability import (
    checked,
    clear,
    find_separator,
    float_separator,
    is_decided,
    rms_radius,
)
from nlpfeat.geometry.tangent_kernel import alignment

RIDGE = 1e-6  # of the probe: small, so that it separates what can be separated
SMALLER_RIDGE = 1e-7  # of a second try, where the first leaves a few points on the wrong side
PROGRAM = 400_000  # entries of the matrix of a linear program that takes a second or two
CLOSE = 0.98  # accuracy of the converged classifier below which a linear program has nothing to find
TREE_DIMENSIONS = (
    128  # up to which a tree finds the neighbours of points of a plane, wherever a network maps it
)
DRAWS = 40  # of a random projection and a random split of the classes, at each dimension
HALF = 0.5


class Separation(NamedTuple):
    """Whether classes are linearly separable.

    Attributes:
      separable: 1 is certified. 0 is proved where `nlpfeat.geometry.separability.is_decided`; else it means that no separator was found.
      margin: of the separator that was found, in RMS radii at Σ‖w‖² = 1: at most the hard margin; 0 where there is none.
    """

    separable: bool
    margin: float


def separation(features: Features, labels: Labels, probe: Probe | None = None) -> Separation:
    """Whether the classes are linearly separable in some features.

    Args:
      features: (n, d).
      labels: (n,), classes 0 … K - 1.
      probe: from `fit_probe`, of the same features; None to fit one.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    features, labels, classes = checked(features, labels)
    probe = fit_probe(features, labels, RIDGE) if probe is None else probe
    close = (probe.scores(features).argmax(1) == labels).mean() >= CLOSE
    found = _certified_probe(probe, features, labels)
    if found is None and close:
        found = _certified_probe(fit_probe(features, labels, SMALLER_RIDGE, probe), features, labels)
    if found is None and is_decided(features.shape[1], classes):
        found = find_separator(features, labels)
    elif found is None and close:
        entries = len(labels) * (classes - 1) * 2 * (features.shape[1] + 1)
        found = float_separator(features, labels) if entries <= PROGRAM else None
    if found is None:
        return Separation(False, 0.0)
    return Separation(True, separator_margin(found, features, labels))


def _certified_probe(probe: Probe, features: Features, labels: Labels) -> Separator | None:
    """The separator that a probe is, if it is certified."""
    separator = Separator(probe.weight, probe.bias)
    return separator if clear(separator, features, labels).all() else None


def separator_margin(separator: Separator, features: Features, labels: Labels) -> float:
    """The smallest lead of the true class over points and rivals, at Σ‖w‖² = 1, in RMS radii of the features."""
    weight, bias = (np.asarray(part, float) for part in separator)
    scores = features @ (weight - weight.mean(0)).T + (bias - bias.mean())
    size = np.linalg.norm(weight - weight.mean(0)) * rms_radius(features)
    return float(margins(scores, labels).min() / size) if size > 0 else np.nan


def participation_ratio(features: Features) -> float:
    """(Σ λ)² / Σ λ² over the eigenvalues of the covariance: the dimensions in use, weighted by their variance; NaN for equal points.

    Source: Gao et al. 2017, "A theory of multineuronal dimensionality, dynamics and measurement".
    """
    centred = features - features.mean(0)
    largest = np.abs(centred).max(initial=0)
    if largest == 0:
        return np.nan
    squared = np.linalg.svd(centred / largest, compute_uv=False) ** 2
    return float(squared.sum() ** 2 / (squared**2).sum())


def intrinsic_dimension(features: Features) -> float:
    """The dimension of the manifold on which points lie, from the ratio of the distances to their two nearest neighbours.

    The maximum-likelihood estimate of the two-neighbour model, n / Σ ln(r₂ / r₁) (Facco et al. 2017). Equal points count once. NaN for
    fewer than three points.
    """
    distinct = np.unique(features, axis=0)
    if len(distinct) < 3:
        return np.nan
    distances = _nearest(distinct, 3)
    ratios = np.log(distances[:, 2] / distances[:, 1])
    return float(len(ratios) / ratios.sum()) if ratios.sum() > 0 else np.inf


def _nearest(points: Features, count: int) -> Float[np.ndarray, "n count"]:
    """Distances from each point to the nearest ones, rising; its own, 0, is the first."""
    if points.shape[1] <= TREE_DIMENSIONS:
        return np.asarray(KDTree(points).query(points, count)[0])
    from sklearn.neighbors import NearestNeighbors  # half a second to import

    return NearestNeighbors(n_neighbors=count, algorithm="brute").fit(points).kneighbors(points)[0]


def cka(first: Float[np.ndarray, "n d"], second: Float[np.ndarray, "n d_"]) -> float:
    """Linear centred kernel alignment of two sets of features of the same points (Kornblith et al. 2019): 1 up to rotation and scale.

    Args:
      first, second: (n, d) and (n, d'), such as two layers of a network, or layers of networks of different widths.
    """
    one, two = (part - part.mean(0) for part in (np.asarray(first, float), np.asarray(second, float)))
    if max(one.shape[1], two.shape[1]) > len(one):
        return alignment(one @ one.T, two @ two.T)
    size = np.linalg.norm(one.T @ one) * np.linalg.norm(two.T @ two)
    return float(np.linalg.norm(one.T @ two) ** 2 / size) if size > 0 else np.nan


def label_alignment(features: Features, labels: Labels) -> float:
    """Alignment of the linear kernel of the features with the labels: 1 where points of one class are equal, and classes orthogonal."""
    return cka(features, (labels[:, None] == np.unique(labels)).astype(float))


class Capacity(NamedTuple):
    """The manifold capacity of classes, by simulation.

    Attributes:
      capacity: classes per dimension at which half of all splits of the classes in two are linearly separable.
      dimensions: that many dimensions, interpolated.
      tried: dimensions of the random projections.
      share: of the splits that are separable, for each of `tried`.
    """

    capacity: float
    dimensions: float
    tried: Int[np.ndarray, " k"]
    share: Float[np.ndarray, " k"]


def manifold_capacity(
    features: Features, labels: Labels, rng: np.random.Generator, draws: int = DRAWS
) -> Capacity:
    """The capacity of the classes' manifolds: how many of them, per dimension, a random split in two can still separate by a hyperplane.

    Features are projected to n random dimensions, the classes are split in two at random, and a certificate says whether a hyperplane
    separates the two sides. The capacity is K over the n at which half of the splits are separable, found by bisection. It needs no
    theory of many classes, so that few can be measured. Source: Chung, Lee & Sompolinsky 2018; Cohen et al. 2020, numerical capacity.

    Args:
      features: (n, d).
      labels: (n,), classes 0 … K - 1.
      rng: of projections and splits.
      draws: of them at each number of dimensions.

    Returns:
      The capacity; 0 with infinite dimensions where not even all of them separate half of the splits.
    """
    features, labels, classes = checked(features, labels)
    share: dict[int, float] = {0: 0.0}

    def measured(n: int) -> float:
        if n not in share:
            share[n] = float(
                np.mean([_splits_apart(features, labels, classes, n, rng) for _ in range(draws)])
            )
        return share[n]

    low, high = 0, features.shape[1]
    if measured(high) < HALF:
        tried = np.array(sorted(share))
        return Capacity(0.0, np.inf, tried, np.array([share[n] for n in tried.tolist()]))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if measured(middle) >= HALF else (middle, high)
    between = low + (HALF - share[low]) / (share[high] - share[low])
    tried = np.array(sorted(share))
    return Capacity(classes / between, between, tried, np.array([share[n] for n in tried.tolist()]))


def _splits_apart(features: Features, labels: Labels, classes: int, n: int, rng: np.random.Generator) -> bool:
    """Whether one random split of the classes is separable in one random projection to n dimensions."""
    sides = rng.integers(0, 2, classes)
    while len(np.unique(sides)) < 2:
        sides = rng.integers(0, 2, classes)
    projected = features @ (rng.standard_normal((features.shape[1], n)) / np.sqrt(n))
    return float_separator(projected, sides[labels]) is not None


def cover_share(points: int, dimensions: int) -> float:
    """The share of splits of points in general position, in two sides that are not empty, that a hyperplane separates.

    Source: Cover 1965: 2 Σ C(points - 1, k) for k up to the dimensions, of the 2^points splits, with the two empty ones.
    """
    separable = 2 * sum(comb(points - 1, k) for k in range(dimensions + 1))
    return (separable - 2) / (2**points - 2)
