"""Decision regions against a fine grid, the rational regions' argmax, and the theorems on width 2."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from nlpfeat.geometry.arrangement import cut, cut_by_one, rebuild
from nlpfeat.geometry.complex import areas, lengths
from nlpfeat.geometry.crossings import Given
from nlpfeat.geometry.decision import decision_regions, whole_plane, within
from nlpfeat.geometry.network import LINEAR, Layer, Network
from nlpfeat.geometry.regions import linear_regions
from nlpfeat.geometry.theorems import check_decision, check_regions, check_scores, steepness
from tests.geometry.nets import random_net


def island(*centres, radius=0.25, classes=2):
    """Class 1 wins in a square around each centre: a score of r - max(|x - c|, |y - d|), in ReLUs."""
    first, bias, second = [], [], []
    for x, y in centres:
        first += [(1, 0), (-1, 0), (0, 1), (0, -1)]
        bias += [-x, x, -y, y]
    n = len(first)
    for k in range(len(centres)):  # max(a, b) = a + relu(b - a) with a = |x - c|, b = |y - d|
        row = np.zeros(n)
        row[4 * k : 4 * k + 4] = -1, -1, 1, 1
        second.append(row)
        row = np.zeros(n)
        row[4 * k : 4 * k + 2] = 1
        second.append(row)
    third = np.zeros((len(centres), len(second)))
    for k in range(len(centres)):
        third[k, 2 * k : 2 * k + 2] = -1
    head = np.zeros((classes, len(centres)))
    head[1] = 1.0
    return Network(
        (
            Layer(np.array(first, float), np.array(bias, float)),
            Layer(np.array(second), np.zeros(len(second))),
            Layer(third, np.full(len(centres), radius)),
            Layer(head, np.array([1e-9, *[0.0] * (classes - 1)]), LINEAR),
        )
    )


def test_an_island_is_bounded_and_makes_a_hole():
    found = decision_regions(island((0.1, -0.2)), 1.0)
    summary = found.summary()
    assert summary.components.tolist() == [1, 1]
    assert summary.bounded.tolist() == [0, 1]
    assert summary.holes.tolist() == [1, 0]
    assert summary.area[1] == pytest.approx(0.25, abs=1e-6)
    assert found.length == pytest.approx(2.0, abs=1e-6)
    assert summary.boundary == pytest.approx([2.0, 2.0], abs=1e-6)


def test_two_islands_are_two_parts_and_two_holes():
    summary = whole_plane(island((-0.5, 0.0), (0.5, 0.3)), 1.0).summary()
    assert summary.components.tolist() == [1, 2]
    assert summary.holes.tolist() == [2, 0]
    assert summary.bounded.tolist() == [0, 2]


def test_what_looks_bounded_may_close_far_away_and_the_other_way_round():
    """An island outside the box: it takes the whole plane to see it."""
    far = island((40.0, 0.0))
    assert decision_regions(far, 1.0).summary().components.tolist() == [1, 0]
    plane = whole_plane(far, 1.0)
    assert plane.complete
    assert plane.summary().components.tolist() == [1, 1]
    assert plane.summary().bounded.tolist() == [0, 1]
    large = island((0.0, 0.0), radius=5.0)  # fills the box
    assert decision_regions(large, 1.0).summary().bounded.tolist() == [0, 0]
    assert whole_plane(large, 1.0).summary().bounded.tolist() == [0, 1]


def test_a_pinched_corner_does_not_connect():
    """x y > 0: two quadrants that touch in a point are two parts of class 1."""
    net = Network(
        (
            Layer(np.array([[1.0, 1], [-1, -1], [1, -1], [-1, 1]]), np.zeros(4)),
            Layer(np.array([[0.0, 0, 1, 1], [1, 1, 0, 0]]), np.zeros(2), LINEAR),
        )
    )
    summary = decision_regions(net, 1.0).summary()
    assert summary.components.tolist() == [2, 2]
    assert summary.holes.tolist() == [0, 0]


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))])
@pytest.mark.parametrize(
    ("widths", "classes"), [((12,), 3), ((30,), 5), ((8, 8), 4), ((6, 5, 4), 2)], ids=str
)
def test_a_fine_grid_agrees(widths, classes, seed):
    net = random_net(seed, widths, outputs=classes, negative_slope=0.1 * (seed % 2))
    found = decision_regions(net, 1.0)
    n = 1200
    x = np.linspace(-1, 1, n + 1)[:-1] + 1 / n
    grid = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    winner = net(grid).argmax(1).reshape(n, n)
    summary = found.summary()
    for k in range(classes):
        assert summary.area[k] == pytest.approx((winner == k).mean() * 4, abs=0.02)
        sizes = found.area
        parts = [
            found.component[found.winner == k] == c for c in np.unique(found.component[found.winner == k])
        ]
        large = sum(sizes[found.winner == k][part].sum() > 2e-3 for part in parts)
        labels, _ = ndimage.label(winner == k)
        assert (np.bincount(labels[labels > 0]) > 2e-3 * n * n / 4).sum() == large


@pytest.mark.parametrize("seed", range(6))
def test_winners_at_random_points(seed):
    """Every face has the class of its points, found here by locating points among convex polygons."""
    net = random_net(seed, (7, 6), outputs=4)
    found = decision_regions(net, 1.0)
    points = np.random.default_rng(seed).uniform(-1, 1, (300, 2))
    winner = np.full(300, -1)
    for corners, k in zip(found.polygons(), found.winner, strict=True):
        edge = np.roll(corners, -1, 0) - corners
        to = points[:, None] - corners
        inside = (edge[:, 0] * to[..., 1] - edge[:, 1] * to[..., 0] > 0).all(1)
        winner[inside] = k
    assert (winner == net(points).argmax(1)).all()


def test_equal_scores_go_to_the_first_class():
    net = Network((Layer(np.eye(2), np.zeros(2)), Layer(np.zeros((3, 2)), np.array([1.0, 1, 1]), LINEAR)))
    assert decision_regions(net, 1.0).summary().area.tolist() == [4.0, 0.0, 0.0]


def test_one_output_is_refused():
    with pytest.raises(ValueError, match="score for each class"):
        decision_regions(random_net(0, (4,), outputs=1), 1.0)


def narrow(seed, depth, classes, slope, *, head_bias=True):
    """Leaky layers 2 wide, with weights large enough to bend."""
    rng = np.random.default_rng(seed)
    layers = [Layer(rng.standard_normal((2, 2)), rng.standard_normal(2), slope) for _ in range(depth)]
    bias = rng.standard_normal(classes) if head_bias else np.zeros(classes)
    return Network((*layers, Layer(rng.standard_normal((classes, 2)), bias, LINEAR)))


def test_what_width_2_cannot_do():
    """T5, T6 on leaky nets of depth 1 to 4. Slopes to the fourth power throw some vertices out of any box."""
    said = 0
    for seed in range(60):
        net = narrow(seed, 1 + seed % 4, 3 + seed % 3, (0.05, 0.1, 0.5)[seed % 3], head_bias=bool(seed % 2))
        held = check_decision(plane := whole_plane(net, 2.0))
        assert ("T5" in held) == plane.complete
        assert all(held.values()), (seed, held)
        said += len(held)
    assert said > 80


@pytest.mark.parametrize("seed", range(40))
def test_one_relu_layer_of_width_2_keeps_classes_connected(seed):
    assert check_decision(whole_plane(narrow(seed, 1, 2 + seed % 4, 0.0), 2.0)) == {"T7": True}


def test_t6_needs_its_condition():
    """With a biased head and five classes bounded regions do occur."""
    bounded = sum(whole_plane(narrow(seed, 3, 5, 0.1), 2.0).summary().bounded.any() for seed in range(60))
    assert bounded > 0


def test_width_3_makes_an_island_and_the_check_notices():
    """Three units around a triangle: bounded, so no theorem on width 2 could hold of it."""
    angles = np.pi * (0.5 + np.arange(3) * 2 / 3)
    net = Network(
        (
            Layer(np.stack([np.cos(angles), np.sin(angles)], 1), np.full(3, -0.2)),
            Layer(np.array([[0.0, 0, 0], [-1, -1, -1]]), np.array([0.0, 0.1]), LINEAR),
        )
    )
    plane = whole_plane(net, 1.0)
    assert plane.summary().bounded.tolist() == [0, 1]
    assert check_decision(plane) == {}


@pytest.mark.parametrize("seed", range(5))
def test_scores_along_lines_and_between_points(seed):
    net = random_net(seed, (9,), outputs=3)
    rng = np.random.default_rng(seed)
    points, labels = rng.uniform(-1, 1, (60, 2)), rng.integers(0, 3, 60)
    assert check_scores(net, points, labels, lines=40) == {"T9": True, "T8": True}


def test_steepness_by_hand():
    """s = (x, -x): margins 2|x|; points at ±.1 need 2 * .2 / .2 = 2 of at most √2 · √2."""
    net = Network((Layer(np.array([[1.0, 0], [-1, 0]]), np.zeros(2), LINEAR),))
    possible, needed = steepness(net, np.array([[0.1, 0.0], [-0.1, 0.0]]), np.array([0, 1]))
    assert needed == pytest.approx(2.0)
    assert possible == pytest.approx(2.0)


def test_theorems_on_width_2_are_said_only_where_they_hold():
    """A weight of rank 1, a negative slope, a bias after the last fold in three dimensions: no theorem."""
    flat = Network(
        (
            Layer(np.array([[1.0, 0], [-1, 0]]), np.array([0.0, 1])),
            Layer(np.array([[1.0, 1], [0, 0]]), np.array([-1.5, 0]), LINEAR),
        )
    )
    assert check_decision(whole_plane(flat, 1.0)) == {}
    folded = Network(
        (
            Layer(np.eye(2), np.zeros(2), -1.0),
            Layer(np.array([[1.0, 0], [0, 0]]), np.array([-1.5, 0]), LINEAR),
        )
    )
    assert check_decision(whole_plane(folded, 1.0)) == {}
    lifted = Network(
        (
            Layer(np.array([[1.0, 0.5], [-0.5, 1]]), np.ones(2), 0.1),
            Layer(np.array([[1.0, 0], [0, 1], [1, 1]]), np.array([0.0, 0, 1]), LINEAR),
            Layer(np.random.default_rng(0).standard_normal((4, 3)), np.zeros(4), LINEAR),
        )
    )
    assert "T6" not in check_decision(whole_plane(lifted, 1.0))


@pytest.mark.parametrize("slope", [2.0, 5.0, -0.5])
def test_theorems_at_unusual_slopes(slope):
    net = random_net(0, (9,), outputs=3, negative_slope=slope)
    rng = np.random.default_rng(0)
    points, labels = rng.uniform(-1, 1, (60, 2)), rng.integers(0, 3, 60)
    assert all(check_regions(linear_regions(net, 1.0)).values())
    assert check_scores(net, points, labels)["T9"]


@pytest.mark.parametrize("seed", range(6))
def test_leaky_nets_of_width_2_never_fold_and_a_fold_would_be_noticed(seed):
    """T10: the sign of every determinant is that of the reflections."""
    net = random_net(seed, (2, 2, 2, 2), negative_slope=0.2)
    regions = linear_regions(net, 1.1)
    assert check_regions(regions)["T10"]
    first, *rest = net.layers
    mirrored = first._replace(weight=first.weight * np.array([[-1.0, 1.0]]))
    wrong = replace(regions, network=Network((mirrored, *rest)))
    wrong.__dict__["affine"] = regions.affine  # those of the net itself: as if it had been turned over
    assert not check_regions(wrong)["T10"]


def test_the_image_of_a_nearly_constant_map_far_from_the_origin_keeps_its_area():
    """T12 where the products of coordinates cancel: a trained deep net whose layers have died looks like this."""
    small = 1e-7 * np.array([[1.0, 0.3], [-0.2, 1.0]])
    net = Network((Layer(small, np.array([3.0, -2.0]), 0.1), Layer(np.eye(2), np.array([50.0, 9.0]), LINEAR)))
    assert all(check_regions(linear_regions(net, 1.1)).values())


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("widths", "classes"), [((12,), 3), ((40,), 5), ((6, 5), 4)], ids=str)
def test_the_box_is_a_part_of_the_plane(seed, widths, classes):
    net = random_net(seed, widths, outputs=classes)
    part, alone = within(whole_plane(net, 1.0), 1.0), decision_regions(net, 1.0)
    for name, found in part.summary()._asdict().items():
        np.testing.assert_allclose(found, getattr(alone.summary(), name), rtol=1e-9, atol=1e-12, err_msg=name)
    assert part.cells.faces == alone.cells.faces
    assert part.box == alone.box


@pytest.mark.parametrize("seed", range(6))
def test_a_cut_of_the_faces_that_change_sign_is_a_cut_of_all(seed):
    """With a vertex on the line, and against the cut of the whole complex."""
    cells = linear_regions(random_net(seed, (9,)), 1.0).cells
    rng = np.random.default_rng(seed)
    values = cells.points @ rng.standard_normal(2) + 0.3 * rng.standard_normal()
    values -= values[seed] if seed % 2 else 0.0
    line = Given(values, np.full(len(values), 1e-12))
    found, coincidences, unclear = cut_by_one(cells, line, 99)
    made = cut(cells, line)
    whole = rebuild(cells, made, np.array([99]))
    assert (coincidences, unclear) == (made.coincidences, made.unclear)
    assert found.euler == whole.euler == 1
    assert (found.faces, len(found.ends)) == (whole.faces, len(whole.ends))
    np.testing.assert_allclose(np.sort(areas(found)[0]), np.sort(areas(whole)[0]), rtol=1e-9, atol=1e-12)
    on_line = [lengths(one)[one.tags == 99].sum() for one in (found, whole)]
    assert on_line[0] == pytest.approx(on_line[1])
