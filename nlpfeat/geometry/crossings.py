"""Where the zero lines of a layer's units meet the edges and vertices of the complex so far.

Every decision comes from the signs of the units at vertices, taken once. A value within rounding of zero has the
sign 0: the line passes through the vertex.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.complex import Boundaries, Complex
from nlpfeat.geometry.network import Layer, forward

RESOLUTION = 1e-13  # of the size of things: some hundred roundings of float64
_HELD = 1 << 28  # numbers of the vertices x units matrix held at a time: 2 GiB
_ROWS = 4096  # vertices at a time through the layers: what a core's cache holds


class Lines(NamedTuple):
    """Units whose values are affine on every face: weight @ layers(inputs) + bias."""

    inputs: np.ndarray  # float64 (vertices, m)
    layers: tuple[Layer, ...]
    weight: np.ndarray  # float64 (units, n)
    bias: np.ndarray  # float64 (units,)
    sizes: np.ndarray  # float64 (vertices,), of layers(inputs) without cancellation; see `magnitudes`

    def signed(self) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """A few units at a time: (first unit, values (vertices, few), and packed by vertex, above 0, below 0)."""
        count = len(self.inputs)
        few = min(max(64, _HELD // max(count, 1) // 64 * 64), -(-len(self.bias) // 64) * 64)
        for first in range(0, len(self.bias), few):
            units = slice(first, first + few)
            weight, bias = self.weight[units], self.bias[units]
            values = np.empty((count, len(bias)))
            above, below = np.zeros((2, count, -(-len(bias) // 64)), np.uint64)
            for row in range(0, count, _ROWS):
                rows = slice(row, row + _ROWS)
                part = np.matmul(forward(self.layers, self.inputs[rows]), weight.T, out=values[rows])
                part += bias
                limit = rounding(weight, bias, self.sizes[rows])
                above[rows], below[rows] = pack(part > limit), pack(part < -limit)
            yield first, values, above, below


def magnitudes(
    layers: tuple[Layer, ...], points: Float[np.ndarray, "n m"], least: float
) -> Float[np.ndarray, " n"]:
    """How large activations after `layers` would be without cancellation: what rounding errors are relative to.

    Args:
      least: how large to take points that are nearer to the origin.
    """
    sizes = np.maximum(np.linalg.norm(points, axis=1), least)
    for weight, bias, slope in layers:
        sizes = (np.linalg.norm(weight, 2) * sizes + np.linalg.norm(bias)) * max(1.0, abs(slope))
    return sizes


def rounding(
    weight: Float[np.ndarray, "units m"], bias: Float[np.ndarray, " units"], sizes: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n units"]:
    """How far from zero values weight @ hidden + bias may be and still be zero, for hidden values of `sizes`."""
    return np.outer(RESOLUTION * sizes, np.linalg.norm(weight, axis=1)) + RESOLUTION * np.abs(bias)


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


def find_crossings(cells: Complex, rim: Boundaries, lines: Lines) -> Crossings:
    """All crossings of `lines` with the edges and vertices of `cells`."""
    edges, units, positions = [], [], []
    touches: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    start, end = cells.ends.T
    for first, values, above, below in lines.signed():
        edge, unit = set_bits((above[start] & below[end]) | (below[start] & above[end]))
        a, b = values[start[edge], unit], values[end[edge], unit]
        edges.append(edge)
        units.append(unit + first)
        positions.append(np.clip(a / (a - b), 2.0**-60, 1 - 2.0**-53))
        cutting = np.bitwise_or.reduce(above) & np.bitwise_or.reduce(below)  # others cut nothing
        zero = cutting & ~(above | below)
        if zero.any():
            half, unit = _through_vertices(rim, *set_bits(zero))
            after = _next_vertex(rim, half), unit
            touches.append((unit + first, half, _bit(above, *after) - _bit(below, *after)))
    edge, unit, position = (np.concatenate(parts) for parts in (edges, units, positions))
    order = np.lexsort((position, edge))
    nothing = np.zeros(0, np.int64)
    touch = [np.concatenate(parts) for parts in zip(*touches, strict=True)] if touches else [nothing] * 3
    return Crossings(edge[order], unit[order], position[order], *touch)


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


def _through_vertices(
    rim: Boundaries, vertex: np.ndarray, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each (vertex, unit) once for every face around the vertex: the half-edge that starts there, and the unit."""
    order = np.argsort(rim.start)
    bounds = np.searchsorted(rim.start[order], np.stack([vertex, vertex + 1]))
    counts = bounds[1] - bounds[0]
    each = np.repeat(np.arange(len(vertex)), counts)
    within = np.arange(len(each)) - np.repeat(np.cumsum(counts) - counts, counts)
    return order[bounds[0][each] + within], unit[each]
