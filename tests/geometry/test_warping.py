"""Warping by hand on maps that are known, and from second derivations."""

import numpy as np
import pytest

from nlpfeat.geometry import warping
from nlpfeat.geometry.network import LINEAR, Layer, Network
from nlpfeat.geometry.norms import spectral_product, unit_path_norms
from nlpfeat.geometry.regions import linear_regions
from tests.geometry.nets import random_net


def linear(matrix):
    return Network((Layer(np.array(matrix, float), np.zeros(2), LINEAR),))


FOLD = Network(  # (x, y) -> (|x|, y)
    (
        Layer(np.array([[1.0, 0], [-1, 0], [0, 1], [0, -1]]), np.zeros(4)),
        Layer(np.array([[1.0, 1, 0, 0], [0, 0, 1, -1]]), np.zeros(2), LINEAR),
    )
)


def test_a_linear_map():
    regions = linear_regions(linear([[3, 0], [0, 2]]), 1.0)
    found = warping.jacobian_statistics(regions)
    np.testing.assert_allclose(found.log_det, np.log(6))
    np.testing.assert_allclose(found.condition, 1.5)
    assert found.lipschitz == 3
    assert found.flattened == 0
    assert warping.folding(regions) == (0, 0)
    assert warping.roughness(regions) == (0, 0)


def test_a_mirror_is_not_a_fold():
    assert warping.folding(linear_regions(linear([[1, 0], [0, -1]]), 1.0)) == (0, 1)


def test_a_sheet_folded_in_two():
    regions = linear_regions(FOLD, 1.0)
    assert warping.folding(regions).fold_index == pytest.approx(1.0)
    assert warping.folding(regions).mirrored == pytest.approx(0.5)
    assert warping.roughness(regions).total_variation == pytest.approx(
        2 * 2.0
    )  # jump 2 along a line of length 2
    assert len(set(regions.merged())) == 2  # the units for y cancel out


def test_flattened_to_a_line():
    found = warping.jacobian_statistics(linear_regions(linear([[1, 2], [2, 4]]), 1.0))
    assert found.flattened == 1
    assert (found.log_det == -np.inf).all()
    assert (found.condition == np.inf).all()
    assert np.isnan(warping.folding(linear_regions(linear([[0, 0], [0, 0]]), 1.0)).fold_index)


def test_singular_values_are_those_of_numpy():
    matrices = np.random.default_rng(0).standard_normal((200, 2, 2))
    first, second = warping.singular_values(matrices)
    expected = np.linalg.svd(matrices, compute_uv=False)
    np.testing.assert_allclose(np.stack([first, second], 1), expected, rtol=1e-10)
    tall = np.random.default_rng(0).standard_normal((200, 5, 2))
    np.testing.assert_allclose(
        np.stack(warping.singular_values(tall), 1), np.linalg.svd(tall, compute_uv=False), rtol=1e-9
    )


def test_the_lipschitz_constant_is_reached_and_not_exceeded():
    net = random_net(1, (30,), outputs=2)
    regions = linear_regions(net, 1.0)
    found = warping.jacobian_statistics(regions).lipschitz
    a, b = np.random.default_rng(0).uniform(-1, 1, (2, 20_000, 2))
    ratios = np.linalg.norm(net(a) - net(b), axis=1) / np.linalg.norm(a - b, axis=1)
    assert ratios.max() <= found
    steepest = warping.singular_values(regions.affine[0])[0].argmax()
    direction = np.linalg.svd(regions.affine[0][steepest])[2][0]
    middle = regions.centroid[steepest]
    near = middle + 1e-9 * direction
    assert np.linalg.norm(net(near[None]) - net(middle[None])) / 1e-9 == pytest.approx(found, rel=1e-5)


def test_weighted_quantiles():
    values, weights = np.array([3.0, 1.0, -np.inf, 2.0]), np.array([1.0, 1.0, 6.0, 2.0])
    found = warping.quantiles(values, weights, (0.1, 0.6, 0.65, 0.8, 0.95))
    assert found.tolist() == [-np.inf, -np.inf, 1.0, 2.0, 3.0]


