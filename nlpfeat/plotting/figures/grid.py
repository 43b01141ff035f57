"""The figure of a grid with further axes: which recipe succeeds how often."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from nlpfeat.plotting.primitives import plot_categories
from nlpfeat.plotting.style import width_colours
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.results import further_axes, scores
from nlpfeat.study.select import selection_split
from nlpfeat.training.task import Goal


def axes_of(dataset: xr.Dataset) -> list[str]:
    """The axes of the grid with more than one value, the longest last; seeds do not count."""
    names = [name for name in ("width", *further_axes(dataset)) if dataset.sizes.get(name, 1) > 1]
    return sorted(names, key=lambda name: (dataset.sizes[name], name != "width"))


def shares(dataset: xr.Dataset, headline: str, split: str, goal: Goal) -> Iterator[dict[str, Any]]:
    """At each point of the grid that has members: its values, the share of successes, quartiles of the headline."""
    final = scores(dataset.isel(step=-1), headline, goal).sel(split=split)
    names = [str(dim) for dim in final.dims if dim != "seed"]
    for place in np.ndindex(*(final.sizes[name] for name in names)):
        here = dict(zip(names, place, strict=True))
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        values = final.isel(here).to_numpy()[ran]
        if not ran.any():
            continue
        yield {
            "point": {name: final[name][i].item() for name, i in here.items()},
            "share": wilson(int(goal.met(values).sum()), len(values)),
            "quartiles": quartiles_of(values, axis=0),
            "seeds": len(values),
        }


DRAWN = 3  # axes of a grid that a figure has room for: a column, a colour, a place on the x-axis


def planes(dataset: xr.Dataset) -> Iterator[tuple[dict[str, float], xr.Dataset]]:
    """The parts of a grid that have a figure each: one for every point of the axes that a figure has no room for."""
    others = axes_of(dataset)[:-DRAWN]
    for place in np.ndindex(*(dataset.sizes[name] for name in others)):
        part = dataset.isel({name: [i] for name, i in zip(others, place, strict=True)})
        if not (part["member_id"] != "").any():
            continue
        yield {name: part[name].item() for name in others}, part


def grid_figure(
    dataset: xr.Dataset, whole: xr.Dataset, headline: str, goal: Goal
) -> tuple[Any, dict[str, Any]]:
    """Success and the headline measure over up to three axes of the grid: a column, a colour, a place on the x-axis.

    The best recipe of the `whole` grid is named.
    """
    splits = [str(split) for split in dataset["split"].to_numpy()]
    last = splits[-1]
    found = list(shares(dataset, headline, last, goal))
    names = axes_of(dataset)
    x_axis = names[-1]
    colour_axis = names[-2] if len(names) > 1 else None
    column_axis = names[-3] if len(names) > 2 else None
    columns = dataset[column_axis].to_numpy().tolist() if column_axis else [None]
    kinds = dataset[colour_axis].to_numpy().tolist() if colour_axis else [None]
    places = dataset[x_axis].to_numpy().tolist()
    size = (max(6.5, 1.5 + 3.4 * len(columns)), 7.0)
    figure, axes = plt.subplots(2, len(columns), figsize=size, sharex=True, sharey="row", squeeze=False)
    for j, column in enumerate(columns):
        for k, (kind, colour) in enumerate(zip(kinds, width_colours(range(len(kinds))), strict=True)):
            mine = [
                p
                for p in found
                if (column is None or p["point"][column_axis] == column)
                and (kind is None or p["point"][colour_axis] == kind)
            ]
            x = np.array([places.index(p["point"][x_axis]) for p in mine]) + 0.12 * (k - (len(kinds) - 1) / 2)
            label = "all" if kind is None else f"{kind:g}"
            for ax, what in zip(axes[:, j], ("share", "quartiles"), strict=True):
                plot_categories(
                    ax, x, np.array([p[what] for p in mine]).reshape(-1, 3), label=label, colour=colour
                )
        axes[0, j].set_title(f"{_words(column_axis)} {column:g}" if column_axis else "")
        axes[1, j].set_xticks(range(len(places)), [f"{v:g}" for v in places])
        axes[1, j].set_xlabel(_words(x_axis))
    axes[0, 0].set_ylabel(f"P({last} {headline} {goal})")
    axes[1, 0].set_ylabel(f"{last} {headline}, median")
    axes[0, 0].set_ylim(bottom=0)
    if colour_axis:
        axes[0, -1].legend(title=_words(colour_axis), fontsize=9, loc="upper left", bbox_to_anchor=(1, 1))
    text, best = best_recipe(whole, headline, goal)
    seeds = max(p["seeds"] for p in found)
    figure.suptitle(
        f"Which recipe of {dataset.attrs['task']} succeeds in {int(dataset['step'][-1]):,} steps{_at(dataset, whole)}: {seeds} seeds each.\nAbove: share, Wilson 95 % interval. "
        "Below: median, quartiles.",
        x=0.005,
        ha="left",
        fontsize=11,
    )
    return figure, {"text": text, "best": best}


def _at(dataset: xr.Dataset, whole: xr.Dataset) -> str:
    """The point that a part of a grid is at, in words."""
    told = [f"{_words(n)} {dataset[n].item():g}" for n in axes_of(whole) if dataset.sizes[n] == 1]
    return f" at {', '.join(told)}" if told else ""


def best_recipe(dataset: xr.Dataset, headline: str, goal: Goal) -> tuple[str, dict[str, Any]]:
    """The recipe with the largest share of successes, among equals that of the best median: in words, and its point of the grid.

    It is chosen on the validation part where there is one, else on the training part.
    """
    names, split = axes_of(dataset), selection_split(dataset)
    found = list(shares(dataset, headline, split, goal))

    def merit(point: dict[str, Any]) -> tuple[float, float]:
        return point["share"].estimate, np.nan_to_num(goal.merit(point["quartiles"][1]), nan=-np.inf)

    best = max(found, key=merit)
    low, share, high = best["share"]
    recipe = ", ".join(f"{_words(name)} {best['point'][name]:g}" for name in names)
    if share == 0:
        text = f"no recipe reaches {headline} {goal} on {split}; of the best median: {recipe}"
    else:
        text = (
            f"best on {split}: {recipe}: P({headline} {goal}) = {share:.3f} ({low:.3f}–{high:.3f}), as the best "
            f"of {len(found)} recipes flattered: fresh seeds tell its share"
        )
    return text, best["point"] | {"share": [low, share, high], "seeds": best["seeds"]}


def _words(name: str | None) -> str:
    return (name or "").replace("_", " ")
