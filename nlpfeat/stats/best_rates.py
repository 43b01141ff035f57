"""The best learning rate of each width, between the rates that were tried, and how it shifts with width."""

from typing import NamedTuple

import numpy as np

from nlpfeat.stats.intervals import MIN_SEEDS, Interval
from nlpfeat.stats.quantiles import quartiles_of

MIN_RATES = 3  # that determine a parabola
ROUNDING = 1e-9  # bend of a parabola through equal scores, relative to them


class BestRates(NamedTuple):
    """The best learning rate of each width.

    Attributes:
      widths: (widths,), rising.
      rates: (rates,), rising: those that were tried.
      medians: (widths, rates), over seeds: NaN without members, infinite where most have diverged and errors count.
      best: per width, with 95 % intervals; NaN where no rate has a finite median, or all are as good.
      bounds: per width, see `bound`.
      slope: of the logarithm of the best rate in that of the width, over the widths without bound; NaN for fewer than two.
      shift: the factor by which the best rate changes from the narrowest to the widest of these widths.
      judged_on: the split and the metric, in words; "" if they are not known.
    """

    widths: np.ndarray
    rates: np.ndarray
    medians: np.ndarray
    best: list[Interval]
    bounds: list[str]
    slope: Interval
    shift: Interval
    judged_on: str = ""

    @property
    def inner(self) -> np.ndarray:
        """The widths whose best rate is known and no bound, bool (widths,)."""
        return np.array(
            [not (np.isnan(rate[1]) or bound) for rate, bound in zip(self.best, self.bounds, strict=True)]
        )


def best_rates(
    widths: np.ndarray,
    rates: np.ndarray,
    scores: np.ndarray,
    *,
    falling: bool = False,
    resamples: int = 1000,
    seed: int = 0,
) -> BestRates:
    """The best learning rate of each width, by a parabola through medians over seeds; see `vertex`.

    Errors span decades where training is about to diverge, so of errors, if all are positive, the logarithms are fitted.

    Seeds are resampled, not members, for percentile bootstrap intervals: a seed has the same data and the same first units at
    every width and rate. Fewer than `MIN_SEEDS` seeds give no interval.

    Args:
      widths: (widths,), rising.
      rates: (rates,), rising.
      scores: (widths, rates, seeds): NaN where there is no member, the worst value where training diverged.
      falling: whether smaller scores are better.
      resamples: number of bootstrap resamples.
      seed: of the resampling.
    """
    seeds, logs = scores.shape[2], np.log(rates)
    medians = quartiles_of(scores, axis=2).median
    positive = falling and bool((medians[np.isfinite(medians)] > 0).all())

    def goodness(medians: np.ndarray) -> np.ndarray:
        if positive:
            return -np.log(medians, out=np.full(medians.shape, np.nan), where=medians > 0)
        return -medians if falling else medians

    def vertices(columns: np.ndarray) -> np.ndarray:
        of_sample = goodness(quartiles_of(scores[:, :, columns], axis=2).median)
        return np.array([vertex(logs, of_width) for of_width in of_sample])

    bounds = [bound(of_width) for of_width in goodness(medians)]
    rng, count = np.random.default_rng(seed), resamples if seeds >= MIN_SEEDS else 0
    estimate = vertices(np.arange(seeds))
    samples = np.array([vertices(rng.integers(seeds, size=seeds)) for _ in range(count)])
    samples = samples.reshape(count, len(widths))
    best = [_interval(np.exp(estimate[i]), np.exp(samples[:, i])) for i in range(len(widths))]
    inner = np.isfinite(estimate) & np.array([not one for one in bounds])
    x = np.log(widths[inner])
    slope = _interval(_slope(x, estimate[inner]), np.array([_slope(x, one[inner]) for one in samples]))
    octaves = x[-1] - x[0] if len(x) else np.nan
    shift = Interval(*(float(np.exp(value * octaves)) for value in slope))
    return BestRates(widths, rates, medians, best, bounds, slope, shift)


