"""Networks along lines: against rational arithmetic, dense sampling, and the regions of planes in which the lines lie."""

import itertools
from fractions import Fraction

import numpy as np
import pytest

from nlpfeat.geometry.lines import END, line_pieces, local_distances
from nlpfeat.geometry.network import Layer, Network, slice_plane
from nlpfeat.geometry.regions import linear_regions
from tests.geometry.nets import DEGENERATE, random_net

NETS = [
    (seed, widths, slope, inputs)
    for seed in range(20)
    for widths, slope, inputs in (
        ([5], 0.0, 1),
        ([8], 0.0, 40),
        ([6, 5], 0.0, 3),
        ([4, 4, 4], 0.1, 7),
        ([3, 3, 3, 3], 0.5, 2),
    )
]


def rational_breakpoints(network, start, end):
    """Places between 0 and 1 at which some unit changes its sign, by bisection-free arithmetic on fractions."""
    places = [Fraction(0), Fraction(1)]

    def values_at(place, depth):
        values = [
            Fraction(float(a)) + place * (Fraction(float(b)) - Fraction(float(a)))
            for a, b in zip(start, end, strict=True)
        ]
        for weight, bias, slope in network.layers[:depth]:
            sums = [
                sum((Fraction(float(w)) * v for w, v in zip(row, values, strict=True)), Fraction(float(b)))
                for row, b in zip(weight, bias, strict=True)
            ]
            if depth and weight is network.layers[depth - 1].weight:
                last = sums
            values = [s if s >= 0 or slope == 1 else Fraction(float(slope)) * s for s in sums]
        return last

    for depth, layer in enumerate(network.layers, 1):
        if layer.negative_slope == 1:
            continue
        found = set()
        for low, high in itertools.pairwise(places):
            for left, right in zip(values_at(low, depth), values_at(high, depth), strict=True):
                if (left >= 0) != (right >= 0) and left != right:
                    found.add(low + (high - low) * left / (left - right))
        places = sorted({*places, *found})
    return [place for place in places if 0 < place < 1]


def distinct(found, line=0):
    """The places of a line's folds, those that coincide once."""
    inner = (found.line == line) & (found.unit != END)
    places = np.sort(found.place[inner])
    places = places[(places > 1e-12) & (places < 1 - 1e-12)]
    return places[np.diff(places, prepend=-1) > 1e-12]


@pytest.mark.parametrize(("seed", "widths", "slope", "inputs"), NETS)
def test_breakpoints_are_those_of_rational_arithmetic(seed, widths, slope, inputs):
    network = random_net(seed, widths, 3, slope, inputs=inputs)
    start, end = np.random.default_rng([seed, 1]).normal(size=(2, 1, inputs))
    found = line_pieces(network, start, end)
    expected = [float(p) for p in rational_breakpoints(network, start[0], end[0])]
    np.testing.assert_allclose(distinct(found), expected, atol=1e-9)
    assert found.regions()[0] == len(expected) + 1


@pytest.mark.parametrize("name", sorted(DEGENERATE))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_degenerate_networks(name, seed):
    """Zero rows, parallel and dead units, folds through one point: as rational arithmetic has it, also along a fold."""
    network = DEGENERATE[name]
    rng = np.random.default_rng(seed)
    starts, ends = rng.integers(-4, 5, (2, 6, 2)) / 4
    starts[0], ends[0] = (-1, 0), (1, 0)  # along the fold of some of them
    found = line_pieces(network, starts, ends)
    for line in range(6):
        expected = [float(p) for p in rational_breakpoints(network, starts[line], ends[line])]
        np.testing.assert_allclose(distinct(found, line), expected, atol=1e-12)


def test_scores_and_patterns_between_breakpoints_are_the_network():
    """Sampled densely: no change of a unit between two neighbouring breakpoints, and linear scores."""
    network = random_net(0, [20, 20], 5, inputs=12)
    starts, ends = np.random.default_rng(1).normal(size=(2, 8, 12))
    found = line_pieces(network, starts, ends)
    for line in range(8):
        part = slice(found.first[line], found.first[line + 1])
        place, scores = found.place[part], found.scores[part]
        assert (np.diff(place) >= 0).all()
        assert place[0] == 0
        assert place[-1] == 1
        sampled = np.linspace(0, 1, 5001)
        points = starts[line] + sampled[:, None] * (ends[line] - starts[line])
        interpolated = np.stack([np.interp(sampled, place, column) for column in scores.T], 1)
        np.testing.assert_allclose(network(points), interpolated, atol=1e-9)
        middle = (place[1:] + place[:-1])[:, None] / 2
        patterns = network.active(starts[line] + middle * (ends[line] - starts[line]))
        changes = (patterns[1:] != patterns[:-1]).sum(1)
        np.testing.assert_array_equal(changes, 1)  # each fold belongs to one unit


def test_a_line_in_a_plane_crosses_its_regions():
    """The folds that a line crosses are those of the plane's complex."""
    network = random_net(3, [10, 8], 3, inputs=9)
    rng = np.random.default_rng(0)
    origin, directions = rng.normal(size=9), np.linalg.qr(rng.normal(size=(9, 2)))[0].T
    regions = linear_regions(slice_plane(network, origin, directions), 2.0)
    a, b = rng.uniform(-2, 2, (2, 30, 2))
    found = line_pieces(network, origin + a @ directions, origin + b @ directions)
    lines = regions.cells.points[regions.cells.ends[regions.cells.sides.min(1) >= 0]]
    for line in range(30):
        one, two = lines[:, 0], lines[:, 1]
        sides = [np.sign(cross(two - one, point - one)) for point in (a[line], b[line])]
        ends = [np.sign(cross(b[line] - a[line], point - a[line])) for point in (one, two)]
        crossed = int(((sides[0] != sides[1]) & (ends[0] != ends[1])).sum())
        assert found.regions()[line] == crossed + 1


