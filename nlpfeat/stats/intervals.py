"""Estimates over seeds with their 95 % intervals: proportions, means, and ratios of medians."""

import math
from typing import NamedTuple

import numpy as np
import scipy  # whose submodules load when they are used

MIN_SEEDS = 6  # for the interval of a median: the range of six values contains it with probability .97


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    low: float
    estimate: float
    high: float


def wilson(successes: int, trials: int) -> Interval:
    """The proportion of successes with its Wilson score interval (Wilson 1927).

    Written out, as every sweep prints it and SciPy's takes half a second to import.
    """
    z, share = 1.959963984540054, successes / trials
    shrunk = 1 + z**2 / trials
    centre = (share + z**2 / (2 * trials)) / shrunk
    half_width = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2) / shrunk
    return Interval(max(0.0, centre - half_width), share, min(1.0, centre + half_width))


def mean_interval(values: np.ndarray) -> Interval:
    """The mean of values (n,) with its t interval, which is NaN for fewer than two of them; NaN is left out."""
    known = values[~np.isnan(values)]
    if not len(known):
        return Interval(np.nan, np.nan, np.nan)
    mean = float(known.mean())
    if len(known) < 2:
        return Interval(np.nan, mean, np.nan)
    half = float(scipy.stats.t.ppf(0.975, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known)))
    return Interval(mean - half, mean, mean + half)


def difference_interval(first: np.ndarray, second: np.ndarray) -> Interval:
    """The difference of two means with its Welch t interval, which is NaN where one of them is of fewer than two values."""
    difference = float(first.mean() - second.mean())
    if min(len(first), len(second)) < 2:
        return Interval(np.nan, difference, np.nan)
    if not np.ptp(first) and not np.ptp(second):
        return Interval(difference, difference, difference)
    interval = scipy.stats.ttest_ind(first, second, equal_var=False).confidence_interval(0.95)
    return Interval(float(interval.low), difference, float(interval.high))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> Interval:
    """Spearman's correlation of two values (n,) each; ties share their mean rank.

    The interval is Fisher's, with the variance (1 + ρ²/2) / (n − 3) of Bonett & Wright, Psychometrika 2000. NaN for fewer than four
    pairs, or where either is constant.
    """
    if len(first) < 4 or (first == first[0]).all() or (second == second[0]).all():
        return Interval(np.nan, np.nan, np.nan)
    rho = float(scipy.stats.spearmanr(first, second).statistic)
    half_width = scipy.stats.norm.ppf(0.975) * np.sqrt((1 + rho**2 / 2) / (len(first) - 3))
    centre = np.arctanh(np.clip(rho, -1 + 1e-12, 1 - 1e-12))
    return Interval(float(np.tanh(centre - half_width)), rho, float(np.tanh(centre + half_width)))


def pair_interval(values: np.ndarray, resamples: int = 2000, seed: int = 0) -> Interval:
    """The mean over pairs of seeds, with an interval from resampled seeds, as pairs that share a seed are not independent.

    Args:
      values: (seeds, seeds), symmetric; the diagonal does not count.
      resamples: number of bootstrap resamples.
      seed: of the resampling.
    """
    seeds = len(values)
    mean = float(values[np.triu_indices(seeds, 1)].mean())
    if seeds < MIN_SEEDS:
        return Interval(np.nan, mean, np.nan)
    rng = np.random.default_rng(seed)
    means = []
    for drawn in rng.integers(seeds, size=(resamples, seeds)):
        different = drawn[:, None] != drawn[None]
        means.append(values[np.ix_(drawn, drawn)][different].mean())
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(low), mean, float(high))


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
    interval = scipy.stats.bootstrap(samples, ratio, n_resamples=resamples, method="percentile", rng=rng)
    low, high = interval.confidence_interval
    return Interval(float(low), estimate, float(high))
