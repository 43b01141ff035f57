"""Statistics over seeds: every seed counts, every proportion has its interval."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

MIN_SEEDS = 6  # seeds that an interval of a median needs


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    low: float
    estimate: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """The share of successes with its Wilson 95 % interval (Wilson 1927)."""
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return Interval(float(interval.low), successes / trials, float(interval.high))


def ratio_of_medians(above: np.ndarray, below: np.ndarray, draws: int = 4000, seed: int = 0) -> Interval:
    """median(above) / median(below) with a bootstrap 95 % interval: the seeds of each are resampled by themselves.

    Fewer than `FEWEST` seeds tell nothing of the spread of a median (the range of 6 holds it in 97 % of cases): then the
    interval is NaN.

    Args:
      above, below: (seeds,) each; NaN is left out. All is NaN where one of them is empty.
      draws: bootstrap resamples.
      seed: of the resampling.
    """
    above, below = above[~np.isnan(above)], below[~np.isnan(below)]
    if not (len(above) and len(below)):
        return Interval(np.nan, np.nan, np.nan)
    middle = float(np.median(above) / np.median(below))
    if min(len(above), len(below)) < MIN_SEEDS:
        return Interval(np.nan, middle, np.nan)
    rng = np.random.default_rng(seed)
    tops, bottoms = (np.median(rng.choice(part, (draws, len(part))), axis=1) for part in (above, below))
    low, high = np.quantile(tops / bottoms, (0.025, 0.975))
    return Interval(float(low), middle, float(high))
