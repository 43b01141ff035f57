"""Layers of sequence nets against second derivations in plain NumPy loops."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.core.meta import unbox
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.models.layers import (
    Convolution,
    Dense,
    Dropout,
    Embedding,
    Size,
    class_scores,
    convolve,
    convolve_at_once,
    max_pool,
)

LENGTHS = st.integers(1, 6)


def fixed(units):
    return Size(units, units, False)


def randomize(params, seed):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: rng.normal(size=leaf.shape).astype(np.float32), params)


def apply(module, seed, *inputs):
    params = randomize(unbox(module.init(jax.random.key(0), *inputs)["params"]), seed)
    return params, np.asarray(module.apply({"params": params}, *inputs))


@settings(max_examples=5, deadline=None)
@given(st.integers(1, 5), LENGTHS, st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_convolution_sums_over_its_reach(taps, length, inputs, filters, seed):
    x = np.random.default_rng(seed).normal(size=(2, length, inputs)).astype(np.float32)
    params, found = apply(Convolution(taps, fixed(inputs), fixed(filters)), seed, x)
    expected = np.zeros((2, length, filters))
    for n, t, tap in np.ndindex(2, length, taps):
        at = t + tap - (taps - 1) // 2
        if 0 <= at < length:
            expected[n, t] += x[n, at] @ params["weight"][tap]
    np.testing.assert_allclose(found, expected + params["bias"], atol=1e-5)


def test_convolution_is_that_of_the_library():
    """XLA's own, which is too slow inside loops on CPU."""
    x = np.random.default_rng(0).normal(size=(3, 11, 4)).astype(np.float32)
    params, found = apply(Convolution(4, fixed(4), fixed(6)), 1, x)
    theirs = jax.lax.conv_general_dilated(
        x, params["weight"], (1,), "SAME", dimension_numbers=("NHC", "HIO", "NHC")
    )
    np.testing.assert_allclose(found, np.asarray(theirs) + params["bias"], atol=1e-5)


def test_a_convolution_by_examples_is_that_of_all_at_once():
    """On a CPU one example after another, on other devices all at once: the same numbers, and the same gradients."""
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(5, 9, 3)), jnp.float32)
    weight = jnp.asarray(rng.normal(size=(4 * 3, 6)), jnp.float32)

    both = [
        jax.jit(jax.value_and_grad(lambda x, w, run=run: (run(x, w) ** 2).sum(), argnums=(0, 1)))(x, weight)
        for run in (partial(convolve, kernel_size=4), partial(convolve_at_once, kernel_size=4))
    ]
    for a, b in zip(*map(jax.tree.leaves, both), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@settings(max_examples=5, deadline=None)
@given(st.integers(4, 9), st.integers(1, 4), st.integers(0, 99))
def test_the_largest_of_some_positions(length, size, seed):
    x = np.random.default_rng(seed).normal(size=(2, length, 3)).astype(np.float32)
    expected = [[row[size * i : size * i + size].max(0) for i in range(length // size)] for row in x]
    np.testing.assert_array_equal(max_pool(jnp.asarray(x), size), np.array(expected, np.float32))


def test_dense_over_positions_and_units():
    x = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    params, found = apply(Dense((fixed(5), fixed(3)), fixed(4)), 2, x)
    expected = [[np.vdot(row, params["weight"][..., k]) for k in range(4)] for row in x]
    np.testing.assert_allclose(found, np.array(expected) + params["bias"], atol=1e-5)


def test_embedding_looks_up_and_drops_whole_words():
    words = np.array([[1, 2, 1], [3, 1, 2]])
    module = Embedding(4, fixed(5))
    params = randomize(unbox(module.init(jax.random.key(0), words, None, train=False)["params"]), 0)
    np.testing.assert_array_equal(
        module.apply({"params": params}, words, None, train=False), params["table"][words]
    )
    seen = set()
    for seed in range(20):
        rngs = {"dropout": jax.random.key(seed)}
        found = np.asarray(module.apply({"params": params}, words, 0.5, train=True, rngs=rngs))
        for word in (1, 2, 3):
            places = found[words == word]
            assert (places == places[0]).all()  # a word is dropped wherever it stands
            dropped = not places.any()
            np.testing.assert_allclose(places[0], 0 if dropped else 2 * params["table"][word], rtol=1e-6)
            seen.add((word, dropped))
    assert len(seen) == 6


def test_columns_are_dropped_whole():
    x = np.ones((4, 6, 30), np.float32)
    module = Dropout(shared=(1,))
    found = np.asarray(module.apply({}, x, 0.5, train=True, rngs={"dropout": jax.random.key(0)}))
    assert (found == found[:, :1]).all()
    assert set(np.unique(found)) == {0.0, 2.0}
    assert 0.3 < found.mean() / 2 < 0.7


def test_one_output_is_a_sigmoid():
    z = np.linspace(-3, 3, 7, dtype=np.float32)[:, None]
    shares = jax.nn.softmax(class_scores(z))
    np.testing.assert_allclose(shares[:, 1], 1 / (1 + np.exp(-z[:, 0])), rtol=1e-5)
    assert class_scores(np.zeros((2, 3), np.float32)).shape == (2, 3)


@pytest.mark.parametrize(("shape", "bound"), [((6, 4), (6 / 10) ** 0.5), ((50, 20, 30), (6 / 1030) ** 0.5)])
def test_weights_start_glorot_uniform(shape, bound):
    module = Dense(tuple(map(fixed, shape[:-1])), fixed(shape[-1]))
    params = unbox(module.init(jax.random.key(0), np.zeros((1, *shape[:-1]), np.float32))["params"])
    assert np.abs(params["weight"]).max() <= bound
    assert np.abs(params["weight"]).max() > 0.8 * bound
    assert not params["bias"].any()
