"""The best learning rate between those that were tried, and its shift with width."""

import numpy as np
import pytest

from nlpfeat.stats.best_rates import best_rates, bound, describe_rate, describe_shift, vertex
from nlpfeat.stats.intervals import Interval

RATES = np.geomspace(1e-4, 1e-1, 7)
LOGS = np.log(RATES)


def parabola(best, bend=0.05):
    return 0.9 - bend * (LOGS - np.log(best)) ** 2


@pytest.mark.parametrize("best", [5e-4, 1e-3, 2.4e-3, 3e-2])
def test_the_vertex_of_a_parabola_is_found_between_rates(best):
    assert np.exp(vertex(LOGS, parabola(best))) == pytest.approx(best)


def test_a_cliff_beyond_the_best_is_no_part_of_it():
    scores = parabola(1e-2)
    scores[5:] = 0.0  # the place after the best, 4, and what follows
    assert LOGS[3] <= vertex(LOGS, scores) <= LOGS[4]
    scores[5:] = -np.inf
    assert np.isfinite(vertex(LOGS, scores))
    scores = parabola(1e-2)
    scores[6] = -50.0  # two places away, where training diverges
    assert np.exp(vertex(LOGS, scores)) == pytest.approx(1e-2)


def test_at_the_end_it_is_a_bound():
    assert bound(parabola(1.0)) == "≥"
    assert vertex(LOGS, parabola(1.0)) == LOGS[-1]
    assert bound(parabola(1e-6)) == "≤"
    assert bound(parabola(1e-3)) == ""


def test_equal_scores():
    """A plateau has its best rate in the middle; where all are equal, nothing is known."""
    plateau = np.array([0.1, 0.5, 1.0, 1.0, 1.0, 0.5, 0.1])
    assert vertex(LOGS, plateau) == pytest.approx(LOGS[3])
    for scale in (1e-6, 0.3, 7.0):  # processors round the fit to equal scores otherwise
        assert vertex(LOGS, scale * plateau) == pytest.approx(LOGS[3])
    assert vertex(LOGS, 1 - 1e-3 * (LOGS - LOGS[3]) ** 2) == pytest.approx(LOGS[3])
    assert np.isnan(vertex(LOGS, np.zeros(7)))
    assert bound(np.zeros(7)) == ""
    assert np.isnan(vertex(LOGS, np.full(7, -np.inf)))


def grid(slope, noise, seeds=16, widths=(4, 16, 64)):
    rng = np.random.default_rng(1)
    found = np.stack([parabola(5e-3 * (width / 16) ** slope) for width in widths])
    return np.array(widths), found[..., None] + noise * rng.standard_normal((*found.shape, seeds))


def test_the_shift_with_width_is_recovered():
    widths, scores = grid(-0.5, 0.01)
    found = best_rates(widths, RATES, scores)
    assert found.slope.low < -0.5 < found.slope.high
    assert found.slope.estimate == pytest.approx(-0.5, abs=0.1)
    assert found.shift.estimate == pytest.approx(16**found.slope.estimate)
    assert found.shift.low < 1 / 4 < found.shift.high
    assert [rate.low < rate.estimate < rate.high for rate in found.best] == [True] * 3
    falling = best_rates(widths, RATES, -scores, falling=True)
    np.testing.assert_allclose(falling.medians, -found.medians)
    assert falling.best == found.best


def test_errors_that_span_decades_are_fitted_by_their_logarithms():
    """Beyond the best rate the error explodes, yet the parabola is that of its logarithm."""
    errors = np.exp(0.3 * (LOGS - np.log(2e-3)) ** 2)
    assert errors.max() > 50 * errors.min()
    found = best_rates(np.array([4]), RATES, errors[None, :, None] * np.ones(8), falling=True)
    assert found.best[0].estimate == pytest.approx(2e-3)
    np.testing.assert_allclose(found.medians[0], errors)


def test_a_wider_spread_of_seeds_widens_the_interval():
    lengths = []
    for noise in (0.005, 0.05):
        widths, scores = grid(0.0, noise)
        low, _, high = best_rates(widths, RATES, scores).slope
        lengths.append(high - low)
    assert lengths[1] > 2 * lengths[0]


def test_bounds_take_no_part_in_the_slope_and_few_seeds_give_no_interval():
    widths, scores = grid(-0.5, 0.0, seeds=3)
    scores[2] = parabola(1e-6)[:, None]
    found = best_rates(widths, RATES, scores)
    assert found.bounds == ["", "", "≤"]
    assert found.slope.estimate == pytest.approx(-0.5)
    assert found.shift.estimate == pytest.approx(4**-0.5)
    assert np.isnan(found.slope.low)
    assert "from width 4 to 16: factor 0.5" in describe_shift(found)
    scores[1] = scores[2]
    assert np.isnan(best_rates(widths, RATES, scores).slope.estimate)
    assert "unknown" in describe_shift(best_rates(widths, RATES, scores))


def test_in_words():
    assert describe_rate(Interval(0.0098, 0.0123, 0.016), "", RATES) == "0.012 (0.0098–0.016)"
    assert describe_rate(Interval(np.nan, 0.0123, np.nan), "", RATES) == "0.012"
    assert describe_rate(Interval(0.1, 0.1, 0.1), "≥", RATES) == "≥ 0.1"
    assert describe_rate(Interval(np.nan, np.nan, np.nan), "", RATES) == "–"
