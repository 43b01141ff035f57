"""A grid with further axes: which of its points, each a recipe, succeeds how often."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.stats.intervals import Interval, wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.results import describe_value, diverged_count, further_axes, scores
from nlpfeat.study.select import selection_split
from nlpfeat.training.metrics import Metric, Success

SHOWN_AXES = 3  # of a grid that one figure has room for: columns, colours, places on the x-axis


NO_SHARE = Interval(np.nan, np.nan, np.nan)  # of seeds that succeed, without a threshold


def varied_axes(dataset: xr.Dataset) -> list[str]:
    """The axes of the grid, without seed, that have several values: the longest last."""
    names = [name for name in ("width", *further_axes(dataset)) if dataset.sizes.get(name, 1) > 1]
    return sorted(names, key=lambda name: (dataset.sizes[name], name != "width"))


def points_of(dataset: xr.Dataset) -> Iterator[tuple[dict[str, float], xr.Dataset]]:
    """The points of the further axes that have members, each with its part of the array: dims width, seed, step, split."""
    further = further_axes(dataset)
    for place in np.ndindex(*(dataset.sizes[name] for name in further)):
        part = dataset.isel(dict(zip(further, place, strict=True)))
        ran = (part["member_id"] != "").transpose("width", "seed")
        part = part.isel(width=ran.any("seed").to_numpy())
        if part.sizes["width"]:
            yield {name: part[name].item() for name in further}, part


def rows_at_points(
    table: pd.DataFrame, axes: Sequence[str]
) -> Iterator[tuple[dict[str, float], pd.DataFrame]]:
    """The rows of a table at each point of some axes; all of them at one point where there are none."""
    if not axes:
        yield {}, table
        return
    for values, rows in table.groupby(list(axes)):
        yield {name: float(value) for name, value in zip(axes, values, strict=True)}, rows  # pyright: ignore[reportArgumentType]


def planes(dataset: xr.Dataset) -> Iterator[tuple[dict[str, float], xr.Dataset]]:
    """The parts of a grid that have a figure each: one per point of the axes beyond the `SHOWN_AXES` longest."""
    others = varied_axes(dataset)[:-SHOWN_AXES]
    for place in np.ndindex(*(dataset.sizes[name] for name in others)):
        part = dataset.isel({name: [i] for name, i in zip(others, place, strict=True)})
        if (part["member_id"] != "").any():
            yield {name: part[name].item() for name in others}, part


def recipe_table(dataset: xr.Dataset, metric: Metric, success: Success | None, split: str) -> pd.DataFrame:
    """The success of each recipe at the last step: one row per point of the grid that has members.

    Args:
      dataset: a study's array, or a part of it.
      metric: the headline metric.
      success: its threshold; None without one.
      split: on which it is judged.

    Returns:
      Columns: the axes; seeds; diverged, how many of these did, which count as failures and as the worst value; share with
      share_low and share_high, the share of seeds that succeed and its Wilson interval, NaN without a threshold; median with low
      and high, the quartiles of the metric.
    """
    final = scores(dataset.isel(step=-1), metric).sel(split=split)
    names, rows = [str(dim) for dim in final.dims if dim != "seed"], []
    for place in np.ndindex(*(final.sizes[name] for name in names)):
        here = dict(zip(names, place, strict=True))
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        values = final.isel(here).to_numpy()[ran]
        if not len(values):
            continue
        wins = 0 if success is None else int(success.reached(values).sum())
        share = NO_SHARE if success is None else wilson(wins, len(values))
        quartiles = quartiles_of(values, axis=0)
        rows.append(
            {name: final[name][i].item() for name, i in here.items()}
            | {"seeds": len(values), "diverged": diverged_count(dataset.isel(here))}
            | {"share_low": share.low, "share": share.estimate, "share_high": share.high}
            | {name: float(value) for name, value in quartiles._asdict().items()}
        )
    return pd.DataFrame(rows)


class BestRecipe(NamedTuple):
    """The recipe with the largest share of successes; among equal shares, that of the best median.

    Attributes:
      point: its values of the grid's axes.
      share: of seeds that succeed, with its Wilson interval; NaN without a threshold.
      seeds: how many it has.
      split: on which it was chosen.
      recipes: how many there are to choose from.
      description: in a sentence.
    """

    point: dict[str, float]
    share: Interval
    seeds: int
    split: str
    recipes: int
    description: str


def best_recipe(dataset: xr.Dataset, metric: Metric, success: Success | None) -> BestRecipe:
    """The best recipe of a grid, chosen on the validation split where there is one, else on the train split."""
    split = selection_split(dataset)
    table = recipe_table(dataset, metric, success, split)
    medians = np.nan_to_num(metric.ascending(table["median"].to_numpy()), nan=-np.inf)
    row = table.iloc[int(np.lexsort((-np.arange(len(table)), medians, np.nan_to_num(table["share"])))[-1])]
    axes = list(table.columns[: list(table.columns).index("seeds")])
    point = {name: table[name].to_numpy()[row.name].item() for name in axes}
    share = Interval(*(float(row[name]) for name in ("share_low", "share", "share_high")))
    recipe = ", ".join(
        f"{name.replace('_', ' ')} {describe_value(dataset[name], point[name])}"
        for name in varied_axes(dataset)
    )
    if success is None:
        text = f"best median on {split}: {recipe}: {metric.name} {row['median']:.3f} ({row['low']:.3f}–{row['high']:.3f})"
    elif share.estimate == 0:
        text = f"no recipe reaches {metric.name} {success} on {split}; the best median has {recipe}"
    else:
        text = (
            f"best on {split}: {recipe}: P({metric.name} {success}) = {share.estimate:.3f} ({share.low:.3f}–{share.high:.3f}); "
            f"as the maximum over {len(table)} recipes this share is biased upwards: estimate it anew with fresh seeds"
        )
    return BestRecipe(point, share, int(row["seeds"]), split, len(table), text)
