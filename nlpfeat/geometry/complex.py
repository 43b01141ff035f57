"""A box cut into convex faces: vertices, edges, and the two faces of every edge."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

BOX = -1  # tag of edges on the box, and id of the face outside it
SCAFFOLD = -2  # tag of edges that only divide a large box


class Box(NamedTuple):
    """An axis-parallel rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def area(self) -> float:
        """Its area."""
        return (self.right - self.left) * (self.top - self.bottom)

    @property
    def size(self) -> float:
        """The largest coordinate or side, to which rounding errors are relative."""
        return float(max(np.abs(self).max(), self.right - self.left, self.top - self.bottom))

    def grown(self, factor: float) -> "Box":
        """The box scaled by `factor` about its centre."""
        x, y = (self.left + self.right) / 2, (self.bottom + self.top) / 2
        dx, dy = (self.right - self.left) / 2 * factor, (self.top - self.bottom) / 2 * factor
        return Box(x - dx, y - dy, x + dx, y + dy)


def box(bounds: object) -> Box:
    """The box (left, bottom, right, top), or [-r, r]² for a number r.

    Raises:
      ValueError: if `bounds` is neither, or the box is empty, not finite, too thin or too far from the origin for float64.
    """
    try:
        given = np.asarray(bounds, np.float64).ravel()
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.size == 1:
        given = np.array([-1, -1, 1, 1]) * given
    if given.size != 4 or np.iscomplexobj(np.asarray(bounds)):
        raise ValueError(f"a box is (left, bottom, right, top) or one number; got {bounds!r}")
    made = Box(*given.tolist())
    if not np.isfinite(made).all() or made.left >= made.right or made.bottom >= made.top:
        raise ValueError(
            f"the box {tuple(made)} is empty or not finite: left must be below right, bottom below top"
        )
    narrow = min(made.right - made.left, made.top - made.bottom)
    if narrow < 1e-9 * made.size or not 1e-60 < made.size < 1e60:
        raise ValueError(
            f"the box {tuple(made)} is too thin, too far from the origin, too small or too large for float64: "
            "shift the network to the origin, or scale it"
        )
    return made


class Complex(NamedTuple):
    """A subdivision of a box into convex faces that share vertices and edges.

    Face ids are 0 … faces - 1; `BOX` is the outside. Boundaries of faces run counter-clockwise.
    """

    points: np.ndarray  # float64 (vertices, 2)
    ends: np.ndarray  # int32 (edges, 2): from, to
    sides: np.ndarray  # int32 (edges, 2): the face on the left of from -> to, and on the right
    tags: np.ndarray  # int32 (edges,): the unit that made the edge, or BOX
    faces: int

    @property
    def euler(self) -> int:
        """V - E + F, which is 1 for every subdivision of a disc."""
        return len(self.points) - len(self.ends) + self.faces


def box_complex(bounds: Box, rings: int = 0) -> Complex:
    """The box itself as one face, or a box `10**rings` times as large around it.

    Each ring is ten times as large as the one inside it, and has four faces. Edges, and with them rounding errors, are then
    no larger than their distance from the centre, so that the far plane costs the centre no precision.
    """
    left, bottom, right, top = np.array([bounds.grown(10.0**k) for k in range(rings + 1)]).T
    corners = np.stack([left, bottom, right, bottom, right, top, left, top], 1).reshape(-1, 4, 2)
    corner = np.arange(4 * (rings + 1)).reshape(-1, 4)
    around = np.stack([corner, np.roll(corner, -1, 1)], 2)
    spokes = np.stack([corner[:-1], corner[1:]], 2)
    faces = 1 + np.arange(4 * rings).reshape(-1, 4)
    inside = np.concatenate([np.zeros((1, 4), int), faces])
    outside = np.concatenate([faces, np.full((1, 4), BOX)])
    tags = np.full((rings + 1, 4), SCAFFOLD)
    tags[-1] = BOX
    return Complex(
        points=corners.reshape(-1, 2),
        ends=np.concatenate([around.reshape(-1, 2), spokes.reshape(-1, 2)]).astype(np.int32),
        sides=np.concatenate(
            [
                np.stack([inside, outside], 2).reshape(-1, 2),
                np.stack([faces, np.roll(faces, 1, 1)], 2).reshape(-1, 2),
            ]
        ).astype(np.int32),
        tags=np.concatenate([tags.ravel(), np.full(4 * rings, SCAFFOLD)]).astype(np.int32),
        faces=1 + 4 * rings,
    )


