"""Separability against the simplex method on all classes at once, other programs, and by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from nlpfeat.geometry.certificates import Farkas, Separator, proves
from nlpfeat.geometry.margin import hard_margin
from nlpfeat.geometry.overlap import overlap
from nlpfeat.geometry.probes import Probe, _by_library, _by_newton, cross_entropy, fit_probe
from nlpfeat.geometry.separability import _exact, clear, hull, separate
from nlpfeat.geometry.simplex import feasible


def clusters(seed, classes, d, spread, count=8):
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), count)
    return rng.standard_normal((classes, d))[labels] * spread + rng.standard_normal((len(labels), d)), labels


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("d", [1, 2, 3, 6])
def test_a_certificate_either_way(seed, classes, d):
    features, labels = clusters(seed, classes, d, spread=(0.5, 2.0, 4.0)[seed % 3], count=6)
    certificate = separate(features, labels)
    assert proves(certificate, features, labels)
    if classes * d <= 6:
        pairs = [(int(i), k) for i in hull(features, labels) for k in range(classes) if k != labels[i]]
        exact = _exact(features, labels, pairs, classes)
        assert type(exact) is type(certificate)
        assert proves(exact, features, labels)


@given(
    st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2), st.integers(0, 2)), min_size=1, max_size=14)
)
@settings(max_examples=150, deadline=None)
def test_points_of_a_small_grid(rows):
    """Points coincide, lie on lines, and hulls touch."""
    rows = [*rows, (0, 1, 0), (2, 2, 1), (-2, 0, 2)]
    features, labels = np.array([r[:2] for r in rows], float), np.array([r[2] for r in rows])
    assert proves(separate(features, labels), features, labels)


def two_exactly(features, labels):
    """Whether two classes are separable, by the simplex method on all of their points."""
    pairs = [(i, 1 - int(label)) for i, label in enumerate(labels)]
    return isinstance(_exact(features, labels, pairs, 2), Separator)


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_overlaps_are_exact_where_floats_are_not(seed, d):
    """Clouds flattened to the rounding errors of a line or a plane, as dead units make them, and hulls that touch in one point."""
    rng = np.random.default_rng(seed)
    labels = np.arange(24) % 2
    flat = rng.standard_normal((24, min(d, 1 + seed % 2)))
    features = flat @ rng.standard_normal((flat.shape[1], d)) + rng.standard_normal(d)
    features[labels == 1] += rng.standard_normal(d) * (0, 1, 4, 1e-16)[seed % 4]
    if seed % 5 == 0:
        features[1] = features[0]
    certificate = overlap(features, labels)
    separable = two_exactly(features, labels)
    assert certificate is None or proves(certificate, features, labels)
    assert not (separable and certificate)
    found = separate(features, labels)
    assert isinstance(found, Separator) == separable
    assert proves(found, features, labels)


@given(st.lists(st.tuples(*[st.integers(-2, 2)] * 3), min_size=1, max_size=7), st.integers(1, 9))
@settings(max_examples=200, deadline=None)
def test_the_simplex_method_in_whole_numbers(columns, denominator):
    """Vectors with many dependencies, some of them parallel or zero."""
    vectors = [[Fraction(x, denominator + r) for r, x in enumerate(column)] for column in columns]
    weights, normal = feasible(vectors)
    if weights:
        assert sum(weights.values()) == 1
        assert all(weight > 0 for weight in weights.values())
        assert not any(sum(weights[j] * vectors[j][r] for j in weights) for r in range(3))
    else:
        assert all(sum(a * b for a, b in zip(normal, vector, strict=True)) > 0 for vector in vectors)


@pytest.mark.parametrize("seed", range(40))
def test_floats_call_clear_only_what_fractions_prove(seed):
    """Leads of a few roundings, of numbers from 1e-160 to 1e8, so that products underflow."""
    rng = np.random.default_rng(seed)
    labels, scale = np.arange(40) % 2, 10.0 ** rng.choice([-160.0, -8.0, 0.0, 8.0], 3)
    normal = rng.standard_normal(3)
    features = rng.standard_normal((40, 3))
    features -= np.outer(features @ normal / (normal @ normal), normal)  # all on the boundary, up to rounding
    features += np.outer((labels - 0.5) * 10.0 ** rng.uniform(-19, -13, 40), normal)
    features, normal = features * scale, normal / scale * min(scale.min() ** 2, 1.0)
    separator = Separator(np.stack([-normal, normal]), np.zeros(2))
    certain = clear(separator, features, labels)
    own, rival = (
        [sum(Fraction(w) * Fraction(x) for w, x in zip(row, point, strict=True)) for row, point in rows]
        for rows in (
            [(separator.weight[label], point) for label, point in zip(labels, features, strict=True)],
            [(separator.weight[1 - label], point) for label, point in zip(labels, features, strict=True)],
        )
    )
    assert all(a > b for a, b, sure in zip(own, rival, certain, strict=True) if sure)


@pytest.mark.parametrize(
    ("features", "labels", "separable"),
    [
        ([[0.0], [1.0]], [0, 1], True),
        ([[0.0], [0.0]], [0, 1], False),
        ([[0.0], [2.0], [1.0]], [0, 0, 1], False),
        ([[0.0, 0], [1, 1], [0, 1], [1, 0]], [0, 0, 1, 1], False),  # exclusive or
        ([[0.0, 0], [1, 0], [1, 0], [2, 0]], [0, 0, 1, 1], False),  # hulls that touch
        ([[0.0, 0], [1, 0], [1 + 1e-12, 0], [2, 0]], [0, 0, 1, 1], True),
        ([[1e9, 0], [1e9 + 1, 0]], [0, 1], True),
        ([[0.0, 0], [1, 0], [2, 0]], [0, 1, 2], True),  # one class between two: convex scores do it
        ([[np.cos(a), np.sin(a)] for a in np.arange(6)], [0, 1, 2, 3, 4, 5], True),
    ],
)
def test_known_cases(features, labels, separable):
    features, labels = np.array(features), np.array(labels)
    certificate = separate(features, labels)
    assert isinstance(certificate, Separator) == separable
    assert proves(certificate, features, labels)


def test_disjoint_hulls_are_not_enough_for_more_than_two_classes():
    """A pinwheel of six segments: no two meet, but each is seen under 80° from the middle, and six cones of
    argmax, which may be taken symmetric as separators average, have 60° each."""
    turn = 2 * np.pi * np.arange(6) / 6
    start = 0.3 * np.stack([np.cos(turn), np.sin(turn)], 1)
    end = start + 1.7 * np.stack([-np.sin(turn), np.cos(turn)], 1)
    features, labels = np.concatenate([start, end]), np.tile(np.arange(6), 2)
    for a in range(6):
        for b in range(a):
            pair = (labels == a) | (labels == b)
            assert isinstance(separate(features[pair], (labels[pair] == a).astype(int)), Separator)
    certificate = separate(features, labels)
    assert isinstance(certificate, Farkas)
    assert proves(certificate, features, labels)
    assert len({int(labels[i]) for i in certificate.point}) > 2
    nearer = np.concatenate([start, start + 0.4 * (end - start) / 1.7])  # 53°
    assert isinstance(separate(nearer, labels), Separator)


def test_gaps_of_one_rounding():
    features = np.array([[901088092.7791209], [901088092.7791212], [901088092.779121]])
    certificate = separate(features, np.array([0, 1, 2]))
    assert isinstance(certificate, Separator)
    assert proves(certificate, features, np.array([0, 1, 2]))


def test_many_dimensions():
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((100, 12)), rng.integers(0, 2, 100)
    assert proves(separate(features, labels), features, labels)


@pytest.mark.parametrize("gap", [1e-3, 1e-6, 1e-9, 1e-11])
def test_thin_margins(gap):
    """Two rows of points a gap of 2 e apart: the machine's margin is e, over the radius, times √2 for Σ‖w‖²."""
    features, labels = np.array([[0.0, gap], [1, gap], [0.3, -gap], [1.2, -gap]]), np.array([0, 0, 1, 1])
    radius = np.sqrt(((features - features.mean(0)) ** 2).sum(1).mean())
    margin = hard_margin(features, labels, separate(features, labels))
    assert margin == pytest.approx(np.sqrt(2) * gap / radius, rel=1e-4)
    for factor in (1e100, 1e-100):
        scaled = features * factor
        assert hard_margin(scaled, labels, separate(scaled, labels)) == pytest.approx(margin, rel=1e-3)


