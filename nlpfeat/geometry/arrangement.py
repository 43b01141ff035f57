"""Cut a complex by the units of a layer: count the new faces, or build them.

A new face is determined by its parent and by the chords of the parent on whose far side it lies. It is identified by a
64-bit hash: the sum of a random key of the parent and one of each such chord. Prefix sums around the boundary and along
the chords give the hashes on both sides of every edge, and equal hashes are one face; no face is ever traced.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Int, UInt64

from nlpfeat.geometry.chords import Chords, EdgePoints, Meetings, edge_points, find_chords, meet, stride
from nlpfeat.geometry.complex import BOX, Boundaries, Complex, boundaries
from nlpfeat.geometry.crossings import Given, Units, find_crossings


class Cut(NamedTuple):
    """The intersections of a layer's lines with a complex, before it is rebuilt."""

    rim: Boundaries
    points: EdgePoints
    chords: Chords
    meetings: Meetings
    coincidences: (
        int  # lines beyond two through a point, lines that overlap, and values at vertices that are zero
    )
    unclear: int  # lines left out of a face because of rounding

    @property
    def added(self) -> int:
        """Number of faces that the cut adds: one per chord, and one per line beyond the first through an inner point."""
        more = len(self.chords.face) + len(self.meetings.first)
        if self.meetings.points == len(self.meetings.first):
            return more
        chord = np.concatenate([self.meetings.first, self.meetings.second])
        lines = np.unique(np.stack([np.tile(self.meetings.label, 2), chord]), axis=1).shape[1]
        return len(self.chords.face) + lines - self.meetings.points


def cut(cells: Complex, lines: Units | Given) -> Cut:
    """The chords of `lines` in `cells`, and their intersections."""
    rim = boundaries(cells)
    found = find_crossings(cells, rim, lines)
    points = edge_points(cells, found)
    chords, repeated, unclear = find_chords(cells, rim, found, points)
    vertices = np.concatenate([cells.points, points.where])
    meetings = meet(chords, vertices)
    shared = len(found.edge) - len(points.edge) + len(meetings.first) - meetings.points
    return Cut(rim, points, chords, meetings, shared + repeated + found.zeros, unclear)


def rebuild(cells: Complex, made: Cut, tags: Int[np.ndarray, " units"]) -> Complex:
    """The complex after a cut.

    Args:
      cells: the complex that was cut.
      made: its cut.
      tags: (units,), the tag of the edges that each unit makes.
    """
    rng = np.random.default_rng(0)  # keys, not statistics: distinct numbers are all that is needed
    parent_key = _keys(rng, cells.faces)
    chord_key = _keys(rng, len(made.chords.face))
    around = _around(made, parent_key, chord_key)
    outer = _split_edges(cells, made, around, parent_key)
    cross = _split_chords(cells, made, around, chord_key)
    ends = np.concatenate([outer[0], cross[0]])
    hashes = np.concatenate([outer[1], cross[1]])
    tags = np.concatenate([cells.tags[outer[2]], np.asarray(tags, np.int32)[cross[2]]])
    inside = np.ones(hashes.shape, bool)
    inside[: len(outer[0])] = cells.sides[outer[2]] >= 0
    sides = np.full(hashes.shape, BOX, np.int32)
    sides[inside], faces = _identify(hashes[inside])
    points = np.concatenate([cells.points, made.points.where, _meeting_points(made.meetings)])
    return Complex(points, ends.astype(np.int32), sides, tags, faces)


def cut_by_one(cells: Complex, line: Given, tag: int) -> tuple[Complex, int, int]:
    """The complex cut by the zero line of one function, in the faces in which its sign changes: few of those of a large complex.

    Args:
      cells: the complex.
      line: the function.
      tag: of the edges that it makes.

    Returns:
      The complex, in which the faces that are not cut come first, and the numbers of coincidences and unclear lines (see `Cut`).
    """
    above, below = line.values > line.errors, line.values < -line.errors
    (start, end), (left, right) = cells.ends.T, cells.sides.T
    high, low = np.zeros((2, cells.faces + 1), bool)  # the last entry is that of the outside, `BOX`
    for found, where in ((high, above), (low, below)):
        edge = where[start] | where[end]
        found[left[edge]] = found[right[edge]] = True
    mixed = high & low
    mixed[BOX] = False
    touched = mixed[left] | mixed[right]
    if not touched.any():
        return cells, int((~above & ~below).sum()), 0
    kept, part = np.full((2, cells.faces + 1), BOX, np.int32)
    kept[:-1][~mixed[:-1]] = np.arange(cells.faces - mixed.sum())
    part[mixed] = np.arange(mixed.sum())
    ends, sides, tags = (of[touched] for of in (cells.ends, cells.sides, cells.tags))
    inside = Complex(cells.points, ends, part[sides], tags, int(mixed.sum()))
    made = cut(inside, line)
    built = rebuild(inside, made, np.array([tag]))
    # edges between a face that is cut and one that is not are not cut themselves
    new = np.where(built.sides >= 0, built.sides + (cells.faces - inside.faces), BOX).astype(np.int32)
    old = np.repeat(np.arange(len(ends)), 1 + np.bincount(made.points.edge, minlength=len(ends)))
    new[: len(old)] = np.where(built.sides[: len(old)] >= 0, new[: len(old)], kept[sides[old]])
    return (
        Complex(
            built.points,
            np.concatenate([cells.ends[~touched], built.ends]),
            np.concatenate([kept[cells.sides[~touched]], new]),
            np.concatenate([cells.tags[~touched], built.tags]),
            cells.faces - inside.faces + built.faces,
        ),
        made.coincidences,
        made.unclear,
    )


