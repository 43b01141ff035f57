"""Can lines part the classes? Linear programs with certificates."""

import contextlib
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int
from scipy.optimize import linprog
from scipy.sparse import csr_array, hstack
from scipy.spatial import ConvexHull, QhullError

from nlpfeat.geometry.certificates import Farkas, Separator, proves
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.simplex import feasible

EXACT = 8  # dimensions up to which a no is proved too: beyond, that takes minutes


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
            with contextlib.suppress(QhullError):  # all on one line or plane
                mine = mine[ConvexHull(features[mine]).vertices]
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


def separate(features: np.ndarray, labels: np.ndarray) -> Separator | Farkas:
    """Are the classes linearly separable? A certificate either way, for `certificates.proves`.

    One linear program in floats: the largest s <= 1 with (w_y - w_k)·e + b_y - b_k >= s for every point and k ≠ y
    is 1 if they are, and 0 if not. A clear yes is its own certificate. Otherwise exact arithmetic decides.

    Args:
      features: finite floats (n, d).
      labels: (n,), classes 0 … K - 1, each with a point.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    features, labels, classes = checked(features, labels)
    certificate, pairs = _by_floats(features, labels, classes)
    return certificate or _decide(features, labels, pairs, classes)


def separator(features: Features, labels: Labels) -> Separator | None:
    """A checked certificate that the classes are linearly separable, where floats find one.

    In many dimensions the exact arithmetic by which `separate` proves a no takes minutes.

    Args:
      features, labels: as `separate`, and so are the errors raised.
    """
    return _by_floats(*checked(features, labels))[0]


def parted(features: Features, labels: Labels) -> Separator | None:
    """A checked certificate that the classes are separable; that there is none is proved in up to EXACT dimensions only."""
    if features.shape[1] > EXACT:
        return separator(features, labels)
    certificate = separate(features, labels)
    return certificate if isinstance(certificate, Separator) else None


def _by_floats(
    features: Features, labels: Labels, classes: int
) -> tuple[Separator | None, list[tuple[int, int]]]:
    """The certificate that the linear program finds, checked, and the (point, rival class) that its solution leans on."""
    corner = hull(features, labels)
    points, own = features[corner], labels[corner]
    middle, radius = points.mean(0), rms_radius(points) or 1.0
    asked = inequalities((points - middle) / radius, own, classes)
    solved: Any = _largest_margin(asked.matrix)
    if solved.success and solved.x[-1] > 0.5:
        parts = solved.x[:-1].reshape(classes, -1)
        weight = parts[:, :-1] / radius
        certificate = Separator(weight, parts[:, -1] - weight @ middle)
        if proves(certificate, features, labels):
            return certificate, []
    used = np.flatnonzero(-solved.ineqlin.marginals > 1e-12) if solved.success else np.zeros(0, int)
    return None, list(zip(corner[asked.point[used]].tolist(), asked.rival[used].tolist(), strict=True))


def _decide(
    features: Features, labels: Labels, pairs: list[tuple[int, int]], classes: int
) -> Separator | Farkas:
    """The certificate in exact arithmetic, by cutting planes: a few inequalities at a time.

    Those that a separator of the ones so far breaks most are added, one a pair of classes, until it breaks none or there
    is no separator. Each time at least one is new, and nearly always a handful decide.

    Args:
      pairs: (point, rival class) to begin with: those that the float solution leans on.
    """
    points = [[*map(Fraction, row), Fraction(1)] for row in features.tolist()]
    pairs = pairs or [(int(np.argmax(labels == own)), int(own == 0)) for own in range(classes)]
    while True:
        certificate = _exact(features, labels, pairs, classes)
        if isinstance(certificate, Farkas):
            return certificate
        planes = [[*row, offset] for row, offset in zip(certificate.weight, certificate.bias, strict=True)]
        worst: dict[tuple[int, int], tuple[Fraction, int]] = {}
        for i, point in enumerate(points):
            own = int(labels[i])
            scores = [
                sum((w * x for w, x in zip(plane, point, strict=True) if w), Fraction(0)) for plane in planes
            ]
            for rival in range(classes):
                lead = scores[own] - scores[rival]
                if rival != own and lead <= 0 and ((own, rival) not in worst or lead < worst[own, rival][0]):
                    worst[own, rival] = lead, i
        if not worst:
            return certificate
        pairs += [(i, rival) for (_, rival), (_, i) in worst.items()]


def _largest_margin(matrix: csr_array) -> Any:
    """The linear program of `separate`: x and s, with its dual."""
    rows, columns = matrix.shape
    objective = np.append(np.zeros(columns), -1.0)
    stacked = hstack([-matrix, csr_array(np.ones((rows, 1)))], format="csr")
    bounds = [(None, None)] * columns + [(None, 1.0)]
    solve: Any = linprog  # its stubs do not know sparse arrays
    return solve(objective, A_ub=stacked, b_ub=np.zeros(rows), bounds=bounds, method="highs")


def _exact(
    features: Features, labels: Labels, pairs: list[tuple[int, int]], classes: int
) -> Separator | Farkas:
    """The certificate for some (point, rival class), by the simplex method in rational arithmetic."""
    d = features.shape[1]
    used = sorted({k for i, rival in pairs for k in (int(labels[i]), rival)})
    columns = []
    for i, rival in pairs:
        row = [*(Fraction(float(x)) for x in features[i]), Fraction(1)]
        signs = {int(labels[i]): 1, rival: -1}
        columns.append([signs.get(k, 0) * x for k in used for x in row])
    multipliers, dual = feasible(columns)
    if multipliers:
        chosen = sorted(multipliers)
        return Farkas(
            tuple(pairs[j][0] for j in chosen),
            tuple(pairs[j][1] for j in chosen),
            tuple(multipliers[j] for j in chosen),
        )
    parts = np.zeros((classes, d + 1), object)
    parts[used] = np.array(dual, object).reshape(len(used), d + 1)
    return Separator(parts[:, :-1], parts[:, -1])


def checked(features: np.ndarray, labels: np.ndarray) -> tuple[Features, Labels, int]:
    """Features as float64, labels as int, and the number of classes.

    Raises:
      ValueError: for other shapes, features that are not finite, labels that skip a class.
    """
    features, given = np.asarray(features, np.float64), np.asarray(labels)
    if features.ndim != 2 or given.shape != features.shape[:1]:
        raise ValueError(f"expected features (n, d) and labels (n,); got {features.shape} and {given.shape}")
    if not np.isfinite(features).all():
        raise ValueError(
            "the features hold NaN or infinity (training diverged?); measure an earlier checkpoint"
        )
    found = np.unique(given)
    if len(found) < 2 or (found != np.arange(len(found))).any():
        raise ValueError(f"labels must be classes 0 … K - 1 with K >= 2, each with a point; got {found}")
    return features, given.astype(np.int64), len(found)


def rms_radius(features: Features) -> float:
    """Root mean square of the distances from the mean."""
    centred = features - features.mean(0)
    largest = np.abs(centred).max(initial=0.0) or 1.0
    return float(largest * np.sqrt(np.mean(((centred / largest) ** 2).sum(1))))
