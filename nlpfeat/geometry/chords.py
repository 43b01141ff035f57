"""Chords: the segments in which the lines of a layer cut the faces, and the intersections of these chords.

A line cuts a convex face in a chord between two points of its boundary. Two chords of a face intersect if and only if
their ends alternate around the face. Chords with a common end are ordered so that they do not intersect; chords with
both ends in common are identified.
"""

from typing import NamedTuple

import numpy as np

from nlpfeat.geometry.complex import Boundaries, Complex
from nlpfeat.geometry.crossings import Crossings, resolution


class EdgePoints(NamedTuple):
    """The points at which lines cross edges; several lines may cross in one point."""

    point: np.ndarray  # (crossings,) the point of each crossing
    edge: np.ndarray  # (points,) rising, in order along each edge
    where: np.ndarray  # float64 (points, 2)


class Chords(NamedTuple):
    """Chords of all faces, face after face, ordered by their first end. End `a` precedes end `b` around the face."""

    face: np.ndarray  # (chords,)
    unit: np.ndarray  # (chords,)
    rank_a: np.ndarray  # (chords,) rank of the end among all ends, face after face, counter-clockwise
    rank_b: np.ndarray
    vertex_a: np.ndarray  # (chords,) vertex ids: old vertices, then edge points
    vertex_b: np.ndarray
    spots: np.ndarray  # (2 chords,) position of each rank: half-edge × stride + position along it


class Meetings(NamedTuple):
    """Pairs of chords that intersect. The first chord's first end precedes the second chord's first end."""

    first: np.ndarray  # (pairs,)
    second: np.ndarray
    along_first: np.ndarray  # float64 (pairs,), position on the chord: 0 at `a`, 1 at `b`
    along_second: np.ndarray
    where: np.ndarray  # float64 (pairs, 2)
    label: np.ndarray  # (pairs,) equal for pairs that intersect in the same point
    points: int  # number of distinct points


def edge_points(cells: Complex, found: Crossings) -> EdgePoints:
    """The distinct points of crossings: consecutive ones within `resolution` along an edge are identified."""
    start, end = cells.points[cells.ends[found.edge, 0]], cells.points[cells.ends[found.edge, 1]]
    t = found.position[:, None]
    where = start * (1 - t) + end * t
    gap = np.linalg.norm(np.diff(where, axis=0), axis=1)
    new = np.ones(len(found.edge), bool)
    new[1:] = (np.diff(found.edge) > 0) | (gap > resolution(start, end)[1:])
    return EdgePoints(np.cumsum(new) - 1, found.edge[new], where[new])


def stride(points: EdgePoints) -> int:
    """Number of positions on a half-edge: its start, and every edge point."""
    return len(points.edge) + 2


def find_chords(
    cells: Complex, rim: Boundaries, found: Crossings, points: EdgePoints
) -> tuple[Chords, int, int]:
    """The chords; the number that coincide with another; the number of lines whose chord in a face is unclear."""
    step = stride(points)
    half = rim.half_edges[found.edge]
    ahead = half * step + 1 + points.point[:, None]
    back = half * step + len(points.edge) - points.point[:, None]
    spot = np.where([[True, False]], ahead, back)[half >= 0]
    inside = np.nonzero(half >= 0)[0]
    half = half[half >= 0]
    unit = np.concatenate([found.unit[inside], found.touch_unit])
    vertex = np.concatenate([len(cells.points) + points.point[inside], rim.start[found.touch_half]])
    spot = np.concatenate([spot, found.touch_half * step])
    after = np.concatenate([np.full(len(inside), 2, np.int8), found.touch_after])
    face = np.searchsorted(rim.offsets, np.concatenate([half, found.touch_half]), "right") - 1

    units = int(unit.max(initial=0)) + 1
    order = np.argsort(face * units + unit)
    key = (face * units + unit)[order]
    heads = np.flatnonzero(np.diff(key, prepend=-1))
    sizes = np.diff(heads, append=len(key))
    lone = ~np.logical_or.reduceat(after[order] == 2, heads) if len(heads) else np.zeros(0, bool)
    pairs = heads[sizes == 2]
    i, j = order[pairs], order[pairs + 1]
    opposite = (after[i] * after[j] == -1) | (after[i] == 2) | (after[j] == 2)
    unclear = int(((sizes != 2) & ~lone).sum())
    i, j = i[opposite], j[opposite]
    i, j = np.where(spot[i] < spot[j], i, j), np.where(spot[i] < spot[j], j, i)
    shared = len(found.touch_unit) > 0 or len(points.edge) < len(found.edge)
    return *_ranked(face[i], unit[i], spot[i], spot[j], vertex[i], vertex[j], shared=shared), unclear


