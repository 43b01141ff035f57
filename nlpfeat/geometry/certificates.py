"""Certificates of linear separability, and their check: exact rational arithmetic and nothing else."""

from fractions import Fraction
from typing import NamedTuple

import numpy as np


class Separator(NamedTuple):
    """Proof that classes are linearly separable: the score weight @ e + bias of each point is highest for its own class."""

    weight: np.ndarray  # (classes, d), floats or fractions
    bias: np.ndarray  # (classes,)


class Farkas(NamedTuple):
    """Proof that classes are not linearly separable, by Farkas' lemma.

    A point of class y and a rival class k name the inequality (w_y - w_k)·e + b_y - b_k > 0. Under the non-negative
    multipliers the left sides of the named inequalities add up to zero for all w and b: a contradiction.
    """

    point: tuple[int, ...]
    rival: tuple[int, ...]
    multiplier: tuple[Fraction, ...]


def proves(certificate: Separator | Farkas, features: np.ndarray, labels: np.ndarray) -> bool:
    """Whether a certificate is valid for these points.

    Args:
      certificate: from `separate` or elsewhere; nothing about it is trusted.
      features: finite floats (n, d), taken exactly.
      labels: int (n,), classes 0 … K - 1.

    Raises:
      ValueError: if the labels are not whole numbers from 0 on, or not one per point.
    """
    points = [[Fraction(float(x)) for x in row] for row in features]
    own = [int(label) for label in labels]
    if not own or len(own) != len(points) or any(a != b or a < 0 for a, b in zip(own, labels, strict=True)):
        raise ValueError("labels must be classes 0 … K - 1, one per point, of at least one point")
    try:
        if isinstance(certificate, Separator):
            return _separates(certificate, points, own)
        return _contradicts(certificate, points, own)
    except (ValueError, OverflowError):  # NaN, infinity or lists of unequal length: not valid
        return False


def _rational(x: object) -> Fraction:
    """A number, exactly."""
    return x if isinstance(x, Fraction) else Fraction(float(x))  # pyright: ignore[reportArgumentType]


def _separates(certificate: Separator, points: list[list[Fraction]], own: list[int]) -> bool:
    weight = [[_rational(x) for x in row] for row in certificate.weight]
    bias = [_rational(x) for x in certificate.bias]
    if not len(weight) == len(bias) > max(own):
        return False
    for point, label in zip(points, own, strict=True):
        scores = [
            sum((w * x for w, x in zip(row, point, strict=True)), b)
            for row, b in zip(weight, bias, strict=True)
        ]
        if any(scores[label] <= score for k, score in enumerate(scores) if k != label):
            return False
    return True


def _contradicts(certificate: Farkas, points: list[list[Fraction]], own: list[int]) -> bool:
    total: dict[tuple[int, int], Fraction] = {}
    multipliers = [_rational(m) for m in certificate.multiplier]
    for i, rival, multiplier in zip(certificate.point, certificate.rival, multipliers, strict=True):
        if not 0 <= i < len(own) or multiplier < 0 or rival == own[i] or rival not in own:
            return False
        for column, x in enumerate([*points[i], Fraction(1)]):
            for label, sign in ((own[i], 1), (rival, -1)):
                key = label, column
                total[key] = total.get(key, Fraction(0)) + sign * multiplier * x
    return any(m > 0 for m in multipliers) and not any(total.values())
