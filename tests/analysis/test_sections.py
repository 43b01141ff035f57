"""The plane through three examples: it holds them, its regions and lines agree, and bad examples are named."""

import numpy as np
import pytest

from nlpfeat.analysis.geometry import inputs_of, layers_of
from nlpfeat.analysis.sections import SIDES, SectionOptions, section
from nlpfeat.errors import UserError
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.planes import plane_through, principal_plane
from nlpfeat.plotting.figures.sections import section_figure
from nlpfeat.study.session import open_study
from tests.toys import TOYS, study, with_grid


@pytest.mark.parametrize("inputs", [2, 3, 40])
def test_a_plane_holds_its_points(inputs):
    points = np.random.default_rng(inputs).normal(size=(3, inputs))
    plane = plane_through(points)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(plane.origin + plane.coordinates @ plane.directions, points, atol=1e-12)
    np.testing.assert_allclose(plane.coordinates[0], 0)
    assert plane.coordinates[1, 1] == pytest.approx(0, abs=1e-12)
    assert plane.coordinates[2, 1] > 0


@pytest.mark.parametrize(
    "points",
    [
        [[0, 0, 0], [1, 1, 1], [2, 2, 2]],
        [[0, 0, 0], [0, 0, 0], [1, 2, 3]],
        [[1, 2, 3]] * 3,
        [[0, 0, 0], [1, 1, 1], [2, 2, 2 + 1e-12]],
    ],
)
def test_points_on_one_line_span_no_plane(points):
    with pytest.raises(ValueError, match="span no plane"):
        plane_through(np.array(points, float))


def test_points_of_a_wrong_shape():
    for wrong in (np.zeros((2, 3)), np.zeros((3, 1)), np.zeros(3)):
        with pytest.raises(ValueError, match="three points"):
            plane_through(wrong)
    with pytest.raises(ValueError, match="NaN"):
        plane_through(np.full((3, 2), np.nan))


def test_principal_axes_are_those_of_the_covariance():
    points = np.random.default_rng(0).normal(size=(200, 5)) * [1, 5, 0.1, 3, 0.2]
    plane = principal_plane(points)
    values, vectors = np.linalg.eigh(np.cov(points.T))
    for row, column in zip(plane.directions, vectors[:, [-1, -2]].T, strict=True):
        assert abs(row @ column) == pytest.approx(1)
    np.testing.assert_allclose(plane.coordinates.var(0, ddof=1), values[[-1, -2]])
    with pytest.raises(ValueError, match="one line"):
        principal_plane(np.arange(5)[:, None] * np.ones(3))


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    found = {}
    for name in ("digits", "mnist1d_conv", "wound_spirals", "spirals"):
        made, _ = study(with_grid(TOYS[name], width=(3,), seed=(0,)), tmp_path_factory.mktemp(name) / "study")
        found[name] = open_study(made.path).restore(width=3, seed=0)
    return found


@pytest.mark.parametrize("name", ["digits", "mnist1d_conv", "wound_spirals", "spirals"])
def test_the_plane_agrees_with_the_network_and_the_lines(members, name):
    found = section(members[name])
    network = Network(tuple(layers_of(members[name])))
    points, labels = inputs_of(members[name], members[name].splits["test"])
    np.testing.assert_array_equal(found.inputs, points[list(found.examples)])
    np.testing.assert_array_equal(found.labels, labels[list(found.examples)])
    flat = found.regions.network
    np.testing.assert_allclose(flat(found.plane.coordinates), network(found.inputs), atol=1e-6)
    assert len(found.regions) >= max(found.table()["regions"])
    for number, (start, end) in enumerate(SIDES):
        share = np.linspace(0, 1, 4001)[:, None]
        along = found.inputs[start] + share * (found.inputs[end] - found.inputs[start])
        patterns = network.active(along)
        assert (patterns[1:] != patterns[:-1]).any(1).sum() + 1 <= found.table()["regions"][number]
        predicted = network(along).argmax(1)
        assert (np.diff(predicted) != 0).sum() <= found.table()["class_changes"][number]


def test_chosen_examples(members):
    found = section(members["digits"], SectionOptions("train", (3, 0, 7)))
    assert found.examples == (3, 0, 7)
    assert found.table()["from"].tolist() == [3, 0, 7]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SectionOptions("none"), "no split 'none'; there are train, validation, test"),
        (SectionOptions(examples=(1, 2)), "three different examples of the test split, 0 to 19"),
        (SectionOptions(examples=(1, 2, 2)), "three different examples"),
        (SectionOptions(examples=(1, 2, 20)), "0 to 19"),
    ],
)
def test_bad_examples(members, options, message):
    with pytest.raises(UserError, match=message):
        section(members["digits"], options)


@pytest.mark.parametrize(
    ("name", "shape"), [("digits", (8, 8)), ("mnist1d_conv", (40,)), ("wound_spirals", None)]
)
def test_figures(members, name, shape):
    found = section(members[name])
    classes = tuple(map(str, range(found.decision.network.outputs)))
    figure = section_figure(found, shape, classes, "test")
    assert len(figure.axes) == (3 if shape is None else 3 + 7)
    assert len(figure.axes[0].child_axes) == (0 if shape is None else 3)


def test_inputs_of_another_size(members):
    """Pictures are read flat or not; of another size they are named."""
    member = members["digits"]
    pictures = inputs_of(member, member.splits["test"])[0][:4]
    flat = member.predict(pictures)
    np.testing.assert_array_equal(member.predict(pictures.reshape(4, 8, 8)), flat)
    with pytest.raises(UserError, match=r"digits reads inputs \(n, 64\); these have the shape \(4, 10\)"):
        member.predict(np.zeros((4, 10)))
