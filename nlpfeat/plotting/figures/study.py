"""All figures of a study, one after another."""

import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree
from matplotlib.figure import Figure

from nlpfeat.analysis import geometry, grid
from nlpfeat.analysis.predictions import calibration, median_predictions, worst_table
from nlpfeat.analysis.width import width_curve
from nlpfeat.data.text.sources import CorpusSpec
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.plotting.figures.geometry import measure_figure, weights_figure
from nlpfeat.plotting.figures.grid import grid_figure
from nlpfeat.plotting.figures.plane_maps import plane_maps_figure
from nlpfeat.plotting.figures.predictions import errors_figure, predictions_figure
from nlpfeat.plotting.figures.width import curves_figure, panels_figure, steps_figure, width_figure
from nlpfeat.plotting.primitives import describe_half
from nlpfeat.plotting.style import set_heading
from nlpfeat.store.combine import steps_to_success
from nlpfeat.store.results import further_axes, recipe
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Success

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
      threshold: of the headline metric, for success; None for the task's own.
      at: values of further axes, at which alone the grid is drawn.
    """

    threshold: float | None = None
    at: dict[str, float] = field(default_factory=dict)


def study_figures(study: Study, options: StudyFiguresOptions) -> Iterator[NamedFigure]:
    """The figures of a study: of its grid, if it has further axes, and of each of their points, if there are few.

    Raises:
      UserError: if no bucket is finished, and as the analyses.
    """
    success = study.task.evaluation.criterion
    if options.threshold is not None:
        success = success._replace(threshold=options.threshold)
    dataset = study.results.sel(options.at)
    further, at = further_axes(dataset), suffix(options.at)
    if any(dataset.sizes[name] > 1 for name in further):
        for one in _grid_figures(study, dataset, success):
            yield one._replace(name=one.name + at)
    points = math.prod(dataset.sizes[name] for name in further)
    if points > MAX_POINTS:
        log.warning("%d points of %s: name one for its own figures", points, ", ".join(further))
        return
    for free, part in grid.points_of(dataset):
        point = options.at | free
        where = "".join(f", {name} {value:g}" for name, value in sorted(point.items()))
        for one in _point_figures(study, part, success):
            yield one._replace(name=one.name + suffix(point), text=one.text + where)


def suffix(point: dict[str, float]) -> str:
    """A point of the grid in the name of a file, such as "-noise=0.1"."""
    return "".join(f"-{name}={value:g}" for name, value in sorted(point.items()))


def _grid_figures(study: Study, dataset: xr.Dataset, success: Success) -> Iterator[NamedFigure]:
    """The recipes of a grid, and panels along its only varied further axis."""
    planes, best = list(grid.planes(dataset)), grid.best_recipe(dataset, success)
    if len(planes) > MAX_PLANES:
        log.warning(
            "%d figures would show this grid: that of the best recipe is drawn; name a point of an axis for another",
            len(planes),
        )
        planes = [(point, part) for point, part in planes if point.items() <= best.point.items()]
    numbers = {"best": best.point | {"share": list(best.share), "seeds": best.seeds}}
    for point, part in planes:
        table = grid.recipe_table(part, success, str(dataset["split"].to_numpy()[-1]))
        figure = grid_figure(table, part, dataset, success)
        yield NamedFigure(f"grid{suffix(point)}", figure, best.description, numbers)
    varied = [name for name in further_axes(dataset) if dataset.sizes[name] > 1]
    if len(varied) == 1 and dataset.sizes["width"] > 1 and dataset.sizes[varied[0]] <= MAX_PANELS:
        name = success.metric.name
        figure = panels_figure(dataset, study.task, varied[0])
        yield NamedFigure(
            f"{name}-width-by-{varied[0]}", figure, f"{name} against width for each {varied[0]}"
        )


def _point_figures(study: Study, dataset: xr.Dataset, success: Success) -> Iterator[NamedFigure]:
    """The figures of one point of the further axes."""
    task, name = study.task, success.metric.name
    curve = width_curve(dataset, success)
    half = describe_half(curve.half, curve.widths)
    yield NamedFigure(
        f"{name}-width",
        width_figure(curve, dataset, task),
        f"{name}, {recipe(dataset)}: {half} for {success} on {curve.split}",
        {
            "widths": curve.widths,
            "success": np.round(curve.shares, 5).tolist(),
            "h50": [round(value, 3) for value in curve.half],
        },
    )
    figure = curves_figure(dataset, task, study.spec.training)
    yield NamedFigure(f"{name}-curves", figure, f"{name} over training")
    steps = steps_to_success(dataset[name], success)
    figure = steps_figure(steps, dataset, task, success)
    yield NamedFigure("steps-to-success", figure, f"steps to {name} {success}")
    if issubclass(task.data.spec, CorpusSpec):
        yield from _prediction_figures(study, dataset)
    if geometry.is_measured(dataset):
        yield from _geometry_figures(study, dataset)


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
    member, given = found[-1]
    table = worst_table(member, given, split)
    figure = errors_figure(member, table)
    yield NamedFigure("worst-errors", figure, f"the {len(table)} worst errors", table=table)


def _geometry_figures(study: Study, dataset: xr.Dataset) -> Iterator[NamedFigure]:
    """What was measured of the networks."""
    exact = study.task.views.piecewise_linear is not None
    if exact and len(geometry.measured_steps(dataset)) > 1:
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
