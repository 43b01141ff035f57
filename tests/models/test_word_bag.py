"""Pooling by pieces is the dense product, alone and for many members, and so is its gradient."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.text.bags import Bag
from nlpfeat.models.word_bag import CHUNK, pool, scatter_add


def bag_of(rng, documents, vocabulary, length):
    """Distinct words with weights, and the same as a dense matrix."""
    words, weights = np.zeros((documents, length), np.int32), np.zeros((documents, length), np.float32)
    lengths, dense = (
        rng.integers(0, length + 1, documents).astype(np.int32),
        np.zeros((documents, vocabulary)),
    )
    for i, count in enumerate(lengths):
        words[i, :count] = rng.choice(vocabulary, count, replace=False)
        weights[i, :count] = rng.integers(1, 4, count)
        dense[i, words[i, :count]] = weights[i, :count]
    return Bag(words, weights, lengths), dense


@settings(max_examples=5, deadline=None)
@given(
    st.integers(1, 5),
    st.sampled_from([1, 7, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 3]),
    st.integers(0, 10**6),
)
def test_sparse_is_dense(documents, length, seed):
    rng = np.random.default_rng(seed)
    vocabulary, units = 200, 3
    bag, dense = bag_of(rng, documents, vocabulary, length)
    table = rng.normal(size=(vocabulary, units)).astype(np.float32)
    values = rng.normal(size=(documents, units)).astype(np.float32)
    np.testing.assert_allclose(pool(table, bag), dense @ table, atol=1e-3)
    np.testing.assert_allclose(scatter_add(table, bag, values), table + dense.T @ values, atol=1e-3)
    gradient = jax.grad(lambda t: (pool(t, bag) * values).sum())(jnp.asarray(table))
    np.testing.assert_allclose(gradient, dense.T @ values, atol=1e-3)


@pytest.mark.parametrize("own_documents", [True, False])
def test_many_members_are_each_alone(own_documents):
    rng = np.random.default_rng(0)
    tables = jnp.asarray(rng.normal(size=(3, 50, 2)), jnp.float32)
    made = [bag_of(rng, 4, 50, 40)[0] for _ in range(3)]
    if not own_documents:
        made = made[:1] * 3
    together = Bag(*(np.stack(parts) for parts in zip(*(bag[:3] for bag in made), strict=True)))
    axes, argument = (0, together) if own_documents else (None, made[0])
    found = jax.vmap(pool, (0, axes))(tables, argument)
    slope = jax.grad(lambda t: (jax.vmap(pool, (0, axes))(t, argument) ** 2).sum())(tables)
    for i, bag in enumerate(made):
        np.testing.assert_allclose(found[i], pool(tables[i], bag), rtol=1e-5, atol=1e-5)
        alone = jax.grad(lambda t, bag=bag: (pool(t, bag) ** 2).sum())(tables[i])
        np.testing.assert_allclose(slope[i], alone, rtol=1e-5, atol=1e-4)
