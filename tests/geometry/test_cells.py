"""Cells of three inputs: Zaslavsky's count, Euler's formula, volumes, rational arithmetic, sections by planes and lines."""

from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pytest

from nlpfeat.geometry.cells import linear_cells, most_cells, zaslavsky
from nlpfeat.geometry.lines import line_pieces
from nlpfeat.geometry.network import Layer, Network, slice_plane
from nlpfeat.geometry.regions import linear_regions
from tests.geometry.nets import random_net

FAR = 1e6  # all vertices of a few random planes lie within


@pytest.mark.parametrize("units", [1, 2, 3, 5, 8, 16, 32])
def test_planes_in_general_position(units):
    cells = linear_cells(random_net(units, [units], inputs=3), FAR)
    assert len(cells) == zaslavsky(units, 3) == most_cells(cells.network)
    assert cells.euler == 1
    assert cells.unclear == 0
    assert len(np.unique(cells.patterns(), axis=0)) == len(cells)


@pytest.mark.slow
def test_a_hundred_planes():
    cells = linear_cells(random_net(0, [100], inputs=3), 1e8)
    assert len(cells) == zaslavsky(100, 3) == 166_751
    assert cells.euler == 1


def test_zaslavsky_in_the_plane_and_on_a_line():
    assert [zaslavsky(n, 2) for n in (2, 4, 8, 100)] == [4, 11, 37, 5051]
    assert zaslavsky(7, 1) == 8
    assert zaslavsky(2, 3) == 4


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("widths", "slope"), [([7], 0.0), ([5, 4], 0.0), ([4, 4], 0.2), ([3, 3, 3], 0.1)])
def test_rational_arithmetic_finds_the_same_patterns(seed, widths, slope):
    """Every vertex of the arrangement in exact arithmetic, and the patterns around its neighbourhood's middles."""
    network = random_net(seed, widths, 2, slope, inputs=3)
    cells = linear_cells(network, 2.0)
    assert cells.euler == 1
    assert cells.unclear == 0
    np.testing.assert_allclose(cells.volume.sum(), 64.0)
    patterns = cells.patterns()
    assert len(np.unique(patterns, axis=0)) == len(cells)
    # random points fall into cells of known patterns, as often as their volumes say
    rng = np.random.default_rng(seed)
    points = rng.uniform(-2, 2, (40_000, 3))
    known = {row.tobytes(): i for i, row in enumerate(patterns)}
    where = np.array([known[row.tobytes()] for row in network.active(points)])
    share = np.bincount(where, minlength=len(cells)) / len(points)
    expected = cells.volume / 64
    assert (np.abs(share - expected) < 6 * np.sqrt(expected / len(points)) + 1e-3).all()


def rational_cells(rows, reach):
    """The number of cells of planes a·x + b = 0 in a box, as 1 + planes + lines + points that meet it, in fractions."""
    exact = [[Fraction(float(x)) for x in row] for row in rows]
    count = 1
    for size in (1, 2, 3):
        for planes in combinations(exact, size):
            count += meets_box([*planes], Fraction(reach))
    return count


def meets_box(planes, reach):
    """Whether the intersection of independent planes meets the inside of the box: some vertex of it on the box, or the point itself."""
    if len(planes) == 3:
        point = solve(planes)
        return point is not None and all(abs(x) < reach for x in point)
    walls = [
        [Fraction(int(i == axis)) for i in range(3)] + [Fraction(sign) * reach]
        for axis in range(3)
        for sign in (-1, 1)
    ]
    for chosen in combinations(walls, 3 - len(planes)):
        point = solve([*planes, *chosen])
        if point is not None and all(abs(x) <= reach for x in point):
            return True
    return False


def solve(planes):
    """The common point of three planes by Cramer's rule; None if there is none."""
    matrix = [row[:3] for row in planes]
    size = determinant(matrix)
    if not size:
        return None
    return [
        determinant([[(-row[3] if i == column else row[i]) for i in range(3)] for row in planes]) / size
        for column in range(3)
    ]


def determinant(m):
    return sum(
        sign * m[0][i] * m[1][j] * m[2][k]
        for (i, j, k), sign in zip(
            ((0, 1, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0), (1, 0, 2), (0, 2, 1)),
            (1, 1, 1, -1, -1, -1),
            strict=True,
        )
    )


