"""Linear probes: softmax classifiers trained to convergence on frozen features."""

import warnings
from typing import NamedTuple

import numpy as np
import scipy.linalg
from jaxtyping import Float

from nlpfeat.geometry.separability import Features, Labels, checked

RIDGE = 1e-8
# Newton's method costs the cube of their number, up to here less than the hundreds of steps of L-BFGS.
NEWTON_UNKNOWNS = 512
CONVERGED = 1e-13  # nats per point that a step promises, after which it is the last
NEWTON_STEPS, HALVINGS = 200, 40


class Probe(NamedTuple):
    """A softmax classifier of features."""

    weight: np.ndarray  # (classes, d)
    bias: np.ndarray  # (classes,)

    def scores(self, features: Features) -> Float[np.ndarray, "n classes"]:
        """The logits of each point."""
        return features @ self.weight.T + self.bias


def fit_probe(features: np.ndarray, labels: np.ndarray, ridge: float = RIDGE) -> Probe:
    """The softmax classifier with the smallest cross-entropy and ridge, of features scaled to unit variance.

    Args:
      features: (n, d).
      labels: (n,).
      ridge: half the factor of Σ‖w‖²; for two classes, of the square of the difference of both w. The default only keeps the weights
        finite on separable classes.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    features, labels, classes = checked(features, labels)
    middle, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    few = (classes - 1) * (features.shape[1] + 1) <= NEWTON_UNKNOWNS
    solve = _by_newton if few else _by_library
    weight, bias = solve((features - middle) / scale, labels, classes, ridge)
    weight = weight / scale
    return Probe(weight, bias - weight @ middle)


def _by_newton(
    points: Features, labels: Labels, classes: int, ridge: float
) -> tuple[Float[np.ndarray, "classes d"], Float[np.ndarray, " classes"]]:
    """Weights and biases by Newton's method, each step of which is halved until it lowers the loss.

    At the optimum they add up to 0 over the classes, so that their contrasts are the unknowns.
    """
    count = len(points)
    contrast = scipy.linalg.helmert(classes)  # (classes - 1, classes), orthonormal rows that add up to 0
    design = np.concatenate([points, np.ones((count, 1))], 1)
    across = np.ascontiguousarray(design.T)
    hot = (labels == np.arange(classes)[:, None]).astype(float)
    price = np.append(np.full(points.shape[1], ridge * (2 if classes == 2 else 1)), 0.0)

    def loss(unknowns: np.ndarray) -> tuple[float, np.ndarray]:
        scores = contrast.T @ (unknowns @ across)
        scores -= scores.max(0)
        own = (scores * hot).sum(0)
        chance = np.exp(scores, out=scores)
        total = chance.sum(0)
        chance /= total
        return float((np.log(total) - own).mean() + (price * unknowns**2).sum() / 2), chance

    unknowns = np.zeros((classes - 1, points.shape[1] + 1))
    value, chance = loss(unknowns)
    for _ in range(NEWTON_STEPS):
        gradient = contrast @ (chance - hot) @ design / count + price * unknowns
        hessian = _hessian(design, across, contrast, chance) / count
        hessian[np.diag_indices_from(hessian)] += np.tile(price, classes - 1) + 1e-12 * hessian.trace()
        factor = scipy.linalg.cho_factor(hessian, lower=True, overwrite_a=True, check_finite=False)
        step = scipy.linalg.cho_solve(factor, gradient.ravel(), check_finite=False).reshape(gradient.shape)
        gain = float((gradient * step).sum())
        if gain <= CONVERGED:
            unknowns = unknowns - step  # near the optimum each step squares the distance
            break
        for share in 0.5 ** np.arange(HALVINGS):
            found, there = loss(unknowns - share * step)
            if found <= value - share * gain / 4:
                break
        else:  # rounding hides what is left to gain
            break
        unknowns, value, chance = unknowns - share * step, found, there
    both = contrast.T @ unknowns
    return both[:, :-1], both[:, -1]


def _hessian(
    design: np.ndarray, across: np.ndarray, contrast: np.ndarray, chance: Float[np.ndarray, "classes n"]
) -> np.ndarray:
    """Second derivatives of the summed cross-entropy by the unknowns: blocks of pairs of contrasts."""
    size, pairs = design.shape[1], len(contrast)
    found = np.empty((pairs, size, pairs, size))
    mean = contrast @ chance
    for a in range(pairs):
        for b in range(a + 1):
            weight = (contrast[a] * contrast[b]) @ chance - mean[a] * mean[b]
            found[a, :, b] = (across * weight) @ design
            found[b, :, a] = found[a, :, b]
    return found.reshape(pairs * size, pairs * size)


def _by_library(
    points: Features, labels: Labels, classes: int, ridge: float
) -> tuple[Float[np.ndarray, "classes d"], Float[np.ndarray, " classes"]]:
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
    return weight, bias


def cross_entropy(scores: Float[np.ndarray, "n classes"], labels: Labels) -> float:
    """Mean cross-entropy of the softmax of the logits, in nats."""
    shifted = scores - scores.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]))
