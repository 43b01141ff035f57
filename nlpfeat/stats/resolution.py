"""Levels of accuracy that a test part resolves from the best possible accuracy."""

import math

from nlpfeat.errors import UserError


def points_needed(level: float, best: float = 1.0) -> int:
    """The fewest test points that resolve an accuracy L from the best possible accuracy B.

    L is resolved by n points if B − L is at least two standard errors of an accuracy of L, √(L(1 − L)/n), so it takes
    4 L (1 − L)/(B − L)² points, rounded up.

    Args:
      level: L, more than 0 and less than `best`.
      best: B, at most 1.

    Raises:
      ValueError: if `level` is out of this range.
    """
    if not 0 < level < best:
        raise ValueError(f"level {level} must lie between 0 and {best}")
    return math.ceil(4 * level * (1 - level) / (best - level) ** 2 * (1 - 1e-9))  # 36.000000000000014 is 36


def unresolved(level: float, points: int, best: float = 1.0) -> str | None:
    """Why a level of success means little on a test part, in words; None where the test part resolves it.

    Args:
      level: an accuracy.
      points: of the test part.
      best: the Bayes accuracy where it is known, else 1.
    """
    if not 0 < level < 1:
        return f"a success level of {level:g} must lie between 0 and 1: it is an accuracy"
    if level >= best:
        return (
            f"a success level of {level:g} cannot be reached but by chance, as it is at or above the Bayes accuracy {best:.4g}: "
            "choose a lower one"
        )
    needed = points_needed(level, best)
    if points >= needed:
        return None
    highest = "the Bayes accuracy" if best < 1 else "an accuracy of"
    return (
        f"a success level of {level:g} takes {needed:,} test points to be told from {highest} {best:.4g}, and there are "
        f"{points:,}: choose a lower one, or a larger test part"
    )


def require_resolved(level: float, points: int, best: float = 1.0) -> None:
    """Refuse a level of success that a test part cannot resolve from the best possible accuracy.

    Args:
      level: an accuracy.
      points: of the test part.
      best: the Bayes accuracy where it is known, else 1.

    Raises:
      UserError: with the words of `unresolved`.
    """
    problem = unresolved(level, points, best)
    if problem is not None:
        raise UserError(problem)
