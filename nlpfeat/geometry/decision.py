"""Decision regions: the exact sets on which each class has the highest score."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from nlpfeat.geometry.arrangement import cut_by_one
from nlpfeat.geometry.complex import (
    BOX,
    Box,
    Complex,
    areas,
    box,
    box_complex,
    inner,
    lengths,
    merge_faces,
    part,
    polygons,
)
from nlpfeat.geometry.crossings import Given, crude_errors, errors
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import check_plane, scale, subdivide


class ClassSummary(NamedTuple):
    """Topology and size of each class's region, each (classes,)."""

    components: np.ndarray  # connected components
    holes: np.ndarray  # in all components
    bounded: np.ndarray  # components that do not touch the box
    area: np.ndarray
    boundary: np.ndarray  # length of the decision boundary with other classes


@dataclass(frozen=True, eq=False)
class DecisionRegions:
    """The decision regions of a network on a box.

    Attributes:
      network: whose outputs are the scores.
      box: the part of the plane.
      cells: the linear regions, cut further where the highest score changes.
      winner: the predicted class of each face, int (faces,); of equal scores the first, as argmax does.
      coincidences, unclear: as for `Regions`, of the linear regions and the cuts between classes.
      complete: whether the box is known to contain all vertices of the plane; only `whole_plane` checks it. Weight decay
        can push the line of a dead unit, or the intersection of two such lines, out of any box.
    """

    network: Network
    box: Box
    cells: Complex
    winner: Int[np.ndarray, " faces"]
    coincidences: int
    unclear: int
    complete: bool = False

    def __repr__(self) -> str:
        parts = ", ".join(map(str, self.summary().components))
        classes, faces = self.network.outputs, self.cells.faces
        return f"DecisionRegions({classes} classes in {parts} components, {faces} faces)"

    @cached_property
    def area(self) -> Float[np.ndarray, " faces"]:
        """Area of each face."""
        return areas(self.cells)[0]

    @cached_property
    def border(self) -> Bool[np.ndarray, " edges"]:
        """Which edges belong to the decision boundary."""
        edges = inner(self.cells)
        left, right = self.cells.sides.T
        return edges & (self.winner[left] != self.winner[right])

    @cached_property
    def component(self) -> Int[np.ndarray, " faces"]:
        """A label per face, equal for connected faces of one class. A common corner does not connect faces."""
        return merge_faces(self.cells, self.border)

    def polygons(self) -> list[Float[np.ndarray, "corners 2"]]:
        """The corners of each face, counter-clockwise."""
        return polygons(self.cells)

    def segments(self) -> Float[np.ndarray, "segments 2 2"]:
        """The decision boundary, as segments (from, to)."""
        return self.cells.points[self.cells.ends[self.border]]

    @property
    def length(self) -> float:
        """Length of the decision boundary."""
        return float(lengths(self.cells)[self.border].sum())

    def of_component(self) -> Int[np.ndarray, " components"]:
        """The class of each component."""
        classes = np.empty(self.component.max() + 1, np.int64)
        classes[self.component] = self.winner
        return classes

    def bounded(self) -> Bool[np.ndarray, " components"]:
        """Which components do not touch the box."""
        free = np.ones(self.component.max() + 1, bool)
        rim = self.cells.sides[(self.cells.sides == BOX).any(1)]
        free[self.component[rim.max(1)]] = False
        return free

    def holes(self) -> Int[np.ndarray, " components"]:
        """The number of holes of each component: 1 - χ, where χ = faces - edges + vertices in its interior."""
        parts = self.component.max() + 1
        edges = inner(self.cells) & ~self.border
        of_edge = np.where(edges, self.component[self.cells.sides[:, 0]], -1)
        low = np.full(len(self.cells.points), parts)
        high = np.full(len(self.cells.points), -1)
        for end in (0, 1):  # a vertex is interior if all its edges are
            np.minimum.at(low, self.cells.ends[:, end], of_edge)
            np.maximum.at(high, self.cells.ends[:, end], of_edge)
        inside = (low == high) & (low >= 0)
        return (
            1
            - np.bincount(self.component, minlength=parts)
            + np.bincount(of_edge[edges], minlength=parts)
            - np.bincount(low[inside], minlength=parts)
        )

    def summary(self) -> ClassSummary:
        """Components, holes, areas and boundary lengths by class."""
        return self._summary

    @cached_property
    def _summary(self) -> ClassSummary:
        classes, of = self.network.outputs, self.of_component()
        length = lengths(self.cells)[self.border]
        sides = self.winner[self.cells.sides[self.border]]
        return ClassSummary(
            components=np.bincount(of, minlength=classes),
            holes=np.bincount(of, self.holes(), classes).astype(int),
            bounded=np.bincount(of, self.bounded(), classes).astype(int),
            area=np.bincount(self.winner, self.area, classes),
            boundary=np.bincount(sides.ravel(), np.repeat(length, 2), classes),
        )


def decision_regions(network: Network, bounds: object) -> DecisionRegions:
    """The decision regions in a box.

    The complex of linear regions is cut, class after class, where the score of the class equals the maximum over the classes
    before it. (Ties of all pairs at once would not be in general position: three ties meet wherever three classes do.)

    Args:
      network: with two inputs; its outputs are the class scores, at least two.
      bounds: (left, bottom, right, top), or r for [-r, r]².

    Raises:
      ValueError: as `linear_regions`, and for fewer than two classes.
    """
    return _decide(network, _along_folds(network, box(bounds), rings=0))


