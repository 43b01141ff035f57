"""A network along straight lines of its input space: every fold that a line crosses, and every change of the predicted class.

A piecewise-linear network is piecewise linear along a line, whatever the dimension of its inputs, so that all of its pieces can be
found exactly, layer by layer: between two neighbouring breakpoints of the layers before, the sums of a layer are linear.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.geometry.adapters import as_network
from nlpfeat.geometry.network import LINEAR, Network, activate

RESOLUTION = 1e-12  # breakpoints closer than this share of a line are one
EQUAL_SLOPES = (
    1e-9  # of the largest slope on the line: pieces whose slopes differ by less are one affine piece
)
_ENTRIES = 1 << 22  # of a points × units matrix in memory at a time
END = -1  # in place of a unit: an end of a line


class Switches(NamedTuple):
    """Changes of the predicted class along lines, in order.

    Attributes:
      line: of each change.
      place: from 0 to 1 along the line.
      before, after: the classes.
    """

    line: Int[np.ndarray, " switches"]
    place: Float[np.ndarray, " switches"]
    before: Int[np.ndarray, " switches"]
    after: Int[np.ndarray, " switches"]


@dataclass(frozen=True, eq=False)
class LinePieces:
    """The linear pieces of a network along lines. The points of a line lie one after another: its start, its folds, its end.

    Attributes:
      starts, ends: (lines, inputs), of the lines.
      first: (lines + 1,), the index of the first point of each line, and the number of points.
      place: (points,), from 0 to 1 along the line.
      unit: (points,), the unit that changes its sign there, counted through the layers; `END` at the ends.
      scores: (points, outputs).
    """

    starts: Float[np.ndarray, "lines inputs"]
    ends: Float[np.ndarray, "lines inputs"]
    first: Int[np.ndarray, " _"]
    place: Float[np.ndarray, " points"]
    unit: Int[np.ndarray, " points"]
    scores: Float[np.ndarray, "points outputs"]

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def line(self) -> Int[np.ndarray, " points"]:
        """The line of each point."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))

    @cached_property
    def length(self) -> Float[np.ndarray, " lines"]:
        """Euclidean length of each line."""
        return np.linalg.norm(self.ends - self.starts, axis=1)

    @cached_property
    def _left(self) -> Int[np.ndarray, " pieces"]:
        """The points at which a piece of more than no length begins."""
        left = np.setdiff1d(np.arange(len(self.place)), self.first[1:] - 1, assume_unique=True)
        return left[self.place[left + 1] - self.place[left] > RESOLUTION]

    def regions(self) -> Int[np.ndarray, " lines"]:
        """Activation regions that each line crosses: stretches between folds, at least one."""
        return np.maximum(np.bincount(self.line[self._left], minlength=len(self)), 1)

    def affine_pieces(self) -> Int[np.ndarray, " lines"]:
        """Pieces of each line on which the scores are one affine function: neighbouring regions of equal slope are one piece."""
        left = self._left
        line = self.line[left]
        slopes = self._slopes(left)
        largest = np.zeros(len(self))
        np.maximum.at(largest, line, np.abs(slopes).max(1, initial=0))
        jump = np.abs(np.diff(slopes, axis=0)).max(1, initial=0)
        bent = (line[1:] == line[:-1]) & (jump > EQUAL_SLOPES * largest[line[1:]])
        return 1 + np.bincount(line[1:][bent], minlength=len(self))

    def _slopes(self, left: Int[np.ndarray, " pieces"]) -> Float[np.ndarray, "pieces outputs"]:
        """The derivative of the scores along a line, per unit of `place`, on the pieces that begin at some points."""
        return (self.scores[left + 1] - self.scores[left]) / (self.place[left + 1] - self.place[left])[
            :, None
        ]

    def variation(self) -> Float[np.ndarray, " lines"]:
        """Length of the path of the scores, their mean over the classes taken off, as a point moves along each line."""
        centred = self.scores - self.scores.mean(1, keepdims=True)
        steps = np.linalg.norm(np.diff(centred, axis=0), axis=1)
        inside = np.diff(self.line) == 0
        return np.bincount(self.line[1:][inside], steps[inside], len(self)).astype(float)

    def chord(self) -> Float[np.ndarray, " lines"]:
        """Distance of the centred scores at both ends of each line: what `variation` would be without folds."""
        change = self.scores[self.first[1:] - 1] - self.scores[self.first[:-1]]
        return np.linalg.norm(change - change.mean(1, keepdims=True), axis=1)

    def folds_within(
        self, line: Int[np.ndarray, " n"], place: Float[np.ndarray, " n"], reach: Float[np.ndarray, " n"]
    ) -> Int[np.ndarray, " n"]:
        """Folds of some lines within a distance of some of their places.

        Args:
          line, place: where.
          reach: the distance, as a share of the line.
        """
        inner = self.unit != END
        position = self.line[inner] + np.clip(self.place[inner], 0, 1) / 2  # one axis for all lines, in order
        high = np.searchsorted(position, line + np.clip(place + reach, 0, 1) / 2, "right")
        return high - np.searchsorted(position, line + np.clip(place - reach, 0, 1) / 2, "left")

    def switches(self) -> Switches:
        """Every change of the predicted class, of equal scores the first, as argmax does at the start of a line.

        On each piece the scores are linear, and the largest of them runs along the upper envelope of straight lines.
        """
        left = self._left
        low, high = self.scores[left], self.scores[left + 1]
        slope = high - low
        here, winner = np.zeros(len(left)), low.argmax(1)
        ties = low >= low.max(
            1, keepdims=True
        )  # of those that tie, the one that rises most wins behind the start
        winner = np.where(ties.sum(1) > 1, np.where(ties, slope, -np.inf).argmax(1), winner)
        found: list[tuple[np.ndarray, ...]] = []
        active = np.arange(len(left))
        opening = winner.copy()
        while len(active):
            own = winner[active]
            rows = np.arange(len(active))
            lead = low[active, own][:, None] - low[active]
            gain = slope[active] - slope[active, own][:, None]
            with np.errstate(divide="ignore", invalid="ignore"):
                at = np.where(gain > 0, lead / gain, np.inf)
            at[rows, own] = np.inf
            at = np.maximum(at, here[active][:, None])
            soonest = at.min(1)
            # of several that pass at once, the steepest is ahead afterwards
            rival = np.where(at <= soonest[:, None], gain, -np.inf).argmax(1)
            passes = soonest < 1
            active, own, rival, soonest = active[passes], own[passes], rival[passes], soonest[passes]
            found.append((active, soonest, own, rival))
            winner[active], here[active] = rival, soonest
        nothing = (np.zeros(0, int), np.zeros(0), np.zeros(0, int), np.zeros(0, int))
        piece, share, before, after = (np.concatenate(part) for part in zip(nothing, *found, strict=True))
        # between two pieces, where the classes tie at the fold itself
        line = self.line[left]
        seam = np.flatnonzero((line[1:] == line[:-1]) & (winner[:-1] != opening[1:]))
        piece = np.concatenate([piece, seam]).astype(int)
        share = np.concatenate([share, np.ones(len(seam))])
        before = np.concatenate([before, winner[seam]]).astype(int)
        after = np.concatenate([after, opening[seam + 1]]).astype(int)
        order = np.lexsort((share, piece))
        piece, share = piece[order], share[order]
        start = self.place[left[piece]]
        place = start + share * (self.place[left[piece] + 1] - start)
        return Switches(line[piece], place, before[order], after[order])