def test_floats_too_small_to_multiply_prove_nothing():
    features, labels = np.array([[0.1], [0.3]]), np.array([0, 1])
    assert not proves(Farkas((0, 1), (1, 0), (5e-324, 5e-324)), features, labels)  # pyright: ignore[reportArgumentType]
    assert not proves(Farkas((0, 9), (1, 0), (Fraction(1), Fraction(1))), features, labels)
    single = Separator(np.array([[-1.0], [1]], np.float32), np.array([0.2, -0.2], np.float32))
    assert proves(single, features, labels)
    for wrong in (np.array([0.4, 0.9]), np.array([-1, 0]), np.array([0])):
        with pytest.raises(ValueError, match="labels"):
            proves(single, features, wrong)


def test_false_certificates_are_rejected():
    features, labels = np.array([[0.0, 0], [1, 1], [0, 1], [1, 0]]), np.array([0, 0, 1, 1])
    true = separate(features, labels)
    assert isinstance(true, Farkas)
    half = Fraction(1, 2)
    false = [
        true._replace(multiplier=tuple(-m for m in true.multiplier)),
        true._replace(multiplier=tuple(0 * m for m in true.multiplier)),
        true._replace(multiplier=tuple(m + half * (k == 0) for k, m in enumerate(true.multiplier))),
        true._replace(rival=tuple(labels[list(true.point)].tolist())),
        true._replace(rival=(7,) * len(true.point)),
        Farkas((), (), ()),
        Farkas((0, 1), (1, 1), (half, half)),
        Separator(np.array([[1.0, 0], [0, 1]]), np.zeros(2)),
        Separator(np.zeros((2, 2)), np.zeros(2)),  # ties prove nothing
        Separator(np.full((2, 2), np.nan), np.zeros(2)),
        Separator(np.zeros((1, 2)), np.zeros(1)),
    ]
    for certificate in false:
        assert not proves(certificate, features, labels), certificate