@pytest.mark.parametrize("seed", range(4))
def test_one_layer_in_a_box_against_fractions(seed):
    """In general position: 1 + planes + lines + points that meet the box (T2 in three dimensions)."""
    network = random_net(seed, [7], inputs=3)
    weight, bias, _ = network.layers[0]
    expected = rational_cells(np.concatenate([weight, bias[:, None]], 1), 1)
    assert len(linear_cells(network, 1.0)) == expected


def test_planes_and_lines_through_the_box_meet_its_cells():
    network = random_net(1, [9, 6], 2, inputs=3)
    cells = linear_cells(network, 1.0)
    known = {row.tobytes() for row in cells.patterns()}
    plane = slice_plane(network, np.array([0, 0, 0.3]), np.eye(3)[:2])
    assert {row.tobytes() for row in linear_regions(plane, 1.0).patterns()} <= known
    rng = np.random.default_rng(0)
    starts, ends = rng.uniform(-1, 1, (2, 30, 3))
    found = line_pieces(network, starts, ends)
    for line in range(30):
        place = found.place[found.first[line] : found.first[line + 1]]
        middle = (place[1:] + place[:-1])[:, None] / 2
        patterns = network.active(starts[line] + middle * (ends[line] - starts[line]))
        assert {row.tobytes() for row in patterns} <= known


def test_the_mean_number_of_neighbours_is_at_most_twice_the_dimension():
    """Gaines & Bi 2026; adjacent cells differ in the unit of their face."""
    cells = linear_cells(random_net(2, [24], inputs=3), FAR)
    assert 2 * len(cells.adjacency()) / len(cells) <= 6
    patterns, (one, two, unit) = cells.patterns(), cells.adjacency().T
    differs = patterns[one] != patterns[two]
    np.testing.assert_array_equal(differs.sum(1), 1)
    np.testing.assert_array_equal(differs.argmax(1), unit)
    assert cells.neighbours().sum() == 2 * len(cells.adjacency())


def test_a_cube_cut_by_its_middle_planes():
    network = Network((Layer(np.eye(3), np.zeros(3)),))
    cells = linear_cells(network, 1.0)
    assert len(cells) == 8
    np.testing.assert_allclose(cells.volume, 1.0)
    np.testing.assert_allclose(np.sort(np.abs(cells.centroid).ravel()), 0.5)
    np.testing.assert_allclose(cells.area.sum(), 6 * 4 + 3 * 4)
    assert cells.touches_box().all()


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 0, 0, 1), (1, 2, 3, 0.1)],
        [(0, 0, 0, 0)],
        [(1, 2, 3, 0.1), (1, 2, 3, 0.1), (-2, -4, -6, -0.2)],
        [(1, 0, 0, 0), (0, 1, 0, 0), (1, 1, 0, 0), (1, -1, 0, 0)],  # through one line
        [(1, 1, 1, 0), (1, -1, 1, 0), (1, 1, -1, 0), (-1, 1, 1, 0), (1, 0, 0, 0)],  # through one point
        [(1, 0, 0, 1), (0, 1, 0, -1)],  # along the box
        [(1, 1, 1, -3), (1, 1, 1, 3), (1, 1, 0, 0)],  # through corners and edges
        [(1, 0, 0, -9), (0, 1, 0, 9)],  # dead
    ],
)
def test_degenerate_planes(rows):
    """No crash; volumes and Euler hold, and each pattern that points show is a cell."""
    rows = np.array(rows, float)
    network = Network((Layer(rows[:, :3], rows[:, 3]),))
    cells = linear_cells(network, 1.0)
    assert cells.euler == 1
    np.testing.assert_allclose(cells.volume.sum(), 8.0)
    seen = network.active(np.array([*product(np.linspace(-0.97, 0.96, 14), repeat=3)]))
    assert len(np.unique(seen, axis=0)) <= len(cells)


def test_bad_boxes_and_inputs():
    with pytest.raises(ValueError, match="three dimensions"):
        linear_cells(random_net(0, [3]), 1.0)
    with pytest.raises(ValueError, match="no size"):
        linear_cells(random_net(0, [3], inputs=3), 0.0)
    with pytest.raises(ValueError, match=r"cells after .* GiB: more than 50"):
        linear_cells(random_net(0, [20], inputs=3), 9.0, most=50)
