"""Power laws above a floor: planted ones are found again."""

import numpy as np
import pytest

from nlpfeat.stats.intervals import MIN_SEEDS
from nlpfeat.stats.power_laws import power_law

SIZES = np.repeat([2, 4, 8, 16, 32, 64, 128, 256], 6)
SEEDS = np.tile(np.arange(6), 8)

PLANTED = pytest.mark.parametrize(
    ("floor", "scale", "exponent"), [(1.8, 60.0, 0.47), (0.5, 3.0, 1.0), (1.2, 4.0, 0.3)]
)


@PLANTED
def test_a_planted_law_is_found(floor, scale, exponent):
    clean = floor + scale * SIZES**-exponent
    exact = power_law(SIZES, clean, SEEDS, resamples=20)
    assert exact.exponent.estimate == pytest.approx(exponent, rel=0.01)
    assert exact.floor.estimate == pytest.approx(floor, rel=0.02)
    np.testing.assert_allclose(exact.at(SIZES.astype(float)), clean, rtol=1e-3)


@pytest.mark.slow
@PLANTED
def test_the_interval_holds_a_planted_law(floor, scale, exponent):
    rng = np.random.default_rng(0)
    clean = floor + scale * SIZES**-exponent
    held = 0
    for _ in range(40):
        noisy = clean * (1 + 0.01 * rng.normal(size=len(SIZES)))
        low, middle, high = power_law(SIZES, noisy, SEEDS, resamples=100).exponent
        assert low <= middle <= high
        held += low <= exponent <= high
    assert held >= 28  # of six seeds an interval of 95 % holds the truth in some 86 %


def test_too_few_sizes_and_a_loss_that_rises_have_no_law():
    assert power_law(np.array([2, 4, 8, 8]), np.array([3.0, 2, 1, 1]), np.arange(4)) is None
    assert power_law(SIZES, np.log(SIZES), SEEDS, resamples=10) is None
    gaps = np.where(SIZES > 8, np.nan, 1.0)
    assert power_law(SIZES, gaps, SEEDS) is None


def test_seeds_are_resampled_not_members():
    """A shift that a seed has at all its sizes is one observation, not sixteen: the floor is known less well."""
    rng, ratios = np.random.default_rng(0), []
    sizes, seeds = np.repeat(2.0 ** np.arange(1, 17), 6), np.tile(np.arange(6), 16)
    for _ in range(5):
        shift, own = rng.normal(size=6)[seeds], rng.normal(size=len(sizes))
        loss = 1.2 + 4.0 / sizes + 0.05 * shift + 0.005 * own
        by_seed = power_law(sizes, loss, seeds, resamples=150).floor
        by_member = power_law(sizes, loss, np.arange(len(sizes)), resamples=150).floor
        assert by_seed.estimate == by_member.estimate
        ratios.append((by_seed.high - by_seed.low) / (by_member.high - by_member.low))
    assert min(ratios) > 1.5, ratios


def test_few_seeds_give_no_interval():
    """Seeds whose members all diverged are none."""
    rng = np.random.default_rng(0)
    loss = (1.2 + 4.0 * SIZES**-0.8) * (1 + 0.01 * rng.normal(size=len(SIZES)))
    few = SEEDS < MIN_SEEDS - 1
    alone = power_law(SIZES[few], loss[few], SEEDS[few], resamples=20)
    assert np.isfinite([each.estimate for each in alone]).all()
    assert np.isnan([(each.low, each.high) for each in alone]).all()
    np.testing.assert_array_equal(power_law(SIZES, np.where(few, loss, np.inf), SEEDS, resamples=20), alone)
