"""Intersections of the zero lines of a layer's units with the edges and vertices of a complex.

Every decision follows from the sign of each unit at each vertex, which is computed once. A value that is zero up to
rounding has the sign 0: the line passes through the vertex.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry.complex import Boundaries, Complex
from nlpfeat.geometry.network import LINEAR, Layer, activate, forward

RESOLUTION = 1e-13  # relative: some hundred roundings of float64
_ENTRIES = 1 << 28  # of the vertices × units matrix in memory at a time: 2 GiB
_ROWS = 4096  # vertices per forward pass: their activations fit the cache of a core


class Signed(NamedTuple):
    """Value and sign of consecutive units at all vertices."""

    first: int  # index of the first unit
    values: np.ndarray  # float64 (vertices, units)
    above: np.ndarray  # bits, packed per vertex: whether the value is certainly above 0
    below: np.ndarray  # whether it is certainly below 0


class Units(NamedTuple):
    """The units of one layer. Their values are affine on every face of the layers before."""

    points: np.ndarray  # float64 (vertices, 2)
    layers: tuple[Layer, ...]  # up to and including their own
    scale: float  # magnitude of coordinates

    def signed(self) -> Iterator[Signed]:
        """Value and sign of all units, as many at a time as fit in memory."""
        *before, (weight, bias, _) = self.layers
        count = len(self.points)
        chunk = min(max(64, _ENTRIES // max(count, 1) // 64 * 64), -(-len(bias) // 64) * 64)
        for first in range(0, len(bias), chunk):
            units = slice(first, first + chunk)
            own = Layer(weight[units], bias[units], LINEAR)
            values = np.empty((count, len(own.bias)))
            above, below = np.zeros((2, count, -(-len(own.bias) // 64)), np.uint64)
            for row in range(0, count, _ROWS):
                rows = slice(row, row + _ROWS)
                part = np.matmul(forward(before, self.points[rows]), own.weight.T, out=values[rows])
                part += own.bias
                above[rows], below[rows] = pack(part > 0), pack(part < 0)
                layers, points = (*before, own), self.points[rows]
                doubtful = np.flatnonzero((np.abs(part) <= crude_errors(layers, points, self.scale)).any(1))
                if len(doubtful):
                    limit = errors(layers, points[doubtful], self.scale)
                    above[row + doubtful] = pack(part[doubtful] > limit)
                    below[row + doubtful] = pack(part[doubtful] < -limit)
            yield Signed(first, values, above, below)


class Given(NamedTuple):
    """One function that is affine on every face, given by its values at the vertices."""

    values: np.ndarray  # float64 (vertices,)
    errors: np.ndarray  # float64 (vertices,): values up to this far from 0 count as 0

    def signed(self) -> Iterator[Signed]:
        """The function as a single unit."""
        values = self.values[:, None]
        limit = self.errors[:, None]
        yield Signed(0, values, pack(values > limit), pack(values < -limit))


def crude_errors(
    layers: Sequence[Layer], points: Float[np.ndarray, "n 2"], scale: float
) -> Float[np.ndarray, "n units"]:
    """A cheap upper bound of `errors`, by norms: shows which values need the sharper bound."""
    *before, (weight, bias, _) = layers
    size = np.maximum(np.linalg.norm(points, axis=1), scale)
    error = RESOLUTION * 2 * size  # of two coordinates
    for matrix, shift, negative_slope in before:
        norm, lift = np.linalg.norm(matrix), np.linalg.norm(shift)  # Frobenius: the same for |matrix|
        error = max(1.0, abs(negative_slope)) * (norm * (error + RESOLUTION * size) + RESOLUTION * lift)
        size = max(1.0, abs(negative_slope)) * (norm * size + lift)
    return np.outer(error + RESOLUTION * size, np.linalg.norm(weight, axis=1)) + RESOLUTION * np.abs(bias)


def errors(
    layers: Sequence[Layer], points: Float[np.ndarray, "n 2"], scale: float
) -> Float[np.ndarray, "n units"]:
    """Bounds on the rounding errors of activations after `layers`, by a running error analysis.

    Every step adds `RESOLUTION` times the sum of the absolute values of its terms; points have the same relative error.

    Args:
      layers: from the input on.
      points: (n, 2), at which activations are computed.
      scale: magnitude of points that are closer to the origin.
    """
    values = np.asarray(points, np.float64)
    error = np.broadcast_to(
        RESOLUTION * np.maximum(np.linalg.norm(values, axis=1), scale)[:, None], values.shape
    )
    for weight, bias, negative_slope in layers:
        error = (error + RESOLUTION * np.abs(values)) @ np.abs(weight).T + RESOLUTION * np.abs(bias)
        values = values @ weight.T + bias
        off = values < -error
        error = error * np.where(off, abs(negative_slope), max(1.0, abs(negative_slope)))
        values = activate(values, negative_slope)
    return error


def resolution(*ends: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    """The distance below which points between `ends` are identified: rounding errors grow with the coordinates."""
    return RESOLUTION * np.max([np.abs(end).max(1, initial=0.0) for end in ends], axis=0)


class Crossings(NamedTuple):
    """Crossings with the interior of edges, sorted by edge and position, and lines through vertices."""

    edge: np.ndarray  # (n,)
    unit: np.ndarray  # (n,)
    position: np.ndarray  # (n,) strictly between 0 and 1, along the edge
    touch_unit: np.ndarray  # (t,) lines through a vertex, one entry per face around the vertex:
    touch_half: np.ndarray  # (t,) the half-edge of that face that starts at the vertex
    touch_after: np.ndarray  # (t,) the unit's sign at the end of that half-edge
    zeros: int  # number of values at vertices that are zero up to rounding


def find_crossings(cells: Complex, rim: Boundaries, lines: Units | Given) -> Crossings:
    """All crossings of `lines` with the edges and vertices of `cells`."""
    edges, units, positions = [], [], []
    touches: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    start, end = cells.ends.T
    zeros = 0
    for first, values, above, below in lines.signed():
        edge, unit = set_bits((above[start] & below[end]) | (below[start] & above[end]))
        a, b = values[start[edge], unit], values[end[edge], unit]
        edges.append(edge)
        units.append(unit + first)
        positions.append(np.clip(a / (a - b), 2.0**-60, 1 - 2.0**-53))
        zeros += values.size - int(np.bitwise_count(above | below).sum())
        cutting = np.bitwise_or.reduce(above) & np.bitwise_or.reduce(below)  # other units cut nothing
        zero = cutting & ~(above | below)
        if zero.any():
            half, unit = _through_vertices(rim, *set_bits(zero))
            after = _next_vertex(rim, half), unit
            touches.append((unit + first, half, _bit(above, *after) - _bit(below, *after)))
    edge, unit, position = (np.concatenate(parts) for parts in (edges, units, positions))
    order = np.lexsort((position, edge))
    nothing = np.zeros(0, np.int64)
    through, half, after = (
        (np.concatenate(parts) for parts in zip(*touches, strict=True)) if touches else (nothing,) * 3
    )
    return Crossings(edge[order], unit[order], position[order], through, half, after, zeros)


def pack(bits: np.ndarray) -> np.ndarray:
    """Rows of booleans as rows of 64-bit words."""
    octets = -(-bits.shape[1] // 8)
    packed = np.zeros((len(bits), -(-octets // 8) * 8), np.uint8)
    packed[:, :octets] = np.packbits(bits, axis=1, bitorder="little")
    return packed.view(np.uint64)


def row_labels(bits: Bool[np.ndarray, "n units"]) -> Int[np.ndarray, " n"]:
    """Labels 0, 1, … of rows of booleans, equal for equal rows: by 64 columns at a time, which sort as one number."""
    labels = np.zeros(len(bits), np.int64)
    for word in pack(bits).T:
        own = np.unique(word, return_inverse=True)[1]
        labels = np.unique(labels * len(bits) + own, return_inverse=True)[1]
    return labels


def set_bits(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row, bit) of every set bit, in order."""
    octets = np.ascontiguousarray(words).view(np.uint8)
    found = np.flatnonzero(octets.ravel())
    which, bit = np.nonzero(np.unpackbits(octets.ravel()[found][:, None], axis=1, bitorder="little"))
    row, octet = np.divmod(found[which], octets.shape[1])
    return row, octet * 8 + bit


def _bit(words: np.ndarray, row: np.ndarray, bit: np.ndarray) -> np.ndarray:
    return (words[row, bit // 64] >> (bit % 64).astype(np.uint64) & np.uint64(1)).astype(np.int8)


def _next_vertex(rim: Boundaries, half: np.ndarray) -> np.ndarray:
    """The vertex at which each half-edge ends: the start of the next half-edge of its face."""
    face = np.searchsorted(rim.offsets, half, "right") - 1
    following = np.where(half + 1 < rim.offsets[face + 1], half + 1, rim.offsets[face])
    return rim.start[following]


def _through_vertices(rim: Boundaries, vertex: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(half-edge, unit) for every face around the vertex of each (vertex, unit): the half-edge starts at the vertex."""
    order = np.argsort(rim.start)
    bounds = np.searchsorted(rim.start[order], np.stack([vertex, vertex + 1]))
    counts = bounds[1] - bounds[0]
    each = np.repeat(np.arange(len(vertex)), counts)
    within = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[bounds[0][each] + within], unit[each]
