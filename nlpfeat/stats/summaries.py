"""Tables of a study: the recorded metrics, or the measures of its geometry, at the last step for each width."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import xarray as xr

from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.stats.intervals import Interval, wilson
from nlpfeat.stats.quantiles import ordered_quartiles_of, quartiles_of
from nlpfeat.store.results import baseline_of, describe_value, diverged_count, examples_of, scores
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.metrics import Success

Row: TypeAlias = dict[str, float | list[float | None]]  # of a table: the values of axes and counts; intervals


def summarize(dataset: xr.Dataset, success: Success | None = None) -> list[Row]:
    """The recorded metrics at the last step, one row for each width (and each point of further axes) that has members.

    Args:
      dataset: a study's array.
      success: the criterion of a successful member; None for that of the study, if it has one.

    Returns:
      Dicts with the values of the axes and
        "members": how many there are;
        "diverged": how many of these have a loss that is not finite; they count as failures and as the worst value;
        "train_accuracy" and the like, for each split: quartiles of the headline metric [low, median, high], None where infinite;
        "test_macro_f1" and the like: quartiles of the further metrics on the last split;
        "success": with a criterion, the proportion of members that meet it on the last split, with its Wilson interval [low,
        estimate, high];
        "baseline": the headline metric of the best constant prediction on the last split.
    """
    evaluation = TASKS[dataset.attrs["task"]].evaluation
    success = success_of(dataset) if success is None else success
    headline, *others = evaluation.metrics
    last, split = scores(dataset.isel(step=-1), headline), str(dataset["split"].to_numpy()[-1])
    further = {metric.name: scores(dataset.isel(step=-1), metric).sel(split=split) for metric in others}
    baseline = round(baseline_of(dataset, split), 5)
    table = []
    for here, row in _points(last):
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        if not ran.any():
            continue
        point = last.isel(here).isel(seed=ran)
        row["members"] = int(ran.sum())
        row["diverged"] = diverged_count(dataset.isel(here).isel(seed=ran))
        for name in map(str, point["split"].to_numpy()):
            row[f"{name}_{headline.name}"] = _quartiles(point.sel(split=name).to_numpy())
        for name, values in further.items():
            row[f"{split}_{name}"] = _quartiles(values.isel(here).isel(seed=ran).to_numpy())
        if success is not None:
            wins = int(success.reached(point.isel(split=-1).to_numpy()).sum())
            row["success"] = _proportion(wins, int(ran.sum()))
        row["baseline"] = baseline
        table.append(row)
    return table


def success_of(dataset: xr.Dataset) -> Success | None:
    """The criterion of success of a study, given its array; None if it has no threshold."""
    threshold = dataset.attrs.get("threshold")
    headline = TASKS[dataset.attrs["task"]].evaluation.headline
    return None if threshold is None else Success(headline, float(threshold))


def _quartiles(values: np.ndarray) -> list[float | None]:
    return [round(float(q), 5) if np.isfinite(q) else None for q in quartiles_of(values, axis=0)]


class BestWidth(NamedTuple):
    """The point of the grid with the best median of the headline metric on the validation split.

    Attributes:
      row: its place in the table of `summarize`.
      interval: the median with its interval: of a share of examples, that of Wilson for the examples of the split; of another
        metric, the quartiles over seeds.
      examples: of the validation split.
      close: places of the other rows whose median lies in the interval.
    """

    row: int
    interval: Interval
    examples: int
    close: list[int]


def best_width(dataset: xr.Dataset, rows: Sequence[Row]) -> BestWidth | None:
    """The best row on the validation split; None without such a split, with a single row, or if all members failed.

    Args:
      dataset: a study's array.
      rows: from `summarize`.
    """
    headline = TASKS[dataset.attrs["task"]].evaluation.headline
    name = f"validation_{headline.name}"
    if len(rows) < 2 or name not in rows[0]:
        return None
    medians = np.array([_median(row[name]) for row in rows])
    rising = headline.ascending(medians)
    if not np.isfinite(rising).any():
        return None
    best = int(np.nanargmax(np.where(np.isfinite(rising), rising, -np.inf)))
    examples = examples_of(dataset, "validation")
    quartiles = rows[best][name]
    assert isinstance(quartiles, list)
    interval = (
        wilson(round(medians[best] * examples), examples)
        if headline.is_share
        else Interval(*(float("inf") if value is None else value for value in quartiles))
    )
    within = (medians >= interval.low) & (medians <= interval.high)
    return BestWidth(best, interval, examples, [int(i) for i in np.flatnonzero(within) if i != best])


def _median(quartiles: float | list[float | None]) -> float:
    assert isinstance(quartiles, list)
    return float("nan") if quartiles[1] is None else quartiles[1]


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


def summarize_layers(dataset: xr.Dataset) -> list[Row]:
    """What each layer reads, at the last step: one row for each width (and each point of further axes) and layer that was measured.

    Returns:
      Dicts with the values of the axes, "layer" from 1, and quartiles over members [low, median, high], or proportions with their Wilson
      intervals, of "train_probe", "test_probe" and the like, the accuracies of a linear classifier, "separable", "margin",
      "participation", "intrinsic", "label_alignment" and "input_cka".
    """
    last = dataset.isel(step=-1)
    names = [name for name in MEASURES if name.startswith("layer_") and last[name].notnull().any()]
    names = [name for name in names if MEASURES[name].description.endswith("a layer reads")]
    table = []
    for here, row in _points(flat_measures(dataset).isel(step=-1)["violations"]):
        for layer in last["layer"].to_numpy().tolist():
            point = last.isel(here).sel(layer=layer)
            if not point["layer_participation"].notnull().any():
                continue
            found = row | {"layer": layer}
            for split in map(str, last["split"].to_numpy()):
                found[f"{split}_probe"] = _quartiles(
                    point["layer_probe_accuracy"].sel(split=split).to_numpy()
                )
            for name in names:
                if name == "layer_probe_accuracy":
                    continue
                values = point[name].to_numpy()
                known = values[~np.isnan(values)]
                short = name.removeprefix("layer_")
                found[short] = (
                    _proportion(int(known.sum()), len(known))
                    if MEASURES[name].units == YES_NO
                    else [json_number(float(x)) for x in ordered_quartiles_of(values, axis=0)]
                )
            table.append(found)
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
      rows: one cell per column; the last row is the best constant prediction.
      caption: how the cells are read.
    """

    heads: list[str]
    rows: list[list[str]]
    caption: str


