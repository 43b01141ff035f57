"""Statistics over seeds: every seed counts, every proportion has its interval."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression


class Spread(NamedTuple):
    """Quartiles over seeds."""

    low: np.ndarray
    median: np.ndarray
    high: np.ndarray


class Interval(NamedTuple):
    """An estimate with its 95 % interval."""

    low: float
    estimate: float
    high: float


def spread(values: np.ndarray, axis: int) -> Spread:
    """Lower quartile, median and upper quartile over `axis`; NaN (members not run) is left out."""
    return Spread(*np.nanquantile(values, (0.25, 0.5, 0.75), axis=axis))


def wilson(successes: int, trials: int) -> Interval:
    """The share of successes with its Wilson 95 % interval (Wilson 1927)."""
    interval = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    return Interval(float(interval.low), successes / trials, float(interval.high))


def half_width(widths: np.ndarray, success: np.ndarray, draws: int = 500, seed: int = 0) -> Interval:
    """H50: the width at which half of the members succeed, with a bootstrap 95 % interval.

    A logistic curve in log2(width) is fitted by maximum likelihood, with a slight ridge on its slope that keeps
    it finite where no width has both outcomes, and refitted to members resampled within each width. A value of
    inf says that the curve stays below one half within the grid's widths, 0 that it stays above.

    Args:
      widths: (members,).
      success: bool (members,).
      draws: bootstrap resamples.
      seed: of the resampling.
    """
    levels, place, trials = np.unique(widths, return_inverse=True, return_counts=True)
    wins = np.bincount(place, weights=success).astype(int)
    resampled = np.random.default_rng(seed).binomial(trials, wins / trials, (draws, len(levels)))
    crossings = [_crossing(np.log2(levels), row, trials) for row in (wins, *resampled)]
    low, high = np.quantile(crossings[1:], (0.025, 0.975), method="nearest")
    return Interval(float(low), crossings[0], float(high))


def _crossing(x: np.ndarray, wins: np.ndarray, trials: np.ndarray) -> float:
    """2^x where the fitted curve crosses one half; inf or 0 where it does not within the range of x."""
    if not wins.any() or (wins == trials).all():
        return 0.0 if wins.any() else np.inf
    fit = LogisticRegression(C=100.0).fit(
        np.tile(x, 2)[:, None],
        np.repeat([1, 0], len(x)),
        sample_weight=np.concatenate([wins, trials - wins]),
    )
    at_ends = fit.decision_function(np.array([[x[0]], [x[-1]]]))
    if at_ends[1] <= 0:
        return np.inf
    if at_ends[0] >= 0:
        return 0.0
    return float(np.exp2(-fit.intercept_[0] / fit.coef_[0, 0]))
