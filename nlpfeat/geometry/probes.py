"""Linear probes: softmax classifiers trained to convergence on frozen features."""

import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.separability import Features, Labels, checked

RIDGE = 1e-8


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
      ridge: half the factor of Σ‖w‖². The default only keeps the weights finite on separable classes.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    from sklearn.linear_model import LogisticRegression  # half a second to import: only measuring needs it

    features, labels, classes = checked(features, labels)
    middle, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 0, scale, 1.0)
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
        fit.fit((features - middle) / scale, labels)
    weight, bias = fit.coef_, fit.intercept_
    if classes == 2:  # scikit-learn gives one row: the second class against the first
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    weight = weight / scale
    return Probe(weight, bias - weight @ middle)


def cross_entropy(scores: Float[np.ndarray, "n classes"], labels: Labels) -> float:
    """Mean cross-entropy of the softmax of the logits, in nats."""
    shifted = scores - scores.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]))
