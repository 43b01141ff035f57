"""The oracle: linear regions by clipping polygons in exact rational arithmetic. Slow, and shares no code."""

from fractions import Fraction


def regions(network, sides):
    """[(pattern, polygon)] of all regions with an inside; a value of exactly 0 on a whole region counts as on."""
    left, bottom, right, top = map(Fraction, sides)
    square = [(left, bottom), (right, bottom), (right, top), (left, top)]
    identity = [(Fraction(1), Fraction(0), Fraction(0)), (Fraction(0), Fraction(1), Fraction(0))]
    pieces = [((), square, identity)]
    for weight, bias, slope in network.layers:
        folds = slope != 1.0
        pieces = [
            new
            for pattern, polygon, maps in pieces
            for new in cut_all(pattern, polygon, preactivations(weight, bias, maps), Fraction(slope), folds)
        ]
    return [(pattern, polygon) for pattern, polygon, _ in pieces]


def preactivations(weight, bias, maps):
    """Rows (a, b, c) of a x + b y + c."""
    return [
        tuple(
            sum((Fraction(float(w)) * m[k] for w, m in zip(row, maps, strict=True)), Fraction(0))
            + (Fraction(float(c)) if k == 2 else 0)
            for k in range(3)
        )
        for row, c in zip(weight, bias, strict=True)
    ]


def cut_all(pattern, polygon, values, slope, folds):
    if not folds:
        return [(pattern, polygon, values)]
    pieces = [(pattern, polygon, [])]
    for row in values:
        pieces = [
            ((*done, on), part, [*maps, row if on else tuple(slope * x for x in row)])
            for done, whole, maps in pieces
            for on, part in halves(whole, row)
        ]
    return pieces


def halves(polygon, row):
    """The parts of a convex polygon where a x + b y + c is positive and negative, those with an inside."""
    at = [row[0] * x + row[1] * y + row[2] for x, y in polygon]
    if all(v >= 0 for v in at):
        return [(True, polygon)]
    if all(v <= 0 for v in at):
        return [(False, polygon)]
    return [(True, clip(polygon, at, 1)), (False, clip(polygon, at, -1))]


def clip(polygon, at, sign):
    kept = []
    for (p, v), (q, w) in zip(
        zip(polygon, at, strict=True),
        zip(polygon[1:] + polygon[:1], at[1:] + at[:1], strict=True),
        strict=True,
    ):
        if v * sign >= 0:
            kept.append(p)
        if v * w < 0:
            t = v / (v - w)
            kept.append(tuple(a + t * (b - a) for a, b in zip(p, q, strict=True)))
    return kept


def area(polygon):
    pairs = zip(polygon, polygon[1:] + polygon[:1], strict=True)
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in pairs), Fraction(0)) / 2
