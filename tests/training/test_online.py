"""Trask's rule in blocks, against the notebook's own loop written out, and against autodiff."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from nlpfeat.data.core import Examples
from nlpfeat.data.text.bags import bags
from nlpfeat.data.text.bags import batch as fetch
from nlpfeat.models import sentiment_net
from nlpfeat.models.sentiment_net import SentimentNet
from nlpfeat.tasks.bags import OnlineSettings
from nlpfeat.training.losses import half_squared_error
from nlpfeat.training.rules.online import MAX_BATCH, REVIEW_BY_REVIEW


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def notebook(inputs, wanted, readout, rate):
    """Dense inputs (n, vocabulary), one review at a time, W01 from zero, both layers from the values before the step."""
    hidden = np.zeros((inputs.shape[1], readout.shape[0]))
    right = 0
    for x, y in zip(inputs, wanted, strict=True):
        layer = x @ hidden
        chance = sigmoid(layer @ readout)
        delta = (chance - y) * chance * (1 - chance)
        right += (chance[0] >= 0.5) == y[0] if len(y) == 1 else chance.argmax() == y.argmax()
        hidden, readout = (
            hidden - rate * np.outer(x, readout @ delta),
            readout - rate * np.outer(layer, delta),
        )
    return hidden, readout, right


def as_bags(dense, counted):
    counts = csr_array(dense)
    return bags(counts, counts if counted else None, MAX_BATCH, len(dense))


def blocks(arrays, labels, params, size, member, steps):
    """The rule in blocks of `size`, pass after pass."""
    carry = {name: jnp.float32(0) for name in REVIEW_BY_REVIEW.counters}
    examples = Examples(np.arange(len(labels)), labels)
    for step in range(steps):
        index = jnp.arange(step * size, (step + 1) * size) % len(labels)
        params, carry = REVIEW_BY_REVIEW.step(
            params, carry, fetch(arrays, examples, index), member, member.learning_rate
        )
    return params, carry


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(
    st.integers(2, 4),
    st.integers(1, 7),
    st.integers(1, MAX_BATCH),
    st.booleans(),
    st.floats(0.001, 0.5),
    st.integers(0, 10**6),
)
def test_blocks_are_the_notebooks_loop(classes, width, size, counted, rate, seed):
    rng = np.random.default_rng(seed)
    count, vocabulary, steps = 23, 15, 3
    dense = rng.integers(0, 3, (count, vocabulary)) * (rng.random((count, vocabulary)) < 0.4)
    dense = dense.astype(float) if counted else (dense > 0).astype(float)
    labels = rng.integers(0, classes, count).astype(np.int32)
    outputs = sentiment_net.outputs(classes)
    wanted = labels[:, None].astype(float) if outputs == 1 else np.eye(classes)[labels]
    member = OnlineSettings(width=width, seed=seed, learning_rate=rate)
    blank = {
        "along": np.zeros((vocabulary, outputs), np.float32),
        "first": np.zeros((width + 2, outputs), np.float32),
        "readout": np.eye(outputs, dtype=np.float32),
    }
    params = sentiment_net.init_override(blank, member)
    order = np.arange(steps * size) % count
    first = params["first"][:width].astype(float)
    hidden, readout, right = notebook(dense[order], wanted[order], first, rate)
    params, carry = blocks(as_bags(dense, counted), labels, params, size, member, steps)
    np.testing.assert_allclose(
        sentiment_net.word_vectors(params, member, None)[:, :width], hidden, atol=2e-5, rtol=2e-4
    )
    np.testing.assert_allclose(first @ params["readout"], readout, atol=2e-5, rtol=2e-4)
    assert carry["seen"] == len(order)
    assert abs(carry["right"] - right) <= (abs(hidden).max() > 50)  # equal, but where weights blow up


def test_a_step_is_gradient_descent_on_the_loss_in_the_nets_own_weights():
    """Autodiff of the plain net x W01 W12, one document."""
    rng = np.random.default_rng(0)
    width, vocabulary = 4, 9
    hidden, readout = rng.normal(size=(vocabulary, 1)), rng.normal(size=(width, 1))
    x = (rng.random((1, vocabulary)) < 0.5).astype(np.float32)

    def loss(weights):
        first, second = weights
        return half_squared_error({"output": x @ first @ second}, jnp.array([1]))[0]

    weights = jnp.asarray(hidden @ readout.T, jnp.float32), jnp.asarray(readout, jnp.float32)
    gradient = jax.grad(loss)(weights)
    params = {
        "along": hidden.astype(np.float32),
        "first": readout.astype(np.float32),
        "readout": np.eye(1, dtype=np.float32),
    }
    member = OnlineSettings(width=width, learning_rate=0.3)
    after, _ = blocks(as_bags(x.astype(float), counted=False), np.array([1], np.int32), params, 1, member, 1)
    moved = sentiment_net.word_vectors(after, member, None), readout @ np.asarray(after["readout"])
    for new, old, slope in zip(moved, weights, gradient, strict=True):
        np.testing.assert_allclose(new, old - 0.3 * slope, rtol=1e-4, atol=1e-6)


def test_the_first_weights_are_the_notebooks():
    """np.random.seed(1); np.random.normal(0, 1, (10, 1))."""
    blank = {"along": None, "readout": None, "first": np.zeros((12, 1), np.float32)}
    first = sentiment_net.init_override(blank, OnlineSettings(width=10, seed=1))["first"][:, 0]
    golden = [1.62434536, -0.61175641, -0.52817175, -1.07296862, 0.86540763, -2.3015387, 1.74481176]
    np.testing.assert_allclose(first[:7], golden, rtol=1e-6)
    assert (first[10:] == 0).all()


@pytest.mark.parametrize("classes", [2, 3])
def test_the_net_is_x_w01_w12(classes):
    rng = np.random.default_rng(1)
    outputs, width = sentiment_net.outputs(classes), 5
    dense = (rng.random((6, 8)) < 0.5).astype(float)
    params = {
        "along": rng.normal(size=(8, outputs)).astype(np.float32),
        "first": rng.normal(size=(width, outputs)).astype(np.float32),
        "readout": rng.normal(size=(outputs, outputs)).astype(np.float32),
    }
    member = OnlineSettings(width=width)
    bag = fetch(as_bags(dense, counted=False), Examples(np.arange(6), np.zeros(6, np.int32)), None).inputs
    trace = SentimentNet(width, outputs, 8).apply({"params": params}, bag, member)
    hidden = sentiment_net.word_vectors(params, member, None)
    np.testing.assert_allclose(trace["features"], dense @ hidden, atol=1e-5)
    expected = dense @ hidden @ (params["first"] @ params["readout"])
    np.testing.assert_allclose(trace["output"], expected, atol=1e-4)
    assert trace["scores"].shape == (6, classes)


def test_a_tie_is_the_second_class():
    """σ ≥ ½ means positive, as the notebook reads it."""
    assert sentiment_net.class_scores_of(jnp.zeros((1, 1))).argmax() == 1
    assert sentiment_net.class_scores_of(jnp.full((1, 1), -1e-3)).argmax() == 0