@pytest.mark.parametrize(
    ("features", "labels", "words"),
    [
        ([[np.nan], [1.0]], [0, 1], "NaN or infinity"),
        ([[0.0], [1.0]], [0, 0], "K >= 2"),
        ([[0.0], [1.0]], [0, 2], "each with a point"),
        ([0.0, 1.0], [0, 1], r"features \(n, d\)"),
        ([[0.0], [1.0], [2.0]], [0, 1], r"labels \(n,\)"),
    ],
)
def test_bad_points_are_refused(features, labels, words):
    for function in (separate, fit_probe):
        with pytest.raises(ValueError, match=words):
            function(np.array(features), np.array(labels))


@pytest.mark.parametrize("seed", range(8))
def test_hard_margin_of_two_classes_is_that_of_a_support_vector_machine(seed):
    features, labels = clusters(seed, 2, 2, spread=6.0, count=15)
    certificate = separate(features, labels)
    if isinstance(certificate, Farkas):
        assert hard_margin(features, labels, None) == 0
        return
    machine = SVC(kernel="linear", C=1e10, tol=1e-10).fit(features, labels)
    radius = np.sqrt(((features - features.mean(0)) ** 2).sum(1).mean())
    expected = np.sqrt(2) / np.linalg.norm(machine.coef_) / radius
    assert hard_margin(features, labels, certificate) == pytest.approx(expected, rel=1e-4)


def test_hard_margin_by_hand_and_invariant():
    """K points even around the circle: w_k = c u_k, with Σ|w|² = 1, has margin c (1 - cos 2π/K)."""
    for classes in (2, 3, 5):
        angle = 2 * np.pi * np.arange(classes) / classes
        features, labels = np.stack([np.cos(angle), np.sin(angle)], 1), np.arange(classes)
        margin = hard_margin(features, labels, separate(features, labels))
        assert margin == pytest.approx((1 - np.cos(2 * np.pi / classes)) / np.sqrt(classes), rel=1e-6)
        moved = 40 * features + 7
        assert hard_margin(moved, labels, separate(moved, labels)) == pytest.approx(margin, rel=1e-6)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_probe_has_converged(classes):
    """Where it has, the mean residual of probabilities is orthogonal to every feature."""
    features, labels = clusters(0, classes, 3, spread=1.0, count=60)
    features = features * np.array([1.0, 1e3, 1e-3])
    probe = fit_probe(features, labels)
    scores = probe.scores(features)
    chance = np.exp(scores - scores.max(1, keepdims=True))
    chance /= chance.sum(1, keepdims=True)
    residual = chance - np.eye(classes)[labels]
    assert np.abs(residual.T @ (features / features.std(0))).max() / len(labels) < 1e-5
    worse = probe._replace(bias=probe.bias + np.eye(classes)[0] * 0.01)
    assert cross_entropy(scores, labels) < cross_entropy(worse.scores(features), labels)


@pytest.mark.parametrize("classes", [2, 4])
def test_newtons_method_finds_the_optimum_of_the_library(classes):
    features, labels = clusters(1, classes, 3, spread=1.0, count=60)
    ours = _by_newton(features, labels, classes, 1e-4, None)
    for mine, other in zip(ours, _by_library(features, labels, classes, 1e-4), strict=True):
        assert mine == pytest.approx(other - other.mean(0), rel=1e-5, abs=1e-5)
    for start in (ours, fit_probe(features, labels, 1.0), Probe(30 * ours.weight, 9 * ours.bias)):
        again = _by_newton(features, labels, classes, 1e-4, start)
        assert again.weight == pytest.approx(ours.weight, rel=1e-5, abs=1e-6)


def test_a_probe_of_features_that_say_nothing():
    labels = np.array([0, 1, 1, 1])
    scores = fit_probe(np.zeros((4, 2)), labels).scores(np.zeros((4, 2)))
    assert cross_entropy(scores, labels) == pytest.approx(
        -(0.25 * np.log(0.25) + 0.75 * np.log(0.75)), abs=1e-6
    )


def test_features_that_repeat_others_leave_the_probe_as_the_library_has_it():
    """Dead units and sums of others, as hidden layers have them: fewer unknowns, and the same optimum."""
    features, labels = clusters(2, 3, 8, spread=0.7, count=50)
    repeated = np.concatenate([features, features[:, :5] @ np.ones((5, 4)), np.zeros((len(features), 3))], 1)
    ours, theirs = _by_newton(repeated, labels, 3, 1e-4, None), _by_library(repeated, labels, 3, 1e-4)
    assert ours.weight == pytest.approx(theirs.weight - theirs.weight.mean(0), rel=1e-4, abs=1e-4)
