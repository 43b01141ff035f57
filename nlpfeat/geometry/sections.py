"""A network on lines and planes through its data, whatever the dimension of its inputs."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.geometry.lines import LinePieces, Switches, fold_distances, line_pieces
from nlpfeat.geometry.network import Network, slice_plane
from nlpfeat.geometry.regions import count_regions

PAIRS = 100  # of examples of one class, and of two
TRIPLES = 4  # of examples of one class, and of three
NEAR = 0.05  # "near" an example or the boundary: within this share of a line between two examples


class Sections(NamedTuple):
    """Means over lines and planes through training examples; "within" one class, "between" two (three for planes).

    Attributes:
      line_regions_within, line_regions_between: activation regions along a line.
      line_pieces_within, line_pieces_between: affine pieces along it: neighbouring regions of equal slope are one.
      line_variation_within, line_variation_between: length of the path of the centred logits.
      line_straightness: their distance at both ends over this length, between classes.
      class_connected: share of lines within a class along which no other class is predicted.
      direct_change: share of lines between two classes along which the prediction changes once, from one to the other.
      boundary_distance: median distance to the first change, from an example that is predicted right, between classes.
      fold_density_data, fold_density_boundary, fold_density_far: folds per unit of length near the examples, near the decision boundary,
        and beyond the second example, as far away again as it lies from the first.
      hull_regions_within, hull_regions_between: activation regions of a parallelogram inside of the triangle of three examples.
      hull_density_within, hull_density_between: the same per unit of area.
    """

    line_regions_within: float
    line_regions_between: float
    line_pieces_within: float
    line_pieces_between: float
    line_variation_within: float
    line_variation_between: float
    line_straightness: float
    class_connected: float
    direct_change: float
    boundary_distance: float
    fold_density_data: float
    fold_density_boundary: float
    fold_density_far: float
    hull_regions_within: float
    hull_regions_between: float
    hull_density_within: float
    hull_density_between: float


def sections(
    network: Network, points: Float[np.ndarray, "n inputs"], labels: Int[np.ndarray, " n"]
) -> Sections:
    """Lines and planes through the same random examples for all networks on the same data.

    Args:
      network: its outputs are the class scores.
      points, labels: training examples.
    """
    within, between, triples, across_triples = _draws(np.asarray(labels, np.int64).tobytes())
    inside, across = (
        line_pieces(network, points[pair[:, 0]], points[pair[:, 1]]) for pair in (within, between)
    )
    start, end = points[between[:, 0]], points[between[:, 1]]
    beyond = line_pieces(network, end, 2 * end - start)
    hulls = {}
    for kind, chosen in (("within", triples), ("between", across_triples)):
        found = [hull for triple in chosen if (hull := _hull(network, *points[triple])) is not None]
        hulls[f"hull_regions_{kind}"] = _mean([regions for regions, _ in found])
        hulls[f"hull_density_{kind}"] = _mean([regions / area for regions, area in found])
    variation, changes = across.variation(), across.switches()
    return Sections(
        line_regions_within=_mean(inside.regions()),
        line_regions_between=_mean(across.regions()),
        line_pieces_within=_mean(inside.affine_pieces()),
        line_pieces_between=_mean(across.affine_pieces()),
        line_variation_within=_mean(inside.variation()),
        line_variation_between=_mean(variation),
        line_straightness=_mean(across.chord()[variation > 0] / variation[variation > 0]),
        **_decisions(inside, across, changes, labels[within[:, 0]], labels[between]),
        **_densities(inside, across, changes, beyond),
        **hulls,
    )


@lru_cache(maxsize=8)
def _draws(labels: bytes) -> tuple[Int[np.ndarray, "count size"], ...]:
    """Pairs within a class and between two, and triples, of the points with these labels (int64): the same for all networks."""
    rng, given = np.random.default_rng(0), np.frombuffer(labels, np.int64)
    return tuple(
        random_tuples(given, size, count, rng, same=same)
        for size, count in ((2, PAIRS), (3, TRIPLES))
        for same in (True, False)
    )


def fold_distance(network: Network, points: Float[np.ndarray, "n inputs"]) -> float:
    """The median distance of some points to the nearest fold."""
    return float(np.median(fold_distances(network, points)))


def _decisions(
    inside: LinePieces,
    across: LinePieces,
    changes: Switches,
    own: Int[np.ndarray, " lines"],
    both: Int[np.ndarray, "pairs 2"],
) -> dict[str, float]:
    """What is predicted along the lines; `changes` are those across."""
    stays = np.bincount(inside.switches().line, minlength=len(inside)) == 0
    connected = stays & (_predicted(inside)[:, 0] == own)
    times = np.bincount(changes.line, minlength=len(across))
    direct = (times == 1) & (_predicted(across) == both).all(1)
    first = np.full(len(across), np.inf)
    np.minimum.at(first, changes.line, changes.place)
    right = _predicted(across)[:, 0] == both[:, 0]
    distance = (first * across.length)[right]
    known = distance[np.isfinite(distance)]
    return {
        "class_connected": _mean(connected),
        "direct_change": _mean(direct),
        "boundary_distance": float(np.median(known)) if len(known) else np.nan,
    }


def _predicted(lines: LinePieces) -> Int[np.ndarray, "lines 2"]:
    """The class at the start and at the end of each line."""
    ends = np.stack([lines.first[:-1], lines.first[1:] - 1], 1)
    return lines.scores[ends].argmax(2)


def _densities(
    inside: LinePieces, across: LinePieces, changes: Switches, beyond: LinePieces
) -> dict[str, float]:
    """Folds per unit of length: their number over the length of all stretches of a kind."""
    near, length = 0.0, 0.0
    for lines in (inside, across):
        every = np.arange(len(lines))
        for place in (0.0, 1.0):
            at = np.full(len(lines), place)
            near += lines.folds_within(every, at, np.full(len(lines), NEAR)).sum()
        length += 2 * NEAR * lines.length.sum()
    reach = np.full(len(changes.line), NEAR)
    stretch = np.minimum(changes.place + NEAR, 1) - np.maximum(changes.place - NEAR, 0)
    along_boundary = (stretch * across.length[changes.line]).sum()
    at_boundary = across.folds_within(changes.line, changes.place, reach).sum()
    far = len(beyond.place) - 2 * len(beyond)
    return {
        "fold_density_data": _per(near, length),
        "fold_density_boundary": _per(at_boundary, along_boundary),
        "fold_density_far": _per(far, beyond.length.sum()),
    }


def _hull(network: Network, one: np.ndarray, two: np.ndarray, three: np.ndarray) -> tuple[int, float] | None:
    """Regions of the parallelogram of one corner of a triangle and the middles of its sides, and its area; None for points on a line."""
    sides = np.stack([two - one, three - one])
    if np.linalg.matrix_rank(sides) < 2:
        return None
    area = float(np.sqrt(max(np.linalg.det(sides @ sides.T), 0))) / 4
    return count_regions(slice_plane(network, one, sides), (0.0, 0.0, 0.5, 0.5)), area


def random_tuples(
    labels: Int[np.ndarray, " n"], size: int, count: int, rng: np.random.Generator, *, same: bool
) -> Int[np.ndarray, "count size"]:
    """Random tuples of different examples, of one class or of as many classes as examples (two, where there are no more).

    Returns:
      Indices; fewer than `count` tuples, or none, where no class has examples enough.
    """
    classes, counts = np.unique(labels, return_counts=True)
    members = {k: np.flatnonzero(labels == k) for k in classes.tolist()}
    enough = [k for k, n in zip(classes.tolist(), counts.tolist(), strict=True) if n >= size]
    found = []
    for _ in range(count):
        if same and enough:
            found.append(rng.choice(members[enough[rng.integers(len(enough))]], size, replace=False))
        elif not same and len(classes) >= 2:
            chosen = rng.permutation(classes)[:size].tolist()
            picked = [int(rng.choice(members[k])) for k in chosen]
            while len(picked) < size:
                picked.append(int(rng.choice(len(labels))))
            if len(set(picked)) == size:
                found.append(np.array(picked))
    return np.array(found, int).reshape(-1, size)


def _mean(values: object) -> float:
    array = np.asarray(values, float)
    return float(array.mean()) if array.size else np.nan


def _per(count: float | np.integer, length: float) -> float:
    return float(count) / length if length > 0 else np.nan
