"""Neighbour stability: from which width on the neighbours of a word are those of the widest spaces."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.embeddings.alignment import overlap

STABLE = 0.75  # share of the ceiling at which neighbours count as stable


class NeighbourStability(NamedTuple):
    """The neighbours of words as spaces grow wider."""

    widths: list[int]
    overlap: Float[np.ndarray, "widths words"]  # share of the neighbours in common with the largest width
    ceiling: Float[np.ndarray, " words"]  # overlap of two seeds of the largest width
    stable_width: Float[
        np.ndarray, " words"
    ]  # from which on they are stable; NaN where the ceiling is too low


def neighbour_stability(
    widths: list[int], neighbours: list[Int[np.ndarray, "_ words count"]], min_ceiling: float = 0.3
) -> NeighbourStability:
    """The width from which on the overlap with the largest width stays at or above STABLE × the ceiling.

    Args:
      widths: ascending.
      neighbours: indices of the neighbours of the same words at each width, for at least two seeds at the largest.
        Different seeds are compared, so that they have nothing but the text in common.
      min_ceiling: a word whose ceiling is less has no reproducible neighbours, and so no stable width.
    """
    last = neighbours[-1]
    ceiling = _mean_overlap(last, last)
    overlaps = np.array([*(_mean_overlap(near, last) for near in neighbours[:-1]), ceiling])
    stable = overlaps >= STABLE * ceiling
    stays_stable = np.logical_and.accumulate(stable[::-1], axis=0)[::-1]
    width = np.asarray(widths, float)[stays_stable.argmax(0)]
    return NeighbourStability(widths, overlaps, ceiling, np.where(ceiling >= min_ceiling, width, np.nan))


def _mean_overlap(
    left: Int[np.ndarray, "seeds words count"], right: Int[np.ndarray, "others words count"]
) -> Float[np.ndarray, " words"]:
    """The overlap of the neighbours of each word, mean over all pairs of different seeds."""
    pairs = [(i, j) for i in range(len(left)) for j in range(len(right)) if i != j]
    return np.mean([overlap(left[i], right[j]) for i, j in pairs], axis=0)