def test_areas_of_random_points_agree_with_the_determinants():
    """Monte Carlo: the share of points on mirrored regions."""
    net = random_net(2, (20,), outputs=2)
    regions = linear_regions(net, 1.0)
    x = np.random.default_rng(0).uniform(-1, 1, (4000, 2))
    step = 1e-7
    jacobian = np.stack([(net(x + step * e) - net(x)) / step for e in np.eye(2)], 2)
    assert warping.folding(regions).mirrored == pytest.approx((np.linalg.det(jacobian) < 0).mean(), abs=0.03)


def test_curve_shapes():
    turn = np.linspace(0, np.pi, 2001)
    curves = np.stack([np.stack([np.cos(turn), np.sin(turn)], 1), np.stack([turn, turn], 1)])
    found = warping.curve_shapes(linear(2 * np.eye(2)), curves)
    np.testing.assert_allclose(found.length, [2 * np.pi, 2 * np.pi * np.sqrt(2)], rtol=1e-6)
    np.testing.assert_allclose(found.straightness, [2 / np.pi, 1], rtol=1e-6)
    spokes = np.stack([curves[0], -curves[0]])  # their middle is the origin
    np.testing.assert_allclose(
        warping.curve_shapes(linear([[2, 0], [0, -2]]), spokes).winding_angle, 180, rtol=1e-6
    )
    straight = np.linspace([0.2, 0.2], [1, 1], 50)
    angle = warping.curve_shapes(linear(np.eye(2)), np.stack([straight, -straight])).winding_angle
    np.testing.assert_allclose(angle, 0, atol=1e-9)
    assert np.isnan(warping.curve_shapes(linear(np.zeros((2, 2))), curves).straightness).all()


def test_fold_times_are_where_the_determinant_vanishes():
    matrices = np.random.default_rng(0).standard_normal((3000, 2, 2)) * 3
    times = warping.fold_times(matrices)
    found = np.argwhere(~np.isnan(times))
    for place, k in found:
        t = times[place, k]
        assert 0 < t < 1
        assert np.linalg.det((1 - t) * np.eye(2) + t * matrices[place]) == pytest.approx(0, abs=1e-9)
    grid = np.linspace(0, 1, 4001)
    for matrix, known in zip(matrices[:300], times[:300], strict=True):
        det = np.linalg.det((1 - grid)[:, None, None] * np.eye(2) + grid[:, None, None] * matrix)
        changes = (np.sign(det[1:]) != np.sign(det[:-1])).sum()
        inside = known[~np.isnan(known)]
        if not (len(inside) == 2 and inside[1] - inside[0] < 1e-3):
            assert changes == len(inside)


@pytest.mark.parametrize(
    ("matrix", "times"),
    [
        ([[1, 0], [0, 1]], []),
        ([[-1, 0], [0, 1]], [0.5]),
        ([[-1, 0], [0, -3]], [0.25, 0.5]),
        ([[0, -1], [1, 0]], []),  # a quarter turn
        ([[-1, 0], [0, 0]], [0.5]),  # flat at its end
        ([[0, 0], [0, 0]], []),
    ],
)
def test_fold_times_by_hand(matrix, times):
    found = warping.fold_times(np.array([matrix], float))[0]
    assert found[~np.isnan(found)].tolist() == pytest.approx(times)


def test_maps_to_other_dimensions_have_no_determinant():
    with pytest.raises(ValueError, match="3 dimensions"):
        warping.folding(linear_regions(random_net(0, (4,), outputs=3), 1.0))


def test_norms_by_hand():
    net = Network(
        (Layer(np.diag([3.0, 1]), np.zeros(2)), Layer(np.array([[0.0, 2], [0, 0]]), np.zeros(2), LINEAR))
    )
    assert spectral_product(net) == pytest.approx(6)
    assert unit_path_norms(net.layers[0].weight, net.layers[1].weight).tolist() == [0, 2]


def test_linearity():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 2))
    noise = rng.standard_normal((500, 2))
    noise -= x @ np.linalg.lstsq(x, noise)[0]
    assert warping.linearity(x, x @ [[3.0, 1], [0, -2]] + 5) == pytest.approx(1)
    y = x @ [[3.0, 1], [0, -2]]
    y, noise = y / np.linalg.norm(y - y.mean(0)), noise / np.linalg.norm(noise - noise.mean(0))
    assert warping.linearity(x, y + noise) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(warping.linearity(x, np.ones((500, 2))))
