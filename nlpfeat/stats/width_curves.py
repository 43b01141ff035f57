"""What a wider network buys: H50, the width at which half of the members succeed, and the width of most of the gain.

H50 is fitted by our own code. Success is often perfectly separated by width (no member succeeds below some width, all
above it), where maximum likelihood has no finite slope and the crossing is interval-censored; some bootstrap resamples never
cross, so that H50 lies outside the grid (0 or infinity). scikit-learn's logistic regression fits one sample at a time, and
`scipy.stats.bootstrap` interpolates between resampled values, which is undefined for infinities. Here the ridge, the
censoring and hundreds of resamples are handled in one batched fit.
"""

from typing import NamedTuple

import numpy as np
import scipy  # whose submodules load when they are used
from jaxtyping import Float, Real

from nlpfeat.stats.intervals import MIN_SEEDS, Interval
from nlpfeat.stats.quantiles import quartiles_of

RIDGE = 0.01  # on the slope, which it keeps finite where outcomes are perfectly separated by width
# Bounds that are hardly ever reached: a fit takes some ten Newton steps, and few of them are halved.
NEWTON_STEPS, HALVINGS, TOLERANCE = 100, 40, 1e-10
FLAT, SATURATED = (
    0.2,
    0.9,
)  # shares of resamples for a finite gain width; see `gain_width`, whose simulations chose them


def half_width(
    widths: np.ndarray, success: np.ndarray, ran: np.ndarray, resamples: int = 500, seed: int = 0
) -> Interval:
    """H50: the width at which half of the members succeed, with a bootstrap interval.

    A logistic curve in log2(width) is fitted by maximum likelihood with a ridge on its slope (`RIDGE`). Seeds are
    resampled, not members: a seed has the same data and the same first units at every width. In a resample in which every
    width has all failures or all successes, H50 is only known to lie between two widths; both count in the interval.

    Args:
      widths: (widths,), rising.
      success: bool (widths, seeds).
      ran: bool (widths, seeds); False where there is no such member.
      resamples: number of bootstrap resamples.
      seed: of the resampling.

    Returns:
      Widths. inf: the curve stays below one half at all widths of the grid; 0: it stays above; NaN: success does not
      rise with the width.
    """
    rng = np.random.default_rng(seed)
    success, ran = success[:, ran.any(0)], ran[:, ran.any(0)]
    seeds = success.shape[1]
    if not seeds:
        return Interval(np.nan, np.nan, np.nan)
    columns = np.array([np.arange(seeds), *(rng.integers(seeds, size=seeds) for _ in range(resamples))])
    trials = ran[:, columns].sum(2).T  # (1 + resamples, widths)
    wins = (success & ran)[:, columns].sum(2).T
    low, middle, high = crossings(np.asarray(widths), wins, trials)
    estimate = float(middle[0])
    if np.isnan(low[1:]).all():
        return Interval(np.nan, estimate, np.nan)
    lowest = np.nanquantile(low[1:], 0.025, method="nearest")
    highest = np.nanquantile(high[1:], 0.975, method="nearest")
    return Interval(float(lowest), estimate, float(highest))


def crossings(widths: np.ndarray, wins: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, ...]:
    """The widths at which fitted logistic curves cross one half.

    Args:
      widths: (widths,), rising.
      wins, trials: int (samples, widths), successes and members; widths without a trial are left out.

    Returns:
      Lower end, estimate and upper end, (samples,) each: the ends differ where the crossing is only known to lie between
      two widths. Curves that do not cross have the values of `half_width`.
    """
    x = np.log2(widths)
    there = trials > 0
    intercept, slope = logistic_fits(x, wins, trials)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        middle = np.exp2(-intercept / slope)
    narrowest, widest = there.argmax(1), there.shape[1] - 1 - there[:, ::-1].argmax(1)
    no_crossing = [  # (condition, value): the first condition that holds counts
        (wins.sum(1) == 0, np.inf),
        ((wins == trials).all(1), 0.0),
        (slope <= 0, np.nan),
        (intercept + slope * x[widest] <= 0, np.inf),
        (intercept + slope * x[narrowest] >= 0, 0.0),
    ]
    flat = np.select([known for known, _ in no_crossing], [value for _, value in no_crossing], -1.0)
    crosses = flat == -1.0
    middle = np.where(crosses, middle, flat)
    censored = crosses & ((wins == 0) | (wins == trials)).all(1)
    below = np.where(there & (wins == 0), widths, -np.inf).max(1)
    above = np.where(there & (wins > 0), widths, np.inf).min(1)
    return np.where(censored, below, middle), middle, np.where(censored, above, middle)


