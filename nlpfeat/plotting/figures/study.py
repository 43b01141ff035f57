"""All figures of a study, one after another."""

import logging
import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree
from matplotlib.figure import Figure

from nlpfeat.analysis import geometry, grid
from nlpfeat.analysis.double_descent import MIN_WIDTHS, double_descent
from nlpfeat.analysis.levels import require_levels
from nlpfeat.analysis.predictions import calibration, class_table, errors_table, median_predictions
from nlpfeat.analysis.recipe import RecipeOptions, point_suffix, read_study, recipe_suffix
from nlpfeat.analysis.selection import best_rate_fit, points_of_rates
from nlpfeat.analysis.time import arrivals, common_loss, is_reduced, steps_to_loss
from nlpfeat.analysis.width import width_curve
from nlpfeat.data.text.sources import CorpusSpec
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.plotting.figures.double_descent import double_descent_figure
from nlpfeat.plotting.figures.geometry import measure_figure, weights_figure
from nlpfeat.plotting.figures.grid import grid_figure
from nlpfeat.plotting.figures.plane_maps import plane_maps_figure
from nlpfeat.plotting.figures.predictions import classes_figure, errors_figure, predictions_figure
from nlpfeat.plotting.figures.rates import rates_figure
from nlpfeat.plotting.figures.width import curves_figure, panels_figure, steps_figure, width_figure
from nlpfeat.plotting.primitives import describe_half
from nlpfeat.plotting.save import results_stamp, save_all
from nlpfeat.plotting.style import set_heading
from nlpfeat.stats.best_rates import MIN_RATES, describe_shift
from nlpfeat.store.atomic import write_csv
from nlpfeat.store.combine import steps_to_success
from nlpfeat.store.results import (
    baseline_of,
    describe_value,
    further_axes,
    measured_steps,
    recipe,
    time_in_words,
)
from nlpfeat.study.select import chosen_width
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Success
from nlpfeat.training.task import Task

log = logging.getLogger(__name__)

MAX_PLANES = 6  # of a grid: beyond, only the best recipe's is drawn
MAX_PANELS = 6  # side by side
MAX_POINTS = 6  # of further axes: beyond, none has figures of its own


class NamedFigure(NamedTuple):
    """A figure of a study.

    Attributes:
      name: of its files, without suffix.
      figure: to be saved.
      text: what it shows, in a line.
      numbers: plain values that it shows.
      table: rows that belong to it, if any.
    """

    name: str
    figure: Figure
    text: str
    numbers: dict[str, PyTree] = {}  # noqa: RUF012  (never written to)
    table: pd.DataFrame | None = None


@dataclass(frozen=True)
class StudyFiguresOptions:
    """Which figures of a study are drawn.

    Attributes:
      threshold: of the headline metric, for success; None for the task's own, which files of the user do not have.
      recipe: at which the study is read.
    """

    threshold: float | None = None
    recipe: RecipeOptions = field(default_factory=RecipeOptions)


class SavedFigure(NamedTuple):
    """A figure in the folder of a study.

    Attributes:
      text: what it shows, in a line.
      numbers: plain values that it shows.
      paths: of its files: PNG, PDF, and the CSV of its table, if it has one.
    """

    text: str
    numbers: dict[str, PyTree]
    paths: list[Path]


def save_figures(
    study: Study,
    options: StudyFiguresOptions = StudyFiguresOptions(),
    *,
    stamp: str = "nlpfeat.save_figures",
    saved: Callable[[SavedFigure], None] = lambda figure: None,
    pool: Executor | None = None,
) -> list[SavedFigure]:
    """Draw the figures of a study and write them to its folder, as PNG and PDF, with their tables as CSV.

        nlpfeat.save_figures(nlpfeat.open_study("runs/spirals"))

    Args:
      study: whose figures they are.
      options: which, and at which recipe.
      stamp: the command below each figure, before the commits and the hash of the config.
      saved: called with each figure when its files are written.
      pool: of processes that write the files; None to write them in this one.

    Raises:
      UserError: if no bucket is finished, and as the analyses.
    """
    line, folder = results_stamp(stamp, study.results.attrs), study.folder.figures
    drawn, found = deque[NamedFigure](), []

    def each() -> Iterator[tuple[Figure, Path]]:
        for one in study_figures(study, options):
            drawn.append(one)
            yield one.figure, folder / one.name

    for paths in save_all(each(), line, pool):
        one = drawn.popleft()
        if one.table is not None:
            paths.append(write_csv(one.table, folder / f"{one.name}.csv"))
        found.append(SavedFigure(one.text, one.numbers, paths))
        saved(found[-1])
    return found


