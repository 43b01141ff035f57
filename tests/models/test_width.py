"""Masked width: draws per unit, dropout per unit, cropping."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.errors import UserError
from nlpfeat.models.masking import Dropout, affine, crop, keep_mask, uniform_per_unit, unit_mask


@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=3),
    st.data(),
    st.integers(0, 2**31 - 1),
)
def test_a_draw_is_a_prefix_of_every_wider_one(shape, data, seed):
    axes = data.draw(st.sets(st.integers(0, len(shape) - 1), max_size=2))
    more = data.draw(st.integers(1, 5))
    wide = [length + more * (axis in axes) for axis, length in enumerate(shape)]
    key = jax.random.key(seed)
    narrow = uniform_per_unit(key, shape, sorted(axes))
    wider = uniform_per_unit(jax.random.clone(key), wide, sorted(axes))
    np.testing.assert_array_equal(narrow, wider[tuple(slice(n) for n in shape)])


def test_draws_are_uniform_and_independent():
    draws = np.asarray(uniform_per_unit(jax.random.key(0), (200, 300), [0, 1]))
    assert draws.min() >= -1
    assert draws.max() < 1
    assert draws.std() == pytest.approx(3**-0.5, rel=0.01)
    assert len(np.unique(draws)) > 0.99 * draws.size
    assert np.abs(np.corrcoef(draws) - np.eye(200)).max() < 0.35


def test_mask():
    assert unit_mask(4, 3).tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
def test_dropout_keeps_the_mean_and_drops_the_share(rate):
    x = jnp.ones((2000, 7))
    apply = jax.jit(
        lambda r: Dropout(swept=True).apply({}, x, r, train=True, rngs={"dropout": jax.random.key(0)})
    )
    dropped = np.asarray(apply(rate))
    assert (dropped == 0).mean() == pytest.approx(rate, abs=0.02)
    if rate < 1:
        assert dropped.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(Dropout(swept=True).apply({}, x, rate, train=False), x)


def test_dropout_is_the_same_at_every_width():
    def drop(units):
        return Dropout(swept=True).apply(
            {}, jnp.ones((5, units)), 0.5, train=True, rngs={"dropout": jax.random.key(1)}
        )

    np.testing.assert_array_equal(drop(3), drop(9)[:, :3])


@pytest.mark.parametrize("axis", [0, 1, 2, None])
def test_what_is_kept_is_drawn_per_unit(axis):
    key, shape = jax.random.key(7), (6, 11, 5)
    drawn = uniform_per_unit(key, shape, [] if axis is None else [axis])
    np.testing.assert_array_equal(keep_mask(key, shape, 0.3, axis), (drawn + 1) / 2 < 0.3)


def test_cropping_to_a_wider_shape_names_both():
    with pytest.raises(UserError, match=r"weight.*is 2 x 8, too narrow for 2 x 16"):
        crop({"weight": np.zeros((2, 8))}, {"weight": jax.ShapeDtypeStruct((2, 16), np.float32)})


@pytest.mark.parametrize("outputs", [1, 2, 8, 9, 40])
@pytest.mark.parametrize("inputs", [1, 2, 8, 9, 40])
def test_an_affine_layer_and_its_gradients_are_those_of_the_formula(inputs, outputs):
    """However few its inputs or outputs, and under vmap."""
    rng = np.random.default_rng(inputs + 100 * outputs)
    members, n = 3, 50
    shapes = ((outputs, inputs), (outputs,), (inputs, n))
    arguments = [rng.normal(size=(members, *shape)).astype(np.float32) for shape in shapes]
    weights = rng.normal(size=(outputs, n)).astype(np.float32)

    def plain(weight, bias, x):
        return weight @ x + bias[:, None]

    def gradients(layer):
        loss = lambda *given: (weights * jnp.tanh(layer(*given))).sum()  # noqa: E731
        return jax.vmap(jax.value_and_grad(loss, argnums=(0, 1, 2)))(*map(jnp.asarray, arguments))

    for found, expected in zip(
        jax.tree.leaves(gradients(affine)), jax.tree.leaves(gradients(plain)), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)