def logistic_fits(x: np.ndarray, wins: np.ndarray, trials: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Penalised maximum-likelihood fits of logistic curves, all samples at once, by Newton's method to convergence.

    The loss Σ log(1 + exp(∓(a + b x))) + RIDGE b² / 2 is strictly convex unless all outcomes of a sample are equal; a
    step that does not reduce it is halved until it does. A sample whose outcomes are all equal has no finite fit, and its
    values are meaningless.

    Args:
      x: (n,).
      wins, trials: (samples, n).

    Returns:
      Intercepts a and slopes b, (samples,) each.
    """
    wins, trials = wins.astype(float), trials.astype(float)
    centre = (trials * x).sum(1, keepdims=True) / trials.sum(1, keepdims=True)
    z = x - centre  # (samples, n)

    def loss(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        score = a[:, None] + b[:, None] * z
        return (trials * np.logaddexp(0, score) - wins * score).sum(1) + RIDGE * b**2 / 2

    a = b = np.zeros(len(wins))
    now = loss(a, b)
    for _ in range(NEWTON_STEPS):
        p = scipy.special.expit(a[:, None] + b[:, None] * z)
        residual, weight = trials * p - wins, trials * p * (1 - p)
        g = residual.sum(1), (residual * z).sum(1) + RIDGE * b
        h = weight.sum(1) + 1e-12, (weight * z).sum(1), (weight * z**2).sum(1) + RIDGE
        determinant = h[0] * h[2] - h[1] ** 2
        step_a, step_b = (h[2] * g[0] - h[1] * g[1]) / determinant, (h[0] * g[1] - h[1] * g[0]) / determinant
        length, ahead = np.ones(len(a)), loss(a - step_a, b - step_b)
        for _ in range(HALVINGS):
            worse = ~(ahead <= now)
            if not worse.any():
                break
            length[worse] /= 2
            ahead = loss(a - length * step_a, b - length * step_b)
        length[~(ahead <= now)] = 0
        moved_a, moved_b = length * step_a, length * step_b
        a, b, now = a - moved_a, b - moved_b, np.where(length > 0, ahead, now)
        if np.max(np.abs(moved_a) / (1 + np.abs(a)) + np.abs(moved_b) / (1 + np.abs(b))) <= TOLERANCE:
            break
    return a - b * centre[:, 0], b


class Saturation(NamedTuple):
    """Whether a curve saturates within its grid, by two tests; either is enough.

    Attributes:
      flat: its last octave adds hardly anything.
      converging: what wider networks would still add, extrapolated, is hardly anything.
    """

    flat: bool
    converging: bool


def saturation(
    widths: Real[np.ndarray, " widths"], gains: Float[np.ndarray, " widths"], fraction: float
) -> Saturation:
    """Test whether a curve saturates within its grid, so that `fraction` of its gain is more than a property of the grid.

    W being the widest width, let d1 and d2 be the increments from W/4 to W/2 and from W/2 to W, interpolated linearly in
    log2(width). The curve is flat if d2 ≤ (1 − fraction)/2 · gain. It converges if d1 > d2 and the increments beyond W sum to
    at most 1 − fraction of the gain plus themselves, by Aitken's delta-squared extrapolation d2²/(d1 − d2); this is exact where
    increments per octave shrink geometrically, as those of a power law do. A grid of less than two octaves passes no test.

    Args:
      widths: rising.
      gains: the medians at these widths above the baseline; -inf where most members diverged. The gain is the largest.
      fraction: of the gain.
    """
    if widths[-1] < 4 * widths[0]:
        return Saturation(flat=False, converging=False)
    x = np.log2(widths)
    quarter, half = (np.interp(x[-1] - octaves, x, gains) for octaves in (2, 1))
    with np.errstate(invalid="ignore"):
        first, second, gain = half - quarter, gains[-1] - half, gains.max()
    flat = not second > (1 - fraction) / 2 * gain  # also where all widths of the last octave diverged
    if not np.isfinite([first, second]).all() or first <= second:
        return Saturation(flat, converging=False)
    rest = second**2 / (first - second)
    return Saturation(flat, converging=bool(rest <= (1 - fraction) * (gain + rest)))


def gain_width(
    widths: np.ndarray,
    scores: np.ndarray,
    baseline: float,
    fraction: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> Interval:
    """The narrowest width whose median score reaches a fraction of the gain: from the baseline to the best median over widths.

    Medians are interpolated linearly in log2(width). Seeds are resampled, not members (see `half_width`), and the best
    median anew in each resample. Values may be infinite, so that the interval takes the nearest resample instead of
    interpolating as `scipy.stats.bootstrap` does. (Bias-corrected percentiles were worse.)

    Where a curve does not saturate, its best median is that of the grid's last width, and such a width says only "not yet":
    95 % of the gain of a score that is linear in log2(width) from its baseline at 1 on is reached at 27, 79 and 296 on grids
    that end at 32, 100 and 400. So the width is inf, more than the widest, unless the curve saturates (see `saturation`).
    Each resample is tested, and is inf where it fails; the estimate is finite if `FLAT` of the resamples are flat, or
    `SATURATED` of them are flat or converging. The first share is small because a resample has the noise of the sample twice.
    The upper end of the interval is inf if more than a fortieth of the resamples fail. Fewer than `MIN_SEEDS` seeds give no
    interval; the estimate is then finite if their own medians pass a test.

    Simulated with 6 to 32 seeds and noise of up to 5 % of the gain, independent or common to all widths of a seed, on grids
    of 5 to 13 widths: scores linear in log2(width) have a finite width in at most 4 % of cases (with 6 or 7 seeds and most
    noise on grids that end at 400; hardly ever on those that end at 32 or 100), 1 − exp(−n/8), n²/(n² + 25) and a score that
    is flat from 10 on in at least 92 % on grids from 1 to 100. With noise of 10 %, these are 33 and 83 %. The
    intervals of the first two curves contain the true width in 85 to 96 % of cases (three of four with 6 seeds, 13 widths and
    most noise); those of the third, where several widths are equally good, in 57 to 67 % (a third to two fifths on 13 widths).
    Those that miss it are nearly all too high, because the best of several medians is biased upwards, and with it the width.

    Args:
      widths: (widths,), rising.
      scores: (widths, seeds), larger is better; NaN is left out, and a member that diverged has the worst value.
      baseline: the score of the best constant prediction.
      fraction: of the gain.
      resamples: number of bootstrap resamples.
      seed: of the resampling.

    Returns:
      Widths. inf: more than the widest; all three are NaN where no width does better than the baseline.
    """
    seeds = scores.shape[1]
    rng = np.random.default_rng(seed)
    resampled = [] if seeds < MIN_SEEDS else [rng.integers(seeds, size=seeds) for _ in range(resamples)]
    columns = np.array([np.arange(seeds), *resampled])
    medians = quartiles_of(scores[:, columns], axis=2).median.T
    (width, *tests), *samples = (_reached(widths, gains, fraction) for gains in medians - baseline)
    if np.isnan(width):
        return Interval(np.nan, np.nan, np.nan)
    if not samples:
        return Interval(np.nan, width if any(tests) else np.inf, np.nan)
    reached, flat, converging = np.array(samples).T
    saturated = (flat + converging) > 0
    finite = flat.mean() >= FLAT or saturated.mean() >= SATURATED
    low, high = np.quantile(np.where(saturated, reached, np.inf), (0.025, 0.975), method="nearest")
    return Interval(float(low), width if finite else np.inf, float(high))


def _reached(widths: np.ndarray, gains: np.ndarray, fraction: float) -> tuple[float, bool, bool]:
    """Where medians above the baseline reach a fraction of the largest, whether or not they saturate; and `saturation`.

    NaN, for a width without members, is left out. Without a gain the width is NaN.
    """
    there = ~np.isnan(gains)
    widths, gains = widths[there], gains[there]
    if not len(gains) or gains.max() <= 0:
        return np.nan, False, False
    level = fraction * gains.max()
    first = int((gains >= level).argmax())
    between = slice(max(first - 1, 0), first + 1)
    width = float(2.0 ** np.interp(level, gains[between], np.log2(widths[between])))
    flat, converging = saturation(widths, gains, fraction)
    return width, flat, converging
