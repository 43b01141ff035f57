"""How well cosines rank pairs of words as people do."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import norm, spearmanr

from nlpfeat.embeddings.neighbours import unit


class Correlation(NamedTuple):
    """A rank correlation with its 95 % interval."""

    low: float
    rho: float
    high: float


def correlation(
    vectors: Float[np.ndarray, "words d"], pairs: Int[np.ndarray, "n 2"], scores: Float[np.ndarray, " n"]
) -> Correlation:
    """Spearman's correlation of cosines with people's scores, ties sharing their mean rank; NaN where one never varies.

    The interval is Fisher's, with the variance (1 + ρ²/2) / (n − 3) of Bonett & Wright, Psychometrika 2000.
    """
    known = unit(vectors)
    cosines = (known[pairs[:, 0]] * known[pairs[:, 1]]).sum(1)
    if len(pairs) < 4 or not np.ptp(cosines) or not np.ptp(scores):
        return Correlation(np.nan, np.nan, np.nan)
    rho = float(spearmanr(cosines, scores).statistic)
    reach = norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (len(pairs) - 3))
    middle = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    return Correlation(float(np.tanh(middle - reach)), rho, float(np.tanh(middle + reach)))
