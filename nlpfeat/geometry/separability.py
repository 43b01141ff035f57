"""Can lines part the classes? Linear programs, hard margins and converged probes on features."""

import warnings
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linprog, minimize
from scipy.sparse import csr_array, hstack
from scipy.spatial import ConvexHull, QhullError
from sklearn.linear_model import LogisticRegression

from nlpfeat.geometry.certificates import Farkas, Separator

Features = Float[np.ndarray, "n d"]
Labels = Int[np.ndarray, " n"]


class Inequalities(NamedTuple):
    """(w_y - w_k)·e + b_y - b_k >= …, one row for each named point and rival class k."""

    point: np.ndarray  # (rows,)
    rival: np.ndarray  # (rows,)
    matrix: csr_array  # (rows, classes * (d + 1)): of w (classes, d) and b, class after class


def hull(features: Features, labels: Labels) -> Int[np.ndarray, " corners"]:
    """The points that are corners of their class's convex hull: those alone decide what is separable.

    In more than three dimensions, or where a hull has no inside, all distinct points of the class.
    """
    corners = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        mine = mine[np.unique(features[mine], axis=0, return_index=True)[1]]
        if 2 <= features.shape[1] <= 3 and len(mine) > features.shape[1] + 1:
            try:
                mine = mine[ConvexHull(features[mine]).vertices]
            except QhullError:  # all on one line or plane
                pass
        corners.append(mine)
    return np.concatenate(corners)


def inequalities(features: Features, labels: Labels, classes: int) -> Inequalities:
    """The inequalities that say "separable", one for each point and class that is not its own."""
    count, d = features.shape
    rival = np.tile(np.arange(classes), (count, 1))
    point, rival = np.nonzero(rival != labels[:, None])
    extended = np.concatenate([features, np.ones((count, 1))], 1)[point]
    row = np.repeat(np.arange(len(point)), d + 1)
    column = np.arange(d + 1)
    own = (labels[point, None] * (d + 1) + column).ravel()
    other = (rival[:, None] * (d + 1) + column).ravel()
    values = np.concatenate([extended.ravel(), -extended.ravel()])
    shape = (len(point), classes * (d + 1))
    matrix = csr_array((values, (np.tile(row, 2), np.concatenate([own, other]))), shape=shape)
    return Inequalities(point, rival, matrix)


