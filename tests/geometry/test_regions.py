"""Linear regions against rational arithmetic, closed forms, invariances and another program."""

from itertools import product

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.geometry import warping
from nlpfeat.geometry.complex import BOX, boundaries
from nlpfeat.geometry.export import to_geojson, to_xarray
from nlpfeat.geometry.network import LINEAR, Layer, Network
from nlpfeat.geometry.regions import count_regions, linear_regions
from nlpfeat.geometry.theorems import check_regions, lines_in_box, max_regions, max_regions_deep
from tests.geometry import rational
from tests.geometry.nets import DEGENERATE, lines, random_net, then

SHAPES = [(1,), (3,), (8,), (4, 4), (3, 3, 3), (6, 5), (2, 2, 2, 2, 2), (1, 6), (12,)]


def agree(net, box):
    """Regions, count, patterns and areas are those of rational arithmetic."""
    regions, truth = linear_regions(net, box), rational.regions(net, linear_regions(net, box).box)
    assert len(regions) == count_regions(net, box) == len(truth)
    mine = dict(zip(map(tuple, regions.patterns().tolist()), regions.area, strict=True))
    theirs = {pattern: float(rational.area(polygon)) for pattern, polygon in truth}
    assert mine.keys() == theirs.keys()
    for pattern, area in theirs.items():
        assert mine[pattern] == pytest.approx(area, abs=1e-12 * regions.box.area)
    assert regions.cells.euler == 1
    assert regions.unclear == 0
    return regions


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("widths", SHAPES, ids=str)
def test_rational_arithmetic_agrees(widths, seed):
    regions = agree(
        random_net(seed, widths, negative_slope=(0.0, 0.01, 0.25)[seed % 3], dtype=np.float32), 1.1
    )
    assert regions.general


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("widths", SHAPES, ids=str)
def test_rational_arithmetic_agrees_where_lines_meet(widths, seed):
    """Whole numbers for weights: lines coincide, meet in points, run along the box and through its corners."""
    net = random_net(
        seed,
        widths,
        negative_slope=(0.0, 0.5, 0.25)[seed % 3],
        bias=(1.0, 0.5, 0.0)[seed // 3 % 3],
        integers=1 + seed % 3,
    )
    agree(net, (1.0, 2.0, 1.5, 3.0)[seed % 4])


@given(st.lists(st.tuples(*[st.integers(-2, 2)] * 3), min_size=1, max_size=7), st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_any_small_whole_lines(rows, side):
    agree(lines(*rows), float(side))


@pytest.mark.parametrize("name", DEGENERATE)
def test_degenerate_nets(name):
    agree(DEGENERATE[name], 1.0)


@pytest.mark.parametrize(
    "name",
    [
        "duplicates",
        "no biases",
        "three lines in a point",
        "lines that meet on the box",
        "lines that meet on a fold",
    ],
)
def test_what_is_not_in_general_position_is_flagged(name):
    regions = linear_regions(DEGENERATE[name], 1.0)
    assert regions.coincidences > 0
    assert not regions.general
    assert "coincidences" in repr(regions)


@pytest.mark.parametrize("units", [1, 2, 3, 10, 60])
def test_without_biases_there_are_two_regions_a_unit(units):
    assert len(linear_regions(random_net(units, (units,), bias=0.0), 1.0)) == 2 * units
    assert max_regions(units, biases=False) == 2 * units


def test_deep_nets_without_biases_do_not_hang():
    net = random_net(0, (60, 60, 60), bias=0.0)
    regions = linear_regions(net, 1.0)
    assert regions.cells.euler == 1
    assert count_regions(net, 1.0) == len(regions) == len({tuple(p) for p in regions.patterns()})


def test_most_regions_are_the_known_numbers():
    assert [max_regions(n) for n in (2, 4, 8, 16, 32, 64, 100)] == [4, 11, 37, 137, 529, 2081, 5051]
    assert max_regions_deep((2, 2, 2)) == 4**3


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("widths", [(100,), (20, 20), (12, 8, 4)], ids=str)
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_theorems_hold_on_random_nets(widths, seed, slope):
    regions = linear_regions(
        random_net(seed, widths, outputs=2, negative_slope=slope), (-1.1, -0.7, 0.9, 1.3)
    )
    held = check_regions(regions)
    assert {"T3", "T4", "T10", "T12", "T13"} <= held.keys()
    assert (len(widths) == 1) == ({"T1", "T2", "T11"} <= held.keys())
    assert all(held.values()), held


def test_the_checks_can_fail():
    """A region too many, an area too large, a torn edge: each is noticed."""
    good = linear_regions(random_net(0, (9,), outputs=2), 1.0)
    assert all(check_regions(good).values())
    cells = good.cells
    moved = cells.points.copy()
    moved[len(moved) // 2] += 0.05
    torn = type(good)(good.network, good.box, cells._replace(points=moved), 0, 0)
    held = check_regions(torn)
    assert not held["T13"]
    assert not held["T11"]
    more = type(good)(good.network, good.box, cells._replace(faces=cells.faces + 40), 0, 0)
    held = check_regions(more)
    assert not any(held[name] for name in ("T1", "T3", "T4"))
    wrong = type(good)(good.network, good.box, good.cells._replace(faces=good.cells.faces), 0, 0)
    wrong.__dict__["box"] = wrong.box.grown(1.3)
    assert not check_regions(wrong)["T2"]


def rescaled(factor):
    """Depth 5, each layer's units scaled up and down by turns and scaled back after: the same function."""
    up, down = np.diag([factor, 1 / factor]), np.diag([1 / factor, factor])
    layers, before = [], np.eye(2)
    for k, b in enumerate([0.1, -0.2, -0.3, -0.4, -0.5]):
        by = (up, down)[k % 2] if k < 4 else np.eye(2)
        weight = np.array([[1, 0.5 if k % 2 else -0.5], [0.5, 1]])
        layers.append(Layer(by @ weight @ np.linalg.inv(before), by @ np.array([b, -b]), 0.1))
        before = by
    return Network(tuple(layers))


@pytest.mark.parametrize(
    "net",
    [
        then(lines((1e7, 0, 0), (0, 1e-7, 0)), [[0, 1]], [-0.5e-7]),
        then(lines((0, 0, 1e14), (0, 1, 0)), [[0, 1]], [-0.5]),
        then(lines((1e6, 0, -2.0), (0, 1e6, 3e5)), [[1e6, 0], [0, 1e-6]], [-1e9, -0.2]),
        rescaled(128.0),
        rescaled(2.0**20),
    ],
)
def test_units_of_very_different_size(net):
    agree(net, 1.0)


def test_lines_through_vertices_and_corners_are_flagged():
    for net in (
        then(lines((1, 0, 0), (0, 1, 0), negative_slope=0.5), [[1, -1]], [0]),
        lines((1, -1, 0)),
        lines((1, 0, 1 - 1e-14)),
    ):
        regions = linear_regions(net, 1.0)
        assert regions.coincidences > 0
        assert not regions.general


def test_points_nearer_than_rounding_are_one_and_flagged():
    """In exact arithmetic 3 x + .3 and 10 (…) of these floats are two lines 1e-17 apart."""
    net = lines((1, 2, 0.1), (-3, -6, -0.3), (0.1, 0.2, 0.01), (3, 1, 0))
    assert len(rational.regions(net, (-1, -1, 1, 1))) == 8
    regions = linear_regions(net, 1.0)
    assert len(regions) == 4
    assert regions.coincidences > 0


def test_patterns_at_centroids_are_distinct_and_random_points_have_one():
    net = random_net(3, (30, 20), outputs=2, negative_slope=0.01)
    regions = linear_regions(net, 1.1)
    patterns = {tuple(row) for row in regions.patterns()}
    assert len(patterns) == len(regions)
    x = np.random.default_rng(0).uniform(-1.1, 1.1, (5000, 2))
    first = x @ net.layers[0].weight.T + net.layers[0].bias
    second = np.where(first > 0, first, 0.01 * first) @ net.layers[1].weight.T + net.layers[1].bias
    assert {tuple(row) for row in np.concatenate([first >= 0, second >= 0], 1)} <= patterns


def test_affine_maps_are_the_jacobians_of_jax():
    net = random_net(5, (16, 8), outputs=3, negative_slope=0.2)
    regions = linear_regions(net, 1.0)
    slopes, offsets = regions.affine

    def forward(x):
        for weight, bias, slope in net.layers:
            x = weight @ x + bias
            x = jax.nn.leaky_relu(x, slope) if slope != LINEAR else x
        return x

    jacobians = jax.vmap(jax.jacfwd(forward))(regions.centroid)
    np.testing.assert_allclose(slopes, jacobians, atol=2e-5)
    values = np.einsum("rij,rj->ri", slopes, regions.centroid) + offsets
    np.testing.assert_allclose(values, net(regions.centroid), atol=1e-12)


def shuffled(net, seed=0):
    """The same function with the units of its first layer in another order."""
    order = np.random.default_rng(seed).permutation(len(net.layers[0].bias))
    first, second, *rest = net.layers
    first = Layer(first.weight[order], first.bias[order], first.negative_slope)
    return Network((first, Layer(second.weight[:, order], second.bias, second.negative_slope), *rest))


def scaled(net, factor):
    """The same function: units of the first layer larger, weights out of it smaller."""
    first, second, *rest = net.layers
    first = Layer(first.weight * factor, first.bias * factor, first.negative_slope)
    return Network((first, Layer(second.weight / factor, second.bias, second.negative_slope), *rest))


def turned(net, angle):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    first, *rest = net.layers
    return Network((Layer(first.weight @ turn, first.bias, first.negative_slope), *rest))


@pytest.mark.parametrize("seed", range(3))
def test_what_leaves_the_function_alone_leaves_the_regions_alone(seed):
    net = random_net(seed, (15, 10), outputs=2, negative_slope=0.01)
    regions = linear_regions(net, 1.0)
    for other in (shuffled(net, seed), scaled(net, 37.0), turned(net, np.pi / 2)):
        again = linear_regions(other, 1.0)
        assert len(again) == len(regions)
        np.testing.assert_allclose(np.sort(again.area), np.sort(regions.area), atol=1e-12)
        assert warping.roughness(again).total_variation == pytest.approx(
            warping.roughness(regions).total_variation
        )
        assert warping.jacobian_statistics(again).lipschitz == pytest.approx(
            warping.jacobian_statistics(regions).lipschitz
        )


def test_scaling_the_plane_scales_the_regions():
    net = random_net(1, (20,))
    first = net.layers[0]
    larger = Network((Layer(first.weight, first.bias * 1e6, first.negative_slope),))
    assert len(linear_regions(larger, 1e6)) == len(linear_regions(net, 1.0))


def test_far_from_the_origin():
    net = random_net(2, (20,))
    first = net.layers[0]
    away = np.array([1000.0, -500.0])
    moved = Network((Layer(first.weight, first.bias - first.weight @ away, first.negative_slope),))
    regions = linear_regions(moved, (999, -501, 1001, -499))
    assert len(regions) == len(linear_regions(net, 1.0))


def test_faces_are_convex_and_edges_know_their_faces():
    regions = linear_regions(random_net(4, (25, 12)), 1.0)
    for corners in regions.polygons():
        forward = np.roll(corners, -1, 0) - corners
        turn = forward[:, 0] * np.roll(forward, -1, 0)[:, 1] - forward[:, 1] * np.roll(forward, -1, 0)[:, 0]
        assert (turn > -1e-12).all()
    rim = boundaries(regions.cells)
    assert sorted(rim.half_edges[rim.half_edges >= 0].tolist()) == list(range(len(rim.start)))
    patterns = regions.patterns()
    for left, right, unit in regions.adjacency():
        assert np.flatnonzero(patterns[left] != patterns[right]).tolist() == [unit]
    assert ((regions.cells.sides == BOX).any(1) == (regions.cells.tags == BOX)).all()


def test_fold_lines_are_where_the_unit_is_zero():
    net = random_net(6, (10, 6))
    regions = linear_regions(net, 1.0)
    _, _, length = lines_in_box(net, regions.box)
    for unit in range(10):
        segments = regions.fold_line(unit)
        assert np.abs(segments @ net.layers[0].weight[unit] + net.layers[0].bias[unit]).max(initial=0) < 1e-12
        assert np.linalg.norm(np.diff(segments, axis=1), axis=2).sum() == pytest.approx(length[unit])
    second = (
        net.until(1)(regions.fold_line(12).reshape(-1, 2)) @ net.layers[1].weight[2] + net.layers[1].bias[2]
    )
    assert np.abs(second).max(initial=0) < 1e-12
    for wrong in (-1, 16):
        with pytest.raises(ValueError, match="units 0 to 15"):
            regions.fold_line(wrong)


def test_neighbours_with_equal_maps_merge():
    """A unit without weights out folds nothing."""
    net = Network(
        (
            Layer(np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros(2)),
            Layer(np.array([[1.0, 0.0], [2.0, 0.0]]), np.zeros(2), LINEAR),
        )
    )
    regions = linear_regions(net, 1.0)
    assert len(regions) == 4
    assert len(set(regions.merged())) == 2


def test_a_linear_network_is_one_region():
    net = Network((Layer(np.eye(2), np.ones(2), LINEAR),))
    assert len(linear_regions(net, 1.0)) == count_regions(net, 1.0) == 1
    assert len(linear_regions(net, 1.0).polygons()[0]) == 4


def test_repr_is_short_and_says_what_it_is():
    text = repr(linear_regions(random_net(0, (5, 4), outputs=2), 1.5))
    assert "of 2-5-4-2 in (-1.5, -1.5, 1.5, 1.5)" in text
    assert len(text) < 120


def test_exports():
    regions = linear_regions(random_net(0, (6,), outputs=2), 1.0)
    dataset = to_xarray(regions)
    assert dataset.area.sum().item() == pytest.approx(4.0)
    assert dataset.sizes["region"] == len(regions)
    assert dataset.jacobian.dims == ("region", "output", "axis")
    made = to_geojson(regions)
    assert made["type"] == "FeatureCollection"
    for feature, area in zip(made["features"], regions.area, strict=True):
        (ring,) = feature["geometry"]["coordinates"]
        assert ring[0] == ring[-1]
        assert rational.area([tuple(p) for p in ring[:-1]]) == pytest.approx(area, abs=1e-12)


def test_a_saved_export_reads_back(tmp_path):
    import json

    import xarray as xr

    regions = linear_regions(random_net(0, (6,), outputs=2), 1.0)
    to_xarray(regions).to_netcdf(tmp_path / "regions.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "regions.nc") as dataset:
        assert dataset.area.sum().item() == pytest.approx(4.0)
    assert json.loads(json.dumps(to_geojson(regions))) == to_geojson(regions)


@pytest.mark.parametrize("widths", [(40,), (90,), (12, 12), (8, 8, 8)], ids=str)
def test_regioncam_is_of_the_same_opinion(widths):
    """Where float32 makes it lose a region, rational arithmetic has the last word."""
    regioncam = pytest.importorskip("regioncam")
    for seed in range(4):
        net = random_net(seed, widths, dtype=np.float32)
        rival = regioncam.Regioncam(size=1.1)
        for weight, bias, _ in net.layers:
            rival.linear(np.ascontiguousarray(weight.T.astype(np.float32)), bias.astype(np.float32))
            rival.relu()
        found = len(linear_regions(net, float(np.float32(1.1))))
        if rival.num_faces != found:
            assert len(rational.regions(net, [float(np.float32(s * 1.1)) for s in (-1, -1, 1, 1)])) == found
        assert abs(rival.num_faces - found) <= 3


def test_membership_in_rationals_of_every_corner():
    """Every vertex of a built region lies, to rounding, in the rational region of the same pattern."""
    net = random_net(8, (5, 4))
    regions = linear_regions(net, 1.0)
    truth = dict(rational.regions(net, regions.box))
    for pattern, corners in zip(map(tuple, regions.patterns().tolist()), regions.polygons(), strict=True):
        exact = np.array([[float(x) for x in p] for p in truth[pattern]])
        assert len(exact) == len(corners)
        for a, b in product(corners, [exact]):
            assert np.abs(b - a).max(1).min() < 1e-12
