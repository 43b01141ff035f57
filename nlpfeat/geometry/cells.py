"""The linear regions of a network with three inputs in a box: convex cells, their faces, edges and vertices.

Units cut the box one after another. A fold meets an edge of the complex in at most one new vertex, a face in a new edge between two of
these, and a cell in a new face that these edges bound. (Cutting edges only, as here, follows Berzins, "Polyhedral complex extraction
from ReLU networks using edge subdivision", ICML 2023; his complex has no faces.)
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry.adapters import as_network
from nlpfeat.geometry.network import Network, forward

ROUNDING = 1e-14  # of the terms of a sum: a vertex whose sum is smaller lies on the active side of the fold
NONE = -1
DIMENSIONS = 3
# Of a complex, measured with room to spare: vertices, edges, faces and cells with what a cut needs beside them.
BYTES_PER_CELL = 1500


class _Complex(NamedTuple):
    """Vertices, edges between them, faces bounded by edges, cells bounded by faces.

    Attributes:
      points: (vertices, 3).
      ends: (edges, 2), vertices.
      faces_of: (edges, 4), the faces that an edge bounds; `NONE` in free places.
      cells_of: (faces, 2), the cells on both sides; `NONE` outside of the box.
      unit: (faces,), the unit in whose fold a face lies; `NONE` on the box.
      cells: how many.
    """

    points: Float[np.ndarray, "vertices 3"]
    ends: Int[np.ndarray, "edges 2"]
    faces_of: Int[np.ndarray, "edges 4"]
    cells_of: Int[np.ndarray, "faces 2"]
    unit: Int[np.ndarray, " faces"]
    cells: int


@dataclass(frozen=True, eq=False)
class Cells:
    """The linear regions (activation regions) of a network with three inputs in a box.

    Attributes:
      network: whose regions they are.
      points: (vertices, 3).
      ends: (edges, 2), the vertices of each edge.
      faces_of: (edges, 4), the faces that each edge bounds; -1 in free places.
      cells_of: (faces, 2), the cells on both sides of each face; -1 outside of the box.
      unit: (faces,), the unit in whose fold each face lies; -1 on the box.
      unclear: faces on which rounding hides how a fold cuts them; such a fold is left out.
    """

    network: Network
    points: Float[np.ndarray, "vertices 3"]
    ends: Int[np.ndarray, "edges 2"]
    faces_of: Int[np.ndarray, "edges 4"]
    cells_of: Int[np.ndarray, "faces 2"]
    unit: Int[np.ndarray, " faces"]
    count: int
    unclear: int

    def __len__(self) -> int:
        return self.count

    def __repr__(self) -> str:
        counts = f"{len(self.points)} vertices, {len(self.ends)} edges, {len(self.unit)} faces"
        return f"Cells({len(self)}: {counts}{f', {self.unclear} unclear' if self.unclear else ''})"

    @property
    def euler(self) -> int:
        """Vertices - edges + faces - cells: 1 for a box in cells."""
        return len(self.points) - len(self.ends) + len(self.unit) - len(self)

    @cached_property
    def _incident(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(edge, face, cell) of each incidence."""
        edge, slot = np.nonzero(self.faces_of != NONE)
        face = self.faces_of[edge, slot]
        edge, face = np.repeat(edge, 2), np.repeat(face, 2)
        cell = self.cells_of[face[::2]].ravel()
        inside = cell != NONE
        return edge[inside], face[inside], cell[inside]

    @cached_property
    def centroid(self) -> Float[np.ndarray, "cells 3"]:
        """A point inside each cell: the mean of the middles of its edges, one for each face that they bound."""
        edge, _, cell = self._incident
        return _means(self.points[self.ends[edge]].mean(1), cell, len(self))

    @cached_property
    def volume(self) -> Float[np.ndarray, " cells"]:
        """The volume of each cell, as that of tetrahedra from its inner point to the edges and middles of its faces."""
        edge, face, cell = self._incident
        middle = _means(self.points[self.ends].mean(1)[edge], face, len(self.unit))
        corner = self.centroid[cell]
        one, two, three = (
            self.points[self.ends[edge, 0]] - corner,
            self.points[self.ends[edge, 1]] - corner,
            middle[face] - corner,
        )
        pieces = np.abs(np.einsum("ij,ij->i", one, np.cross(two, three))) / 6
        return np.bincount(cell, pieces, len(self))

    @cached_property
    def area(self) -> Float[np.ndarray, " faces"]:
        """The area of each face."""
        edge, slot = np.nonzero(self.faces_of != NONE)
        face = self.faces_of[edge, slot]
        middle = _means(self.points[self.ends[edge]].mean(1), face, len(self.unit))[face]
        one, two = (self.points[self.ends[edge, end]] - middle for end in (0, 1))
        return np.bincount(face, np.linalg.norm(np.cross(one, two), axis=1) / 2, len(self.unit))

    def adjacency(self) -> Int[np.ndarray, "inner 3"]:
        """(cell, cell, unit) of each face between two cells."""
        inner = (self.cells_of != NONE).all(1)
        return np.concatenate([self.cells_of[inner], self.unit[inner, None]], 1)

    def neighbours(self) -> Int[np.ndarray, " cells"]:
        """The number of neighbours of each cell."""
        return np.bincount(self.adjacency()[:, :2].ravel(), minlength=len(self))

    def touches_box(self) -> Bool[np.ndarray, " cells"]:
        """Which cells have a face on the box, so that their neighbours there are not counted."""
        found = np.zeros(len(self), bool)
        found[self.cells_of[(self.cells_of == NONE).any(1)].max(1)] = True
        return found

    def patterns(self) -> Bool[np.ndarray, "cells units"]:
        """The activation pattern of each cell."""
        return self.network.active(self.centroid)


