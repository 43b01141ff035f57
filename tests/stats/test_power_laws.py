"""Power laws above a floor: planted ones are found again."""

import numpy as np
import pytest

from nlpfeat.stats.power_laws import power_law

SIZES = np.repeat([2, 4, 8, 16, 32, 64, 128, 256], 3)


PLANTED = pytest.mark.parametrize(
    ("floor", "scale", "exponent"), [(1.8, 60.0, 0.47), (0.5, 3.0, 1.0), (1.2, 4.0, 0.3)]
)


@PLANTED
def test_a_planted_law_is_found(floor, scale, exponent):
    clean = floor + scale * SIZES**-exponent
    exact = power_law(SIZES, clean, resamples=20)
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
        low, middle, high = power_law(SIZES, noisy, resamples=100).exponent
        assert low <= middle <= high
        held += low <= exponent <= high
    assert held >= 30  # of 24 members an interval of 95 % holds the truth in 85 to 90 %


def test_too_few_sizes_and_a_loss_that_rises_have_no_law():
    assert power_law(np.array([2, 4, 8, 8]), np.array([3.0, 2, 1, 1])) is None
    assert power_law(SIZES, np.log(SIZES), resamples=10) is None
    gaps = np.where(SIZES > 8, np.nan, 1.0)
    assert power_law(SIZES, gaps) is None
