"""The linear regions of a network on a box of the plane: built, or only counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry.arrangement import cut, rebuild
from nlpfeat.geometry.complex import (
    Box,
    Complex,
    areas,
    box,
    box_complex,
    inner,
    lengths,
    merge_faces,
    polygons,
)
from nlpfeat.geometry.crossings import RESOLUTION, Units, errors
from nlpfeat.geometry.network import LINEAR, Layer, Network, activate

_ROWS = 1 << 22  # entries of a faces × units matrix in memory at a time


@dataclass(frozen=True, eq=False)
class Regions:
    """The linear regions (activation regions) of a network with 2-D input on a box.

    Attributes:
      network: whose regions they are.
      box: the part of the plane.
      cells: vertices, edges with the unit that made them, faces and their adjacency; each face is a region.
      coincidences: violations of general position: lines that share a point, a segment or a vertex (corners of the box
        are vertices). Points closer than `RESOLUTION` times the box are identified, so that regions as thin as the rounding
        errors of the weights are left out.
      unclear: lines left out of a face because rounding hides how they cut it; 0 except for adversarial networks.
    """

    network: Network
    box: Box
    cells: Complex
    coincidences: int
    unclear: int

    def __len__(self) -> int:
        return self.cells.faces

    def __repr__(self) -> str:
        shape = "-".join(map(str, [self.network.inputs, *(len(layer.bias) for layer in self.network.layers)]))
        sides = ", ".join(f"{side:g}" for side in self.box)
        flags = f", {self.coincidences} coincidences" if self.coincidences else ""
        flags += f", {self.unclear} unclear" if self.unclear else ""
        flags += f", {self.slivers} slivers" if self.slivers else ""
        return (
            f"Regions({len(self)} of {shape} in ({sides}): {len(self.cells.points)} vertices, "
            f"{len(self.cells.ends)} edges{flags})"
        )

    @property
    def general(self) -> bool:
        """Whether lines are in general position and the complex is consistent: counts are exact."""
        return not (self.coincidences or self.unclear) and self.cells.euler == 1

    @property
    def slivers(self) -> int:
        """Number of faces that rounding may have made: their area is below (`RESOLUTION` × size of the box)²."""
        return int((self.area <= (RESOLUTION * self.box.size) ** 2).sum())

    @cached_property
    def _measured(self) -> tuple[np.ndarray, np.ndarray]:
        return areas(self.cells)

    @property
    def area(self) -> Float[np.ndarray, " regions"]:
        """Area of each region."""
        return self._measured[0]

    @property
    def centroid(self) -> Float[np.ndarray, "regions 2"]:
        """Centroid of each region, inside it."""
        return self._measured[1]

    def patterns(self) -> Bool[np.ndarray, "regions units"]:
        """The activation pattern of each region: which units are active (value >= 0), first layer first."""
        return np.concatenate([active for _, active, _ in self._walk()])

    @cached_property
    def affine(self) -> tuple[Float[np.ndarray, "regions outputs 2"], Float[np.ndarray, "regions outputs"]]:
        """The affine map A x + b of each region: Jacobians A (regions, outputs, 2) and offsets b (regions, outputs)."""
        jacobians = np.empty((len(self), self.network.outputs, 2))
        for rows, _, jacobian in self._walk():
            jacobians[rows] = np.moveaxis(jacobian, 0, 2)
        return jacobians, self.network(self.centroid) - np.einsum("rij,rj->ri", jacobians, self.centroid)

    def _walk(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Chunks of regions: their rows, patterns (n, units) and Jacobians (2, n, outputs)."""
        widest = max(len(layer.bias) for layer in self.network.layers)
        chunk = max(1, _ROWS // (2 * widest))
        layers, size = self.network.layers, scale(self.cells)
        for row in range(0, len(self), chunk):
            rows = slice(row, row + chunk)
            values = self.centroid[rows]
            jacobian = np.broadcast_to(np.eye(2)[:, None], (2, len(values), 2))
            patterns = [np.zeros((len(values), 0), bool)]
            for number, (weight, bias, negative_slope) in enumerate(layers):
                values, jacobian = values @ weight.T + bias, jacobian @ weight.T
                if negative_slope != LINEAR:
                    linear = (*layers[:number], Layer(weight, bias, LINEAR))
                    active = values >= -errors(linear, self.centroid[rows], size)
                    patterns.append(active)
                    jacobian = jacobian * np.where(active, 1.0, negative_slope)
                values = activate(values, negative_slope)
            yield rows, np.concatenate(patterns, 1), jacobian

    def adjacency(self) -> Int[np.ndarray, "inner 3"]:
        """(region, region, unit) of each edge between two regions."""
        edges = inner(self.cells)
        return np.concatenate([self.cells.sides[edges], self.cells.tags[edges, None]], 1)

    def fold_line(self, unit: int) -> Float[np.ndarray, "segments 2 2"]:
        """Segments (from, to) on which the activation of `unit` changes sign.

        Raises:
          ValueError: if there is no such unit.
        """
        if unit != int(unit) or not 0 <= unit < self.network.units:
            raise ValueError(f"no unit {unit}: the network folds along units 0 to {self.network.units - 1}")
        return self.cells.points[self.cells.ends[self.cells.tags == unit]]

    def polygons(self) -> list[Float[np.ndarray, "corners 2"]]:
        """The corners of each region, counter-clockwise."""
        return polygons(self.cells)

    def gradient_jumps(self) -> tuple[Float[np.ndarray, " inner"], Float[np.ndarray, " inner"]]:
        """The jump of the gradient ‖A₊ - A₋‖_F across each edge between regions, and the length of the edge."""
        edges = inner(self.cells)
        left, right = self.cells.sides[edges].T
        jump = self.affine[0][left] - self.affine[0][right]
        return np.sqrt(np.einsum("eij,eij->e", jump, jump)), lengths(self.cells)[edges]

    def merged(self) -> Int[np.ndarray, " regions"]:
        """A label per region, equal for neighbours with equal maps: the fold between them has no gradient jump."""
        keep = np.ones(len(self.cells.ends), bool)
        keep[inner(self.cells)] = self.gradient_jumps()[0] > 1e-12 * np.abs(self.affine[0]).max(initial=0.0)
        return merge_faces(self.cells, keep)


def _units(network: Network, layer: int, cells: Complex) -> Units:
    return Units(cells.points, network.layers[: layer + 1], scale(cells))


def scale(cells: Complex) -> float:
    """The magnitude of coordinates in the innermost box, whose corners are the first four vertices."""
    return float(np.linalg.norm(cells.points[:4], axis=1).max())


def check_plane(network: Network, bounds: Box) -> None:
    """Check that a network has 2-D input, and that its activations on a box do not overflow float64.

    Raises:
      ValueError: if not.
    """
    if network.inputs != 2:
        raise ValueError(
            f"regions are drawn on a plane but the network takes {network.inputs} inputs: "
            "choose a plane of its input space: slice_plane(network, origin, directions), or plane=(origin, directions) of nlpfeat.regions"
        )
    largest = bounds.size
    for weight, bias, negative_slope in network.layers:
        largest = max(1.0, abs(negative_slope)) * (np.linalg.norm(weight) * largest + np.linalg.norm(bias))
    if not largest < 1e200:
        raise ValueError("the activations overflow float64 on this box: scale the weights or the box down")


def subdivide(network: Network, cells: Complex) -> tuple[Complex, int, int]:
    """Cut a complex along all folds of a network.

    Returns:
      The complex, and the numbers of coincidences and unclear lines (see `Regions`).
    """
    coincidences, unclear, unit = 0, 0, 0
    for layer in network.folding:
        made = cut(cells, _units(network, layer, cells))
        units = len(network.layers[layer].bias)
        cells = rebuild(cells, made, np.arange(unit, unit + units))
        coincidences, unclear, unit = coincidences + made.coincidences, unclear + made.unclear, unit + units
    return cells, coincidences, unclear


def linear_regions(network: Network, bounds: object) -> Regions:
    """All linear regions in a box.

    Args:
      network: with two inputs; see `slice_plane` for more.
      bounds: (left, bottom, right, top), or r for [-r, r]².

    Raises:
      ValueError: for another number of inputs, activations that overflow, or an invalid box.
    """
    bounds = box(bounds)
    check_plane(network, bounds)
    return Regions(network, bounds, *subdivide(network, box_complex(bounds)))


def count_regions(network: Network, bounds: object) -> int:
    """The number of linear regions in a box, without building those of the last layer. See `linear_regions`."""
    bounds = box(bounds)
    check_plane(network, bounds)
    cells = box_complex(bounds)
    *before, last = network.folding or (None,)
    if last is None:
        return 1
    if before:
        cells, *_ = subdivide(network.until(before[-1] + 1), cells)
    return cells.faces + cut(cells, _units(network, last, cells)).added
