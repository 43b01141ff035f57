"""Linear probes: softmax classifiers trained to convergence on frozen features."""

import warnings
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from nlpfeat.geometry.newton import Objective, minimise
from nlpfeat.geometry.separability import Features, Labels, checked

RIDGE = 1e-8
# Newton's method costs the cube of their number, up to here less than the hundreds of steps of L-BFGS.
NEWTON_UNKNOWNS = 512

ROTATED = 12  # features from which fewer unknowns are worth a rotation


class Probe(NamedTuple):
    """A softmax classifier of features."""

    weight: np.ndarray  # (classes, d)
    bias: np.ndarray  # (classes,)

    def scores(self, features: Features) -> Float[np.ndarray, "n classes"]:
        """The logits of each point."""
        return features @ self.weight.T + self.bias


def fit_probe(
    features: np.ndarray, labels: np.ndarray, ridge: float = RIDGE, near: Probe | None = None
) -> Probe:
    """The softmax classifier with the smallest cross-entropy and ridge, of features scaled to unit variance.

    Args:
      features: (n, d).
      labels: (n,).
      ridge: half the factor of Σ‖w‖²; for two classes, of the square of the difference of both w. The default only keeps the weights
        finite on separable classes.
      near: a probe of much the same points, at which the search starts; it changes nothing else.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    features, labels, classes = checked(features, labels)
    middle, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    few = (classes - 1) * (features.shape[1] + 1) <= NEWTON_UNKNOWNS
    scaled = (features - middle) / scale
    if few:
        start = None if near is None else Probe(near.weight * scale, near.bias + near.weight @ middle)
        weight, bias = _by_newton(scaled, labels, classes, ridge, start)
    else:
        weight, bias = _by_library(scaled, labels, classes, ridge)
    weight = weight / scale
    return Probe(weight, bias - weight @ middle)


def _by_newton(points: Features, labels: Labels, classes: int, ridge: float, start: Probe | None) -> Probe:
    """The probe of scaled features by Newton's method.

    At the optimum they add up to 0 over the classes, so that their contrasts are the unknowns.
    """
    axes = _row_space(points, ridge)
    points = points @ axes
    count, shape = len(points), (classes - 1, points.shape[1] + 1)
    contrast = scipy.linalg.helmert(classes)  # (classes - 1, classes), orthonormal rows that add up to 0
    design = np.concatenate([points, np.ones((count, 1))], 1)
    across = np.ascontiguousarray(design.T)
    a, b = np.tril_indices(classes - 1)
    both = contrast[a] * contrast[b]
    hot = (labels == np.arange(classes)[:, None]).astype(float)
    price = np.append(np.full(points.shape[1], ridge * (2 if classes == 2 else 1)), 0.0)

    def value(unknowns: np.ndarray) -> tuple[float, np.ndarray]:
        given = unknowns.reshape(shape)
        scores = contrast.T @ (given @ across)
        scores -= scores.max(0)
        own = (scores * hot).sum(0)
        chance = np.exp(scores, out=scores)
        total = chance.sum(0)
        chance /= total
        return float((np.log(total) - own).mean() + (price * given**2).sum() / 2), chance

    def gradient(unknowns: np.ndarray, chance: np.ndarray) -> np.ndarray:
        return (contrast @ (chance - hot) @ design / count + price * unknowns.reshape(shape)).ravel()

    def product(chance: np.ndarray, vector: np.ndarray) -> np.ndarray:
        given = vector.reshape(shape)
        change = chance * (contrast.T @ (given @ across))
        change -= chance * change.sum(0)
        return (contrast @ change @ design / count + price * given).ravel()

    def hessian(chance: np.ndarray) -> np.ndarray:
        """Blocks of pairs of contrasts."""
        pairs, size = shape
        mean = contrast @ chance
        weight = (both @ chance - mean[a] * mean[b]) / count
        blocks = ((across * weight[:, None]).reshape(-1, count) @ design).reshape(-1, size, size)
        found = np.empty((pairs, size, pairs, size))
        found[a, :, b] = found[b, :, a] = blocks
        found = found.reshape(pairs * size, pairs * size)
        found[np.diag_indices_from(found)] += np.tile(price, pairs)
        return found

    unknowns = shape[0] * shape[1]
    objective = Objective(value, gradient, product, hessian, unknowns // 16)
    first = np.zeros(unknowns)
    if start is not None:
        first = (contrast @ np.column_stack([start.weight @ axes, start.bias])).ravel()
    found = contrast.T @ minimise(objective, first).reshape(shape)
    return Probe(found[:, :-1] @ axes.T, found[:, -1])


def _row_space(points: Features, ridge: float) -> Float[np.ndarray, "d rank"]:
    """Orthonormal axes of the directions in which points differ: in the others the optimum is 0.

    Hidden units that are never or always active leave a third of them. Directions are left out in which points differ by so little that
    no weight with this ridge gains more than 1e-13 nats.
    """
    if points.shape[1] < ROTATED:
        return np.eye(points.shape[1])
    triangle = np.linalg.qr(points, mode="r") / np.sqrt(len(points))
    _, lengths, axes = np.linalg.svd(triangle)
    return axes[: np.count_nonzero(lengths**2 > 2e-13 * ridge)].T


def _by_library(points: Features, labels: Labels, classes: int, ridge: float) -> Probe:
    """The same by the L-BFGS of scikit-learn, for many unknowns."""
    from sklearn.linear_model import LogisticRegression  # half a second to import: only measuring needs it

    # Without Newton's method an almost flat optimum is not found; with it, many features cost their cube.
    solver = "newton-cholesky" if ridge <= RIDGE else "lbfgs"
    fit = LogisticRegression(C=1 / (ridge * len(labels)), solver=solver, max_iter=5000, tol=1e-8)
    with warnings.catch_warnings():
        # The fit continues with L-BFGS, which stops where a step no longer lowers the loss, or after as many steps.
        for start in (
            "Line search of Newton solver",
            "The inner solver of NewtonCholesky",
            "lbfgs failed to converge",
        ):
            warnings.filterwarnings("ignore", start)
        fit.fit(points, labels)
    weight, bias = fit.coef_, np.asarray(fit.intercept_)
    if classes == 2:  # scikit-learn gives one row: the second class against the first
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    return Probe(weight, bias)


def cross_entropy(scores: Float[np.ndarray, "n classes"], labels: Labels) -> float:
    """Mean cross-entropy of the softmax of the logits, in nats."""
    shifted = scores - scores.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]))