def summary_table(dataset: xr.Dataset, success: Success | None = None) -> SummaryTable:
    """The table of a study's array.

    Args:
      dataset: a study's array.
      success: as for `summarize`.
    """
    rows = summarize(dataset, success)
    success = success_of(dataset) if success is None else success
    evaluation = TASKS[dataset.attrs["task"]].evaluation
    splits = [f"{split}_{evaluation.headline.name}" for split in map(str, dataset["split"].to_numpy())]
    further = [
        name
        for name, value in rows[0].items()
        if isinstance(value, list) and name not in (*splits, "success")
    ]
    axes = [name for name in rows[0] if name in dataset.coords]
    best = best_width(dataset, rows)
    table = []
    for place, row in enumerate(rows):
        diverged = f" ({row['diverged']} diverged)" if row["diverged"] else ""
        cells = [describe_value(dataset[axis], row[axis]) for axis in axes]  # pyright: ignore[reportArgumentType]
        cells[0] += " ★" if best is not None and place == best.row else ""
        cells.append(f"{row['members']}{diverged}")
        cells += [_spread(row[name]) for name in splits]
        cells += [f"{_median(row[name]):.3f}" for name in further]
        if success is not None:
            cells.append(_spread(row["success"]))
        table.append(cells)
    constant = BASELINES[evaluation.kind].split()[0]
    levels = [f"{baseline_of(dataset, name.partition('_')[0]):.3f}" for name in splits]
    empty = [""] * (len(table[0]) - len(axes) - 1 - len(levels))
    table.append([constant, *[""] * (len(axes) - 1), "", *levels, *empty])
    heads = [name.replace("_", " ") for name in [*axes, "members", *splits, *further]]
    last = str(dataset["split"].to_numpy()[-1])
    caption = ["median over seeds (quartiles), diverged members counting as the worst"]
    if success is not None:
        heads.append(f"P({last} {success.metric.name.replace('_', ' ')} {success})")
        caption.append(f"P: share of seeds with {last} {success}, Wilson 95 % interval")
    caption.append(f"{constant}: the {BASELINES[evaluation.kind]}, {WHAT_BASELINE}")
    if best is not None:
        caption.append(_best_in_words(dataset, rows, best, axes))
    return SummaryTable(heads, table, "; ".join(caption))


# The best constant prediction, by the kind of predictions.
BASELINES = {
    "classification": "majority answer",
    "regression": "mean answer",
    "ranking": "chance level",
    "sequence": "frequencies of tokens",
}
WHAT_BASELINE = "as of a prediction that does not look at the input"


def _spread(quartiles: float | list[float | None]) -> str:
    assert isinstance(quartiles, list)
    low, middle, high = ("∞" if value is None else f"{value:.3f}" for value in quartiles)
    return f"{middle} ({low} – {high})"


def _best_in_words(dataset: xr.Dataset, rows: Sequence[Row], best: BestWidth, axes: Sequence[str]) -> str:
    def named(row: Row) -> str:
        return " ".join(describe_value(dataset[axis], row[axis]) for axis in axes)  # pyright: ignore[reportArgumentType]

    low, middle, high = best.interval
    close = ", ".join(named(rows[i]) for i in best.close[:8]) + (", …" if len(best.close) > 8 else "")
    text = f"★ best on validation: {', '.join(axes)} {named(rows[best.row])}, {middle:.3f} ({low:.3f} – {high:.3f}, {best.examples:,} examples)"
    return text + (f"; not told apart from it: {close}" if close else "")