def line_pieces(
    net: object, starts: Float[np.ndarray, "lines inputs"], ends: Float[np.ndarray, "lines inputs"]
) -> LinePieces:
    """All folds of a network that straight lines cross.

    A unit whose sum is 0 counts as active, so that a line within a fold crosses nothing. Folds that several units share are listed
    once for each.

        lines = nlpfeat.line_pieces(net, images[:100], images[100:200])
        lines.regions(), lines.switches()

    Args:
      net: of any number of inputs and layers: a member of a study, a network of another library, or arrays; see
        `nlpfeat.geometry.adapters.as_network`.
      starts, ends: of the lines; both may be the same point.

    Raises:
      ValueError: for points of another dimension than the inputs, or that are not finite.
    """
    network = as_network(net)
    starts, ends = np.asarray(starts, np.float64), np.asarray(ends, np.float64)
    if starts.ndim != 2 or starts.shape != ends.shape or starts.shape[1] != network.inputs:
        raise ValueError(
            f"lines need starts and ends (lines, {network.inputs}) for a network of {network.inputs} inputs; "
            f"got {starts.shape} and {ends.shape}"
        )
    if not (np.isfinite(starts).all() and np.isfinite(ends).all()):
        raise ValueError("starts or ends contain NaN or infinity")
    parts = [_pieces(network, starts[chunk], ends[chunk]) for chunk in _chunks(network, len(starts))] or [
        _pieces(network, starts, ends)
    ]
    counts, place, unit, scores = (np.concatenate(part) for part in zip(*parts, strict=True))
    return LinePieces(starts, ends, np.append(0, np.cumsum(counts)), place, unit, scores)


