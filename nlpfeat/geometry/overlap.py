"""A point that the convex hulls of two classes have in common: the shortest proof that classes are not linearly separable.

With d features it needs the points of two classes and d + 1 unknowns, where all K classes at once have K (d + 1).
"""

from fractions import Fraction
from itertools import combinations

import numpy as np
from scipy.optimize import nnls

from nlpfeat.geometry.certificates import Farkas
from nlpfeat.geometry.scatter import Features, Labels
from nlpfeat.geometry.simplex import feasible

_NEAR = 1e-9  # distance of two hulls, over the size of the points, up to which exact arithmetic is asked
_MORE = 4  # points that a round of it adds for each class


def overlap(features: Features, labels: Labels) -> Farkas | None:
    """A proof that two classes overlap, or None: then floats have found no two that do, which proves nothing.

    Args:
      features: finite floats (n, d).
      labels: (n,), classes 0 … K - 1, each with a point.
    """
    middle = features.mean(0)
    scaled = (features - middle) / (np.abs(features - middle).max() or 1.0)
    members = [np.flatnonzero(labels == k) for k in range(int(labels.max()) + 1)]
    for one, two in combinations(range(len(members)), 2):
        mine, others = members[one], members[two]
        # convex combinations of both classes, and their difference, which is to vanish
        system = np.zeros((features.shape[1] + 2, len(mine) + len(others)))
        system[:-2, : len(mine)], system[:-2, len(mine) :] = scaled[mine].T, -scaled[others].T
        system[-2, : len(mine)] = system[-1, len(mine) :] = 1
        weights, distance = nnls(system, np.append(np.zeros(features.shape[1]), [1.0, 1.0]))
        if distance < _NEAR:
            points = np.concatenate([mine, others])
            found = _exact(features, points, np.repeat([1, -1], [len(mine), len(others)]), weights > 0)
            if found:
                point = [int(points[j]) for j in found]
                rival = [two if labels[i] == one else one for i in point]
                return Farkas(tuple(point), tuple(rival), tuple(found.values()))
    return None


def _exact(
    features: Features, points: np.ndarray, sign: np.ndarray, start: np.ndarray
) -> dict[int, Fraction]:
    """Positive weights by index into `points` under which ± (e, 1) add up to 0, by cutting planes; empty if there are none.

    Args:
      features: (n, d).
      points: (m,), of two classes.
      sign: (m,), 1 for one class and -1 for the other.
      start: (m,), which points come first: those that floats use, which are nearly always enough.
    """
    scaled = sign[:, None] * np.column_stack([features[points], np.ones(len(points))])

    def column(j: int) -> list[Fraction]:
        return [Fraction(x) for x in scaled[j].tolist()]

    def behind(normal: list[Fraction], j: int) -> bool:
        return sum((a * b for a, b in zip(normal, column(j), strict=True)), Fraction(0)) <= 0

    chosen = np.flatnonzero(start).tolist()
    while True:
        weights, normal = feasible([column(j) for j in chosen])
        if weights:
            return {chosen[j]: weight for j, weight in weights.items()}
        size = max(map(abs, normal))
        sides = scaled @ np.array([float(x / size) for x in normal])
        left = [j for j in np.argsort(sides).tolist() if j not in chosen]
        # floats only choose what comes next; where they find nothing, fractions decide
        wrong = [j for j in left if sides[j] < 0] or [j for j in left if behind(normal, j)]
        if not wrong:
            return {}
        for s in (1, -1):
            chosen += [j for j in wrong if sign[j] == s][:_MORE]