def best_places(scores: np.ndarray) -> np.ndarray:
    """The places of the best of the scores (rates,), larger is better; none where all are equal, or none is finite."""
    finite = np.where(np.isfinite(scores), scores, -np.inf)
    known = finite[np.isfinite(scores)]
    return np.flatnonzero(finite == finite.max()) if len(np.unique(known)) > 1 else np.zeros(0, int)


def bound(scores: np.ndarray) -> str:
    """Whether the best rate is only known to lie beyond those that were tried: "≥" the last, "≤" the first, "" if it is not."""
    places = best_places(scores)
    if len(places) != 1:
        return ""
    return {len(scores) - 1: "≥", 0: "≤"}.get(int(places[0]), "")


def vertex(logs: np.ndarray, scores: np.ndarray) -> float:
    """The logarithm of the best learning rate: the vertex of a parabola fitted by least squares around the best score.

    Of equal scores the best is the one in the middle. The parabola is fitted to it and its neighbours at one and two places, as
    far as there are: two places away only those in the better half of the range of scores, as a cliff beyond which training
    diverges is no parabola. The vertex is kept between the neighbours of the best. Where that is at an end, or scores do not bend
    down from it by more than rounding does, it is the rate of the best itself.

    Args:
      logs: logarithms of the rates (rates,), rising.
      scores: (rates,), larger is better; those that are not finite are left out.

    Returns:
      NaN if no score is finite, or all are equal.
    """
    places = best_places(scores)
    if not len(places):
        return np.nan
    place = int(places[len(places) // 2])
    known, away = np.isfinite(scores), np.abs(np.arange(len(logs)) - place)
    middle = (scores[known].max() + scores[known].min()) / 2
    used = known & ((away <= 1) | ((away == 2) & (scores >= middle)))
    if place in (0, len(logs) - 1) or used.sum() < MIN_RATES:
        return float(logs[place])
    x = logs[used] - logs[place]
    bend, tilt, _ = np.polyfit(x, scores[used], 2)
    if not bend * np.abs(x).max() ** 2 < -ROUNDING * np.abs(scores[used]).max():
        return float(logs[place])
    return float(np.clip(logs[place] - tilt / (2 * bend), logs[place - 1], logs[place + 1]))


def _slope(x: np.ndarray, y: np.ndarray) -> float:
    """Of a line by least squares; NaN for fewer than two points."""
    known = np.isfinite(y)
    return float(np.polyfit(x[known], y[known], 1)[0]) if known.sum() > 1 else np.nan


def _interval(estimate: float, samples: np.ndarray) -> Interval:
    """With the 95 % percentiles of the samples that are known."""
    known = samples[np.isfinite(samples)]
    if not len(known):
        return Interval(np.nan, float(estimate), np.nan)
    low, high = np.quantile(known, (0.025, 0.975))
    return Interval(float(low), float(estimate), float(high))


def describe_rate(rate: tuple[float, float, float], bound: str, rates: np.ndarray) -> str:
    """Such as "0.012 (0.0098–0.016)", or "≥ 0.03" where the best rate lies at the end of those tried.

    Args:
      rate: (low, estimate, high).
      bound: "≥" or "≤" if the best is the last or the first of those tried, else "".
      rates: those that were tried, rising.
    """
    low, estimate, high = rate
    if np.isnan(estimate):
        return "–"
    if bound:
        return f"{bound} {rates[-1 if bound == '≥' else 0]:g}"
    interval = "" if np.isnan(low) else f" ({low:.2g}–{high:.2g})"
    return f"{estimate:.2g}{interval}"


def describe_shift(best: BestRates) -> str:
    """The shift of the best learning rate with width, in a sentence."""
    widths = best.widths[best.inner]
    if len(widths) < 2:
        return "shift of the best rate with width: unknown, as fewer than two widths have their best rate inside the grid"
    slope, shift = best.slope, best.shift

    def spell(low: float, middle: float, high: float) -> str:
        return f"{middle:.2g}" + ("" if np.isnan(low) else f" (95 %: {low:.2g} to {high:.2g})")

    return (
        f"shift of the best rate from width {widths[0]:,} to {widths[-1]:,}: factor {spell(*shift)}; its logarithm has slope "
        f"{spell(*slope)} in that of the width"
    )