def _means(values: np.ndarray, groups: np.ndarray, count: int) -> np.ndarray:
    """The mean of some vectors by group."""
    totals = np.stack([np.bincount(groups, column, count) for column in values.T], 1)
    return totals / np.bincount(groups, minlength=count)[:, None]


def most_cells(network: Network) -> int:
    """An upper bound on the number of cells: for each layer as many as its folds make in general position (Zaslavsky 1975)."""
    found = 1
    for layer in network.folding:
        found *= zaslavsky(len(network.layers[layer].bias), DIMENSIONS)
    return found


def zaslavsky(hyperplanes: int, dimensions: int) -> int:
    """Regions of that many hyperplanes in general position: Σ C(n, k) for k up to the dimension."""
    total, term = 0, 1
    for k in range(dimensions + 1):
        total += term
        term = term * (hyperplanes - k) // (k + 1)
    return total


def linear_cells(net: object, reach: float, most: int = 2_000_000) -> Cells:
    """All linear regions in the box [-reach, reach]³.

        cells = nlpfeat.linear_cells(net, 1.0)
        len(cells), cells.volume.sum(), cells.neighbours().mean()

    Args:
      net: with three inputs: a member of a study, a network of another library, or arrays; see
        `nlpfeat.geometry.adapters.as_network`.
      reach: half of the side of the box.
      most: cells that are built at most.

    Raises:
      ValueError: for another number of inputs, a box of no size, or a network that turns out to have more than `most` cells: the
        message says how many there are by then, and the memory that they take.
    """
    network = as_network(net)
    if network.inputs != DIMENSIONS:
        raise ValueError(
            f"cells are built in three dimensions, and the network takes {network.inputs} inputs: use line_pieces or slice_plane"
        )
    if not 0 < reach < np.inf:
        raise ValueError(f"the box [-{reach:g}, {reach:g}]³ has no size: give a positive number")
    cells, unclear, unit = _box(reach), 0, 0
    for number in network.folding:
        before, (weight, bias, _) = network.layers[:number], network.layers[number]
        for row, offset in zip(weight, bias, strict=True):
            inputs = forward(before, cells.points)
            sums, terms = inputs @ row + offset, np.abs(inputs) @ np.abs(row) + abs(offset)
            cells, skipped = _cut(cells, sums, ROUNDING * terms, unit)
            unclear, unit = unclear + skipped, unit + 1
            if cells.cells > most:
                size = cells.cells * BYTES_PER_CELL / 2**30
                raise ValueError(
                    f"{cells.cells:,} cells after {unit} of {network.units} units, some {size:.1f} GiB: more than {most:,}; lower "
                    "the box or the width, or raise the limit"
                )
    return Cells(
        network, cells.points, cells.ends, cells.faces_of, cells.cells_of, cells.unit, cells.cells, unclear
    )


def _box(reach: float) -> _Complex:
    """A box of one cell: eight vertices, twelve edges, six faces."""
    corners = np.stack(np.meshgrid(*[[0, 1]] * 3, indexing="ij"), -1).reshape(-1, 3)
    ends, faces_of = [], []
    for i, corner in enumerate(corners):
        for axis in range(3):
            if not corner[axis]:
                ends.append((i, i + (4, 2, 1)[axis]))
                others = [other for other in range(3) if other != axis]
                faces_of.append([2 * other + corner[other] for other in others] + [NONE, NONE])
    points = reach * (2.0 * corners - 1)
    cells_of = np.array([[0, NONE]] * 6)
    return _Complex(points, np.array(ends), np.array(faces_of), cells_of, np.full(6, NONE), 1)


