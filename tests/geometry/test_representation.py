"""Measures of features of any dimension: capacity against Cover's theorem, certificates against fractions, dimensions in closed form."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.stats import ortho_group

from nlpfeat.geometry.certificates import Separator, proves
from nlpfeat.geometry.margin import hard_margin
from nlpfeat.geometry.representation import (
    cka,
    cover_share,
    intrinsic_dimension,
    label_alignment,
    manifold_capacity,
    participation_ratio,
    separation,
    separator_margin,
)
from nlpfeat.geometry.separability import clear, find_separator


@pytest.mark.parametrize("points", [6, 10, 16])
def test_the_capacity_of_random_points_is_that_of_cover(points):
    """The share of separable splits at every dimension that was tried, and two points per dimension, with the bias as one more."""
    rng = np.random.default_rng(points)
    features = rng.normal(size=(points, 30))
    found = manifold_capacity(features, np.arange(points), rng, draws=150)
    for n, share in zip(found.tried[1:].tolist(), found.share[1:].tolist(), strict=True):
        expected = cover_share(points, n)
        assert abs(share - expected) < 4 * np.sqrt(max(expected * (1 - expected), 0.01) / 150), n
    shares = [cover_share(points, n) for n in range(points)]
    exact = np.interp(0.5, shares, np.arange(points))
    assert found.dimensions == pytest.approx(exact, abs=0.8)
    assert found.capacity == pytest.approx(points / found.dimensions)


def test_cover_counts_four_points_of_the_plane():
    """Of 16 splits of four points in general position 14 are separable; less the two empty ones, 12 of 14."""
    assert cover_share(4, 2) == 12 / 14
    assert cover_share(3, 2) == 1


def test_two_classes_have_a_capacity():
    """Few classes: one split only, so that the capacity is 2 over the dimensions in which it is separable half of the time."""
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1], 30)
    apart = rng.normal(size=(60, 20)) * 0.1 + 5 * labels[:, None]
    assert manifold_capacity(apart, labels, rng).dimensions <= 1.5
    mixed = rng.normal(size=(60, 20))
    found = manifold_capacity(mixed, labels, rng)
    assert found.capacity == 0
    assert found.dimensions == np.inf


@pytest.mark.parametrize("seed", range(20))
def test_a_certificate_in_floats_is_one_in_fractions(seed):
    rng = np.random.default_rng(seed)
    features, labels = rng.normal(size=(30, 12)), np.arange(30) % 3
    features += 2 * np.eye(12)[labels] * (seed % 4)
    found = find_separator(features, labels)
    if found is not None and clear(found, features, labels).all():
        assert proves(found, features, labels)
    wrong = Separator(rng.normal(size=(3, 12)), np.zeros(3))
    assert not clear(wrong, features, labels).all()


def test_a_margin_within_rounding_is_not_certified():
    features = np.array([[1.0, 1e-17], [1.0, -1e-17]])
    exact = Separator(np.array([[0.0, 1.0], [0.0, -1.0]]), np.array([0.0, 0.0]))
    assert clear(exact, features, np.array([0, 1])).all()  # no other term that could round
    tilted = Separator(np.array([[1.0, 1.0], [1.0, -1.0]]), np.array([0.0, 0.0]))
    assert not clear(tilted, features, np.array([0, 1])).all()
    assert all(isinstance(x, Fraction) or np.isfinite(x) for x in tilted.weight.ravel())


@pytest.mark.parametrize("dimension", [2, 6, 20, 60])
def test_separable_and_not(dimension):
    rng = np.random.default_rng(dimension)
    labels = np.arange(80) % 4
    apart = rng.normal(size=(80, dimension)) + 12 * np.eye(max(dimension, 4))[labels][:, :dimension]
    if dimension >= 4:
        found = separation(apart, labels)
        assert found.separable
        if dimension <= 8:
            best = hard_margin(apart, labels, find_separator(apart, labels))
            assert 0 < found.margin <= best * (1 + 1e-9)
    same = np.repeat(rng.normal(size=(20, dimension)), 4, axis=0)  # each point in all four classes
    assert separation(same, labels) == (False, 0.0)


def test_the_margin_of_a_separator_is_that_of_geometry():
    """Two classes: half of the gap over √2, as the two rows of weights are opposite."""
    features = np.array([[0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 1.0]])
    labels = np.array([0, 0, 1, 1])
    separator = Separator(np.array([[-3.0, 0.0], [3.0, 0.0]]), np.array([3.0, -3.0]))
    radius = np.sqrt(((features - features.mean(0)) ** 2).sum(1).mean())
    assert separator_margin(separator, features, labels) == pytest.approx(np.sqrt(2) / radius)
    assert hard_margin(features, labels, separator) == pytest.approx(np.sqrt(2) / radius)


@pytest.mark.parametrize("dimension", [1, 3, 10])
def test_dimensions_in_closed_form(dimension):
    rng = np.random.default_rng(dimension)
    points = rng.normal(size=(6000, dimension)) @ ortho_group.rvs(12, random_state=0)[:dimension]
    assert participation_ratio(points) == pytest.approx(dimension, rel=0.02)
    uniform = rng.random((4000, dimension)) @ ortho_group.rvs(12, random_state=1)[:dimension]
    assert intrinsic_dimension(uniform) == pytest.approx(dimension, rel=0.15)
    spectrum = np.array([3.0, 1.0])
    flat = rng.normal(size=(200_000, 2)) * np.sqrt(spectrum)
    assert participation_ratio(flat) == pytest.approx(16 / 10, rel=0.02)


def test_equal_points_have_no_dimension():
    assert np.isnan(participation_ratio(np.ones((5, 3))))
    assert np.isnan(intrinsic_dimension(np.ones((5, 3))))


def test_similarity_of_layers():
    """1 up to rotation, scale and shift, by the covariance or by the kernel; small for independent features."""
    rng = np.random.default_rng(0)
    one = rng.normal(size=(300, 8))
    turned = 3 * one @ ortho_group.rvs(8, random_state=2) + 1
    assert cka(one, turned) == pytest.approx(1)
    assert cka(one, rng.normal(size=(300, 8))) < 0.1
    wide = rng.normal(size=(20, 50))
    centred = [part - part.mean(0) for part in (wide, wide**2)]
    direct = np.linalg.norm(centred[0].T @ centred[1]) ** 2 / (
        np.linalg.norm(centred[0].T @ centred[0]) * np.linalg.norm(centred[1].T @ centred[1])
    )
    assert cka(wide, wide**2) == pytest.approx(direct)


def test_alignment_with_labels():
    labels = np.arange(12) % 3
    assert label_alignment(np.eye(3)[labels], labels) == pytest.approx(1)
