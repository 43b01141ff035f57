"""Good and bad words: those that one class says most, and those that the others do."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Groups(NamedTuple):
    """The words of most extreme polarity, the most telling first within each group."""

    words: Int[np.ndarray, " n"]  # places in the vocabulary
    labels: Int[np.ndarray, " n"]  # 1 where the last class says it, else 0
    polarity: Float[np.ndarray, " n"]


def by_polarity(polarity: Float[np.ndarray, " words"], each: int) -> Groups:
    """The `each` words of highest and the `each` of lowest polarity; fewer where not so many have that sign.

    Args:
      polarity: NaN for words that have none.
    """
    known = np.flatnonzero(~np.isnan(polarity))
    rising = known[np.argsort(polarity[known], kind="stable")]
    low = rising[:each][polarity[rising[:each]] < 0]
    high = rising[::-1][:each][polarity[rising[::-1][:each]] > 0]
    words = np.concatenate([high, low])
    labels = np.repeat([1, 0], [len(high), len(low)])
    return Groups(words, labels, polarity[words])
