"""What width buys in one study, in numbers: a table by width at a recipe, H50, steps to a loss, the best learning rate."""

import logging
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd
import xarray as xr

from nlpfeat.analysis.across_tasks import SHARE
from nlpfeat.analysis.levels import bayes_accuracy, doubts, require_levels
from nlpfeat.analysis.recipe import ReadStudy, RecipeOptions, read_single
from nlpfeat.analysis.selection import best_rate_fit, choices_in_words
from nlpfeat.analysis.time import common_loss, is_reduced, steps_to_loss
from nlpfeat.analysis.width import WidthCurve, width_curve
from nlpfeat.errors import UserError
from nlpfeat.stats.best_rates import MIN_RATES, BestRates
from nlpfeat.stats.intervals import Interval
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.stats.width_curves import gain_width
from nlpfeat.store.results import (
    baseline_of,
    diverged_count,
    recipe,
    scores,
    unconverged_count,
    unreached_count,
)
from nlpfeat.study.session import Study
from nlpfeat.training.metrics import Metric, Success

RATE = "learning_rate"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WidthTableOptions:
    """What the table tells.

    Attributes:
      recipe: at which the study is read.
      levels: of the headline metric, for success; empty for the task's own threshold, which files of the user do not have.
      loss: training loss to which steps are counted; None for that of `recipe`, or else the lowest that half of the seeds of
        every width reach.
      rates_by_loss: whether the best learning rate is judged by the training loss instead of the headline metric.
    """

    recipe: RecipeOptions = field(default_factory=RecipeOptions)
    levels: tuple[float, ...] = ()
    loss: float | None = None
    rates_by_loss: bool = False


class WidthTable(NamedTuple):
    """A study by width, at one recipe.

    Attributes:
      recipe: in words.
      metric: the headline metric.
      rows: one per width, see `rows_by_width`.
      choices: how the recipe of each width was chosen, see `nlpfeat.analysis.selection.choose`; None where it was not.
      chosen: the values of `choices` in words, one per width, by the name of the axis.
      curves: success and H50 on the last split, one per level.
      baseline: the headline metric of the best constant prediction on the last split.
      gain: the gain width, see `nlpfeat.stats.width_curves.gain_width`.
      bayes_accuracy: of the best possible classifier; None if it is not known.
      loss: to which steps are counted; not finite where a width has no seed whose loss is.
      steps: the steps to it, see `nlpfeat.analysis.time.steps_to_loss`.
      best_rates: the best learning rate between those of the grid, where that was the one axis chosen, of three values or more;
        else None.
    """

    recipe: str
    metric: Metric
    rows: pd.DataFrame
    choices: pd.DataFrame | None
    chosen: dict[str, list[str]]
    curves: list[WidthCurve]
    baseline: float
    gain: Interval
    bayes_accuracy: float | None
    loss: float
    steps: pd.DataFrame
    best_rates: BestRates | None


def width_table(study: Study, options: WidthTableOptions = WidthTableOptions()) -> WidthTable:
    """The table of a study.

    Raises:
      UserError: if a further axis that is neither chosen nor fixed has several values, if the last split cannot resolve a
        level, and as `nlpfeat.analysis.recipe.read_study`.
    """
    read, evaluation = read_single(study, options.recipe), study.task.evaluation
    criterion, last = study.spec.success, not is_reduced(read.dataset)
    require_levels(study, read.dataset, options.levels, last=last)
    levels = options.levels or (() if criterion is None else (criterion.threshold,))
    problem = None if options.levels else doubts(study, read.dataset, last=last)
    if problem:
        log.warning("%s", problem)
    rows = rows_by_width(read.dataset, evaluation.headline)
    loss = options.loss if options.loss is not None else options.recipe.loss
    loss = common_loss(read.training) if loss is None else loss
    return WidthTable(
        recipe=recipe(read.dataset),
        metric=evaluation.headline,
        rows=rows,
        choices=read.choices,
        chosen={} if read.choices is None else choices_in_words(read.grid, read.choices),
        curves=[
            width_curve(read.dataset, evaluation.headline, Success(evaluation.headline, level))
            for level in levels
        ],
        baseline=baseline_of(read.dataset, str(read.dataset["split"].to_numpy()[-1])),
        gain=_gain(read.dataset, evaluation.headline),
        bayes_accuracy=bayes_accuracy(study.spec, read.dataset),
        loss=loss,
        steps=steps_to_loss(read.training, loss),
        best_rates=_best_rates(study, read, options),
    )


def _gain(dataset: xr.Dataset, metric: Metric) -> Interval:
    final = scores(dataset.isel(step=-1), metric).isel(split=-1)
    final = final.transpose("width", "seed").dropna("width", how="all")
    split = str(dataset["split"].to_numpy()[-1])
    baseline = metric.ascending(baseline_of(dataset, split))
    return gain_width(
        final["width"].to_numpy(), metric.ascending(final.to_numpy().astype(float)), baseline, SHARE
    )


def _best_rates(study: Study, read: ReadStudy, options: WidthTableOptions) -> BestRates | None:
    if options.recipe.select != (RATE,) or read.grid.sizes[RATE] < MIN_RATES:
        return None
    return best_rate_fit(read.grid, study.task, by_loss=options.rates_by_loss)


def rows_by_width(dataset: xr.Dataset, metric: Metric) -> pd.DataFrame:
    """Counts and quartiles of each width.

    Args:
      dataset: dims width, seed, step, split; its last step counts.
      metric: the headline metric.

    Returns:
      One row per width that has members: width; the chosen axes, if any; seeds; diverged, unreached and unconverged, counts of
      these; step, the median of the steps at which members are taken, where they are not taken at the last one; for each split,
      such as test, test_low, test_median and test_high, the quartiles of the metric, infinite where members have failed and
      errors count.

    Raises:
      UserError: if no width has members.
    """
    final = scores(dataset.isel(step=-1), metric).transpose("split", "width", "seed")
    chosen = [str(name) for name, values in dataset.coords.items() if values.dims == ("width",)]
    rows = []
    for i, width in enumerate(dataset["width"].to_numpy().tolist()):
        part = dataset.isel(width=[i])
        ran = (part["member_id"] != "").to_numpy().ravel()
        if not ran.any():
            continue
        row = {"width": width} | {name: part[name].item() for name in chosen if name != "width"}
        row |= {"seeds": int(ran.sum()), "diverged": diverged_count(part)}
        row |= {"unreached": unreached_count(part), "unconverged": unconverged_count(part)}
        if is_reduced(dataset):
            row["step"] = float(part["taken_step"].median())
        for split in map(str, dataset["split"].to_numpy()):
            quartiles = quartiles_of(final.sel(split=split).isel(width=i).to_numpy(), axis=0)
            row |= {f"{split}_{name}": float(value) for name, value in quartiles._asdict().items()}
        rows.append(row)
    if not rows:
        raise UserError("the study has no finished member: run the sweep to its end first")
    return pd.DataFrame(rows)
