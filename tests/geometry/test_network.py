import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.geometry.network import LINEAR, Layer, Network, mlp, negative_slope_of, slice_plane
from nlpfeat.geometry.regions import count_regions, linear_regions
from tests.geometry.nets import random_net


def test_forward_is_that_of_jax():
    net = random_net(0, (7, 5), outputs=3, negative_slope=0.1)
    x = np.random.default_rng(1).standard_normal((50, 2))
    h = jnp.asarray(x)
    for weight, bias, slope in net.layers:
        h = h @ weight.T + bias[None]
        h = jax.nn.leaky_relu(h, slope) if slope != LINEAR else h
    np.testing.assert_allclose(net(x), h, atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "slope"),
    [
        (jax.nn.relu, 0.0),
        (jax.nn.leaky_relu, 0.01),
        (lambda x: jax.nn.leaky_relu(x, 0.3), 0.3),
        (lambda x: x, 1.0),
        (0.25, 0.25),
        (np.float32(0.5), 0.5),
        (abs, -1.0),
        (lambda x: np.where(x > 0, x, x / 3), 1 / 3),
    ],
)
def test_slope_of_what_is_piecewise_linear(activation, slope):
    assert negative_slope_of(activation) == slope


@pytest.mark.parametrize(
    "activation",
    [
        lambda x: np.clip(x, 0, 20),
        lambda x: np.where(x > 0.1, x, 0),
        lambda x: np.maximum(x, 0) + 1e-7,
        lambda x: 1.0,
        lambda x: x[:3],
        math.tanh,
        np.inf,
        jax.nn.tanh,
        jax.nn.gelu,
        jax.nn.softplus,
        jax.nn.relu6,
        jax.nn.hard_tanh,
        "relu",
        None,
        float("nan"),
        True,
    ],
)
def test_other_activations_are_refused(activation):
    with pytest.raises(ValueError, match=r"slope|ReLU"):
        mlp([np.eye(2), np.eye(2)], [np.zeros(2)] * 2, activation)


@pytest.mark.parametrize(
    ("weights", "biases", "words"),
    [
        ([], [], "at least one layer"),
        ([np.eye(2)], [], "one bias per layer"),
        ([np.full((3, 2), np.nan)], [np.zeros(3)], "layer 1: the weight contains NaN"),
        ([np.ones((3, 2))], [np.array([0, np.inf, 0])], "layer 1: the bias contains NaN or infinity"),
        ([np.ones((2, 3))], [np.zeros(3)], "transpose"),
        ([np.ones((3, 2)), np.ones((1, 4))], [np.zeros(3), np.zeros(1)], "layer 2 takes 4 inputs"),
        ([np.ones((0, 2))], [np.zeros(0)], "layer 1"),
        ([np.ones((3, 2)) * 1j], [np.zeros(3)], "real numbers"),
        ([[[1, 2], [3]]], [np.zeros(2)], "real numbers"),
        ([[["a", "b"]]], [np.zeros(1)], "real numbers"),
        ([np.full((1, 2), 2**60 + 1)], [np.zeros(1)], "not exact"),
        ([np.full((1, 2), 1e-170)], [np.zeros(1)], "1e±60"),
    ],
)
def test_bad_layers_are_refused(weights, biases, words):
    with pytest.raises(ValueError, match=words):
        mlp(weights, biases)


@pytest.mark.parametrize("inputs", [1, 3])
def test_other_input_dimensions_need_a_plane(inputs):
    net = mlp([np.ones((4, inputs))], [np.zeros(4)])
    for function in (linear_regions, count_regions):
        with pytest.raises(ValueError, match=f"takes {inputs} inputs.*slice_plane"):
            function(net, 1.0)


@pytest.mark.parametrize(
    "box",
    [
        0.0,
        -1.0,
        (1, 0, 0, 1),
        (0, 0, 1, 0),
        (0, 0, 1),
        np.nan,
        np.inf,
        (0, 0, np.inf, 1),
        "a",
        None,
        1j,
        1e300,
        (1e16, 0, 1e16 + 2, 1),
    ],
)
def test_empty_boxes_are_refused(box):
    with pytest.raises(ValueError, match="box"):
        linear_regions(random_net(0, (3,)), box)


def test_activations_that_overflow_are_refused():
    net = mlp([np.full((1, 2), 1e59)] * 1 + [np.full((1, 1), 1e59)] * 4, [np.zeros(1)] * 5)
    with pytest.raises(ValueError, match="overflow"):
        linear_regions(net, 1.0)


def test_float32_weights_are_exact():
    weight = np.array([[0.1, 0.7]], np.float32)
    net = Network((Layer(weight, np.array([0.3], np.float32)),))
    assert net.layers[0].weight.dtype == np.float64
    assert net.layers[0].weight[0, 0] == float(np.float32(0.1)) != 0.1


def test_a_slice_is_the_net_on_the_plane():
    rng = np.random.default_rng(0)
    net = mlp(
        [rng.standard_normal((6, 5)), rng.standard_normal((3, 6))], [rng.standard_normal(6), np.zeros(3)]
    )
    origin, directions = rng.standard_normal(5), rng.standard_normal((2, 5))
    cut = slice_plane(net, origin, directions)
    st = rng.standard_normal((40, 2))
    np.testing.assert_allclose(cut(st), net(origin + st @ directions), atol=1e-12)
    regions = linear_regions(cut, 2.0)
    patterns = {tuple(row) for row in regions.patterns()}
    inside = rng.uniform(-2, 2, (500, 2))
    on = (origin + inside @ directions) @ net.layers[0].weight.T + net.layers[0].bias >= 0
    assert {tuple(row) for row in on} <= patterns


@pytest.mark.parametrize(
    ("origin", "directions", "words"),
    [
        (np.zeros(4), np.eye(5)[:2], "needs an origin"),
        (np.zeros(5), np.ones((2, 5)), "span no plane"),
        (np.full(5, np.nan), np.eye(5)[:2], "NaN"),
    ],
)
def test_bad_planes_are_refused(origin, directions, words):
    net = mlp([np.ones((6, 5))], [np.zeros(6)])
    with pytest.raises(ValueError, match=words):
        slice_plane(net, origin, directions)


def test_units_are_active_where_their_sum_is_positive():
    """Of three units, one is active at one point, one at none, one at all; a linear layer has no such units."""
    weights = [np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]]), np.ones((1, 3))]
    biases = [np.array([-1.5, -0.5, 1.0]), np.zeros(1)]
    points = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]])
    active = mlp(weights, biases).active(points)
    assert active.tolist() == [[False, False, True], [False, False, True], [True, False, True]]
    assert (~active).all(0).sum() == 1  # dead
    assert mlp(weights, biases, activation=1.0).active(points).shape == (3, 0)