def _ranked(
    face: np.ndarray,
    unit: np.ndarray,
    spot_a: np.ndarray,
    spot_b: np.ndarray,
    vertex_a: np.ndarray,
    vertex_b: np.ndarray,
    *,
    shared: bool,
) -> tuple[Chords, int]:
    """Sort all ends around the faces, and remove chords that coincide. Returns the chords and how many were removed.

    Args:
      face, unit: (chords,) of each chord.
      spot_a, spot_b: (chords,) positions of the ends on the boundary (see `Chords.spots`), a before b.
      vertex_a, vertex_b: (chords,) vertices of the ends.
      shared: whether ends may coincide.
    """
    count = len(face)
    if shared:
        order = np.lexsort((unit, spot_b, spot_a))
        repeated = np.zeros(count, bool)
        repeated[order[1:]] = (np.diff(spot_a[order]) == 0) & (np.diff(spot_b[order]) == 0)
        face, unit, spot_a, spot_b, vertex_a, vertex_b = (
            part[~repeated] for part in (face, unit, spot_a, spot_b, vertex_a, vertex_b)
        )
    spots = np.concatenate([spot_a, spot_b])
    if shared:  # of chords with a common end, the one that extends farthest around the face comes first
        other = np.concatenate([spot_b, spot_a + np.int64(2) ** 62])
        order = np.lexsort((-other, spots))
    else:
        order = np.argsort(spots)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    rank_a, rank_b = np.split(rank, 2)
    by_first = np.argsort(rank_a)
    chords = Chords(
        face=face[by_first],
        unit=unit[by_first],
        rank_a=rank_a[by_first],
        rank_b=rank_b[by_first],
        vertex_a=vertex_a[by_first],
        vertex_b=vertex_b[by_first],
        spots=spots[order],
    )
    return chords, count - len(face)


def crossing_pairs(chords: Chords) -> tuple[np.ndarray, np.ndarray]:
    """(first, second) of all pairs of chords whose ends alternate."""
    here = np.arange(len(chords.face))
    inside = np.searchsorted(chords.rank_a, chords.rank_b) - here - 1  # chords that begin between its ends
    first = np.repeat(here, inside)
    second = np.arange(len(first)) - np.repeat(np.cumsum(inside) - inside, inside) + first + 1
    cross = chords.rank_b[second] > chords.rank_b[first]
    return first[cross], second[cross]


def meet(chords: Chords, vertices: np.ndarray) -> Meetings:
    """Intersections of chords. Those within `resolution` of each other are identified."""
    first, second = crossing_pairs(chords)
    origin = vertices[chords.vertex_a]
    along = vertices[chords.vertex_b] - origin
    p, q = along[first], along[second]
    apart = origin[second] - origin[first]
    area = _cross(p, q)
    area[area == 0] = np.inf  # parallel up to rounding: they meet at their first ends
    s = np.clip(_cross(apart, q) / area, 0.0, 1.0)
    t = np.clip(_cross(apart, p) / area, 0.0, 1.0)
    where = origin[first] + s[:, None] * p
    label, points = coincident(
        where, chords.face[first], resolution(origin, origin + along)[np.stack([first, second])].max(0)
    )
    return Meetings(first, second, s, t, where, label, points)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]


def coincident(where: np.ndarray, face: np.ndarray, near: np.ndarray) -> tuple[np.ndarray, int]:
    """Labels of points, equal for points of one face that are within `near` of each other.

    Candidates are found by sorting projections on a line; usually there are none.

    Args:
      where: (n, 2).
      face: (n,), the face of each.
      near: (n,), distances.

    Returns:
      Labels (n,), and their number.
    """
    across = np.array([[0.8414709848, 0.5403023059], [-0.5403023059, 0.8414709848]])
    count = len(where)
    values = np.sort(where @ across[0])
    if count < 2 or np.diff(values).min() > near.max():
        return np.arange(count), count
    label = face
    for direction in (*across, *across):
        values = where @ direction
        order = np.lexsort((values, label))
        new = (np.diff(label[order]) != 0) | (np.diff(values[order]) > near[order][1:])
        label = np.empty(count, np.int64)
        label[order] = np.concatenate([[0], np.cumsum(new)])
    return label, int(label.max()) + 1
