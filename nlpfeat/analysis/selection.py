"""A recipe chosen width by width: on validation data and one half of the seeds, to be reported for the other half.

A study of one recipe tells what width buys under that recipe. With a learning rate of its own for each width it may buy
something else; the answer is unbiased only where choice and report share neither data nor seeds.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.analysis.time import at_records
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.stats.best_rates import MIN_RATES, BestRates, best_rates
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.results import (
    describe_value,
    describe_values,
    further_axes,
    point_in_words,
    rate_in_words,
    scores,
    time_in_words,
)
from nlpfeat.study.select import AXES, require_validation, selection_split
from nlpfeat.training.task import Task

STEP = "step"  # is chosen like an axis: one of the recorded steps


class Selection(NamedTuple):
    """The recipe of each width.

    Attributes:
      dataset: the members of the seeds that took no part in the choice, each width at its own recipe, see `at_choices`.
      choices: one row per width, see `choose`.
    """

    dataset: xr.Dataset
    choices: pd.DataFrame


def select_per_width(dataset: xr.Dataset, task: Task, axes: Sequence[str]) -> Selection:
    """Choose the recipe of each width on one half of the seeds, and report the other half.

    Args:
      dataset: a study's array, also one that `nlpfeat.analysis.time` has reduced.
      task: what the study is trained on.
      axes: names of further axes of the grid, or "step" for one of the recorded steps.

    Raises:
      UserError: as `choose`.
    """
    choices = choose(dataset, task, axes)
    return Selection(at_choices(dataset, task, choices), choices)


def halves(dataset: xr.Dataset, *, swapped: bool = False) -> tuple[list[int], list[int]]:
    """The seeds that choose, and those that are reported: of the sorted seeds the first, third, …, and the second, fourth, …

    Swapped, it is the other way round.
    """
    seeds = sorted(dataset["seed"].to_numpy().tolist())
    return (seeds[1::2], seeds[::2]) if swapped else (seeds[::2], seeds[1::2])


def choose(dataset: xr.Dataset, task: Task, axes: Sequence[str], *, swapped: bool = False) -> pd.DataFrame:
    """Choose values of axes for each width, by the best median of the headline metric on the validation split (or the only one).

    Diverged members count as the worst. The medians are over the first of the `halves` of the seeds. A candidate is a
    combination of values at which seeds of both halves have members; of equal medians, the first in the grid is chosen.

    Args:
      dataset, task, axes: see `select_per_width`.
      swapped: see `halves`.

    Returns:
      One row per width: width; a column for each axis; median, over the seeds that choose; seeds, how many they are;
      candidates, how many there are; at_end, the axes at whose end the choice lies, with commas between them: the best may lie
      beyond.

    Raises:
      UserError: for an axis that cannot be chosen, another one that has several values, a study without validation split or
        with fewer than two seeds, or a width without candidate.
    """
    _check(dataset, task, axes)
    choosing, reported = halves(dataset, swapped=swapped)
    names = [name for name in (*further_axes(dataset), STEP) if name in axes]
    metric, order = task.evaluation.headline, ("width", *names)
    single = dataset.squeeze([name for name in further_axes(dataset) if name not in axes], drop=True)
    single = single if STEP in axes else single.isel(step=-1)
    validation = (
        scores(single, metric).sel(split=selection_split(single), seed=choosing).transpose(*order, "seed")
    )
    medians = quartiles_of(validation.to_numpy(), axis=-1).median
    ran = single["member_id"] != ""
    both = ran.sel(seed=choosing).any("seed") & ran.sel(seed=reported).any("seed")
    candidates = both.broadcast_like(validation.isel(seed=0, drop=True)).transpose(*order).to_numpy()
    counts = validation.count("seed").to_numpy()
    rows = []
    for i, width in enumerate(dataset["width"].to_numpy().tolist()):
        if not candidates[i].any():
            raise UserError(
                f"select: no value of {', '.join(names)} has finished members of both halves of the seeds at width {width}: "
                "run the sweep to its end first"
            )
        ascending = np.where(candidates[i], metric.ascending(medians[i]), np.nan)
        # NaN is no candidate; -inf is one that diverged, and is chosen where all did.
        best = np.unravel_index(int(np.nanargmax(ascending)), ascending.shape)
        rows.append(
            {"width": width}
            | {name: dataset[name].to_numpy()[k].item() for name, k in zip(names, best, strict=True)}
            | {"median": float(medians[i][best]), "seeds": int(counts[i][best])}
            | {"candidates": int(candidates[i].sum())}
            | {"at_end": ", ".join(_ends(dataset, names, ascending, best))}
        )
    return pd.DataFrame(rows)


def _check(dataset: xr.Dataset, task: Task, axes: Sequence[str]) -> None:
    further = further_axes(dataset)
    for name in axes:
        if name in AXES:
            raise UserError(
                f"select: {name} is an axis of the answer and cannot be chosen: name a further axis of the grid, or step"
            )
        if name not in (*further, STEP):
            raise UserError(f"select: the grid has no axis {name!r}; {did_you_mean(name, [*further, STEP])}")
        if dataset.sizes[name] < 2:
            only = describe_values(dataset[name])[0]
            raise UserError(f"select: {name} has one value here, {only}, so there is nothing to choose")
    require_single(dataset, axes)
    require_validation(dataset, task, "select")
    if dataset.sizes["seed"] < 2:
        raise UserError(
            "select: one half of the seeds chooses and the other is reported, and this study has one seed: sweep more"
        )


def require_single(dataset: xr.Dataset, axes: Sequence[str] = ()) -> None:
    """Check that no further axes but those of `axes` have several values.

    Raises:
      UserError: if one has.
    """
    others = [name for name in further_axes(dataset) if name not in axes and dataset.sizes[name] > 1]
    if others:
        listed = "; ".join(f"{name}: {', '.join(describe_values(dataset[name]))}" for name in others)
        chosen = ",".join([*axes, *others])
        raise UserError(
            f"the grid varies {', '.join(others)} besides ({listed}): choose the best per width by --select={chosen}, or one by "
            f"--at={others[0]}=VALUE"
        )


def _ends(
    dataset: xr.Dataset, names: Sequence[str], ascending: np.ndarray, best: Sequence[np.integer]
) -> list[str]:
    """The axes at whose end the best lies, and no value inside does as well; of the steps only the last is an end."""
    found = []
    for axis, name in enumerate(names):
        if "flag_meanings" in dataset[name].attrs:  # names in no order
            continue
        place = [slice(None) if k == axis else index for k, index in enumerate(best)]
        along = ascending[tuple(place)]
        last = len(along) - 1
        ends = (last,) if name == STEP else (0, last)
        inside = np.delete(along, ends)
        if best[axis] in ends and not (inside >= along[best[axis]]).any():
            found.append(name)
    return found


def at_choices(
    dataset: xr.Dataset,
    task: Task,
    choices: pd.DataFrame,
    *,
    whole_training: bool = False,
    swapped: bool = False,
) -> xr.Dataset:
    """The members of the second of the `halves` of the seeds, each width at its choice.

    Args:
      dataset: the array of the study in which it was chosen, or the same at other steps.
      task: what the study is trained on.
      choices: from `choose`.
      whole_training: keep all recorded steps, even if a step was chosen.
      swapped: as in `choose`.

    Returns:
      Dims width, seed, step, split; the chosen axes are coordinates along the width. How the recipe was chosen is its attribute
      `recipe`.
    """
    names = list(choices.columns[1 : list(choices.columns).index("median")])
    axes = [name for name in names if name != STEP]
    choosing, reported = halves(dataset, swapped=swapped)
    places = {name: _places(dataset, name, choices[name]) for name in names}
    single = dataset.squeeze([name for name in further_axes(dataset) if name not in axes])
    every_width = xr.DataArray(np.arange(dataset.sizes["width"]), dims="width")
    found = single.sel(seed=reported).isel({"width": every_width} | {name: places[name] for name in axes})
    with_step = STEP in names and not whole_training
    time = time_in_words(dataset)
    words = [name.replace("_", " ") for name in (names if with_step else axes)]
    seeds = f"the other {len(reported)} {'is' if len(reported) == 1 else 'are'} shown"
    metric = task.evaluation.headline.name.replace("_", " ")
    how = f"best median {selection_split(dataset)} {metric} of {len(choosing)} seeds; {seeds}"
    parts = [] if "learning_rate" in axes else [rate_in_words(dataset)]
    parts += point_in_words(found)
    parts += [f"{' and '.join(words)} chosen per width ({how})"] if words else [seeds]
    parts += [] if with_step else [time]
    found = found.transpose("width", "seed", ..., "step", "split")
    if with_step:
        found = at_records(found, places[STEP], f"step chosen, of {time}")
    return found.assign_attrs(recipe=", ".join(parts))


def _places(dataset: xr.Dataset, name: str, values: pd.Series) -> xr.DataArray:
    """The places of chosen values on their axis, int (width,)."""
    known = dataset[name].to_numpy().tolist()
    return xr.DataArray([known.index(value) for value in values], dims="width")


def choices_in_words(dataset: xr.Dataset, choices: pd.DataFrame) -> dict[str, list[str]]:
    """The chosen values of each axis in words, one per width, such as {"learning_rate": ["0.03", "0.01"]}."""
    names = choices.columns[1 : list(choices.columns).index("median")]
    return {name: [describe_value(dataset[name], value) for value in choices[name]] for name in names}


def points_of_rates(dataset: xr.Dataset) -> Iterator[tuple[dict[str, float], xr.Dataset]]:
    """The points of the further axes beside the learning rate, each with its part of the array, in which all other axes have one value."""
    others = [name for name in further_axes(dataset) if name != "learning_rate"]
    varied = [name for name in others if dataset.sizes[name] > 1]
    for place in np.ndindex(*(dataset.sizes[name] for name in varied)):
        part = dataset.isel({name: [i] for name, i in zip(varied, place, strict=True)})
        if (part["member_id"] != "").any():
            yield {name: part[name].item() for name in varied}, part


def best_rate_fit(dataset: xr.Dataset, task: Task, *, by_loss: bool = False) -> BestRates:
    """The best learning rate of each width, between the rates of the grid, and its shift with width.

    It is judged by the medians over all seeds: of the headline metric on the validation split where there is one, else on the
    train split; or of the training loss, as by Yang et al. 2022, which does not saturate where the metric does.

    Args:
      dataset: a study's array in which no other further axis has several values; its last step counts.
      task: what the study is trained on.
      by_loss: whether it is judged by the training loss.

    Raises:
      UserError: if another axis has, or the grid has fewer than three learning rates.
    """
    require_single(dataset, ["learning_rate"])
    rates = np.atleast_1d(dataset["learning_rate"].to_numpy())
    if len(rates) < MIN_RATES:
        raise UserError(
            f"the best learning rate takes at least {MIN_RATES} to choose from, and the grid has {len(rates)}"
        )
    metric = task.learner.loss if by_loss else task.evaluation.headline
    split = "train" if by_loss else selection_split(dataset)
    final = scores(dataset.isel(step=-1), metric).sel(split=split)
    final = final.squeeze([name for name in further_axes(dataset) if name != "learning_rate"], drop=True)
    values = final.transpose("width", "learning_rate", "seed").to_numpy()
    widths = dataset["width"].to_numpy()
    found = best_rates(widths, rates.astype(float), values.astype(float), falling=metric.mode == "min")
    return found._replace(judged_on=f"{split} {metric.name.replace('_', ' ')}")
