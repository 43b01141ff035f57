"""Neighbours of many words, translation between spaces, and neighbour stability, against second computations."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group

from nlpfeat.embeddings.alignment import (
    centred,
    mean_neighbour_similarity,
    nearest_translations,
    neighbour_overlap,
    overlap,
    rotation,
)
from nlpfeat.embeddings.neighbours import CHUNK, nearest_of_each, unit_length
from nlpfeat.embeddings.stability import neighbour_stability

RNG = np.random.default_rng(1)


def test_neighbours_of_each_are_those_of_scipy():
    vectors = RNG.normal(size=(CHUNK + 90, 6))
    places = RNG.permutation(len(vectors))[: CHUNK + 20]
    distances = cdist(vectors, vectors, "cosine")
    np.fill_diagonal(distances, np.inf)
    expected = np.argsort(distances, axis=1)[places, :7]
    np.testing.assert_array_equal(nearest_of_each(vectors, places, 7), expected)


def test_vectors_of_no_length_have_neighbours_too():
    vectors = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 0.1], [0.0, 1.0]])
    assert unit_length(vectors)[0].tolist() == [0, 0]
    assert nearest_of_each(vectors, np.array([1, 2]), 1).tolist() == [[2], [1]]


def test_shared_neighbours_are_counted():
    left, right = np.array([[1, 2, 3], [4, 5, 6]]), np.array([[3, 9, 1], [7, 8, 9]])
    np.testing.assert_allclose(overlap(left, right), [2 / 3, 0])
    vectors = RNG.normal(size=(40, 5))
    turned = vectors @ ortho_group.rvs(5, random_state=0)
    assert neighbour_overlap(vectors, 3 * turned) == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 12), st.integers(0, 10**6))
def test_a_planted_rotation_is_recovered(dimensions, seed):
    source = np.random.default_rng(seed).normal(size=(5 * dimensions, dimensions))
    turn = ortho_group.rvs(dimensions, random_state=seed)
    np.testing.assert_allclose(rotation(source, source @ turn), turn, atol=1e-8)
    found = rotation(source, source @ turn + 1e-3 * source)
    np.testing.assert_allclose(found.T @ found, np.eye(dimensions), atol=1e-9)


@pytest.mark.parametrize(("d", "e"), [(3, 5), (5, 3)])
def test_spaces_of_different_dimensions(d, e):
    """A flat space lies in a larger one and is found there; the other way, what is left out is lost."""
    small = RNG.normal(size=(60, 3))
    large = small @ ortho_group.rvs(5, random_state=2)[:3]
    source, target = (small, large) if d == 3 else (large, small)
    turn = rotation(source, target)
    assert turn.shape == (d, e)
    np.testing.assert_allclose(source @ turn, target, atol=1e-8)


def test_words_are_found_in_the_other_space():
    source = RNG.normal(size=(200, 8))
    target = source @ ortho_group.rvs(8, random_state=3) + 0.05 * RNG.normal(size=(200, 8))
    left, right = centred(source), centred(target)
    mapped = left @ rotation(left[:100], right[:100])
    for csls in (True, False):
        found = nearest_translations(mapped[100:], mapped, right, 3, csls=csls)
        assert (found[:, 0] == np.arange(100, 200)).mean() > 0.95
    near = right[:5] @ mapped.T
    expected = np.sort(near, axis=1)[:, -10:].mean(1)
    np.testing.assert_allclose(mean_neighbour_similarity(right[:5], mapped), expected)


def test_csls_penalises_hubs():
    """A hub near all queries loses against the word itself once its local density is subtracted."""
    hub = np.array([1.0, 0, 0])
    asked = unit_length(hub + 0.3 * np.random.default_rng(1).normal(size=(40, 3)) * [0, 1, 1])
    answers = unit_length(asked * [0.3, 1, 1])
    target = np.concatenate([hub[None], answers])
    by_cosine = nearest_translations(asked, asked, target, 1, csls=False)[:, 0]
    held = nearest_translations(asked, asked, target, 1)[:, 0]
    assert (held == 0).sum() < (by_cosine == 0).sum()


def test_words_are_stable_from_the_width_that_reaches_and_keeps_what_seeds_share():
    """Three words: one stable from the start, one at the second width, one that no two seeds agree on."""
    first, second = np.arange(10, 14), np.arange(20, 24)

    def member(*rows):
        return np.array(rows)

    lost = [np.arange(100 + 4 * i, 104 + 4 * i) for i in range(6)]
    narrow = np.stack([member(first, lost[0], lost[1]), member(first, lost[2], lost[3])])
    middle = np.stack([member(first, second, lost[1]), member(first, second, lost[2])])
    widest = np.stack([member(first, second, lost[4]), member(first, second, lost[5])])
    found = neighbour_stability([2, 8, 32], [narrow, middle, widest])
    np.testing.assert_array_equal(found.stable_width, [2, 8, np.nan])
    np.testing.assert_array_equal(found.ceiling, [1, 1, 0])
    # Stable, lost, and stable again counts from the last time.
    again = neighbour_stability([2, 8, 16, 32], [widest, narrow, middle, widest])
    assert again.stable_width[1] == 16