def _chunks(network: Network, lines: int) -> Iterator[slice]:
    """Lines whose points × units matrix fits into memory, if each of them crosses half of the units."""
    widest = max(len(layer.bias) for layer in network.layers)
    size = max(1, _ENTRIES // (widest * (2 + network.units // 2)))
    return (slice(start, start + size) for start in range(0, lines, size))


def _pieces(
    network: Network, starts: np.ndarray, ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Points per line, and the place, the unit and the scores of each point."""
    line = np.repeat(np.arange(len(starts)), 2)
    place = np.tile([0.0, 1.0], len(starts))
    unit = np.full(len(line), END)
    values = np.stack([starts, ends], 1).reshape(-1, starts.shape[1])
    counted = 0
    for weight, bias, negative_slope in network.layers:
        sums = values @ weight.T + bias
        if negative_slope != LINEAR:
            active = sums >= 0
            row, which = np.nonzero((active[1:] != active[:-1]) & (line[1:] == line[:-1])[:, None])
            low, high = sums[row, which], sums[row + 1, which]
            share = low / (low - high)
            crossing = sums[row] + share[:, None] * (sums[row + 1] - sums[row])
            crossing[np.arange(len(row)), which] = 0.0
            order = np.lexsort((np.append(np.zeros(len(line)), share), np.append(np.arange(len(line)), row)))
            place = np.append(place, place[row] + share * (place[row + 1] - place[row]))[order]
            line, unit = np.append(line, line[row])[order], np.append(unit, counted + which)[order]
            sums = np.concatenate([sums, crossing])[order]
            counted += len(bias)
        values = activate(sums, negative_slope)
    return np.bincount(line, minlength=len(starts)), place, unit, values


class LocalDistances(NamedTuple):
    """Distances of points within their own linear regions, each (n,).

    Attributes:
      fold: to the nearest fold, exactly: the region is an intersection of half-spaces, one per unit.
      boundary: to the decision boundary of the affine map of the region; exact where it is no larger than `fold`.
    """

    fold: Float[np.ndarray, " n"]
    boundary: Float[np.ndarray, " n"]


def local_distances(network: Network, points: Float[np.ndarray, "n inputs"]) -> LocalDistances:
    """The distance of points to the nearest fold and to the boundary of their class. Infinite where there is none.

    Args:
      network: its outputs are class scores.
      points: in its input space.
    """
    points = np.asarray(points, np.float64)
    widest = max(*(len(layer.bias) for layer in network.layers), 1)
    size = max(1, _ENTRIES // (widest * network.inputs))
    parts = [_local(network, points[at : at + size]) for at in range(0, len(points), size)]
    folds, boundaries = zip(*parts, strict=True) if parts else ([np.zeros(0)], [np.zeros(0)])
    return LocalDistances(np.concatenate(folds), np.concatenate(boundaries))


def fold_distances(network: Network, points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, " n"]:
    """The distance of points to the nearest fold alone, as in `local_distances`."""
    fold = np.full(len(points), np.inf)
    hidden = network.folding[-1] + 1 if network.folding else 0
    for sums, jacobian, negative_slope in islice(_sums(network, points), hidden):
        if negative_slope != LINEAR:
            fold = np.minimum(fold, _to_zero(sums, jacobian))
    return fold


def _sums(
    network: Network, points: Float[np.ndarray, "n inputs"]
) -> Iterator[tuple[Float[np.ndarray, "n units"], Float[np.ndarray, "_ units inputs"], float]]:
    """The sums of each layer and their derivatives, which have one row where they are the same everywhere; the outputs last."""
    values, jacobian = points, np.eye(network.inputs)[None]
    for weight, bias, negative_slope in network.layers:
        sums, jacobian = values @ weight.T + bias, weight @ jacobian
        yield sums, jacobian, negative_slope
        if negative_slope != LINEAR:
            jacobian = jacobian * np.where(sums >= 0, 1.0, negative_slope)[..., None]
        values = activate(sums, negative_slope)
    yield values, jacobian, LINEAR


def _to_zero(sums: Float[np.ndarray, "n units"], jacobian: np.ndarray) -> Float[np.ndarray, " n"]:
    """How far away the first of some sums is zero."""
    slope = np.sqrt(np.einsum("nui,nui->nu", jacobian, jacobian))
    return _over(np.abs(sums), np.broadcast_to(slope, sums.shape)).min(1)


def _local(network: Network, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    fold, values, jacobian = np.full(len(points), np.inf), points, np.eye(network.inputs)[None]
    for values, jacobian, negative_slope in _sums(network, points):
        if negative_slope != LINEAR:
            fold = np.minimum(fold, _to_zero(values, jacobian))
    winner = values.argmax(1)
    rows = np.arange(len(values))
    jacobian = np.broadcast_to(jacobian, (len(values), *jacobian.shape[1:]))
    lead = values[rows, winner][:, None] - values
    steepness = np.linalg.norm(jacobian[rows, winner][:, None] - jacobian, axis=2)
    lead[rows, winner] = np.inf
    return fold, _over(lead, steepness).min(1)


def _over(size: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """A size over a slope; infinite without a slope."""
    return np.divide(size, slope, out=np.full(size.shape, np.inf), where=slope > 0)