def study_figures(
    study: Study, options: StudyFiguresOptions = StudyFiguresOptions()
) -> Iterator[NamedFigure]:
    """The figures of a study: of its grid, if it has further axes, and of each of their points, if there are few.

    Raises:
      UserError: if no bucket is finished, and as the analyses.
    """
    success = study.spec.success
    if options.threshold is not None:
        success = Success(study.task.evaluation.headline, options.threshold)
    read = read_study(study, options.recipe)
    dataset, named = read.dataset, recipe_suffix(options.recipe)
    if options.threshold is not None:
        require_levels(study, dataset, (options.threshold,), last=not is_reduced(dataset))
    further, fixed = further_axes(dataset), options.recipe.at
    if hasattr(study.spec.settings, "label_noise") and dataset.sizes["width"] >= MIN_WIDTHS:
        descent = double_descent(study, options.recipe)
        figure = double_descent_figure(descent, study.task.width_label)
        name = f"double-descent{point_suffix(study.results, fixed)}{named}"
        yield NamedFigure(name, figure, "errors against width", table=descent.curves)
    if any(dataset.sizes[name] > 1 for name in further):
        for one in _grid_figures(study, dataset, success):
            yield one._replace(name=one.name + point_suffix(study.results, fixed) + named)
    points = math.prod(dataset.sizes[name] for name in further)
    if points > MAX_POINTS:
        log.warning("%d points of %s: name one for its own figures", points, ", ".join(further))
        return
    for free, part in grid.points_of(dataset):
        point = fixed | free
        suffix = point_suffix(study.results, point) + named
        where = "".join(
            f", {name} {describe_value(study.results[name], value)}" for name, value in sorted(point.items())
        )
        training = read.training.sel(free | {"width": part["width"]})
        for one in _point_figures(study, PointOfStudy(part, training, options.recipe.loss), success):
            yield one._replace(name=one.name + suffix, text=one.text + where)


class PointOfStudy(NamedTuple):
    """One recipe per width of a study: dims width, seed, step, split.

    Attributes:
      dataset: at the moment of training at which it is read.
      training: at all recorded steps.
      loss: to which steps are counted; None for one that half of the seeds of every width reach.
    """

    dataset: xr.Dataset
    training: xr.Dataset
    loss: float | None


def _grid_figures(study: Study, dataset: xr.Dataset, success: Success | None) -> Iterator[NamedFigure]:
    """The recipes of a grid, and panels along its only varied further axis."""
    metric = study.task.evaluation.headline
    planes, best = list(grid.planes(dataset)), grid.best_recipe(dataset, metric, success)
    if len(planes) > MAX_PLANES:
        log.warning(
            "%d figures would show this grid: that of the best recipe is drawn; name a point of an axis for another",
            len(planes),
        )
        planes = [(point, part) for point, part in planes if point.items() <= best.point.items()]
    numbers = {"best": best.point | {"share": list(best.share), "seeds": best.seeds}}
    for point, part in planes:
        table = grid.recipe_table(part, metric, success, str(dataset["split"].to_numpy()[-1]))
        figure = grid_figure(table, part, dataset, study.task, success)
        yield NamedFigure(f"grid{point_suffix(dataset, point)}", figure, best.description, numbers)
    varied = [name for name in further_axes(dataset) if dataset.sizes[name] > 1]
    if len(varied) == 1 and dataset.sizes["width"] > 1 and dataset.sizes[varied[0]] <= MAX_PANELS:
        name = metric.name
        figure = panels_figure(dataset, study.task, varied[0])
        yield NamedFigure(
            f"{name}-width-by-{varied[0]}", figure, f"{name} against width for each {varied[0]}"
        )
    yield from _rate_figures(study, dataset)


def _rate_figures(study: Study, dataset: xr.Dataset) -> Iterator[NamedFigure]:
    """Width against learning rate, for each point of the other axes if there are few."""
    if dataset.sizes["width"] < 2 or dataset.sizes.get("learning_rate", 1) < MIN_RATES:
        return
    found = list(points_of_rates(dataset))
    if len(found) > MAX_PLANES:
        log.warning(
            "%d figures would show the learning rates of this grid: name a point of its other axes",
            len(found),
        )
        return
    for point, part in found:
        best = best_rate_fit(part, study.task)
        words = "".join(
            f", {name.replace('_', ' ')} {describe_value(dataset[name], x)}" for name, x in point.items()
        )
        figure = rates_figure(best, study.task, f"{time_in_words(part)}{words}", part.sizes["seed"])
        numbers = {
            "best_rates": [list(rate) for rate in best.best],
            "bounds": best.bounds,
            "shift": list(best.shift),
        }
        text = f"learning rates by width{words}: {describe_shift(best)}"
        yield NamedFigure(f"rates{point_suffix(dataset, point)}", figure, text, numbers)


