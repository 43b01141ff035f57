"""How far apart lines can keep the classes: hard margins."""

import numpy as np
from scipy.optimize import nnls

from nlpfeat.geometry.certificates import Separator
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.separability import checked, hull, inequalities, rms_radius


def hard_margin(features: Features, labels: Labels, separator: Separator | None) -> float:
    """The largest, over Σ‖w‖² <= 1, of the least (w_y - w_k)·e + b_y - b_k, over the RMS radius of the features.

    Turned over it is the smallest Σ‖w‖² with all left sides at least 1. That is a least-distance problem: nonnegative
    least squares (Lawson & Hanson 1974, ch. 23), with a small price on biases, tells which inequalities are tight,
    and their linear system the solution. Along principal axes scaled to length one, thin margins do no harm.

    Args:
      separator: what `separate` found; without one the margin is 0, which w = 0 reaches.

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
    tight = matrix[multipliers > 1e-12 * multipliers.max()]
    system = np.block([[np.diag(price**2), tight.T], [tight, np.zeros((len(tight), len(tight)))]])
    right = np.append(np.zeros(len(cost)), np.ones(len(tight)))
    solution = np.linalg.lstsq(system, right)[0][: len(cost)]
    return max(margin(x) for x in (start, scaled.T @ multipliers / cost, solution) if price @ x**2 > 0)
