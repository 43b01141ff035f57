"""The linear regions of a network on a box of the plane: build them, or only count them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry import export
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

_ROWS = 1 << 22  # numbers of a faces x units matrix held at a time


@dataclass(frozen=True, eq=False)
class Regions:
    """The linear regions (activation regions) of a network with 2-D input on a box.

    Attributes:
      network: what they are regions of.
      box: where.
      cells: vertices, edges with the unit that made them, faces and their adjacency; a face is a region.
      coincidences: how often lines share a point, a stretch or a vertex (corners of the box are vertices) beyond
        general position. Points nearer than `RESOLUTION` times the box are one, so that pieces as thin as rounding
        errors of the weights are left out.
      unclear: lines left out of a face because rounding hides how they cut it; 0 but for nets made to break this.
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
        """Whether no three lines meet, none coincide, and the complex is sound: nothing needs a second look."""
        return not (self.coincidences or self.unclear) and self.cells.euler == 1

    @property
    def slivers(self) -> int:
        """Faces thinner than rounding can be sure of: area below `RESOLUTION` times the box's, squared sides."""
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
        """Which units are on (value >= 0) in each region, first layer first."""
        return np.concatenate([on for _, on, _ in self._walk()])

    @cached_property
    def affine(self) -> tuple[Float[np.ndarray, "regions outputs 2"], Float[np.ndarray, "regions outputs"]]:
        """The map of each region, A x + b: A (regions, outputs, 2) and b (regions, outputs)."""
        slopes = np.empty((len(self), self.network.outputs, 2))
        for rows, _, jacobian in self._walk():
            slopes[rows] = np.moveaxis(jacobian, 0, 2)
        return slopes, self.network(self.centroid) - np.einsum("rij,rj->ri", slopes, self.centroid)

    def _walk(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """A few regions at a time: rows, pattern (few, units), Jacobian (2, few, outputs)."""
        widest = max(len(layer.bias) for layer in self.network.layers)
        few = max(1, _ROWS // (2 * widest))
        layers, size = self.network.layers, scale(self.cells)
        for row in range(0, len(self), few):
            rows = slice(row, row + few)
            values = self.centroid[rows]
            jacobian = np.broadcast_to(np.eye(2)[:, None], (2, len(values), 2))
            signs = [np.zeros((len(values), 0), bool)]
            for place, (weight, bias, slope) in enumerate(layers):
                values, jacobian = values @ weight.T + bias, jacobian @ weight.T
                if slope != LINEAR:
                    linear = (*layers[:place], Layer(weight, bias, LINEAR))
                    on = values >= -errors(linear, self.centroid[rows], size)
                    signs.append(on)
                    jacobian = jacobian * np.where(on, 1.0, slope)
                values = activate(values, slope)
            yield rows, np.concatenate(signs, 1), jacobian

    def adjacency(self) -> Int[np.ndarray, "inner 3"]:
        """(region, region, unit) of each edge between two regions."""
        edges = inner(self.cells)
        return np.concatenate([self.cells.sides[edges], self.cells.tags[edges, None]], 1)

    def fold_line(self, unit: int) -> Float[np.ndarray, "segments 2 2"]:
        """Segments (from, to) along which `unit` switches on or off.

        Raises:
          ValueError: if there is no such unit.
        """
        if unit != int(unit) or not 0 <= unit < self.network.units:
            raise ValueError(f"no unit {unit}: the network folds along units 0 to {self.network.units - 1}")
        return self.cells.points[self.cells.ends[self.cells.tags == unit]]

    def polygons(self) -> list[Float[np.ndarray, "corners 2"]]:
        """The corners of each region, counter-clockwise."""
        return polygons(self.cells)

    def creases(self) -> tuple[Float[np.ndarray, " inner"], Float[np.ndarray, " inner"]]:
        """Jump of the gradient ‖A₊ - A₋‖_F across each inner edge, and the edge's length."""
        edges = inner(self.cells)
        left, right = self.cells.sides[edges].T
        jump = self.affine[0][left] - self.affine[0][right]
        return np.sqrt(np.einsum("eij,eij->e", jump, jump)), lengths(self.cells)[edges]

    def merged(self) -> Int[np.ndarray, " regions"]:
        """A label for each region, equal for neighbours on which the map is the same: folds that show no crease."""
        keep = np.ones(len(self.cells.ends), bool)
        keep[inner(self.cells)] = self.creases()[0] > 1e-12 * np.abs(self.affine[0]).max(initial=0.0)
        return merge_faces(self.cells, keep)

    def to_xarray(self) -> Any:
        """All there is to know, as one xarray Dataset. See `nlpfeat.geometry.export`."""
        return export.to_xarray(self)

    def to_geojson(self) -> dict[str, Any]:
        """The regions as a GeoJSON FeatureCollection. See `nlpfeat.geometry.export`."""
        return export.to_geojson(self)


def _units(network: Network, place: int, cells: Complex) -> Units:
    return Units(cells.points, network.layers[: place + 1], scale(cells))


def scale(cells: Complex) -> float:
    """The size of coordinates in the innermost box, whose corners are the first four vertices."""
    return float(np.linalg.norm(cells.points[:4], axis=1).max())


def check_plane(network: Network, bounds: Box) -> None:
    """Check that the network takes points of a plane, and that float64 can hold what it makes of a box.

    Raises:
      ValueError: if not.
    """
    if network.inputs != 2:
        raise ValueError(
            f"regions are drawn on a plane but the network takes {network.inputs} inputs: "
            "choose a plane of its input space with slice_plane(network, origin, directions)"
        )
    largest = bounds.size
    for weight, bias, slope in network.layers:
        largest = max(1.0, abs(slope)) * (np.linalg.norm(weight) * largest + np.linalg.norm(bias))
    if not largest < 1e200:
        raise ValueError("the activations overflow float64 on this box: scale the weights or the box down")


def subdivide(network: Network, cells: Complex) -> tuple[Complex, int, int]:
    """Cut a complex along all folds of a network. Also counts coincidences and unclear lines; see `Regions`."""
    coincidences, unclear, unit = 0, 0, 0
    for place in network.folding:
        made = cut(cells, _units(network, place, cells))
        units = len(network.layers[place].bias)
        cells = rebuild(cells, made, np.arange(unit, unit + units))
        coincidences, unclear, unit = coincidences + made.coincidences, unclear + made.unclear, unit + units
    return cells, coincidences, unclear


def linear_regions(network: Network, bounds: Any) -> Regions:
    """All linear regions in a box.

    Args:
      network: two inputs; see `slice_plane` for more.
      bounds: (left, bottom, right, top), or r for [-r, r]².

    Raises:
      ValueError: for other inputs, or an empty box.
    """
    bounds = box(bounds)
    check_plane(network, bounds)
    return Regions(network, bounds, *subdivide(network, box_complex(bounds)))


def count_regions(network: Network, bounds: Any) -> int:
    """How many linear regions a box has, without building those of the last layer. See `linear_regions`."""
    bounds = box(bounds)
    check_plane(network, bounds)
    cells = box_complex(bounds)
    *before, last = network.folding or (None,)
    if last is None:
        return 1
    if before:
        cells, *_ = subdivide(network.until(before[-1] + 1), cells)
    return cells.faces + cut(cells, _units(network, last, cells)).added
