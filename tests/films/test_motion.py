"""How points move: what starts as the input ends as the forward pass."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.films.motion import Bend, Rotate, Scale, Shift, ease, interpolate, steps, undrawable, walk
from nlpfeat.geometry.network import Layer, Network
from tests.geometry.nets import random_net

POINTS = np.random.default_rng(0).uniform(-1, 1, (50, 2))


@given(st.integers(0, 10_000), st.integers(1, 7), st.sampled_from([0.0, 0.01, 0.5]), st.integers(0, 2))
@settings(max_examples=60, deadline=None)
def test_all_steps_together_are_the_forward_pass(seed, depth, slope, integers):
    net = random_net(seed, [2] * depth, outputs=3, negative_slope=slope, integers=integers)
    path = steps(net)
    expected = net.until(depth)(POINTS)
    np.testing.assert_allclose(
        walk(POINTS, path, len(path)), expected, atol=1e-6 * max(1, np.abs(expected).max())
    )
    assert [step.layer for step in path] == sorted(step.layer for step in path)


def test_each_layer_ends_where_its_layer_does():
    net = random_net(5, [2, 2, 2], outputs=4, negative_slope=0.2)
    path = steps(net)
    for number in (1, 2, 3):
        position = sum(step.layer <= number for step in path)
        np.testing.assert_allclose(walk(POINTS, path, position), net.until(number)(POINTS), atol=1e-12)


@pytest.mark.parametrize("move", [Rotate(2.0), Scale((3.0, -0.5)), Shift((1.0, -2.0)), Bend(0.1)])
def test_moves_begin_with_nothing_and_are_continuous(move):
    np.testing.assert_array_equal(move(POINTS, 0.0), POINTS)
    for t in (0.0, 0.3, 0.999):
        assert np.abs(move(POINTS, t + 1e-4) - move(POINTS, t)).max() < 1e-3


def test_moves_are_what_they_are_called():
    turned = Rotate(np.pi / 2)(np.array([[1.0, 0.0]]), 1.0)
    np.testing.assert_allclose(turned, [[0.0, 1.0]], atol=1e-15)
    np.testing.assert_allclose(Rotate(np.pi / 2)(np.array([[1.0, 0.0]]), 0.5), [[0.5**0.5, 0.5**0.5]])
    np.testing.assert_allclose(Bend(0.1)(np.array([[-1.0, 2.0]]), 1.0), [[-0.1, 2.0]])
    np.testing.assert_allclose(Scale((1.0, -1.0))(np.array([[3.0, 2.0]]), 0.5), [[3.0, 0.0]])


def test_a_reflection_is_a_step_only_where_the_determinant_is_negative():
    head = Layer(np.ones((2, 2)), np.zeros(2), 1.0)
    for matrix, signs in (([[2, 0], [0, 1]], "Vᵀ Σ U + b"), ([[0, 1], [1, 0]], "Vᵀ Σ ± U + b")):
        path = steps(Network((Layer(np.array(matrix, float), np.zeros(2), 1.0), head)))
        assert " ".join(step.sign for step in path) == signs


def test_layers_that_cannot_be_drawn_are_named():
    net = random_net(0, [3, 2, 2], outputs=3)
    assert undrawable(net) == [1, 2]
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        steps(net)


def test_interpolation_and_ease():
    images = POINTS[::-1] * 3
    np.testing.assert_array_equal(interpolate(POINTS, images, 0.0), POINTS)
    np.testing.assert_array_equal(interpolate(POINTS, images, 1.0), images)
    np.testing.assert_allclose(interpolate(POINTS, images, 0.25), 0.75 * POINTS + 0.25 * images)
    assert (ease(0.0), ease(0.5), ease(1.0)) == (0.0, 0.5, 1.0)
