"""Where the zero lines of a layer's units meet the edges and vertices of the complex so far.

Every decision comes from the signs of the units at vertices, taken once. A value within rounding of zero has the
sign 0: the line passes through the vertex.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.complex import Boundaries, Complex
from nlpfeat.geometry.network import LINEAR, Layer, activate, forward

RESOLUTION = 1e-13  # of the size of things: some hundred roundings of float64
_HELD = 1 << 28  # numbers of the vertices x units matrix held at a time: 2 GiB
_ROWS = 4096  # vertices at a time through the layers: what a core's cache holds


class Signed(NamedTuple):
    """Some units at all vertices."""

    first: int  # of the units
    values: np.ndarray  # float64 (vertices, units)
    above: np.ndarray  # packed by vertex: whether the value is certainly above 0
    below: np.ndarray  # and certainly below


class Units(NamedTuple):
    """The units of one layer: their values are affine on every face that the layers before it leave."""

    points: np.ndarray  # float64 (vertices, 2)
    layers: tuple[Layer, ...]  # up to and with their own
    scale: float  # the size of coordinates

    def signed(self) -> Iterator[Signed]:
        """A few units at a time, as memory allows."""
        *before, (weight, bias, _) = self.layers
        count = len(self.points)
        few = min(max(64, _HELD // max(count, 1) // 64 * 64), -(-len(bias) // 64) * 64)
        for first in range(0, len(bias), few):
            units = slice(first, first + few)
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
    """One function that is affine on every face, by its values at the vertices."""

    values: np.ndarray  # float64 (vertices,)
    errors: np.ndarray  # float64 (vertices,): how far from 0 a value may be and still be 0

    def signed(self) -> Iterator[Signed]:
        """That one function, as if it were a unit."""
        values = self.values[:, None]
        limit = self.errors[:, None]
        yield Signed(0, values, pack(values > limit), pack(values < -limit))


def crude_errors(
    layers: Sequence[Layer], points: Float[np.ndarray, "n 2"], scale: float
) -> Float[np.ndarray, "n units"]:
    """More than `errors` can be, by norms: costs next to nothing, and tells which values need the sharper bound."""
    *before, (weight, bias, _) = layers
    size = np.maximum(np.linalg.norm(points, axis=1), scale)
    error = RESOLUTION * 2 * size  # of both coordinates
    for matrix, shift, slope in before:
        norm, lift = np.linalg.norm(matrix), np.linalg.norm(shift)  # Frobenius: of |matrix| too
        error = max(1.0, abs(slope)) * (norm * (error + RESOLUTION * size) + RESOLUTION * lift)
        size = max(1.0, abs(slope)) * (norm * size + lift)
    return np.outer(error + RESOLUTION * size, np.linalg.norm(weight, axis=1)) + RESOLUTION * np.abs(bias)


def errors(
    layers: Sequence[Layer], points: Float[np.ndarray, "n 2"], scale: float
) -> Float[np.ndarray, "n units"]:
    """How far from its true value an activation after `layers` may be, by a running error analysis.

    Every step adds `RESOLUTION` of what it sums, without cancellation; points themselves are as uncertain.

    Args:
      scale: how large to take points that are nearer to the origin.
    """
    values = np.asarray(points, np.float64)
    error = np.broadcast_to(
        RESOLUTION * np.maximum(np.linalg.norm(values, axis=1), scale)[:, None], values.shape
    )
    for weight, bias, slope in layers:
        error = (error + RESOLUTION * np.abs(values)) @ np.abs(weight).T + RESOLUTION * np.abs(bias)
        values = values @ weight.T + bias
        off = values < -error
        error = error * np.where(off, abs(slope), max(1.0, abs(slope)))
        values = activate(values, slope)
    return error


def resolution(*ends: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, " n"]:
    """How near points between `ends` may be and still be one: rounding errors grow with the coordinates."""
    return RESOLUTION * np.max([np.abs(end).max(1, initial=0.0) for end in ends], axis=0)


class Crossings(NamedTuple):
    """Lines through the inside of edges, sorted by edge and position, and lines through vertices."""

    edge: np.ndarray  # (n,)
    unit: np.ndarray  # (n,)
    position: np.ndarray  # (n,) strictly between 0 and 1, along the edge
    touch_unit: np.ndarray  # (t,) lines through a vertex, once for each face around it:
    touch_half: np.ndarray  # (t,) the half-edge of that face which starts at the vertex
    touch_after: np.ndarray  # (t,) the unit's sign at the other end of that half-edge
    zeros: int  # how many values at vertices are zero to rounding


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
        cutting = np.bitwise_or.reduce(above) & np.bitwise_or.reduce(below)  # others cut nothing
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
    packed = np.packbits(bits, axis=1, bitorder="little")
    return np.pad(packed, ((0, 0), (0, -packed.shape[1] % 8))).view(np.uint64)


def set_bits(words: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(row, bit) of every bit set, in order."""
    octets = np.ascontiguousarray(words).view(np.uint8)
    found = np.flatnonzero(octets.ravel())
    which, bit = np.nonzero(np.unpackbits(octets.ravel()[found][:, None], axis=1, bitorder="little"))
    row, octet = np.divmod(found[which], octets.shape[1])
    return row, octet * 8 + bit


def _bit(words: np.ndarray, row: np.ndarray, bit: np.ndarray) -> np.ndarray:
    return (words[row, bit // 64] >> (bit % 64).astype(np.uint64) & np.uint64(1)).astype(np.int8)


def _next_vertex(rim: Boundaries, half: np.ndarray) -> np.ndarray:
    """The vertex at which half-edges end: where the next one of the face starts."""
    face = np.searchsorted(rim.offsets, half, "right") - 1
    following = np.where(half + 1 < rim.offsets[face + 1], half + 1, rim.offsets[face])
    return rim.start[following]


def _through_vertices(rim: Boundaries, vertex: np.ndarray, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each (vertex, unit) once for every face around the vertex: the half-edge that starts there, and the unit."""
    order = np.argsort(rim.start)
    bounds = np.searchsorted(rim.start[order], np.stack([vertex, vertex + 1]))
    counts = bounds[1] - bounds[0]
    each = np.repeat(np.arange(len(vertex)), counts)
    within = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[bounds[0][each] + within], unit[each]
