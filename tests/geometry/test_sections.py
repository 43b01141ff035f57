"""Lines and planes through data: a network whose folds are known, and counts by other means."""

import numpy as np
import pytest

from nlpfeat.geometry.network import Layer, Network, slice_plane
from nlpfeat.geometry.regions import linear_regions
from nlpfeat.geometry.sections import fold_distance, random_tuples, sections
from tests.geometry.nets import random_net

# Classes left and right of 0 in the first of five coordinates; folds at -.5, 0 and .5 of it, scores ± x.
FOLDS = Network(
    (
        Layer(np.array([[1.0, 0, 0, 0, 0]] * 3 + [[-1.0, 0, 0, 0, 0]]), np.array([-0.5, 0.0, 0.5, 0.0])),
        Layer(np.array([[0.0, -1, 0, 1], [0.0, 1, 0, -1]]), np.zeros(2), 1.0),
    )
)


def data():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(60, 5)) * 0.01
    labels = np.arange(60) % 2
    points[:, 0] += np.where(labels == 0, -1, 1)
    return points, labels


def test_a_network_of_known_folds():
    found = sections(FOLDS, *data())
    assert found.line_regions_within == 1
    assert found.line_regions_between == 4
    assert found.line_pieces_between == 1  # the scores are x and -x on both sides
    assert found.class_connected == found.direct_change == 1
    assert found.boundary_distance == pytest.approx(1, abs=0.05)
    assert found.line_straightness == pytest.approx(1)
    assert found.fold_density_data == found.fold_density_far == 0
    assert found.fold_density_boundary == pytest.approx(2 / 0.2, rel=0.05)  # two units within ± .1 of 0
    assert found.hull_regions_within == 1
    assert fold_distance(FOLDS, data()[0]) == pytest.approx(0.5, abs=0.05)


def test_regions_of_a_hull_are_those_of_the_plane():
    """The parallelogram inside of a triangle holds no more regions than the box around it, and at least those at its points."""
    network, rng = random_net(0, [14, 9], 3, inputs=6), np.random.default_rng(1)
    points = rng.normal(size=(3, 6))
    labels = np.arange(3)
    found = sections(network, points, labels)
    sides = points[1:] - points[0]
    around = linear_regions(slice_plane(network, points[0], sides), (0, 0, 0.5, 0.5))
    share = rng.random((20_000, 2)) / 2
    seen = len(np.unique(network.active(points[0] + share @ sides), axis=0))
    orders = [len(around)]
    for first in (1, 2):  # any of the three may be the corner
        rest = np.delete(points, first, 0) - points[first]
        orders.append(len(linear_regions(slice_plane(network, points[first], rest), (0, 0, 0.5, 0.5))))
    assert min(orders) <= found.hull_regions_between <= max(orders)
    assert seen <= len(around)


def test_tuples_of_one_class_and_of_several():
    labels = np.array([0, 0, 1, 1, 1, 2])
    rng = np.random.default_rng(0)
    same = random_tuples(labels, 3, 50, rng, same=True)
    assert set(map(tuple, np.sort(same, axis=1).tolist())) == {(2, 3, 4)}
    mixed = random_tuples(labels, 3, 50, rng, same=False)
    assert all(len({*labels[row].tolist()}) == 3 for row in mixed)
    assert len(random_tuples(np.array([0, 1]), 2, 9, rng, same=True)) == 0
    two = random_tuples(np.array([0, 0, 1, 1]), 3, 50, rng, same=False)
    assert all(len(set(row.tolist())) == 3 for row in two)


def test_examples_too_few_for_pairs_of_a_class():
    found = sections(
        random_net(0, [5], 2, inputs=3), np.random.default_rng(0).normal(size=(2, 3)), np.array([0, 1])
    )
    assert np.isnan(found.line_regions_within)
    assert found.line_regions_between >= 1
