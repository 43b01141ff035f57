"""The gradient derived by hand, against autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.core.meta import unbox
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.text.bags import Bag
from nlpfeat.models.word_mean import WordMean, WordMeanSpec, hand_gradient, levels
from nlpfeat.tasks.bags import WordMeanSettings
from nlpfeat.training.losses import squared_error


@settings(max_examples=12, deadline=None)
@given(
    st.integers(1, 9),
    st.integers(1, 12),
    st.integers(1, 8),
    st.sampled_from([-1.0, 0.0, 1.0]),
    st.integers(0, 10**6),
)
def test_by_hand_is_autodiff_for_every_shape(words, vocabulary, units, target, seed):
    rng = np.random.default_rng(seed)
    one_hot = np.eye(vocabulary)[rng.integers(0, vocabulary, words)]
    table, reduction = rng.normal(size=(vocabulary, units)), rng.normal(size=units)

    def loss(table):
        return (target - jnp.tanh((one_hot @ table).mean(0) @ reduction)) ** 2

    with jax.enable_x64(True):
        expected = jax.grad(loss)(jnp.asarray(table))
    np.testing.assert_allclose(
        hand_gradient(one_hot, table, reduction, target), expected, rtol=1e-6, atol=1e-12
    )


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(st.integers(1, 6), st.integers(0, 2), st.booleans(), st.integers(0, 10**6))
def test_the_models_gradient_is_the_one_by_hand(units, label, learned, seed):
    """A document as a bag with counts, through the model and its loss."""
    rng = np.random.default_rng(seed)
    vocabulary, tokens = 7, rng.integers(0, 7, 5)
    ids, counts = np.unique(tokens, return_counts=True)
    bag = Bag(ids[None].astype(np.int32), counts[None].astype(np.float32), np.array([len(ids)], np.int32))
    module, member = (
        WordMean(units, 3, vocabulary, WordMeanSpec(init_scale=1.0, learned=learned)),
        WordMeanSettings(width=units),
    )
    params = unbox(module.init(jax.random.key(seed), bag, member)["params"])

    def loss(params):
        return squared_error(module.apply({"params": params}, bag, member), jnp.array([label]))[0]

    found = jax.grad(loss)(params)["words"]["table"]
    reduction = np.asarray(params["reduction"]["weight"][0]) if learned else np.ones(units)
    if learned:  # the essay's reduction has no bias
        params["reduction"]["bias"] = jnp.zeros(1)
        found = jax.grad(loss)(params)["words"]["table"]
    table = np.asarray(params["words"]["table"], np.float64)
    expected = hand_gradient(np.eye(vocabulary)[tokens], table, reduction, float(levels(3)[label]))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_three_labels_are_minus_one_zero_one():
    assert levels(3).tolist() == [-1, 0, 1]
    assert levels(2).tolist() == [-1, 1]
