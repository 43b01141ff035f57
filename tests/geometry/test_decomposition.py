import numpy as np
import pytest

from nlpfeat.geometry.decomposition import decompose
from nlpfeat.geometry.network import Layer


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 3), (2, 5), (5, 2), (1, 4), (4, 1), (7, 7)], ids=str)
@pytest.mark.parametrize("rank", [0, 1, 9])
def test_the_steps_recompose(shape, rank, seed):
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal(shape)
    if rank < min(shape):
        u, s, v = np.linalg.svd(weight, full_matrices=False)
        s[rank:] = 0
        weight = u @ np.diag(s) @ v
    steps = decompose(Layer(weight, rng.standard_normal(shape[0]), 0.1))
    np.testing.assert_allclose(steps.weight, weight, atol=1e-12)
    for turn in (steps.right, steps.left):
        np.testing.assert_allclose(turn @ turn.T, np.eye(len(turn)), atol=1e-12)
        assert np.linalg.det(turn) == pytest.approx(1)
    values = np.diag(steps.scaling)
    assert (values >= 0).all()
    assert (np.diff(values) <= 1e-12).all()
    mirrored = shape[0] == shape[1] and rank >= shape[0] and np.linalg.det(weight) < 0
    assert np.linalg.det(steps.reflection) == (-1 if mirrored else 1)
    rows = steps.right[:-1] if shape[0] >= shape[1] else steps.right[:0]
    assert (rows[np.arange(len(rows)), np.abs(rows).argmax(1)] > 0).all()


def test_signs_are_canonical():
    """The same matrix by way of other singular vectors, or in another layer, has the same steps."""
    weight = np.array([[1.0, 2], [-3, 0.5]])
    first = decompose(Layer(weight, np.zeros(2)))
    again = decompose(Layer(np.asfortranarray(weight), np.ones(2), 0.5))
    np.testing.assert_allclose(first.right, again.right, atol=1e-14)
    np.testing.assert_allclose(first.left, again.left, atol=1e-14)


def test_a_known_layer():
    steps = decompose(Layer(np.array([[0.0, 2], [3, 0]]), np.zeros(2)))
    np.testing.assert_allclose(steps.right, np.eye(2), atol=1e-15)
    np.testing.assert_allclose(steps.scaling, np.diag([3, 2]))
    np.testing.assert_allclose(steps.reflection, np.diag([1, -1]))
    np.testing.assert_allclose(steps.left, [[0, -1], [1, 0]], atol=1e-15)
