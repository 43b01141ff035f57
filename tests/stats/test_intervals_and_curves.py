"""Statistics against closed forms, second derivations and published values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from nlpfeat.stats.equal_loss import at_level, at_steps
from nlpfeat.stats.intervals import ratio_of_medians, wilson
from nlpfeat.stats.quantiles import ordered_quartiles_of, quartiles_of
from nlpfeat.stats.width_curves import gain_width, half_width, logistic_fits, saturation


@given(st.integers(1, 200), st.data())
def test_wilson_is_the_closed_form(n, data):
    k = data.draw(st.integers(0, n))
    z, p = 1.959963984540054, k / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, share, high = wilson(k, n)
    assert share == p
    assert low == pytest.approx(max(0, middle - reach), abs=1e-12)
    assert high == pytest.approx(min(1, middle + reach), abs=1e-12)


def test_wilson_of_a_published_table():
    """Newcombe 1998, Statistics in Medicine 17, table I: 81/263, 15/148, 0/20, 1/29 by the score method."""
    expected = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (k, n), (low, high) in expected.items():
        assert wilson(k, n).low == pytest.approx(low, abs=5e-5)
        assert wilson(k, n).high == pytest.approx(high, abs=5e-5)


def test_half_width_recovers_a_planted_curve():
    rng = np.random.default_rng(0)
    widths = np.array([2, 4, 8, 16, 32, 64, 128])
    chance = 1 / (1 + np.exp(-3 * (np.log2(widths) - np.log2(20))))
    success = rng.random((7, 400)) < chance[:, None]
    low, estimate, high = half_width(widths, success, np.ones_like(success), resamples=200)
    assert low < 20 < high
    assert estimate == pytest.approx(20, rel=0.05)
    assert high / low < 1.3


def test_half_width_resamples_seeds():
    """Seeds that succeed together at every width say no more than one seed each: the interval is wide."""
    widths, rng = np.array([2, 4, 8, 16]), np.random.default_rng(1)
    luck = rng.normal(size=40)
    together = np.log2(widths)[:, None] + 2 * luck > 2.5
    apart = np.log2(widths)[:, None] + 2 * rng.permuted(np.tile(luck, (4, 1)), axis=1) > 2.5
    low, _, high = half_width(widths, together, np.ones_like(together), resamples=150)
    narrow_low, _, narrow_high = half_width(widths, apart, np.ones_like(apart), resamples=150)
    assert high / low > narrow_high / narrow_low


def test_half_width_outside_the_grid():
    widths, nothing = np.array([2, 4, 8]), np.zeros((3, 10), bool)
    assert half_width(widths, nothing, ~nothing, resamples=20) == (np.inf, np.inf, np.inf)
    assert half_width(widths, ~nothing, ~nothing, resamples=20) == (0, 0, 0)


def test_half_width_between_two_perfect_widths_is_no_narrower_than_they_are():
    widths = np.array([2, 4, 8, 16])
    success = np.repeat((widths >= 8)[:, None], 10, axis=1)
    low, estimate, high = half_width(widths, success, np.ones_like(success), resamples=20)
    assert (low, high) == (4, 8)
    assert 4 < estimate < 8


def test_half_width_of_success_that_falls_is_undefined():
    success = np.array([[True] * 10, [True] * 10, [False] * 10])
    assert np.isnan(half_width(np.array([2, 4, 8]), success, np.ones_like(success), resamples=20).estimate)


def test_half_width_leaves_out_members_that_never_ran():
    widths, rng = np.array([2, 4, 8, 16]), np.random.default_rng(2)
    success = rng.random((4, 30)) < np.array([0.1, 0.3, 0.7, 0.9])[:, None]
    ran = np.ones_like(success)
    ran[:, 20:] = False
    garbled = success.copy()
    garbled[:, 20:] = True
    assert half_width(widths, success, ran, resamples=100) == half_width(widths, garbled, ran, resamples=100)


def test_quartiles_leave_out_members_not_run():
    values = np.array([[0.0, 1.0, 2.0, 3.0, 4.0, np.nan]])
    assert [float(x[0]) for x in quartiles_of(values, axis=1)] == [1.0, 2.0, 3.0]


def test_values_at_equal_loss_and_at_equal_margin():
    loss = np.array([[4.0, 2.0, 1.0], [4.0, 3.5, 3.0], [0.5, 2.0, 3.0]])
    norms = np.array([[1.0, 3.0, 9.0], [1.0, 2.0, 3.0], [7.0, 8.0, 9.0]])
    found = at_level(norms, loss, 1.5, falling=True)
    assert found[0] == 6.0  # halfway between the second and third record
    assert np.isnan(found[1])  # never reached
    assert found[2] == 7.0  # reached at the start
    np.testing.assert_array_equal(at_level(norms, -loss, -1.5, falling=False), found)


def test_ordered_quartiles_keep_infinities_and_are_values():
    values = np.array([[-np.inf, -np.inf, 1.0, np.nan], [np.nan] * 4, [4.0, 2.0, 3.0, 1.0]])
    low, median, high = ordered_quartiles_of(values, axis=1)
    assert (low[0], median[0], high[0]) == (-np.inf, -np.inf, 1.0)
    assert np.isnan([low[1], median[1], high[1]]).all()
    assert (low[2], median[2], high[2]) == (1.0, 2.0, 3.0)


def test_values_at_steps_are_linear_in_between_and_unknown_outside():
    values = np.array([[1.0, 3.0, 7.0], [1.0, np.inf, 2.0], [0.0, 1.0, 2.0]])
    found = at_steps(values, np.array([10.0, 20.0, 40.0]), np.array([15.0, 15.0, 5.0]))
    assert found[0] == 2.0
    assert np.isnan(found[1:]).all()
    np.testing.assert_array_equal(
        at_steps(values[:1], np.array([10.0, 20.0, 40.0]), np.array([40.0])), values[:1, -1]
    )


@pytest.mark.slow
def test_the_interval_of_a_ratio_of_medians_holds_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    hits = 0
    for trial in range(200):
        above, below = np.exp(rng.standard_normal(60)) * 3, np.exp(rng.standard_normal(40))
        low, middle, high = ratio_of_medians(above, below, resamples=300, seed=trial)
        assert low <= middle <= high
        hits += low <= 3 <= high
    assert 0.9 <= hits / 200 <= 0.99
    left_out = ratio_of_medians(np.append(above, np.nan), below, resamples=300, seed=199)
    assert left_out == (low, middle, high)
    assert np.isnan(ratio_of_medians(np.array([np.nan]), below)).all()
    low, middle, high = ratio_of_medians(above[:5], below)
    assert np.isnan([low, high]).all()
    assert middle == np.median(above[:5]) / np.median(below)


def test_gain_width_is_where_the_medians_cross():
    widths = np.array([1, 2, 4, 8, 16])
    medians = np.array([0.2, 0.4, 0.8, 1.0, 0.9])
    scores = medians[:, None] + 0.01 * np.arange(-3, 4)[None]
    low, estimate, high = gain_width(widths, scores, baseline=0.0)
    assert estimate == pytest.approx(
        2 ** (2 + 0.75)
    )  # .95 lies three quarters of the way from .8 at 4 to 1 at 8
    assert low <= estimate <= high
    assert gain_width(widths, scores, baseline=0.0, fraction=0.4).estimate == pytest.approx(2.0)
    falling = np.array([1.0, 0.9, 0.8, 0.7, 0.6])[:, None] + 0.01 * np.arange(-3, 4)[None]
    assert gain_width(widths, falling, baseline=0.0).estimate == 1.0  # the narrowest is best


@pytest.mark.slow
@pytest.mark.parametrize(
    ("curve", "least"), [((0.1, 0.3, 0.6, 0.85, 1, 1.01), 0.88), ((0.1, 0.3, 0.6, 0.9, 1, 1), 0.78)]
)
def test_gain_width_covers_what_is_true(curve, least):
    """What its docstring promises of studies of nine seeds; a seed shifts its whole curve."""
    rng, widths, curve = np.random.default_rng(3), np.array([1, 2, 4, 8, 16, 32]), np.array(curve)
    truth = gain_width(widths, curve[:, None], 0.0).estimate
    assert 8 < truth < 16
    found = np.array(
        [
            gain_width(widths, curve[:, None] + shift + rng.normal(0, 0.03, (6, 9)), 0.0, resamples=100)
            for shift in rng.normal(0, 0.02, (60, 9))
        ]
    )
    assert ((found[:, 0] <= truth) & (truth <= found[:, 2])).mean() >= least
    finite = np.isfinite(found[:, 1])
    assert finite.mean() >= 0.9
    assert abs(np.log2(found[finite, 1] / truth).mean()) < 0.15


def test_gain_width_says_what_it_does_not_know():
    widths = np.array([2, 4, 8])
    few = gain_width(widths, np.array([[0.6, 0.6], [0.99, 0.99], [1.0, 1.0]]), 0.5)
    assert np.isnan(few.low)
    assert np.isnan(few.high)
    assert 2 < few.estimate < 4
    rising = gain_width(widths, np.array([[0.6, 0.6], [0.8, 0.8], [1.0, 1.0]]), 0.5)
    assert rising.estimate == np.inf
    assert np.isnan([rising.low, rising.high]).all()
    worse = gain_width(widths, np.full((3, 7), 0.4), 0.5, resamples=20)
    assert np.isnan(worse).all()
    holes = np.array([[0.6] * 7, [np.nan] * 7, [0.99] * 7, [1.0] * 7, [1.0] * 7])  # one width was not run
    found = gain_width(np.array([2, 4, 8, 16, 32]), holes, 0.5, resamples=20)
    assert found.estimate == pytest.approx(2 ** (1 + 2 * 0.375 / 0.39))


def test_saturation_is_exact_for_power_laws_and_for_lines():
    """What is left beyond the grid is known in closed form."""
    widths = np.array([1, 2, 4, 8, 16, 32, 64])
    for exponent in (0.4, 0.7, 1.0, 2.0):
        curve = 1 - widths**-exponent  # 1 at infinity
        reached = curve[-1] >= 0.95
        last = curve[-1] - curve[-2]
        assert saturation(widths, curve, 0.95) == (last <= 0.025 * curve[-1], reached)
    assert saturation(widths, np.log2(widths), 0.95) == (False, False)
    assert saturation(widths, np.log2(widths) ** 2, 0.95) == (False, False)  # ever faster
    assert saturation(widths, np.minimum(np.log2(widths), 5.0), 0.95) == (True, True)
    assert saturation(widths, -np.log2(widths) + 10, 0.95).flat
    step = np.array([0, 0, 0, 0, 0.2, 0.9, 1.0])  # flattens, the last octave adding too much for a flat curve
    assert saturation(widths, step, 0.95) == (False, True)
    assert saturation(widths[:2], np.ones(2), 0.95) == (False, False)  # one octave says nothing
    for width in range(1, 50):
        assert saturation(np.array([width, 2 * width, 4 * width]), np.ones(3), 0.95).flat
    between = np.array([1, 3, 10, 30, 100])  # 25 and 50 are no widths of the grid
    assert saturation(between, np.log2(between), 0.95) == (False, False)


def test_saturation_where_widths_diverged():
    widths = np.array([1, 2, 4, 8])
    assert saturation(widths, np.array([0.5, 1.0, -np.inf, -np.inf]), 0.95) == (True, False)
    assert saturation(widths, np.array([0.5, 1.0, 1.0, -np.inf]), 0.95) == (True, False)
    assert saturation(widths, np.array([0.5, 1.0, -np.inf, 1.1]), 0.95) == (False, False)
    assert saturation(widths, np.array([0.5, -np.inf, 1.0, 1.1]), 0.95) == (False, False)


GRIDS = {
    32: [(1, 2, 4, 8, 16, 32)],
    100: [(1, 2, 4, 8, 16, 32, 64, 100), (1, 2, 8, 32, 100)],
    400: [(1, 2, 5, 10, 20, 50, 100, 200, 400), (1, 3, 10, 30, 100, 200, 400)],
}
SATURATING = {
    "exponential": lambda n: 1 - np.exp(-n / 8),
    "sigmoid": lambda n: n**2 / (n**2 + 25),
    "flat from 10 on": lambda n: np.log2(np.minimum(n, 10)),
}


def finite_widths(curve, grids, noises, seeds, cases):
    """The share of simulated curves with a finite gain width; half of them have noise that is common to a seed's widths."""
    rng, found = np.random.default_rng(0), []
    for grid in grids:
        widths = np.array(grid)
        clean = curve(widths.astype(float))
        for noise in noises:
            for case in range(cases):
                shape = (len(widths) if case % 2 else 1, seeds)
                scores = clean[:, None] / clean.max() + rng.normal(0, noise, shape)
                found.append(np.isfinite(gain_width(widths, scores, 0.0, resamples=100).estimate))
    return np.mean(found)