def _active(
    cells: _Complex, sums: Float[np.ndarray, " vertices"], errors: Float[np.ndarray, " vertices"]
) -> tuple[Bool[np.ndarray, " vertices"], int]:
    """On which side of a fold each vertex lies, and on how many faces rounding hides it: a line cuts a convex face twice or not at all."""
    active: np.ndarray = sums >= 0
    unclear = 0
    for factor in 10.0 ** np.arange(6):
        active = np.asarray(sums >= -factor * errors)
        split = np.flatnonzero(active[cells.ends[:, 0]] != active[cells.ends[:, 1]])
        touched = cells.faces_of[split]
        times = np.bincount(touched[touched != NONE], minlength=1)
        unclear = int(((times != 0) & (times != 2)).sum())
        if not unclear:
            break
    return active, unclear


def _cut(
    cells: _Complex, sums: Float[np.ndarray, " vertices"], errors: Float[np.ndarray, " vertices"], unit: int
) -> tuple[_Complex, int]:
    """Cut a complex along the fold of a unit, with its sum at each vertex and the rounding error of that.

    Returns:
      The complex, and the number of faces on which rounding hides how the fold cuts them; it is left out then.
    """
    active, unclear = _active(cells, sums, errors)
    split_edge = active[cells.ends[:, 0]] != active[cells.ends[:, 1]]
    if unclear or not split_edge.any():
        return cells, unclear
    edges = np.flatnonzero(split_edge)

    # vertices
    low, high = cells.ends[edges].T
    gap = sums[low] - sums[high]
    share = np.clip(sums[low] / np.where(gap == 0, 1, gap), 0, 1)[:, None]
    points = cells.points[low] + share * (cells.points[high] - cells.points[low])
    vertex = len(cells.points) + np.arange(len(edges))

    # faces that are cut: each has two new vertices, the ends of a new edge
    slot_edge, slot = np.nonzero(cells.faces_of[edges] != NONE)
    touched = cells.faces_of[edges][slot_edge, slot]
    order = np.argsort(touched, kind="stable")
    pairs_face, pairs_vertex = touched[order][::2], vertex[slot_edge[order]].reshape(-1, 2)
    positive_face = np.full(len(cells.unit), NONE)
    positive_face[pairs_face] = len(cells.unit) + np.arange(len(pairs_face))

    # cells that are cut
    cut_cells = np.unique(cells.cells_of[pairs_face])
    cut_cells = cut_cells[cut_cells != NONE]
    positive_cell = np.full(cells.cells, NONE)
    positive_cell[cut_cells] = cells.cells + np.arange(len(cut_cells))
    section = np.full(cells.cells, NONE)
    section[cut_cells] = len(cells.unit) + len(pairs_face) + np.arange(len(cut_cells))

    # Faces: those that were, of which a cut one keeps its inactive part; the active parts; the sections of cells.
    some_vertex = np.zeros(len(cells.unit), int)
    owner, place = np.nonzero(cells.faces_of != NONE)
    some_vertex[cells.faces_of[owner, place]] = cells.ends[owner, 0]
    face_active = active[some_vertex]
    whole = np.ones(len(cells.unit), bool)
    whole[pairs_face] = False
    to_active = (whole & face_active)[:, None] & (cells.cells_of != NONE)
    moved = np.where(to_active, positive_cell[cells.cells_of], NONE)
    cells_of = np.where(moved != NONE, moved, cells.cells_of)
    halves = cells.cells_of[pairs_face]
    halves = np.where(halves != NONE, positive_cell[halves], NONE)
    sections = np.stack([cut_cells, positive_cell[cut_cells]], 1)
    units = np.concatenate([cells.unit, cells.unit[pairs_face], np.full(len(cut_cells), unit)])

    # Edges: those that were, of which a cut one keeps its inactive half; the active halves; the new edges within faces.
    at_active = np.where(active[cells.ends[:, 0]], 0, 1)
    ends, faces_of = cells.ends.copy(), cells.faces_of
    halves_ends = np.stack([ends[edges, at_active[edges]], vertex], 1)
    ends[edges, at_active[edges]] = vertex
    moved = np.where(faces_of != NONE, positive_face[faces_of], NONE)
    edge_active = active[cells.ends].all(1)
    faces = np.where(edge_active[:, None] & (moved != NONE), moved, faces_of)  # pyright: ignore[reportIndexIssue]
    halves_faces = np.where(moved[edges] != NONE, moved[edges], faces_of[edges])
    sides = cells.cells_of[pairs_face]
    chords_faces = np.concatenate(
        [pairs_face[:, None], positive_face[pairs_face, None], np.where(sides != NONE, section[sides], NONE)],
        1,
    )
    return _Complex(
        np.concatenate([cells.points, points]),
        np.concatenate([ends, halves_ends, pairs_vertex]),
        np.concatenate([faces, halves_faces, chords_faces]),
        np.concatenate([cells_of, halves, sections]),
        units,
        cells.cells + len(cut_cells),
    ), 0
