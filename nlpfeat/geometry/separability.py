"""Linear separability of classes, decided by linear programs with certificates."""

import contextlib
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Int
from scipy.optimize import OptimizeResult, linprog
from scipy.sparse import csr_array, hstack
from scipy.spatial import ConvexHull, QhullError

from nlpfeat.geometry.certificates import Farkas, Separator, proves
from nlpfeat.geometry.overlap import overlap
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.simplex import feasible

# Inseparability is proved, too, up to these dimensions and numbers of weights and biases; beyond, the proof takes minutes.
EXACT_DIMENSIONS, EXACT_UNKNOWNS = 8, 45


class Inequalities(NamedTuple):
    """Left sides of (w_y - w_k)·e + b_y - b_k > 0, one row per point and rival class k."""

    point: np.ndarray  # (rows,)
    rival: np.ndarray  # (rows,)
    matrix: csr_array  # (rows, classes · (d + 1)), columns: w and b, class after class


def hull(features: Features, labels: Labels) -> Int[np.ndarray, " corners"]:
    """Indices of the vertices of the convex hull of each class, which alone decide separability.

    In more than three dimensions, or where a hull has no interior: of all distinct points of the class.
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
    """The inequalities of linear separability, one per point and rival class.

    Args:
      features: (n, d).
      labels: (n,).
      classes: how many there are.
    """
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
    """A certificate that the classes are, or are not, linearly separable; `certificates.proves` checks it.

    A linear program in floats maximises s <= 1 subject to (w_y - w_k)·e + b_y - b_k >= s for every point and k ≠ y. The
    maximum is 1 for separable classes and 0 otherwise. A solution that proves separability is the certificate; otherwise exact
    arithmetic decides.

    Args:
      features: finite floats (n, d).
      labels: (n,), classes 0 … K - 1, each with a point.

    Raises:
      ValueError: for features that are not finite, or labels that skip a class.
    """
    features, labels, classes = checked(features, labels)
    apart = overlap(features, labels)
    if apart is not None:
        return apart
    certificate, pairs = _by_floats(features, labels, classes)
    return certificate or _decide(features, labels, pairs, classes)


def find_separator(features: Features, labels: Labels) -> Separator | None:
    """A checked certificate that the classes are linearly separable, or None.

    None is proved where `is_decided`. Elsewhere, it only means that the linear program in floats has not found a
    separator. Arguments and errors are those of `separate`.
    """
    if not is_decided(features.shape[1], len(np.unique(labels))):
        return float_separator(features, labels)
    certificate = separate(features, labels)
    return certificate if isinstance(certificate, Separator) else None


def is_decided(dimensions: int, classes: int) -> bool:
    """Whether `find_separator` proves inseparability, too: few dimensions, and few classes."""
    return dimensions <= EXACT_DIMENSIONS and classes * (dimensions + 1) <= EXACT_UNKNOWNS


def float_separator(features: Features, labels: Labels) -> Separator | None:
    """A checked certificate from the linear program in floats; None if it finds none, which proves nothing.

    Arguments and errors are those of `separate`.
    """
    return _by_floats(*checked(features, labels))[0]


def _by_floats(
    features: Features, labels: Labels, classes: int
) -> tuple[Separator | None, list[tuple[int, int]]]:
    """The checked certificate of the linear program, if any, and the (point, rival class) of its active inequalities."""
    corner = hull(features, labels)
    points, own = features[corner], labels[corner]
    middle, radius = points.mean(0), rms_radius(points) or 1.0
    system = inequalities((points - middle) / radius, own, classes)
    solved = _largest_margin(system.matrix)
    if solved.success and solved.x[-1] > 0.5:
        parts = solved.x[:-1].reshape(classes, -1)
        weight = parts[:, :-1] / radius
        certificate = Separator(weight, parts[:, -1] - weight @ middle)
        doubtful = ~clear(certificate, features, labels)
        doubtful[np.unique(labels, return_index=True)[1]] = True  # a proof is of all classes
        if proves(certificate, features[doubtful], labels[doubtful]):
            return certificate, []
    used = np.flatnonzero(-solved.ineqlin.marginals > 1e-12) if solved.success else np.zeros(0, int)
    return None, list(zip(corner[system.point[used]].tolist(), system.rival[used].tolist(), strict=True))


def _decide(
    features: Features, labels: Labels, pairs: list[tuple[int, int]], classes: int
) -> Separator | Farkas:
    """The certificate in exact arithmetic, by cutting planes.

    In each round a separator of the inequalities so far is computed, and for each pair of classes the inequality that it
    violates most is added, until it violates none or no separator exists. A handful of inequalities is nearly always enough.

    Args:
      features: (n, d).
      labels: (n,).
      pairs: (point, rival class) of the first inequalities: the active ones of the float solution.
      classes: how many there are.
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


