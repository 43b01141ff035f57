"""Data sets: their geometry, their freshness, and the order of batches."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.points import annulus, spirals
from nlpfeat.data.samplers import epoch_sampler
from nlpfeat.data.text import planted_words
from nlpfeat.tasks.points import SpiralSettings


@pytest.mark.parametrize("spec", [spirals.SPIRALS_2020, spirals.SPIRALS_2021, spirals.SpiralSpec(7, 11, 0.5)])
def test_spirals_without_noise_are_the_notebooks_formula(spec):
    """X[k, i] = r (sin θ, cos θ), θ = (2t + k) 2π/K: written out point by point."""
    (x, y), arm = spirals.spirals(spec, jax.random.key(0), 0.0)
    t = np.linspace(0, 1, spec.points)
    for k in range(spec.arms):
        mine = np.asarray(arm) == k
        radius = t * (1 - spec.inner_radius) + spec.inner_radius
        angle = (2 * t + k) * 2 * np.pi / spec.arms
        np.testing.assert_allclose(np.asarray(x)[mine], radius * np.sin(angle), atol=2e-6)
        np.testing.assert_allclose(np.asarray(y)[mine], radius * np.cos(angle), atol=2e-6)


def test_the_notebooks_radii():
    for spec, inner in ((spirals.SPIRALS_2020, 0.0), (spirals.SPIRALS_2021, 0.2)):
        (x, y), _ = spirals.spirals(spec, jax.random.key(1), 0.2)
        radius = np.hypot(x, y)
        assert radius.min() == pytest.approx(inner, abs=1e-6)
        assert radius.max() == pytest.approx(1.0, abs=1e-6)
    assert (spirals.SPIRALS_2020.arms, spirals.SPIRALS_2021.arms) == (3, 5)


def test_noise_is_gaussian_on_the_angle_in_radians():
    spec = spirals.SpiralSpec(arms=2, points=20000)
    (x, y), arm = spirals.spirals(spec, jax.random.key(2), 0.2)
    t = np.tile(np.linspace(0, 1, spec.points), 2)
    clean = (2 * t + np.asarray(arm)) * np.pi
    off = np.angle(np.exp(1j * (np.arctan2(x, y) - clean)))
    assert off.std() == pytest.approx(0.2, rel=0.02)
    assert abs(off.mean()) < 0.005


def test_train_and_test_are_fresh_draws_of_the_seed():
    def drawn(seed):
        return spirals.make_splits(spirals.SpiralSpec(points=30), SpiralSettings(seed=seed))

    first, again, other = drawn(0), drawn(0), drawn(1)
    np.testing.assert_array_equal(first["train"].inputs[0], again["train"].inputs[0])
    assert (first["train"].inputs[0] != first["test"].inputs[0]).any()
    assert (first["train"].inputs[0] != other["train"].inputs[0]).any()


def test_annulus_is_uniform_by_area_and_separated():
    (x, y), label = annulus.annulus(
        annulus.AnnulusSpec(points=20000, disc=0.4, inner_radius=0.6), jax.random.key(0)
    )
    radius, label = np.hypot(x, y), np.asarray(label)
    assert radius[label == 0].max() <= 0.4
    assert radius[label == 1].min() >= 0.6
    assert radius[label == 1].max() <= 1.0
    assert (radius[label == 0] < 0.4 / 2**0.5).mean() == pytest.approx(0.5, abs=0.02)
    assert (radius[label == 1] ** 2).mean() == pytest.approx((0.36 + 1) / 2, abs=0.01)


def test_a_disc_wider_than_the_ring_is_refused():
    with pytest.raises(ValueError, match="must be smaller than inner_radius"):
        annulus.AnnulusSpec(disc=0.7)


def test_planted_words():
    spec = planted_words.PlantedWordsSpec(documents=3000, density=0.3, purity=0.8)
    bag, label = planted_words.planted_words(spec, jax.random.key(0))
    words, label, present = np.asarray(bag.words), np.asarray(label), np.asarray(bag.weights) > 0
    assert ((words > 0) == present).all()
    assert (np.asarray(bag.lengths) == spec.length).all()
    assert words.shape == (3000, spec.length)
    assert (np.diff(present.astype(int), axis=1) >= 0).all()  # padding in front
    assert set(present.sum(1)) == set(range(1, spec.length + 1))
    assert words.max() < spec.vocab_size
    owner = (words - 1) // spec.planted
    planted = present & (owner < spec.classes)
    assert planted.sum() / present.sum() == pytest.approx(0.3, abs=0.01)
    assert (owner == label[:, None])[planted].mean() == pytest.approx(0.8 + 0.2 / 3, abs=0.01)
    assert np.bincount(label).min() > 900


def test_a_vocabulary_too_small_for_its_planted_words_is_refused():
    with pytest.raises(ValueError, match="must exceed"):
        planted_words.PlantedWordsSpec(vocab_size=50)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 60),
    st.integers(1, 70),
    st.integers(0, 9),
    st.integers(0, 20),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_batches_see_every_example_once_an_epoch(n, size, seed, start, middle, more):
    whole = epoch_sampler(n, size, seed, 0, start + middle + more)
    assert whole.shape == (start + middle + more, size)
    flat = whole.ravel()
    for epoch in range(len(flat) // n):
        assert sorted(flat[epoch * n : (epoch + 1) * n]) == list(range(n))
    parts = [
        epoch_sampler(n, size, seed, a, b)
        for a, b in ((0, start), (start, start + middle), (start + middle, start + middle + more))
    ]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_epochs_and_seeds_differ():
    order = epoch_sampler(50, 50, 0, 0, 2)
    assert (order[0] != order[1]).any()
    assert (order[0] != epoch_sampler(50, 50, 1, 0, 1)[0]).any()
