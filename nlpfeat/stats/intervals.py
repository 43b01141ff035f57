"""Estimates over seeds with their 95 % intervals: proportions, and ratios of medians."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, bootstrap

MIN_SEEDS = 6  # for the interval of a median: the range of six values contains it with probability .97


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    low: float
    estimate: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """The proportion of successes with its Wilson score interval (Wilson 1927)."""
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return Interval(float(interval.low), successes / trials, float(interval.high))


def ratio_of_medians(
    numerator: np.ndarray, denominator: np.ndarray, resamples: int = 4000, seed: int = 0
) -> Interval:
    """median(numerator) / median(denominator) with a percentile bootstrap interval.

    The seeds of the two are resampled independently. With fewer than `MIN_SEEDS` seeds in either, the interval is NaN.

    Args:
      numerator, denominator: (seeds,) each; NaN is left out. All is NaN where one of them is empty.
      resamples: number of bootstrap resamples.
      seed: of the resampling.
    """
    samples = tuple(part[~np.isnan(part)] for part in (numerator, denominator))
    fewest = min(map(len, samples))
    if not fewest:
        return Interval(np.nan, np.nan, np.nan)

    def ratio(above: np.ndarray, below: np.ndarray, axis: int) -> np.ndarray:
        return np.median(above, axis=axis) / np.median(below, axis=axis)

    estimate = float(np.median(samples[0]) / np.median(samples[1]))
    if fewest < MIN_SEEDS:
        return Interval(np.nan, estimate, np.nan)
    rng = np.random.default_rng(seed)
    interval = bootstrap(samples, ratio, n_resamples=resamples, method="percentile", rng=rng)
    low, high = interval.confidence_interval
    return Interval(float(low), estimate, float(high))
