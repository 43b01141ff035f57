"""Which recipe of a grid succeeds."""

import numpy as np
import pytest
import xarray as xr

from experiments.figures import panels_figure
from experiments.grid_figures import axes_of, grid_figure, holds, planes, shares
from nlpfeat.tasks import TASKS
from nlpfeat.training.task import Goal
from tests.toys import TOYS, study, with_grid


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    spec = with_grid(TOYS["spirals_deep"], width=(2,), seed=(0, 1, 2), depth=(2, 3, 4), slope=(0.1, 0.4))
    return study(spec, tmp_path_factory.mktemp("grid") / "study")[1]


def test_every_point_has_its_share_and_quartiles(dataset):
    assert axes_of(dataset) == ["slope", "depth"]
    found = list(shares(dataset, "accuracy", "validation", Goal(0.4)))
    assert len(found) == 6
    for one in found:
        point = {name: one["point"][name] for name in ("depth", "slope", "width")}
        values = dataset.accuracy.sel(point).sel(split="validation").isel(step=-1).to_numpy()
        assert one["share"].estimate == np.mean(values >= 0.4)
        assert one["quartiles"].median == pytest.approx(np.median(values))


def test_the_best_is_chosen_on_validation_and_a_diverged_recipe_is_not_it(dataset):
    spoilt = dataset.copy(deep=True)
    place = {"slope": 0, "depth": 0}
    for name in ("accuracy", "loss"):
        spoilt[name][place] = np.nan
    figure, told = grid_figure(spoilt, spoilt, "accuracy", Goal(2.0))  # nobody succeeds: the median decides
    medians = spoilt.accuracy.sel(split="validation").isel(step=-1).median("seed")
    assert medians.max() == medians.sel({n: told["best"][n] for n in ("depth", "slope", "width")})
    assert told["text"].startswith("no recipe reaches accuracy ≥ 2 on validation")
    _, told = grid_figure(dataset, dataset, "accuracy", Goal(0.2))
    assert told["text"].startswith("best on validation")
    assert "the best of 6 recipes" in told["text"]
    above, below = figure.axes[:2]
    assert len(above.containers) == 2  # slopes
    assert [text.get_text() for text in below.get_xticklabels()] == ["2", "3", "4"]


def test_a_panel_for_each_penalty_shows_all_parts_of_the_data():
    """Of one seed, too; a further axis of one value has no part in it."""
    names, rng = ("penalty", "learning_rate", "width", "seed", "split", "step"), np.random.default_rng(0)
    coords = {
        "penalty": [1e-5, 1e-3],
        "learning_rate": [0.1],
        "width": [2, 10, 50],
        "seed": [0],
        "split": ["train", "validation", "test"],
        "step": [0, 10],
    }
    values = rng.random([len(coords[name]) for name in names])
    every = {"squared_error": (names, values), "loss": (names, values)}
    shape = [len(coords[name]) for name in names[:4]]
    dataset = xr.Dataset(every | {"member_id": (names[:4], np.full(shape, "a"))}, coords)
    figure = panels_figure(dataset, TASKS["ratings_dot"], "penalty")
    assert [ax.get_title() for ax in figure.axes] == ["penalty 1e-05", "penalty 0.001"]
    for ax, part in zip(figure.axes, values[:, 0, :, 0, :, -1], strict=True):
        lines = {line.get_label(): line.get_ydata() for line in ax.lines}
        for i, split in enumerate(coords["split"]):
            np.testing.assert_array_equal(lines[f"{split}: median, quartiles"], part[:, i])


def test_a_fourth_axis_has_a_figure_for_each_of_its_points(tmp_path):
    """Nets that differ in it are not joined by a line, and the best recipe is that of all."""
    axes = {"depth": (2, 3, 4), "slope": (0.1, 0.4), "noise": (0.1, 0.2), "learning_rate": (1e-3, 1e-2)}
    spec = with_grid(TOYS["spirals_deep"], width=(2,), seed=(0,), **axes)
    _, dataset = study(spec, tmp_path / "study")
    found = list(planes(dataset))
    assert len(found) == 2
    (name,) = found[0][0]
    assert [point[name] for point, _ in found] == list(axes[name])
    best = []
    for point, part in found:
        figure, told = grid_figure(part, dataset, "accuracy", Goal(0.99))
        for container in [c for ax in figure.axes for c in ax.containers]:
            x = container.lines[0].get_xdata()
            assert len(set(x)) == len(x) > 1  # one net a place
        assert f"{name.replace('_', ' ')} {point[name]:g}" in figure._suptitle.get_text()
        best.append(told["best"])
    assert best[0] == best[1]


def test_points_without_a_member_have_no_figure(tmp_path):
    """A grid that was extended along two axes at once has holes."""
    path, axes = (
        tmp_path / "study",
        {"width": (2, 3, 4), "learning_rate": (1e-3, 3e-3, 1e-2), "noise": (0.1, 0.2, 0.3)},
    )
    study(with_grid(TOYS["spirals_deep"], seed=(0,), depth=(2,), slope=(0.1,), **axes), path)
    _, dataset = study(with_grid(TOYS["spirals_deep"], seed=(0,), depth=(3,), slope=(0.2,), **axes), path)
    found = list(planes(dataset))
    assert len(found) == 2
    for _, part in found:
        grid_figure(part, dataset, "accuracy", Goal(0.99))
    assert sum(holds(part, dataset, "accuracy", Goal(0.99)) for _, part in found) == 1
