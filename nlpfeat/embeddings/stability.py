"""At which width the neighbours of a word are what they stay."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.embeddings.alignment import overlap

STABLE = 0.75  # of what two seeds of the largest width share


class NeighbourStability(NamedTuple):
    """How the neighbours of words come about as spaces grow wider."""

    widths: list[int]
    overlap: Float[
        np.ndarray, "widths words"
    ]  # the share of neighbours at the largest width that are there already
    ceiling: Float[np.ndarray, " words"]  # what two seeds of the largest width share
    width: Float[
        np.ndarray, " words"
    ]  # from which on it stays settled; NaN of words that no two seeds agree on


def neighbour_stability(
    widths: list[int], near: list[Int[np.ndarray, "seeds words count"]], least: float = 0.3
) -> NeighbourStability:
    """When neighbours settle: from where on a width shares SETTLED of what two seeds of the largest width share.

    Args:
      widths: rising.
      near: the neighbours of the same words at each width, for two seeds at least at the largest. Different seeds are
        compared, so that nothing but the text is in common.
      least: words of which two seeds of the largest width share less have no neighbours to settle.
    """
    last = near[-1]
    pairs = [(i, j) for i in range(len(last)) for j in range(len(last)) if i != j]
    ceiling = np.mean([overlap(last[i], last[j]) for i, j in pairs], axis=0)
    shares = []
    for found in near[:-1]:
        across = [(i, j) for i in range(len(found)) for j in range(len(last)) if i != j]
        shares.append(np.mean([overlap(found[i], last[j]) for i, j in across], axis=0))
    shares = np.array([*shares, ceiling])
    reached = shares >= STABLE * ceiling
    stays = np.logical_and.accumulate(reached[::-1], axis=0)[::-1]
    width = np.asarray(widths, float)[stays.argmax(0)]
    return NeighbourStability(widths, shares, ceiling, np.where(ceiling >= least, width, np.nan))