def part(cells: Complex, kept: Bool[np.ndarray, " faces"]) -> Complex:
    """Some faces of a complex; what was beside them is outside. Vertices stay, also where they have no edge any more."""
    number = np.full(cells.faces + 1, BOX, np.int32)  # the last entry is that of the outside
    number[:-1][kept] = np.arange(kept.sum())
    sides = number[cells.sides]
    edges = (sides[:, 0] != BOX) | (sides[:, 1] != BOX)
    return Complex(cells.points, cells.ends[edges], sides[edges], cells.tags[edges], int(kept.sum()))


class Boundaries(NamedTuple):
    """The half-edges of all faces, face after face, each counter-clockwise."""

    offsets: np.ndarray  # int64 (faces + 1,): the half-edges of face f are offsets[f] : offsets[f + 1]
    start: np.ndarray  # int32 (half-edges,): vertex at which it starts
    half_edges: np.ndarray  # int64 (edges, 2): indices of the edge's left and right half-edge, -1 outside


def boundaries(cells: Complex) -> Boundaries:
    """The boundary of every face, by a walk around all faces at once: combinatorial, hence independent of rounding."""
    edge, side = np.nonzero(cells.sides >= 0)
    face = cells.sides[edge, side].astype(np.int64)
    start, end = cells.ends[edge, side], cells.ends[edge, 1 - side]
    vertices = len(cells.points)
    by_start = np.argsort(face * vertices + start)
    by_end = np.argsort(face * vertices + end)
    following = np.empty_like(by_start)
    following[by_end] = by_start  # in a face every vertex is the start of one half-edge and the end of one
    sizes = np.bincount(face, minlength=cells.faces)
    offsets = np.concatenate([[0], np.cumsum(sizes)])

    order = np.empty(len(face), np.int64)
    alive = np.arange(cells.faces)
    current = by_start[offsets[:-1]]
    for step in range(int(sizes.max())):
        more = sizes[alive] > step
        alive, current = alive[more], current[more]
        order[offsets[alive] + step] = current
        current = following[current]
    half_edges = np.full(cells.sides.shape, -1)
    half_edges[edge[order], side[order]] = np.arange(len(order))
    return Boundaries(offsets, start[order], half_edges)


def polygons(cells: Complex) -> list[Float[np.ndarray, "corners 2"]]:
    """The corners of each face, counter-clockwise."""
    rim = boundaries(cells)
    return np.split(cells.points[rim.start], rim.offsets[1:-1])


def areas(cells: Complex) -> tuple[Float[np.ndarray, " faces"], Float[np.ndarray, "faces 2"]]:
    """Area (faces,) and centroid (faces, 2) of every face, from triangles around the mean of its vertices."""
    edge, side = np.nonzero(cells.sides >= 0)
    face = cells.sides[edge, side]
    start, end = cells.points[cells.ends[edge, side]], cells.points[cells.ends[edge, 1 - side]]

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(face, values, cells.faces)

    corners = np.maximum(total(np.ones(len(face))), 1)
    middle = np.stack([total(start[:, 0]), total(start[:, 1])], 1) / corners[:, None]
    start, end = start - middle[face], end - middle[face]
    twice = start[:, 0] * end[:, 1] - start[:, 1] * end[:, 0]
    area = total(twice) / 2
    moment = np.stack([total(twice * (start[:, k] + end[:, k])) for k in (0, 1)], 1) / 6
    flat = np.abs(area) < np.finfo(float).tiny
    shift = np.divide(moment, area[:, None], out=np.zeros_like(moment), where=~flat[:, None])
    return area, middle + shift


def lengths(cells: Complex) -> Float[np.ndarray, " edges"]:
    """Length of every edge."""
    return np.linalg.norm(cells.points[cells.ends[:, 1]] - cells.points[cells.ends[:, 0]], axis=1)


def inner(cells: Complex) -> Bool[np.ndarray, " edges"]:
    """Which edges lie between two faces."""
    return cells.sides.min(1) >= 0


def merge_faces(cells: Complex, keep: Bool[np.ndarray, " edges"]) -> Int[np.ndarray, " faces"]:
    """Connected components of the faces when inner edges that are not in `keep` are removed: a label per face."""
    a, b = cells.sides[inner(cells) & ~keep].T
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(cells.faces, cells.faces))
    return connected_components(graph, directed=False)[1]