@pytest.mark.parametrize("seeds", [6, 32])
def test_a_curve_without_an_end_has_no_gain_width(seeds):
    """What the docstring promises, in short: a score linear in log2(width) is hardly ever said to saturate."""
    for last, grids in GRIDS.items():
        assert finite_widths(np.log2, grids, (0, 0.02, 0.05), seeds, 12) <= 0.05, last


@pytest.mark.parametrize("curve", SATURATING.values(), ids=SATURATING)
@pytest.mark.parametrize("seeds", [6, 32])
def test_a_curve_that_saturates_has_a_gain_width(curve, seeds):
    assert finite_widths(curve, GRIDS[100], (0, 0.02, 0.05), seeds, 12) >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [6, 9])
def test_the_promised_rates_hold_where_they_are_worst(seeds):
    """All noise independent and 5 % of the gain; three standard errors are allowed for."""
    rng = np.random.default_rng(1)
    cases = 400
    for grid, curve, least, most in (
        *((grid, np.log2, 0, 0.04) for grid in GRIDS[400]),
        *((grid, curve, 0.92, 1) for grid in GRIDS[100] for curve in SATURATING.values()),
    ):
        widths = np.array(grid)
        clean = curve(widths.astype(float))[:, None]
        noisy = (clean / clean.max() + rng.normal(0, 0.05, (len(widths), seeds)) for _ in range(cases))
        share = np.mean([np.isfinite(gain_width(widths, one, 0.0, resamples=100).estimate) for one in noisy])
        error = np.sqrt(0.05 * 0.95 / cases)
        assert least - 3 * error <= share <= most + 3 * error


