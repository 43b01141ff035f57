"""The first phase of the simplex method in exact arithmetic.

SciPy's linear programs run in floats; here a result must be a proof. Rows are scaled to whole numbers, and stay whole: each number of a
table over one common denominator is a determinant of the first table (Edmonds 1967; Bareiss 1968), so that no fraction is ever reduced.
"""

from fractions import Fraction
from math import lcm

import numpy as np


def feasible(columns: list[list[Fraction]]) -> tuple[dict[int, Fraction], list[Fraction]]:
    """Whether 0 is a convex combination of vectors, with a proof either way.

    Vectors with a single linear dependency, as those of a vertex of a linear program in floats have, need no pivots. Pivots follow Bland's
    rule, which cannot cycle.

    Args:
      columns: the vectors, of one length.

    Returns:
      Weights by column, positive with sum 1, under which the columns add up to 0, and []; or {} and a vector y with
      y · column > 0 for all columns.
    """
    scales = [lcm(*(x.denominator for x in row)) for row in zip(*columns, strict=True)]
    whole = np.array(
        [
            [x.numerator * (scale // x.denominator) for x in row]
            for scale, row in zip(scales, zip(*columns, strict=True), strict=True)
        ],
        object,
    )
    weights = _only_dependency(whole)
    if weights:
        return weights, []
    height, count = len(whole) + 1, len(columns)
    table = np.zeros((height + 1, count + height + 1), object)
    table[: height - 1, :count] = whole
    table[height - 1, :count] = table[height - 1, -1] = 1
    table[-1] = -table.sum(0)  # the cost of the artificial columns, which are the first basis
    table[range(height), range(count, count + height)] = 1
    basis, denominator = [count + r for r in range(height)], 1
    while (enter := next((j for j in range(count) if table[-1, j] < 0), -1)) >= 0:
        leave = min(
            (r for r in range(height) if table[r, enter] > 0),
            key=lambda r: (Fraction(table[r, -1], table[r, enter]), basis[r]),
        )
        table, denominator = _pivot(table, leave, enter, denominator)
        basis[leave] = enter
    if table[-1, -1] == 0:
        found = {j: table[r, -1] for r, j in enumerate(basis) if j < count and table[r, -1]}
        return {j: Fraction(weight, denominator) for j, weight in found.items()}, []
    return {}, [(Fraction(table[-1, count + r], denominator) - 1) * scale for r, scale in enumerate(scales)]


def _pivot(table: np.ndarray, leave: int, enter: int, denominator: int) -> tuple[np.ndarray, int]:
    """The table after a pivot, and its denominator. All divisions are exact."""
    row, head = table[leave].copy(), table[leave, enter]
    table = (head * table - table[:, enter, None] * row) // denominator
    table[leave] = row
    return table, head


def _only_dependency(whole: np.ndarray) -> dict[int, Fraction]:
    """Weights by column, positive with sum 1, under which the columns add up to 0, if they have one dependency and it is of one sign."""
    table, denominator, pivots = whole, 1, []
    free = []
    for column in range(whole.shape[1]):
        row = next((r for r in range(len(whole)) if r not in pivots and table[r, column]), None)
        if row is None:
            free.append(column)
            if len(free) > 1:
                return {}
        else:
            table, denominator = _pivot(table, row, column, denominator)
            pivots.append(row)
    if not free:
        return {}
    fixed = [column for column in range(whole.shape[1]) if column != free[0]]
    weights = dict(zip(fixed, (-table[pivots, free[0]]).tolist(), strict=True)) | {free[0]: denominator}
    total = sum(weights.values())
    if not total or any(weight * total < 0 for weight in weights.values()):
        return {}
    return {column: Fraction(weight, total) for column, weight in weights.items() if weight}
