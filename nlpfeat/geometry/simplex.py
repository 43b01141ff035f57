"""The first phase of the simplex method in rational arithmetic.

SciPy's linear programs run in floats; here a result must be a proof.
"""

from fractions import Fraction


def feasible(columns: list[list[Fraction]]) -> tuple[dict[int, Fraction], list[Fraction]]:
    """Whether 0 is a convex combination of vectors, with a proof either way.

    Pivots follow Bland's rule, which cannot cycle.

    Args:
      columns: the vectors, of one length.

    Returns:
      Weights by column, positive with sum 1, under which the columns add up to 0, and []; or {} and a vector y with
      y · column > 0 for all columns.
    """
    height, count = len(columns[0]) + 1, len(columns)
    table = [
        [column[r] if r < height - 1 else Fraction(1) for column in columns]
        + [Fraction(int(r == j)) for j in range(height)]
        + [Fraction(int(r == height - 1))]
        for r in range(height)
    ]
    cost = [
        -sum((row[j] for row in table), Fraction(0)) if j < count else Fraction(0)
        for j in range(count + height)
    ]
    cost.append(Fraction(-1))
    basis = [count + r for r in range(height)]
    while (enter := next((j for j in range(count) if cost[j] < 0), -1)) >= 0:
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
