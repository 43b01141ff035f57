"""Margins: of a network at points, and the hard margin, the largest that linear scores can reach on their features."""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import nnls

from nlpfeat.geometry.certificates import Separator
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.separability import checked, hull, inequalities, rms_radius


def margins(scores: Float[np.ndarray, "n classes"], labels: Int[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """The margin of each point: true-class logit minus the largest other logit."""
    rival = np.where(np.arange(scores.shape[1]) == labels[:, None], -np.inf, scores).max(1)
    return scores[np.arange(len(labels)), labels] - rival


def hard_margin(features: Features, labels: Labels, separator: Separator | None) -> float:
    """The multi-class hard margin (Crammer & Singer 2001) in units of the RMS radius of the features.

    It is the maximum, over weights with Σ‖w‖² <= 1, of the smallest (w_y - w_k)·e + b_y - b_k. The equivalent problem,
    the minimum of Σ‖w‖² with all left sides at least 1, is a least-distance problem: non-negative least squares (Lawson &
    Hanson 1974, ch. 23), with a small penalty on biases, finds the active inequalities, and their linear system the solution.
    Features are whitened first, which keeps thin margins accurate.

    Args:
      features: finite floats (n, d).
      labels: (n,), classes 0 … K - 1, each with a point.
      separator: result of `find_separator`; None where the classes are not separable: then the margin is 0, attained by w = 0.

    Returns:
      The margin; NaN if all points coincide.
    """
    features, labels, classes = checked(features, labels)
    radius = rms_radius(features)
    if radius == 0:
        return np.nan
    if separator is None:
        return 0.0
    corner = hull(features, labels)
    middle = features[corner].mean(0)
    centred = (features[corner] - middle) / radius
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    real = lengths > np.finfo(float).eps * lengths[0]
    lengths, axes = lengths[real], axes[real]
    matrix = inequalities(centred @ axes.T / lengths, labels[corner], classes).matrix.toarray()
    price = np.tile(np.append(lengths[-1] / lengths, 0.0), classes)  # of Σ‖w‖², per entry of x

    def margin(x: np.ndarray) -> float:
        return float((matrix @ x).min() / np.linalg.norm(price * x) * lengths[-1])

    given = separator.weight.astype(float) * radius @ axes.T * lengths
    bias = separator.bias.astype(float) + separator.weight.astype(float) @ middle
    start = np.concatenate([given, bias[:, None]], 1).ravel()
    cost = np.where(price > 0, price, 1e-3)
    scaled = matrix / cost
    height = np.full(len(matrix), max(margin(start) / lengths[-1], 1e-6))
    target = np.append(np.zeros(len(cost)), 1.0)
    multipliers, _ = nnls(np.vstack([scaled.T, height]), target, maxiter=100 * len(matrix))
    active = matrix[multipliers > 1e-12 * multipliers.max()]
    system = np.block([[np.diag(price**2), active.T], [active, np.zeros((len(active), len(active)))]])
    right = np.append(np.zeros(len(cost)), np.ones(len(active)))
    solution = np.linalg.lstsq(system, right)[0][: len(cost)]
    return max(margin(x) for x in (start, scaled.T @ multipliers / cost, solution) if price @ x**2 > 0)