def _point_figures(study: Study, point: PointOfStudy, success: Success | None) -> Iterator[NamedFigure]:
    """The figures of one recipe per width."""
    task, dataset = study.task, point.dataset
    metric = task.evaluation.headline
    name, curve = metric.name, width_curve(dataset, metric, success)
    text, numbers = f"{name}, {recipe(dataset)}", {"recipe": recipe(dataset), "widths": curve.widths}
    numbers["baseline"] = round(baseline_of(dataset, curve.split), 5)
    if curve.half is not None:
        half = describe_half(curve.half, curve.widths)
        text += f": {half} for {success} on {curve.split}, by a logistic fit in log2 of the width"
        numbers["success"] = np.round(curve.shares, 5).tolist()
        numbers["h50"] = [round(value, 3) for value in curve.half]
    yield NamedFigure(f"{name}-width", width_figure(curve, dataset, task), text, numbers)
    if point.loss is not None or not is_reduced(dataset):
        yield from _loss_figures(point, task)
    if is_reduced(dataset):  # what follows shows the whole training, or its end
        return
    figure = curves_figure(dataset, task, study.spec.training)
    yield NamedFigure(f"{name}-curves", figure, f"{name} over training")
    if success is not None:
        steps, goal = steps_to_success(dataset, success), f"{name} {success}"
        if bool(steps.notnull().any()):
            yield NamedFigure(
                "steps-to-success", steps_figure(steps, dataset, task, goal), f"steps to {goal}"
            )
        else:
            log.warning("no figure of the steps to success: no seed reaches %s", goal)
    if issubclass(task.data.spec, CorpusSpec):
        yield from _prediction_figures(study, dataset)
    if geometry.is_measured(dataset):
        yield from _geometry_figures(study, dataset)


def _loss_figures(point: PointOfStudy, task: Task) -> Iterator[NamedFigure]:
    """The steps to a training loss."""
    loss = common_loss(point.training) if point.loss is None else point.loss
    if not 0 < loss < math.inf:
        return
    table = steps_to_loss(point.training, loss)
    figure = steps_figure(arrivals(point.training, loss), point.training, task, f"training loss {loss:g}")
    numbers = {"loss": loss, "steps": table.to_dict("records")}
    yield NamedFigure("steps-to-loss", figure, f"steps to training loss {loss:g}", numbers, table)


def _prediction_figures(study: Study, dataset: xr.Dataset) -> Iterator[NamedFigure]:
    """The predictions of classifiers of texts on the last split."""
    found = median_predictions(study, dataset)
    if not found:
        return
    split = str(dataset["split"].to_numpy()[-1])
    figure = predictions_figure(found)
    set_heading(
        figure,
        f"Predictions on the {split} split, seeds of median {study.task.evaluation.headline.name}:\n"
        "confusion; accuracy against confidence, with 95 % intervals",
    )
    errors = {str(one.settings.width): round(calibration(given).error, 5) for one, given in found}
    yield NamedFigure("predictions", figure, "confusion and calibration", {"calibration_error": errors})
    classes = study.dataset.metadata.corpus.classes
    by_class = pd.concat(
        [class_table(given, classes).assign(width=one.settings.width) for one, given in found]
    )
    figure = classes_figure(by_class, classes)
    set_heading(
        figure,
        f"Recall of each class on the {split} split, with 95 % intervals; seeds of median {study.task.evaluation.headline.name}",
    )
    yield NamedFigure("classes", figure, "recall, precision and F1 of each class", table=by_class)
    best = chosen_width(dataset, study.task)
    member, given = min(found, key=lambda one: abs(one[0].settings.width - best))
    table = errors_table(member, given, split)
    figure = errors_figure(member, table)
    yield NamedFigure(
        "most-wrong", figure, f"the {len(table)} worst errors of width {member.settings.width}", table=table
    )


def _geometry_figures(study: Study, dataset: xr.Dataset) -> Iterator[NamedFigure]:
    """What was measured of the networks."""
    exact = study.task.views.plane is not None
    if exact and len(measured_steps(dataset)) > 1:
        weights = geometry.weights_at_equal_terms(dataset)
        yield NamedFigure(
            "weights", weights_figure(weights, study.task, recipe(dataset)), "weights at equal terms"
        )
    measures = geometry.measures_of(dataset)
    for name, about in MEASURES.items():
        if bool(measures[name].count()):
            figure = measure_figure(measures, name, study.task, recipe(dataset))
            yield NamedFigure(f"measure-{name}", figure, f"{name}: {about.description}")
    if exact:  # last, as it alone needs the checkpoints
        maps = geometry.plane_maps(study, dataset)
        if maps:
            yield NamedFigure("maps", plane_maps_figure(maps, recipe(dataset)), "maps of the plane")