def cross(one, two):
    """Twice the signed area of the triangle of two vectors of the plane."""
    return one[..., 0] * two[..., 1] - one[..., 1] * two[..., 0]


def test_switches_against_dense_sampling():
    network = random_net(5, [30], 6, inputs=4)
    starts, ends = np.random.default_rng(2).normal(size=(2, 40, 4)) * 3
    found = line_pieces(network, starts, ends)
    switches = found.switches()
    sampled = np.linspace(0, 1, 20_001)
    for line in range(40):
        own = switches.line == line
        predicted = network(starts[line] + sampled[:, None] * (ends[line] - starts[line])).argmax(1)
        at = np.flatnonzero(np.diff(predicted))
        assert own.sum() == len(at)
        np.testing.assert_allclose(switches.place[own], (sampled[at] + sampled[at + 1]) / 2, atol=1e-4)
        np.testing.assert_array_equal(switches.before[own], predicted[at])
        np.testing.assert_array_equal(switches.after[own], predicted[at + 1])


def test_equal_scores_and_lines_of_no_length():
    """Constant scores never change; at a tie the class that rises wins."""
    flat = Network((Layer(np.zeros((3, 2)), np.zeros(3), 1.0),))
    assert not len(line_pieces(flat, np.zeros((1, 2)), np.ones((1, 2))).switches().line)
    tie = Network((Layer(np.array([[0.0], [1.0]]), np.zeros(2), 1.0),))
    assert not len(line_pieces(tie, np.zeros((1, 1)), np.ones((1, 1))).switches().line)
    falls = line_pieces(tie, np.ones((1, 1)), -np.ones((1, 1))).switches()
    assert falls.place.tolist() == [0.5]
    assert falls.before.tolist() == [1]
    assert falls.after.tolist() == [0]
    point = line_pieces(random_net(0, [5], 3), np.ones((2, 2)), np.ones((2, 2)))
    assert point.regions().tolist() == [1, 1]
    assert point.variation().tolist() == [0, 0]


def test_units_of_no_weight_bend_no_line():
    """Activation regions differ from affine pieces where a unit's fold does not reach the scores."""
    network = random_net(0, [6], 3, inputs=3)
    head = network.layers[1].weight.copy()
    head[:, :3] = 0
    cut = Network((network.layers[0], network.layers[1]._replace(weight=head)))
    starts, ends = np.random.default_rng(0).normal(size=(2, 50, 3)) * 2
    whole = line_pieces(network, starts, ends)
    half = line_pieces(cut, starts, ends)
    np.testing.assert_array_equal(whole.regions(), whole.affine_pieces())
    np.testing.assert_array_equal(half.regions(), whole.regions())
    kept = line_pieces(Network((Layer(*[part[3:] for part in network.layers[0][:2]]),)), starts, ends)
    np.testing.assert_array_equal(half.affine_pieces(), kept.regions())


def test_folds_within_a_distance():
    network = Network((Layer(np.eye(2), np.array([-0.25, -0.5])),))
    found = line_pieces(network, np.zeros((2, 2)), np.ones((2, 2)))
    near = found.folds_within(np.array([0, 0, 1]), np.array([0.2, 0.4, 0.9]), np.array([0.1, 0.2, 0.3]))
    assert near.tolist() == [1, 2, 0]


@pytest.mark.parametrize("seed", range(5))
def test_the_nearest_fold_is_where_a_line_first_meets_one(seed):
    """Within that distance no unit changes in any direction; along some direction one does just beyond."""
    network = random_net(seed, [12, 9], 4, inputs=3)
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(20, 3))
    distance = local_distances(network, points).fold
    towards = rng.normal(size=(4000, 3))
    towards /= np.linalg.norm(towards, axis=1)[:, None]
    for point, reach in zip(points, distance, strict=True):
        inside = network.active(point + 0.999 * reach * towards)
        assert (inside == network.active(point[None])).all()
        beyond = network.active(point + 1.1 * reach * towards)
        assert (beyond != network.active(point[None])).any()


def test_the_local_boundary_of_a_linear_network():
    """One affine map: the distance to a plane, in closed form."""
    weight, bias = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.5]]), np.zeros(3)
    network = Network((Layer(weight, bias, 1.0),))
    found = local_distances(network, np.array([[2.0, 1.0]]))
    assert found.fold[0] == np.inf
    np.testing.assert_allclose(found.boundary, [min(2.0, 1.5 / np.hypot(1, 0.5))])


@pytest.mark.parametrize(
    ("starts", "ends", "message"),
    [
        (np.zeros((1, 3)), np.zeros((1, 3)), "2 inputs"),
        (np.full((1, 2), np.nan), np.zeros((1, 2)), "NaN"),
    ],
)
def test_bad_lines(starts, ends, message):
    with pytest.raises(ValueError, match=message):
        line_pieces(random_net(0, [3], 2), starts, ends)
