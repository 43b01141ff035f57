"""Levels of success that a test part resolves from the best possible accuracy."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpfeat.errors import UserError
from nlpfeat.stats.resolution import points_needed, require_resolved, unresolved


def standard_error(level, points):
    return math.sqrt(level * (1 - level) / points)


@given(st.floats(0.01, 0.98), st.floats(0.005, 0.9))
def test_so_many_points_are_enough_and_one_less_is_not(level, gap):
    """By the inequality itself, which the number is solved from."""
    best = min(level + gap, 1.0)
    needed = points_needed(level, best)
    assert best - level >= 2 * standard_error(level, needed) * (1 - 1e-8)
    assert needed == 1 or best - level < 2 * standard_error(level, needed - 1)
    assert unresolved(level, needed, best) is None
    assert unresolved(level, needed - 1, best) is not None


def test_numbers_by_hand():
    assert points_needed(0.9) == 36
    assert points_needed(0.5) == 4
    assert points_needed(0.99) == 396
    assert points_needed(0.99, 0.9983) == 575  # 4 · .0099 / .0083²


def test_a_level_that_the_points_do_not_resolve_is_refused_in_one_line():
    with pytest.raises(
        UserError, match=r"level of 0\.99 takes 575 test points.*Bayes accuracy 0\.9983.*are 500"
    ):
        require_resolved(0.99, 500, 0.9983)
    with pytest.raises(UserError, match=r"takes 396 test points.*an accuracy of 1, and there are 200"):
        require_resolved(0.99, 200)
    require_resolved(0.99, 575, 0.9983)
    require_resolved(0.99, 396)
    for points in (200, 10**9):
        told = unresolved(0.999, points, 0.9983)
        assert told is not None
        assert "above the Bayes accuracy 0.9983" in told
        assert "\n" not in told


@pytest.mark.parametrize("level", [-0.1, 0.0, 1.0, 99.0, float("nan")])
def test_a_level_that_is_no_accuracy_is_refused(level):
    with pytest.raises(UserError, match="between 0 and 1"):
        require_resolved(level, 10**9)
    with pytest.raises(ValueError, match="must lie between"):
        points_needed(level)