def test_infinite_values_keep_their_place():
    values = np.array([[1.0, 2.0, 3.0, np.inf], [1.0, np.inf, np.inf, np.inf], [np.nan, 1.0, 2.0, 3.0]])
    low, middle, high = quartiles_of(values, axis=1)
    np.testing.assert_allclose(middle, [2.5, np.inf, 2.0])
    np.testing.assert_allclose(low, [1.75, np.inf, 1.5])
    np.testing.assert_allclose(high, [np.inf, np.inf, 2.5])
    np.testing.assert_allclose(quartiles_of(-values, axis=1).median, [-2.5, -np.inf, -2.0])


@given(st.data())
def test_the_half_width_is_that_of_a_fit_run_to_convergence(data):
    """By another library, to its last digit, on samples with and without an overlap of outcomes."""
    widths = np.array(sorted(data.draw(st.sets(st.integers(1, 200), min_size=2, max_size=8))))
    trials = np.array(data.draw(st.lists(st.integers(1, 40), min_size=len(widths), max_size=len(widths))))
    wins = np.array([data.draw(st.integers(0, int(n))) for n in trials])
    if not wins.any() or (wins == trials).all():
        return
    x = np.log2(widths)
    fit = LogisticRegression(C=100.0, tol=1e-12, max_iter=10_000, solver="newton-cholesky").fit(
        np.tile(x, 2)[:, None],
        np.repeat([1, 0], len(x)),
        sample_weight=np.concatenate([wins, trials - wins]),
    )
    intercept, slope = logistic_fits(x, wins[None], trials[None])
    assert slope[0] == pytest.approx(fit.coef_[0, 0], rel=1e-5, abs=1e-7)
    if slope[0] > 0.05:
        half = np.exp2(-intercept[0] / slope[0])
        assert half == pytest.approx(np.exp2(-fit.intercept_[0] / fit.coef_[0, 0]), rel=1e-4)


def test_seeds_that_never_ran_tell_nothing():
    """A seed of another part of the grid has no member here: it is not drawn again, and no warning is printed."""
    widths, ran = np.array([2, 8, 32]), np.zeros((3, 4), bool)
    ran[:, 3] = True
    success = ran & (widths[:, None] > 4)
    alone = half_width(widths, success[:, 3:], ran[:, 3:])
    assert half_width(widths, success, ran) == alone
    assert np.isnan(half_width(widths, success & False, ran & False).estimate)