def clear(separator: Separator, features: Features, labels: Labels) -> Bool[np.ndarray, " n"]:
    """The points on the right side of a separator whatever the rounding errors of floats; about the others it says nothing.

    A sum of n products in float64 is off by at most n ε / (1 - n ε) times the sum of their sizes, ε = 2⁻⁵³ (Higham 2002, § 3.1), and n
    times half the smallest float where products underflow; the bias counts as one more product.
    """
    weight, bias = (np.asarray(part, float) for part in separator)
    scores = features @ weight.T + bias
    terms = features.shape[1] + 2
    size = np.abs(features) @ np.abs(weight).T + np.abs(bias)
    error = 2 * terms * (2.0**-53 * size + np.finfo(float).smallest_subnormal)
    rows = np.arange(len(labels))
    lead = (scores - error)[rows, labels][:, None] - (scores + error)
    lead[rows, labels] = np.inf
    return (lead > 0).all(1)


def _largest_margin(matrix: csr_array) -> OptimizeResult:
    """The solution of the linear program of `separate`: x and s, with its dual."""
    rows, columns = matrix.shape
    objective = np.append(np.zeros(columns), -1.0)
    stacked = hstack([-matrix, csr_array(np.ones((rows, 1)))], format="csr")
    bounds = [(None, None)] * columns + [(None, 1.0)]
    sparse: np.ndarray = stacked  # pyright: ignore[reportAssignmentType]  # stubs want dense arrays
    return linprog(objective, A_ub=sparse, b_ub=np.zeros(rows), bounds=bounds, method="highs")


def _exact(
    features: Features, labels: Labels, pairs: list[tuple[int, int]], classes: int
) -> Separator | Farkas:
    """The certificate for the inequalities of some (point, rival class), by the simplex method in rational arithmetic."""
    d = features.shape[1]
    used = sorted({k for i, rival in pairs for k in (int(labels[i]), rival)})
    columns = []
    for i, rival in pairs:
        row = [*(Fraction(float(x)) for x in features[i]), Fraction(1)]
        sign = {int(labels[i]): 1, rival: -1}
        columns.append([sign.get(k, 0) * x for k in used for x in row])
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
      ValueError: for other shapes, features that are not finite, or labels that skip a class.
    """
    features, given = np.asarray(features, np.float64), np.asarray(labels)
    if features.ndim != 2 or given.shape != features.shape[:1]:
        raise ValueError(f"expected features (n, d) and labels (n,); got {features.shape} and {given.shape}")
    if not np.isfinite(features).all():
        raise ValueError(
            "the features contain NaN or infinity (training diverged?); use an earlier checkpoint"
        )
    found = np.unique(given)
    if len(found) < 2 or (found != np.arange(len(found))).any():
        raise ValueError(f"labels must be classes 0 … K - 1 with K >= 2, each with a point; got {found}")
    return features, given.astype(np.int64), len(found)


def rms_radius(features: Features) -> float:
    """Root mean square distance of the points from their mean."""
    centred = features - features.mean(0)
    largest = np.abs(centred).max(initial=0.0) or 1.0
    return float(largest * np.sqrt(np.mean(((centred / largest) ** 2).sum(1))))
