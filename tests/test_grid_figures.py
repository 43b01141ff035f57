"""Which recipe of a grid succeeds."""

import numpy as np
import pytest

from experiments.grid_figures import axes_of, grid_figure, shares
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
    figure, told = grid_figure(spoilt, "accuracy", Goal(2.0))  # nobody succeeds: the median decides
    medians = spoilt.accuracy.sel(split="validation").isel(step=-1).median("seed")
    assert medians.max() == medians.sel({n: told["best"][n] for n in ("depth", "slope", "width")})
    assert told["text"].startswith("no recipe reaches accuracy ≥ 2 on validation")
    _, told = grid_figure(dataset, "accuracy", Goal(0.2))
    assert told["text"].startswith("best on validation")
    assert "the best of 6 recipes" in told["text"]
    above, below = figure.axes[:2]
    assert len(above.containers) == 2  # slopes
    assert [text.get_text() for text in below.get_xticklabels()] == ["2", "3", "4"]
