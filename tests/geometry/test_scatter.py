"""Scatter measures by hand, from second derivations, and under maps that must not change them."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from nlpfeat.geometry import scatter


def cloud(seed=0, classes=4, d=3, count=30):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), count)
    return rng.standard_normal((classes, d))[labels] * 2 + rng.standard_normal((len(labels), d)), labels


def test_gdv_by_loops():
    """Schilling et al. 2021, equations 1 to 3, one pair of points at a time."""
    features, labels = cloud(count=7)
    z = np.empty_like(features)
    for j in range(features.shape[1]):
        mean = sum(features[:, j]) / len(features)
        deviation = (sum((x - mean) ** 2 for x in features[:, j]) / len(features)) ** 0.5
        z[:, j] = [0.5 * (x - mean) / deviation for x in features[:, j]]

    def distance(a, b):
        return sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5

    groups = [[row for row, label in zip(z, labels, strict=True) if label == k] for k in range(4)]
    intra = [
        sum(distance(a, b) for i, a in enumerate(g) for b in g[:i]) * 2 / (len(g) * (len(g) - 1))
        for g in groups
    ]
    inter = [
        sum(distance(a, b) for a in g for b in h) / (len(g) * len(h))
        for i, g in enumerate(groups)
        for h in groups[:i]
    ]
    expected = (sum(intra) / 4 - sum(inter) * 2 / (4 * 3)) / 3**0.5
    assert scatter.gdv(features, labels) == pytest.approx(expected, rel=1e-12)


def test_gdv_of_two_points_apart_is_minus_one():
    """The ideal of the paper: two classes, each a point; in any dimension, at any scale of each dimension."""
    for d in (1, 2, 5):
        features = np.repeat([[0.0] * d, list(range(1, d + 1))], 10, axis=0)
        assert scatter.gdv(features, np.repeat([0, 1], 10)) == pytest.approx(-1.0)


def test_gdv_of_mixed_classes_is_nearly_zero():
    rng = np.random.default_rng(0)
    assert abs(scatter.gdv(rng.standard_normal((800, 3)), rng.integers(0, 4, 800))) < 0.02


def test_gdv_scales_each_dimension_by_itself():
    """Points × features: a normalisation along the wrong axis would notice a scaled column."""
    features, labels = cloud()
    assert scatter.gdv(features * [1.0, 1e3, 1e-3] + 5, labels) == pytest.approx(
        scatter.gdv(features, labels)
    )
    assert scatter.gdv(features.T.copy().T * 7, labels) == pytest.approx(scatter.gdv(features, labels))


def test_scatter_adds_up_to_the_total():
    features, labels = cloud()
    within, between = scatter.scatter(features, labels)
    np.testing.assert_allclose(within + between, np.cov(features.T, bias=True), atol=1e-12)


def test_fisher_is_the_sum_of_the_eigenvalues_of_discriminant_analysis():
    features, labels = cloud()
    within, between = scatter.scatter(features, labels)
    fit = LinearDiscriminantAnalysis(solver="eigen").fit(features, labels)
    assert fit.explained_variance_ratio_ is not None
    expected = np.linalg.eigvals(np.linalg.solve(within, between)).real.sum()
    assert scatter.fisher(features, labels) == pytest.approx(expected)
    assert scatter.fisher(features @ np.diag([1, 50, 0.1]) + 3, labels) == pytest.approx(expected)


def test_classes_without_width():
    features, labels = np.repeat(np.eye(3), 5, axis=0), np.repeat(np.arange(3), 5)
    assert scatter.fisher(features, labels) == np.inf
    assert scatter.nc1(features, labels) == pytest.approx(0.0, abs=1e-12)


def test_points_that_all_coincide():
    features, labels = np.ones((6, 2)), np.repeat([0, 1], 3)
    assert scatter.fisher(features, labels) == 0
    assert np.isnan(scatter.nc1(features, labels))
    assert scatter.gdv(features, labels) == 0


def test_nc1_by_hand():
    """Classes at ±1 with variance v: S_W = v, S_B = 1, K = 2."""
    features = np.array([[-1.5], [-0.5], [0.5], [1.5]])
    assert scatter.nc1(features, np.array([0, 0, 1, 1])) == pytest.approx(0.25 / 2)


def test_nc1_uses_only_the_span_of_the_means():
    features = np.array([[-1.0, 9], [-1, -9], [1, 9], [1, -9]])
    assert scatter.nc1(features, np.array([0, 0, 1, 1])) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("classes", [2, 3, 5, 9])
def test_even_vectors(classes):
    angle = 2 * np.pi * np.arange(classes) / classes + 0.3
    vectors = np.stack([np.cos(angle), np.sin(angle)], 1) * np.arange(1, classes + 1)[:, None]
    assert scatter.unevenness(vectors[::-1]) == pytest.approx(0.0, abs=1e-12)


def test_uneven_vectors_by_hand():
    """Gaps of 90°, 90° and 180° against 120°: √((30² + 30² + 60²)/3) / 120."""
    vectors = np.array([[1.0, 0], [0, 1], [-1, 0]])
    assert scatter.unevenness(vectors) == pytest.approx(np.sqrt(1800) / 120)
    with pytest.raises(ValueError, match="3 dimensions"):
        scatter.unevenness(np.eye(3))


def test_nc2_is_about_the_centre():
    angle = 2 * np.pi * np.arange(5) / 5
    features = np.stack([np.cos(angle), np.sin(angle)], 1) + 100
    assert scatter.nc2(features, np.arange(5)) == pytest.approx(0.0, abs=1e-9)


def test_nc4():
    features, labels = np.array([[-1.0], [1], [2]]), np.array([0, 1, 1])
    means = scatter.class_means(features, labels)
    assert scatter.nc4(features, means, np.array([0, 1, 1])) == 1
    assert scatter.nc4(features, means, np.array([0, 0, 1])) == pytest.approx(2 / 3)
