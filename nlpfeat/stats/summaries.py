"""A study in one table: the headline measure at the last step, by width."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import ordered_quartiles_of, quartiles_of
from nlpfeat.store.results import diverged_count, scores
from nlpfeat.tasks.registry import TASKS


def summarize(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One row for each width (and each point of further axes).

    Returns:
      Dicts with the axes' values, "members", "diverged" (of those, with a loss that is no number; they count as failures, and as
      the worst in the quartiles, None where that is infinite), for each split the quartiles of the headline metric at the last step ("train_accuracy": [low, median, high], …), and
      "success": the share of members whose metric on the last split reaches the task's level of success, with its Wilson
      interval [low, share, high].
    """
    task = TASKS[dataset.attrs["task"]]
    headline, goal = task.evaluation.headline.name, task.evaluation.criterion
    last = scores(dataset.isel(step=-1), headline, goal)
    axes = [str(dim) for dim in last.dims if dim not in ("seed", "split")]
    table = []
    for place in np.ndindex(*(last.sizes[axis] for axis in axes)):
        here = dict(zip(axes, place, strict=True))
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        if not ran.any():
            continue
        point = last.isel(here).isel(seed=ran)
        row: dict[str, Any] = {axis: point[axis].item() for axis in axes}
        row["members"] = int(ran.sum())
        row["diverged"] = diverged_count(dataset.isel(here).isel(seed=ran))
        for split in point["split"].to_numpy():
            quartiles = quartiles_of(point.sel(split=split).to_numpy(), axis=0)
            row[f"{split}_{headline}"] = [round(float(q), 5) if np.isfinite(q) else None for q in quartiles]
        wins = int(goal.met(point.isel(split=-1).to_numpy()).sum())
        row["success"] = [round(x, 5) for x in wilson(wins, row["members"])]
        table.append(row)
    return table


def summarize_measures(dataset: xr.Dataset) -> list[dict[str, Any]]:
    """One row for each width (and each point of further axes): quartiles of the measures at the last step.

    "members" are measured, of which "diverged" separate nothing and have no other measure. Measures with a split are those of the last one; `reduced` says what becomes of those by class or quantile. Of what
    holds or does not: the share of seeds with its Wilson interval.
    """
    last = flat_measures(dataset).isel(step=-1)
    axes = [str(dim) for dim in last["regions"].dims if dim not in ("seed", "split")]
    table = []
    for place in np.ndindex(*(last.sizes[axis] for axis in axes)):
        point = last.isel(dict(zip(axes, place, strict=True)))
        measured = point["separable"].notnull().any("split")
        if not measured.any():
            continue
        row: dict[str, Any] = {axis: point[axis].item() for axis in axes}
        row["members"] = int(measured.sum())
        row["diverged"] = int((measured & point["violations"].isnull()).sum())
        for name, about in MEASURES.items():
            values = (point[name].isel(split=-1) if "split" in point[name].dims else point[name]).to_numpy()
            known = values[~np.isnan(values)]
            if about.units == YES_NO and len(known):
                row[name] = [round(x, 5) for x in wilson(int(known.sum()), len(known))]
            else:
                row[name] = [json_number(float(x)) for x in ordered_quartiles_of(values, axis=0)]
        table.append(row)
    return table


def json_number(number: float) -> float | None:
    """Six digits for a table; JSON has no NaN, so that is None."""
    return None if np.isnan(number) else float(f"{number:.6g}")


def flat_measures(dataset: xr.Dataset) -> xr.Dataset:
    """The measures of a study without the dims `class`, `layer` and `quantile`: one number a net (and split)."""
    found = {}
    for name, about in MEASURES.items():
        values = dataset[name]
        if "class" in about.dims:
            values = _OVER_CLASSES.get(name, _OVER_CLASSES["components"])[1](values)
        if "layer" in about.dims:
            values = values.max("layer")
        if "quantile" in about.dims:
            values = values.sel(quantile=0.5)
        found[name] = values
    return xr.Dataset(found)


def reduction(name: str) -> str:
    """How `flat_measures` makes one number of a measure, in words for a title."""
    dims = MEASURES[name].dims
    if "class" in dims:
        return _OVER_CLASSES.get(name, _OVER_CLASSES["components"])[0]
    if "layer" in dims:
        return ", largest of the layers"
    return ", median by area" if "quantile" in dims else ""


_MEAN = (", mean over classes", lambda values: values.mean("class"))
_OVER_CLASSES: dict[str, tuple[str, Callable[[xr.DataArray], xr.DataArray]]] = {
    "components": (", sum over classes", lambda values: values.sum("class", min_count=1)),
    "components_in_box": (", sum over classes", lambda values: values.sum("class", min_count=1)),
    "decision_area": (", of the smallest class", lambda values: values.min("class")),
    # every border is that of two classes
    "decision_boundary": (", all borders", lambda values: values.sum("class", min_count=1) / 2),
    "straightness": _MEAN,
    "arm_length": _MEAN,
    "turn": _MEAN,
}