class _Cut(NamedTuple):
    """The cells of decision regions, whose classes are not known yet, in a box `rings` times ten times as large as another."""

    cells: Complex
    box: Box
    size: float  # magnitude of coordinates in the innermost box
    coincidences: int
    unclear: int

    @property
    def has_vertices(self) -> bool:
        """Whether there are vertices beside those on the box and on the edges that divide it."""
        free = np.zeros(len(self.cells.points), bool)
        free[self.cells.ends[self.cells.tags >= 0]] = True
        free[self.cells.ends[self.cells.tags < 0]] = False
        return bool(free.any())


class _Scores(NamedTuple):
    """Scores at some points, each (points, classes)."""

    values: np.ndarray
    best: np.ndarray  # of each class and those before it
    crude: np.ndarray  # a bound on the rounding errors of these


def _scores(network: Network, points: Float[np.ndarray, "n 2"], size: float) -> _Scores:
    values, crude = network(points), crude_errors(network.layers, points, size)
    return _Scores(values, np.maximum.accumulate(values, 1), np.maximum.accumulate(crude, 1))


def _along_folds(network: Network, bounds: Box, rings: int, hole: int = 0) -> _Cut:
    """A box `10**rings` times as large as `bounds`, cut by the folds; with a hole, outside of the box of so many rings."""
    whole = bounds.grown(10.0**rings)
    check_plane(network, whole)
    if network.outputs < 2:
        raise ValueError("one output has no decision regions: give a network with a score for each class")
    cells = box_complex(bounds, rings)
    size = scale(cells)
    if hole:
        cells = part(cells, np.arange(cells.faces) > 4 * hole)
    cells, coincidences, unclear = subdivide(network, cells)
    return _Cut(cells, whole, size, coincidences, unclear)


def _along_ties(network: Network, made: _Cut) -> _Cut:
    """The same, cut further where the highest score changes."""
    cells, whole, size, coincidences, unclear = made
    known = _scores(network, cells.points, size)
    for rival in range(1, network.outputs):
        added = _scores(network, cells.points[len(known.values) :], size)
        known = _Scores(*(np.concatenate(parts) for parts in zip(known, added, strict=True)))
        lead = known.best[:, rival - 1] - known.values[:, rival]
        level = 2 * known.crude[:, rival]
        doubtful = np.flatnonzero(np.abs(lead) <= level)
        level[doubtful] = 2 * errors(network.layers, cells.points[doubtful], size)[:, : rival + 1].max(
            1, initial=0
        )
        line = Given(lead, np.where(np.abs(lead) <= level, level, 0.0))
        cells, more, lost = cut_by_one(cells, line, network.units + rival - 1)
        coincidences, unclear = coincidences + more, unclear + lost
    return _Cut(cells, whole, size, coincidences, unclear)


def _decide(network: Network, folded: _Cut) -> DecisionRegions:
    """The decision regions of a box that is cut by the folds; the class of each cell is that of its centroid."""
    made = _along_ties(network, folded)
    centroids = areas(made.cells)[1]
    scores = network(centroids)
    best, winner = scores.max(1, keepdims=True), scores.argmax(1)
    # ties up to rounding go to the first class; the sharper bound is for the cells that may have one
    crude = 2 * crude_errors(network.layers, centroids, made.size).max(1, keepdims=True)
    doubtful = np.flatnonzero((scores >= best - crude).sum(1) > 1)
    level = 2 * errors(network.layers, centroids[doubtful], made.size).max(1, keepdims=True, initial=0)
    winner[doubtful] = np.argmax(scores[doubtful] >= best[doubtful] - level, 1)
    return DecisionRegions(network, made.box, made.cells, winner, made.coincidences, made.unclear)


def whole_plane(network: Network, bounds: object) -> DecisionRegions:
    """The decision regions of the whole plane, in a box that grows until no further vertices appear.

    Components, holes and bounded components of the plane can only be counted in this way, because a region may close far
    away. The box grows up to 10¹² times `bounds`, where float64 begins to lose strips as wide as `bounds`; `complete` is then
    False, as vertices may be missing. See `decision_regions`.
    """
    here = box(bounds)
    for rings in (4, 8):
        beyond = _along_folds(network, here, rings + 4, hole=rings)
        if not (beyond.has_vertices or _along_ties(network, beyond).has_vertices):
            return replace(_decide(network, _along_folds(network, here, rings)), complete=True)
    return _decide(network, _along_folds(network, here, 12))


def within(plane: DecisionRegions, bounds: object) -> DecisionRegions:
    """The decision regions in a box, as part of those of the plane around it; `coincidences` stay those of the plane.

    Args:
      plane: from `whole_plane`, of the same box.
      bounds: as there.
    """
    here = box(bounds)
    if plane.unclear:  # lines that were left out somewhere
        return decision_regions(plane.network, here)
    x, y = areas(plane.cells)[1].T
    inside = (here.left < x) & (x < here.right) & (here.bottom < y) & (y < here.top)
    return replace(
        plane, box=here, cells=part(plane.cells, inside), winner=plane.winner[inside], complete=False
    )
