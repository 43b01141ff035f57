"""Members that are made side by side are those made alone."""

import jax
import numpy as np
import pytest

from nlpfeat.sweeps.members import MOST_AT_ONCE, stack_settings, tree_index
from nlpfeat.sweeps.plan import all_members
from tests.toys import factory_of, toy, with_grid

WIDTHS, SEEDS = (2, 5, 8), tuple(range(7))  # 21 members, more than one call makes


@pytest.mark.parametrize("name", ["spirals", "char_rnn", "ratings_bayes"])
def test_in_any_company_to_the_bit(name):
    """Data, first weights and what a model puts in their place: in two calls, the second one filled up, or by itself."""
    spec = with_grid(toy(name), width=WIDTHS, seed=SEEDS)
    factory = factory_of(spec)
    settings = stack_settings(spec.settings, all_members(spec))
    made = factory.new_members(settings, max(WIDTHS))
    assert len(made) == len(WIDTHS) * len(SEEDS) > MOST_AT_ONCE
    for i in (0, MOST_AT_ONCE - 1, MOST_AT_ONCE, len(made) - 1):
        alone = factory.new_member(tree_index(settings, i), max(WIDTHS))
        jax.tree.map(np.testing.assert_array_equal, made[i], alone)
        jax.tree.map(np.testing.assert_array_equal, factory.splits(tree_index(settings, i)), alone.splits)
