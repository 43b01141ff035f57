"""Tables of a study: the headline metric, or the measures of its geometry, at the last step for each width."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import xarray as xr

from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import ordered_quartiles_of, quartiles_of
from nlpfeat.store.results import describe_value, diverged_count, scores
from nlpfeat.tasks.registry import TASKS

Row: TypeAlias = dict[str, float | list[float | None]]  # of a table: the values of axes and counts; intervals


def summarize(dataset: xr.Dataset) -> list[Row]:
    """The headline metric at the last step, one row for each width (and each point of further axes) that has members.

    Returns:
      Dicts with the values of the axes and
        "members": how many there are;
        "diverged": how many of these have a loss that is not finite; they count as failures and as the worst value;
        "train_accuracy" and the like, for each split: quartiles of the headline metric [low, median, high], None where infinite;
        "success": the proportion of members that reach the task's success threshold on the last split, with its Wilson
        interval [low, estimate, high].
    """
    evaluation = TASKS[dataset.attrs["task"]].evaluation
    last = scores(dataset.isel(step=-1), evaluation.headline)
    table = []
    for here, row in _points(last):
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        if not ran.any():
            continue
        point = last.isel(here).isel(seed=ran)
        row["members"] = int(ran.sum())
        row["diverged"] = diverged_count(dataset.isel(here).isel(seed=ran))
        for split in point["split"].to_numpy():
            quartiles = quartiles_of(point.sel(split=split).to_numpy(), axis=0)
            name = f"{split}_{evaluation.headline.name}"
            row[name] = [round(float(q), 5) if np.isfinite(q) else None for q in quartiles]
        wins = int(evaluation.criterion.reached(point.isel(split=-1).to_numpy()).sum())
        row["success"] = _proportion(wins, int(ran.sum()))
        table.append(row)
    return table


def summarize_measures(dataset: xr.Dataset) -> list[Row]:
    """The measures at the last step, one row for each width (and each point of further axes) that has measured members.

    Measures with a split are those of the last split; `reduction` names how measures by class, layer or quantile become one
    number.

    Returns:
      Dicts with the values of the axes, "members": how many are measured, "diverged": how many of these diverged, which
      count as not separable and have no other measure, and for each measure its quartiles [low, median, high], or the
      proportion of members for which it holds with its Wilson interval.
    """
    last = flat_measures(dataset).isel(step=-1)
    table = []
    for here, row in _points(last["regions"]):
        point = last.isel(here)
        measured = point["separable"].notnull().any("split")
        if not measured.any():
            continue
        row["members"] = int(measured.sum())
        row["diverged"] = int((measured & point["violations"].isnull()).sum())
        for name, measure in MEASURES.items():
            values = (point[name].isel(split=-1) if "split" in point[name].dims else point[name]).to_numpy()
            known = values[~np.isnan(values)]
            if measure.units == YES_NO and len(known):
                row[name] = _proportion(int(known.sum()), len(known))
            else:
                row[name] = [json_number(float(x)) for x in ordered_quartiles_of(values, axis=0)]
        table.append(row)
    return table


def _points(values: xr.DataArray) -> Iterator[tuple[dict[str, int], Row]]:
    """The points of the grid without seeds: the index of each, and a row that begins with the values of its axes.

    An axis whose value was chosen for each width is a coordinate along the width, and counts as an axis.
    """
    axes = [str(dim) for dim in values.dims if dim not in ("seed", "split")]
    chosen = [str(name) for name, one in values.coords.items() if one.dims == ("width",) and name != "width"]
    for index in np.ndindex(*(values.sizes[axis] for axis in axes)):
        here = dict(zip(axes, index, strict=True))
        row = {axis: values[axis][i].item() for axis, i in here.items()}
        yield here, row | {name: values[name][here["width"]].item() for name in chosen}


def _proportion(successes: int, trials: int) -> list[float | None]:
    """The Wilson interval [low, estimate, high], rounded for a table."""
    return [round(x, 5) for x in wilson(successes, trials)]


def json_number(number: float) -> float | None:
    """Six significant digits; None for NaN, which JSON does not have."""
    return None if np.isnan(number) else float(f"{number:.6g}")


def flat_measures(dataset: xr.Dataset) -> xr.Dataset:
    """The measures without the dims `class`, `layer` and `quantile`: one number per member (and split)."""
    found = {}
    for name, measure in MEASURES.items():
        values = dataset[name]
        if "class" in measure.dims:
            values = _over_classes(name)[1](values)
        if "layer" in measure.dims:
            values = values.max("layer")
        if "quantile" in measure.dims:
            values = values.sel(quantile=0.5)
        found[name] = values
    return xr.Dataset(found)


def reduction(name: str) -> str:
    """How `flat_measures` reduces a measure to one number, for a title; empty where it is one number already."""
    dims = MEASURES[name].dims
    if "class" in dims:
        return _over_classes(name)[0]
    if "layer" in dims:
        return ", largest of the layers"
    return ", median by area" if "quantile" in dims else ""


Reduction: TypeAlias = tuple[str, Callable[[xr.DataArray], xr.DataArray]]
_SUM: Reduction = ", sum over classes", lambda values: values.sum("class", min_count=1)
_MEAN: Reduction = ", mean over classes", lambda values: values.mean("class")
_OVER_CLASSES: dict[str, Reduction] = {
    "decision_area": (", of the smallest class", lambda values: values.min("class")),
    # each border belongs to two classes
    "decision_boundary": (", all borders", lambda values: values.sum("class", min_count=1) / 2),
    "straightness": _MEAN,
    "curve_length": _MEAN,
    "winding_angle": _MEAN,
    "folds_crossed": _MEAN,
}


def _over_classes(name: str) -> Reduction:
    return _OVER_CLASSES.get(name, _SUM)


class SummaryTable(NamedTuple):
    """The headline metric at the last step by width and further axes, as text.

    Attributes:
      heads: of the columns.
      rows: one cell per column.
      caption: how the cells are read.
    """

    heads: list[str]
    rows: list[list[str]]
    caption: str


def summary_table(dataset: xr.Dataset) -> SummaryTable:
    """The table of a study's array."""
    rows = summarize(dataset)
    criterion = TASKS[dataset.attrs["task"]].evaluation.criterion
    splits = [name for name in rows[0] if isinstance(rows[0][name], list) and name != "success"]
    axes = [
        name
        for name in rows[0]
        if not isinstance(rows[0][name], list) and name not in ("members", "diverged")
    ]
    table = []
    for row in rows:
        diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
        cells = []
        for axis in axes:
            value = row[axis]
            assert not isinstance(value, list)
            cells.append(describe_value(dataset[axis], value))
        cells.append(f"{row['members']}{diverged}")
        for name in [*splits, "success"]:
            quartiles = row[name]
            assert isinstance(quartiles, list)
            low, middle, high = ("∞" if value is None else f"{value:.3f}" for value in quartiles)
            cells.append(f"{middle} ({low} – {high})")
        table.append(cells)
    heads = [name.replace("_", " ") for name in [*axes, "members", *splits, f"P({splits[-1]} {criterion})"]]
    caption = (
        "median over seeds (quartiles), diverged members counting as the worst; P: share of seeds with "
        f"{splits[-1]} {criterion}, Wilson 95 % interval"
    )
    return SummaryTable(heads, table, caption)