def _keys(rng: np.random.Generator, count: int) -> UInt64[np.ndarray, " count"]:
    return rng.integers(0, 2**64, count, np.uint64)


def _meeting_points(meetings: Meetings) -> np.ndarray:
    where = np.empty((meetings.points, 2))
    where[meetings.label] = meetings.where
    return where


def _around(made: Cut, parent_key: np.ndarray, chord_key: np.ndarray) -> np.ndarray:
    """Hash inside the parent right after each chord end on its boundary, by rank. Before the first end: the parent's key."""
    chords = made.chords
    step = np.empty(len(chords.spots), np.uint64)
    step[chords.rank_a] = chord_key
    step[chords.rank_b] = -chord_key
    # over a whole face the steps add up to 0, so that one running sum serves all faces
    face = np.empty(len(chords.spots), np.int64)
    face[chords.rank_a] = face[chords.rank_b] = chords.face
    return np.cumsum(step) + parent_key[face]


def _split_edges(
    cells: Complex, made: Cut, around: np.ndarray, parent_key: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ends, hashes on the left and right, old edge) of the segments into which the old edges are cut."""
    points, rim, count = made.points, made.rim, len(cells.ends)
    segments = 1 + np.bincount(points.edge, minlength=count)
    edge = np.repeat(np.arange(count), segments)
    head = np.zeros(len(edge), bool)  # first segment of its edge
    head[np.cumsum(segments) - segments] = True
    tail = np.roll(head, -1)
    ends = np.empty((len(edge), 2), np.int64)
    ends[head, 0], ends[tail, 1] = cells.ends[:, 0], cells.ends[:, 1]
    middle = len(cells.points) + np.arange(len(points.edge))
    ends[~head, 0] = ends[~tail, 1] = middle

    # A segment follows its start point in the walk around the face on either side.
    along = np.arange(len(points.edge))
    spot = rim.half_edges[edge] * stride(points)
    spot[~head, 0] += 1 + along
    spot[~tail, 1] += len(points.edge) - along
    hashes = np.zeros(spot.shape, np.uint64)
    for side in (0, 1):
        inside = rim.half_edges[edge, side] >= 0
        face = cells.sides[edge[inside], side]
        rank = np.searchsorted(made.chords.spots, spot[inside, side], "right") - 1
        first = np.searchsorted(made.chords.spots, rim.offsets[face] * stride(points)) if rank.size else rank
        passed = rank >= first
        hashes[inside, side] = parent_key[face]
        where = np.flatnonzero(inside)[passed]
        hashes[where, side] = around[rank[passed]]
    return ends, hashes, edge


def _split_chords(
    cells: Complex, made: Cut, around: np.ndarray, chord_key: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ends, hashes on the left and right, unit) of the segments into which the chords are cut."""
    chords, meetings = made.chords, made.meetings
    count, pairs = len(chords.face), len(meetings.first)
    chord = np.concatenate([meetings.first, meetings.second])
    order = _sort_within(chord, np.concatenate([meetings.along_first, meetings.along_second]))
    # The first chord of a pair enters the far side of the second; the second leaves the far side of the first.
    step = np.concatenate([chord_key[meetings.second], -chord_key[meetings.first]])[order]
    label = np.tile(meetings.label, 2)[order] if pairs else np.zeros(0, np.int64)

    segments = 1 + np.bincount(chord, minlength=count)
    of = np.repeat(np.arange(count), segments)
    head = np.zeros(len(of), bool)
    head[np.cumsum(segments) - segments] = True
    tail = np.roll(head, -1)
    ends = np.empty((len(of), 2), np.int64)
    ends[head, 0], ends[tail, 1] = chords.vertex_a, chords.vertex_b
    ends[~head, 0] = ends[~tail, 1] = len(cells.points) + len(made.points.edge) + label
    steps = np.zeros(len(of), np.uint64)
    steps[~head] = step
    total = np.cumsum(steps)
    right = around[chords.rank_a[of]] + total - total[head][of]
    real = ends[:, 0] != ends[:, 1]  # segments between lines that meet in one point are empty
    hashes = np.stack([right - chord_key[of], right], 1)
    return ends[real], hashes[real], chords.unit[of[real]]


def _sort_within(group: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The order by group, then by value in [0, 1]: one sort of a rounded key, then exact repair."""
    order = np.argsort(group + 0.999 * value)
    for _ in range(8):
        g, v = group[order], value[order]
        wrong = np.flatnonzero((g[1:] == g[:-1]) & (v[1:] < v[:-1]))
        wrong = wrong[np.diff(wrong, prepend=-2) > 1]  # of overlapping pairs only the first is swapped
        if not len(wrong):
            return order
        order[wrong], order[wrong + 1] = order[wrong + 1], order[wrong]
    return np.lexsort((value, group))


def _identify(hashes: np.ndarray) -> tuple[np.ndarray, int]:
    """An id per hash, equal for equal hashes, and the number of ids."""
    order = np.argsort(hashes)
    ordered = hashes[order]
    new = np.empty(len(order), np.int32)
    new[0] = 0
    np.cumsum(ordered[1:] != ordered[:-1], out=new[1:])
    ids = np.empty(len(order), np.int32)
    ids[order] = new
    return ids, int(new[-1]) + 1
