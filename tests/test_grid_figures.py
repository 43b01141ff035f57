"""Which recipe of a grid succeeds."""

import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis.grid import best_recipe, planes, recipe_table, varied_axes
from nlpfeat.plotting.figures.grid import grid_figure
from nlpfeat.plotting.figures.width import panels_figure
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.metrics import Metric, Success, accuracy
from tests.toys import TOYS, study, with_grid


def accuracy_of(threshold):
    return Success(Metric("accuracy", accuracy), threshold)


def drawn(plane, whole, success):
    """The figure of a plane, and the best recipe of the whole grid."""
    task, metric = TASKS["spirals_deep"], success.metric
    figure = grid_figure(recipe_table(plane, metric, success, "test"), plane, whole, task, success)
    return figure, best_recipe(whole, metric, success)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    spec = with_grid(
        TOYS["spirals_deep"], width=(2,), seed=(0, 1, 2), depth=(2, 3, 4), negative_slope=(0.1, 0.4)
    )
    return study(spec, tmp_path_factory.mktemp("grid") / "study")[1]


def test_every_point_has_its_share_and_quartiles(dataset):
    assert varied_axes(dataset) == ["negative_slope", "depth"]
    found = recipe_table(dataset, accuracy_of(0.4).metric, accuracy_of(0.4), "validation").to_dict("records")
    assert len(found) == 6
    for one in found:
        point = {name: one[name] for name in ("depth", "negative_slope", "width")}
        values = dataset.accuracy.sel(point).sel(split="validation").isel(step=-1).to_numpy()
        assert one["share"] == np.mean(values >= 0.4)
        assert one["median"] == pytest.approx(np.median(values))


def test_the_best_is_chosen_on_validation_and_a_diverged_recipe_is_not_it(dataset):
    spoilt = dataset.copy(deep=True)
    place = {"negative_slope": 0, "depth": 0}
    for name in ("accuracy", "loss"):
        spoilt[name][place] = np.nan
    figure, best = drawn(spoilt, spoilt, accuracy_of(2.0))  # nobody succeeds: the median decides
    assert len(figure.axes) == 1  # shares of 0 are not drawn
    assert "No seed reaches test accuracy ≥ 2" in figure._suptitle.get_text()
    medians = spoilt.accuracy.sel(split="validation").isel(step=-1).median("seed")
    assert medians.max() == medians.sel({n: best.point[n] for n in ("depth", "negative_slope", "width")})
    assert best.description.startswith("no recipe reaches accuracy ≥ 2 on validation")
    figure, best = drawn(dataset, dataset, accuracy_of(0.2))
    assert best.description.startswith("best on validation")
    assert "the maximum over 6 recipes" in best.description
    above, below = figure.axes[:2]
    assert len(above.containers) == 2  # slopes
    assert [text.get_text() for text in below.get_xticklabels()] == ["2", "3", "4"]


def test_a_panel_for_each_weight_decay_shows_all_splits():
    """Of one seed, too; a further axis of one value has no part in it."""
    names, rng = ("l2", "learning_rate", "width", "seed", "split", "step"), np.random.default_rng(0)
    coords = {
        "l2": [1e-5, 1e-3],
        "learning_rate": [0.1],
        "width": [2, 10, 50],
        "seed": [0],
        "split": ["train", "validation", "test"],
        "step": [0, 10],
    }
    values = rng.random([len(coords[name]) for name in names])
    every = {"squared_error": (names, values), "loss": (names, values)}
    shape = [len(coords[name]) for name in names[:4]]
    every["baseline"] = (("split",), np.ones(3))
    dataset = xr.Dataset(every | {"member_id": (names[:4], np.full(shape, "a"))}, coords)
    figure = panels_figure(dataset, TASKS["ratings_dot"], "l2")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["l2 1e-05", "l2 0.001"]
    for ax, part in zip(figure.axes, values[:, 0, :, 0, :, -1], strict=True):
        lines = {line.get_label(): line.get_ydata() for line in ax.lines}
        for i, split in enumerate(coords["split"]):
            np.testing.assert_array_equal(lines[f"{split}: median, quartiles"], part[:, i])


def grid(**axes):
    """The array of a study with these further axes, of three seeds at one width, with random scores."""
    coords = {
        "width": [2],
        "seed": [0, 1, 2],
        **axes,
        "step": [0, 9],
        "split": ["train", "validation", "test"],
    }
    names = list(coords)
    shape = [len(coords[name]) for name in names]
    scores = (names, np.random.default_rng(0).random(shape))
    every = {"accuracy": scores, "loss": scores, "member_id": (names[:-2], np.full(shape[:-2], "a"))}
    every["baseline"] = (("split",), np.full(3, 0.2))
    return xr.Dataset(every, coords, {"task": "spirals_deep"})


def test_a_fourth_axis_has_a_figure_for_each_of_its_points():
    """Nets that differ in it are not joined by a line, and the best recipe is that of all."""
    axes = {
        "depth": [2, 3, 4],
        "negative_slope": [0.1, 0.4, 0.5],
        "noise": [0.1, 0.2, 0.3],
        "learning_rate": [1e-3, 1e-2],
    }
    dataset, best = grid(**axes), []
    found = list(planes(dataset))
    assert [point for point, _ in found] == [{"learning_rate": 1e-3}, {"learning_rate": 1e-2}]
    for point, part in found:
        figure, recipe = drawn(part, dataset, accuracy_of(0.9))
        for container in [c for ax in figure.axes for c in ax.containers]:
            x = container.lines[0].get_xdata()
            assert len(set(x)) == len(x) == 3  # one net a place
        assert f"learning rate {point['learning_rate']:g}" in figure._suptitle.get_text()
        best.append(recipe)
    assert best[0] == best[1]
    assert [point.items() <= best[0].point.items() for point, _ in found].count(True) == 1


def test_points_without_a_member_have_no_figure():
    """A grid that was extended along two axes at once has holes."""
    axes = {"noise": [0.1, 0.2, 0.3], "learning_rate": [1e-3, 3e-3, 1e-2], "width_again": [1, 2, 3]}
    dataset = grid(depth=[2, 3], negative_slope=[0.1, 0.2], **axes)
    dataset["member_id"] = dataset["member_id"].where(
        (dataset["depth"] == 2) == (dataset["negative_slope"] == 0.1), ""
    )
    found = list(planes(dataset))
    assert [tuple(point.values()) for point, _ in found] == [(2, 0.1), (3, 0.2)]
    for _, part in found:
        drawn(part, dataset, accuracy_of(0.99))
