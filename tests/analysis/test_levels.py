"""Levels of success against what a study's last split resolves."""

from dataclasses import replace

import pytest

from nlpfeat.analysis.levels import bayes_accuracy, doubts, evaluated_points, require_levels
from nlpfeat.analysis.recipe import RecipeOptions, read_single
from nlpfeat.analysis.width import width_curve
from nlpfeat.analysis.width_table import WidthTableOptions, width_table
from nlpfeat.errors import UserError
from nlpfeat.plotting.figures.success import Sized, success_figure
from nlpfeat.stats.summaries import summarize
from nlpfeat.study.session import Study
from tests.toys import SPIRALS, TOYS, study, with_grid


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    spec = with_grid(
        replace(SPIRALS, data=replace(SPIRALS.data, arms=5)), width=(2, 3), seed=(0, 1), noise=(0.2, 0.3)
    )
    folder, _ = study(spec, tmp_path_factory.mktemp("levels") / "study")
    return Study(folder)


def test_points_are_those_of_the_record(made):
    assert evaluated_points(made, "test", last=True) == 10_000
    assert evaluated_points(made, "test", last=False) == 5 * made.spec.data.points
    assert evaluated_points(made, "train", last=True) == 5 * made.spec.data.points


def test_levels_are_held_to_the_bayes_accuracy_and_the_points(made):
    part = read_single(made, RecipeOptions(at={"noise": 0.2})).dataset
    assert bayes_accuracy(made.spec, part) == pytest.approx(0.99832, abs=1e-5)
    require_levels(made, part, (0.9, 0.99), last=True)
    with pytest.raises(UserError, match="takes 78,124 test points"):
        require_levels(made, part, (0.99, 0.998), last=True)
    with pytest.raises(UserError, match="cannot be reached"):
        require_levels(made, part, (0.999,), last=True)
    with pytest.raises(UserError, match="there are 100"):
        require_levels(made, part, (0.99,), last=False)
    assert doubts(made, part, last=True) is None
    noisier = read_single(made, RecipeOptions(at={"noise": 0.3})).dataset
    assert bayes_accuracy(made.spec, noisier) < 0.99
    assert "cannot be reached" in doubts(made, noisier, last=True)


def test_other_metrics_have_no_such_levels(tmp_path):
    folder, results = study(with_grid(TOYS["ratings_dot"], width=(2,), seed=(0,)), tmp_path / "study")
    require_levels(Study(folder), results, (0.0001,), last=True)
    assert bayes_accuracy(folder.spec, results) is None


def test_the_width_table_has_the_gain_and_the_bayes_accuracy(made):
    found = width_table(made, WidthTableOptions(RecipeOptions(at={"noise": 0.2}), levels=(0.3, 0.9)))
    assert [curve.success.threshold for curve in found.curves] == [0.3, 0.9]
    assert found.bayes_accuracy == pytest.approx(0.99832, abs=1e-5)
    assert found.gain is not None


def test_the_figure_of_recipes_has_a_line_for_each(made):
    task = made.task
    curves = {
        f"noise {noise}": width_curve(
            read_single(made, RecipeOptions(at={"noise": noise})).dataset,
            task.evaluation.headline,
            task.evaluation.criterion,
        )
        for noise in (0.2, 0.3)
    }
    figure = success_figure([Sized(curves, task.width_label)], "heading")
    (ax,) = figure.axes
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [text.partition("\n")[0] for text in texts] == list(curves)
    assert ax.get_xlabel() == "hidden units H"


def test_a_value_chosen_for_each_width_stands_in_the_table(made):
    part = read_single(made, RecipeOptions(at={"noise": 0.2})).dataset
    part = part.drop_vars("learning_rate").assign_coords(learning_rate=("width", [0.01, 0.03]))
    assert [(row["width"], row["learning_rate"]) for row in summarize(part)] == [(2, 0.01), (3, 0.03)]
