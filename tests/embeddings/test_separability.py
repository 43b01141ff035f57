"""Neighbours, polar words, projections and separability, against second computations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from nlpfeat.embeddings import neighbours, projections, separability

RNG = np.random.default_rng(0)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(1, 6), st.integers(0, 10**6))
def test_neighbours_are_those_of_scipy(count, units, seed):
    vectors = np.random.default_rng(seed).normal(size=(count, units))
    query = vectors[0]
    expected = {
        "dot": vectors @ query,
        "cosine": 1 - cdist(vectors, query[None], "cosine")[:, 0],
        "distance": -cdist(vectors, query[None])[:, 0],
    }
    for name, similarity in neighbours.SIMILARITIES.items():
        found = similarity(vectors, query)
        np.testing.assert_allclose(found, expected[name], atol=1e-9)
        near = neighbours.nearest(found, 5, leave_out=(0,))
        assert 0 not in near
        assert len(near) == min(5, count - 1)
        assert (np.diff(found[near]) <= 0).all()
        rest = np.setdiff1d(np.arange(1, count), near)
        assert not len(rest) or found[rest].max() <= found[near].min()


def test_equal_words_stand_in_their_order_and_are_counted():
    similarity = np.array([0.5, 1.0, 1.0, 1.0, -1.0])
    near = neighbours.nearest(similarity, 2)
    assert near.tolist() == [1, 2]
    assert neighbours.ties(similarity, near) == 3
    assert (neighbours.cosine(np.zeros((2, 3)), np.ones(3)) == 0).all()


def test_groups_are_the_extremes_of_each_sign():
    polarity = np.array([0.5, np.nan, -2.0, 3.0, -0.1, 1.0])
    found = separability.polar_words(polarity, 2)
    assert found.words.tolist() == [3, 5, 2, 4]
    assert found.labels.tolist() == [1, 1, 0, 0]
    assert separability.polar_words(polarity, 10).words.tolist() == [3, 5, 0, 2, 4]


def turned(points, scale=1.0, shift=0.0):
    angle = 0.7
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ turn @ np.diag([1, -1]) + shift


def test_alignment_undoes_turning_mirroring_scaling_and_moving():
    points = RNG.normal(size=(20, 2))
    np.testing.assert_allclose(projections.align(turned(points, 3.0, 5.0), points), points, atol=1e-9)
    noisy = points + 0.1 * RNG.normal(size=points.shape)
    best = ((projections.align(turned(noisy), points) - points) ** 2).sum()
    for angle in np.linspace(0, 6, 13):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        assert best <= ((noisy @ turn - points) ** 2).sum() + 1e-9


def test_pca_keeps_distances_of_flat_words_and_a_line_stays_one():
    flat = RNG.normal(size=(15, 2)) @ RNG.normal(size=(2, 6))
    np.testing.assert_allclose(cdist(*[projections.pca(flat)] * 2), cdist(flat, flat), atol=1e-9)
    line = projections.pca(RNG.normal(size=(9, 1)))
    assert (line[:, 1] == 0).all()
    assert line.shape == (9, 2)


@pytest.mark.slow
def test_tsne_keeps_clusters_apart_and_is_the_same_again():
    vectors = np.concatenate([RNG.normal(size=(30, 5)), 40 + RNG.normal(size=(30, 5))])
    first, again = projections.tsne(vectors), projections.tsne(vectors)
    np.testing.assert_array_equal(first, again)
    labels = np.repeat([0, 1], 30)
    assert separability.purity(first.astype(float), labels) == 1


@pytest.mark.parametrize("units", [1, 2, 12])
def test_groups_far_apart_are_separable(units):
    labels = np.repeat([0, 1], 20)
    vectors = RNG.normal(size=(40, units)) + 30 * labels[:, None]
    found = separability.measure(vectors, labels)
    assert (found["probe"], found["separable"], found["purity"]) == (1, 1, 1)
    assert found["rank"] == units
    assert found["silhouette"] > 0.7
    assert 0.5 < found["margin"] < 2  # of about 2 RMS radii between the middles


@pytest.mark.parametrize("units", [1, 2, 12])
def test_groups_in_one_another_are_not(units):
    labels = np.tile([0, 1], 40)
    found = separability.measure(RNG.normal(size=(80, units)), labels)
    assert found["separable"] == found["margin"] == 0
    assert found["probe"] < 0.75
    assert abs(found["silhouette"]) < 0.1
    assert found["purity"] == pytest.approx(0.5, abs=0.12)


def test_measures_do_not_see_turning_scaling_or_empty_dimensions():
    labels = np.tile([0, 1], 20)
    vectors = RNG.normal(size=(40, 3)) + labels[:, None]
    turn = np.linalg.qr(RNG.normal(size=(7, 7)))[0]
    other = 1e3 * np.pad(vectors, ((0, 0), (0, 4))) @ turn
    found, again = separability.measure(vectors, labels), separability.measure(other, labels)
    assert found["rank"] == again["rank"] == 3
    for name, value in found.items():
        assert again[name] == pytest.approx(value, abs=1e-6), name


def test_words_that_are_all_the_same_have_no_measures():
    found = separability.measure(np.ones((20, 4)), np.tile([0, 1], 10))
    assert found.pop("rank") == 0
    assert np.isnan(list(found.values())).all()