def separate(features: Features, labels: Labels) -> Separator | Farkas:
    """Are the classes linearly separable? A certificate either way, for `certificates.proves`.

    One linear program in floats: the largest s <= 1 with (w_y - w_k)·e + b_y - b_k >= s for every point and k ≠ y
    is 1 if they are, and 0 if not. A clear yes is its own certificate. Otherwise exact arithmetic decides: first
    whether the hulls of two classes meet, as they nearly always do then, and else for all classes at once.

    Args:
      features: finite floats (n, d).
      labels: (n,), classes 0 … K - 1, each with a point.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    classes = _classes(features, labels)
    corner = hull(features, labels)
    points, own = np.asarray(features, np.float64)[corner], labels[corner]
    middle, radius = points.mean(0), _rms_radius(points) or 1.0
    asked = inequalities((points - middle) / radius, own, classes)
    found = _float_separator(asked.matrix)
    if found is not None:
        parts = found.reshape(classes, -1)
        weight = parts[:, :-1] / radius
        return Separator(weight, parts[:, -1] - weight @ middle)
    for a, b in combinations(range(classes), 2):
        pair = corner[(own == a) | (own == b)]
        certificate = _exact(features, labels, pair, [a, b])
        if isinstance(certificate, Farkas):
            return certificate
    return _exact(features, labels, corner, list(range(classes)))


def _float_separator(matrix: csr_array) -> np.ndarray | None:
    """x with matrix @ x well above 0, or None if there is none or rounding leaves it open."""
    rows, columns = matrix.shape
    objective = np.append(np.zeros(columns), -1.0)
    stacked = hstack([-matrix, csr_array(np.ones((rows, 1)))], format="csr")
    bounds = [(None, None)] * columns + [(None, 1.0)]
    solved = linprog(objective, A_ub=stacked, b_ub=np.zeros(rows), bounds=bounds, method="highs")
    if not solved.success:
        return None
    x = solved.x[:-1]
    return x if (matrix @ x).min() > 1e-9 * np.abs(x).max() else None


def _exact(features: Features, labels: Labels, points: np.ndarray, classes: list[int]) -> Separator | Farkas:
    """The certificate for some points and classes, by the simplex method in rational arithmetic."""
    d = features.shape[1]
    asked = [(int(i), k) for i in points for k in classes if k != labels[i]]
    columns = []
    for i, rival in asked:
        row = [*(Fraction(float(x)) for x in features[i]), Fraction(1)]
        signs = {int(labels[i]): 1, rival: -1}
        columns.append([signs.get(k, 0) * x for k in classes for x in row])
    multipliers, dual = _feasible(columns)
    if multipliers:
        used = sorted(multipliers)
        return Farkas(
            tuple(asked[j][0] for j in used),
            tuple(asked[j][1] for j in used),
            tuple(multipliers[j] for j in used),
        )
    parts = np.array(dual, object).reshape(len(classes), d + 1)
    return Separator(parts[:, :-1], parts[:, -1])


def _feasible(columns: list[list[Fraction]]) -> tuple[dict[int, Fraction], list[Fraction]]:
    """Weights >= 0 with sum 1 under which the columns add up to 0; or y with y · column > 0 for all columns.

    The first phase of the simplex method with Bland's rule, which cannot cycle.
    """
    height, count = len(columns[0]) + 1, len(columns)
    table = [
        [column[r] if r < height - 1 else Fraction(1) for column in columns]
        + [Fraction(int(r == j)) for j in range(height)]
        + [Fraction(int(r == height - 1))]
        for r in range(height)
    ]
    cost = [-sum(row[j] for row in table) if j < count else Fraction(0) for j in range(count + height)]
    cost.append(Fraction(-1))
    basis = [count + r for r in range(height)]
    while (enter := next((j for j in range(count) if cost[j] < 0), None)) is not None:
        leave = min(
            (r for r in range(height) if table[r][enter] > 0),
            key=lambda r: (table[r][-1] / table[r][enter], basis[r]),
        )
        head = table[leave][enter]
        table[leave] = pivot = [x / head if x else x for x in table[leave]]
        for row in (*(table[r] for r in range(height) if r != leave), cost):
            factor = row[enter]
            if factor:
                row[:] = [x - factor * y if y else x for x, y in zip(row, pivot, strict=True)]
        basis[leave] = enter
    if cost[-1] == 0:
        return {j: table[r][-1] for r, j in enumerate(basis) if j < count and table[r][-1]}, []
    return {}, [cost[count + r] - 1 for r in range(height - 1)]


def _classes(features: Features, labels: Labels) -> int:
    if not np.isfinite(features).all():
        raise ValueError("the features hold NaN or infinity (training diverged?); measure an earlier checkpoint")
    found = np.unique(labels)
    if len(found) < 2 or (found != np.arange(len(found))).any():
        raise ValueError(f"labels must be classes 0 … K - 1 with K >= 2, each with a point; got {found}")
    return len(found)


def _rms_radius(features: Features) -> float:
    return float(np.sqrt(np.mean(((features - features.mean(0)) ** 2).sum(1))))


def hard_margin(features: Features, labels: Labels, separator: Separator | None) -> float:
    """max over Σ‖w‖² <= 1 of the least (w_y - w_k)·e + b_y - b_k, over the RMS radius of the features.

    Args:
      separator: what `separate` found; without one the margin is 0, which w = 0 reaches.

    Returns:
      The margin; NaN if all points coincide.
    """
    radius = _rms_radius(features)
    if radius == 0:
        return np.nan
    if separator is None:
        return 0.0
    corner = hull(features, labels)
    middle = features.mean(0)
    matrix = inequalities((features[corner] - middle) / radius, labels[corner], len(separator.bias)).matrix.toarray()
    start = np.concatenate([separator.weight * radius, (separator.bias + separator.weight @ middle)[:, None]], 1).ravel()
    start = start / (matrix @ start).min()
    weights = np.ones((len(separator.bias), features.shape[1] + 1))
    weights[:, -1] = 0.0  # biases are free
    chosen = weights.ravel()
    # the same problem turned over: the smallest ½ Σ‖w‖² with all left sides at least 1
    solved = minimize(
        lambda x: 0.5 * (chosen * x) @ x,
        start,
        jac=lambda x: chosen * x,
        constraints={"type": "ineq", "fun": lambda x: matrix @ x - 1, "jac": lambda x: matrix},
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    return float((matrix @ solved.x).min() / np.sqrt((chosen * solved.x) @ solved.x))


class Probe(NamedTuple):
    """A softmax classifier trained to convergence on frozen features."""

    weight: np.ndarray  # (classes, d)
    bias: np.ndarray  # (classes,)

    def scores(self, features: Features) -> Float[np.ndarray, "n classes"]:
        """Class scores."""
        return features @ self.weight.T + self.bias


def fit_probe(features: Features, labels: Labels) -> Probe:
    """The softmax classifier of least cross-entropy; a ridge of 1e-8 keeps it finite on separable classes."""
    classes = _classes(features, labels)
    middle, scale = features.mean(0), features.std(0)
    scale = np.where(scale > 0, scale, 1.0)
    fit = LogisticRegression(C=1e8 / len(labels), solver="newton-cholesky", max_iter=5000, tol=1e-8)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Line search of Newton solver")  # it goes on with L-BFGS
        fit.fit((features - middle) / scale, labels)
    weight, bias = fit.coef_, fit.intercept_
    if classes == 2:  # one row for the second class against the first
        weight, bias = np.concatenate([-weight, weight]) / 2, np.concatenate([-bias, bias]) / 2
    weight = weight / scale
    return Probe(weight, bias - weight @ middle)


def cross_entropy(scores: Float[np.ndarray, "n classes"], labels: Labels) -> float:
    """Mean cross-entropy of the softmax of scores, in nats."""
    shifted = scores - scores.max(1, keepdims=True)
    return float(np.mean(np.log(np.exp(shifted).sum(1)) - shifted[np.arange(len(labels)), labels]))
