"""The figures of what `experiments.measure` found: each measure, the weights at equal terms, maps of the plane."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.plotting.primitives import plot_measure, plot_medians, plot_share
from nlpfeat.plotting.style import BLUE, SPLIT_COLOURS, SPLIT_MARKERS, log_axis, width_axis
from nlpfeat.stats.equal_loss import at_level, at_steps
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import ordered_quartiles_of
from nlpfeat.stats.summaries import flat_measures, reduction
from nlpfeat.store.combine import steps_to_success
from nlpfeat.store.results import recipe
from nlpfeat.training.task import Goal, Task

# What weights are compared at, beside the last step: training loss, and median margin on the training part.
LOSS, MARGIN = 0.7, 1.0
_LOGARITHMIC = {"lipschitz", "condition", "regions", "regions_merged", "nc1", "radius"}


def measure_figures(dataset: xr.Dataset, task: Task) -> Iterator[tuple[str, Any]]:
    """(name, figure) of every measure: against width at the last step, and over training."""
    flat = flat_measures(dataset)
    measured = flat["violations"].notnull()
    steps = flat["step"].to_numpy()[measured.any(("width", "seed")).to_numpy()]
    flat = flat.sel(step=steps)
    for name, about in MEASURES.items():
        values = flat[name]
        if not values.notnull().any():
            continue
        figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
        last = values.isel(split=-1) if "split" in values.dims else values
        last = last.transpose("width", "seed", "step")
        widths = last["width"].to_numpy().tolist()
        yes_no = about.units == YES_NO
        if yes_no:
            _share_against_width(left, values.isel(step=-1), task)
            shares = last.mean("seed").to_numpy()
            plot_medians(right, steps, shares, shares, shares, widths=widths)
        else:
            _against_width(left, values.isel(step=-1), task)
            plot_medians(right, steps, *_quartiles(last), widths=widths)
        there = measured.sel(step=steps[-1])
        missing = int(there.sum() - (np.isfinite(last.isel(step=-1)) & there).sum())
        left_out = (
            f" ({missing} of {int(there.sum())} nets are infinite or undefined: no point)" if missing else ""
        )
        figure.suptitle(
            f"{name.replace('_', ' ')}: {about.about}{reduction(name)}{left_out}; {recipe(dataset)}",
            x=0.005,
            ha="left",
            fontsize=12,
        )
        left.set_ylabel("share of seeds" if yes_no else about.units or name.replace("_", " "))
        shown = (
            ("share of seeds, Wilson 95 %", "share of seeds")
            if yes_no
            else ("every seed, median, quartiles", "medians, quartiles")
        )
        split = f" ({last['split'].item()})" if "split" in values.dims else ""
        left.set_title(f"at step {steps[-1]}: {shown[0]}")
        right.set_title(f"over training: {shown[1]}{split}")
        if name in _LOGARITHMIC:
            log_axis(left.yaxis)
        yield name, figure


def _by_split(values: xr.DataArray) -> list[tuple[str, str, str, xr.DataArray]]:
    """(name, colour, marker, values (width, seed)) of each split; one without a name where there are none."""
    if "split" not in values.dims:
        return [("", BLUE, "o", values.transpose("width", "seed"))]
    return [
        (str(s), SPLIT_COLOURS[s], SPLIT_MARKERS[s], values.sel(split=s).transpose("width", "seed"))
        for s in values["split"].to_numpy()
    ]


def _share_against_width(ax: Any, values: xr.DataArray, task: Task) -> None:
    """The share of seeds of which something holds, each split in its colour."""
    widths = values["width"].to_numpy().tolist()
    for split, colour, marker, part in _by_split(values):
        wins, trials = part.sum("seed").to_numpy(), part.count("seed").to_numpy()
        known = trials > 0
        intervals = [wilson(int(w), int(n)) for w, n in zip(wins[known], trials[known], strict=True)]
        shown = np.array(widths)[known].tolist()
        plot_share(ax, shown, *np.array(intervals).T, label=split, colour=colour, marker=marker)
    width_axis(ax, widths, task.width_label)
    if "split" in values.dims:
        ax.legend()


def _against_width(ax: Any, values: xr.DataArray, task: Task) -> None:
    """One measure at one step, each split in its colour."""
    widths = values["width"].to_numpy().tolist()
    parts = _by_split(values)
    for i, (split, colour, marker, part) in enumerate(parts):
        shift = 0.24 * (i - (len(parts) - 1) / 2)
        quartiles = _quartiles(part)
        plot_measure(
            ax, widths, part.to_numpy(), *quartiles, label=split, colour=colour, marker=marker, shift=shift
        )
    width_axis(ax, widths, task.width_label)
    if "split" in values.dims:
        ax.legend()


def _quartiles(values: xr.DataArray) -> Any:
    """Quartiles over seeds, the second axis; infinite ones are not drawn."""
    return [
        np.where(np.isfinite(part), part, np.nan) for part in ordered_quartiles_of(values.to_numpy(), axis=1)
    ]


def steps_figure(dataset: xr.Dataset, task: Task, goal: Goal) -> Any:
    """How many steps it takes to a level of success; above the points, how many seeds get there."""
    values = steps_to_success(dataset[task.evaluation.headline.name], goal).transpose(
        "width", "seed", "split"
    )
    widths = values["width"].to_numpy().tolist()
    figure, ax = plt.subplots(figsize=(7.5, 4.5))
    _against_width(ax, values, task)
    last = values.isel(split=-1)
    for width, count in zip(widths, last.count("seed").to_numpy(), strict=True):
        ax.text(
            width, 1.0, f"{count}", transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=9
        )
    seeds = int((dataset["member_id"] != "").sum("seed").max())
    figure.suptitle(
        f"Steps to {task.evaluation.headline.name} {goal}; on top, how many of {seeds} seeds get there on {last['split'].item()}; {recipe(dataset)}",
        x=0.005,
        ha="left",
        fontsize=12,
    )
    ax.set_ylabel("steps")
    ax.set(ylim=(0, None), xlim=(min(widths) / 1.2, max(widths) * 1.2))
    return figure


def weights_figure(dataset: xr.Dataset, task: Task) -> Any:
    """How hard the weights pull, at the last step, at equal loss, at equal margin: three answers to one question.

    The last two need checkpoints of several steps.
    """
    kept = dataset.isel(step=dataset["violations"].notnull().any(("width", "seed")).to_numpy())
    order = ("width", "seed", "step")
    every, steps = dataset["step"].to_numpy().astype(float), kept["step"].to_numpy().astype(float)
    loss = np.log(dataset["loss"].sel(split="train").transpose(*order).to_numpy())
    margin = kept["own_margin"].sel(split="train").transpose(*order).to_numpy()
    when = {  # loss is recorded more often than checkpoints are kept
        f"at training loss {LOSS:g}": at_level(
            np.broadcast_to(every, loss.shape), loss, np.log(LOSS), falling=True
        ),
        f"at median margin {MARGIN:g}": at_level(
            np.broadcast_to(steps, margin.shape), margin, MARGIN, falling=False
        ),
    }
    widths = kept["width"].to_numpy().tolist()
    names = {"spectral_product": "Π σ_max(W)", "path_norm": "Σ |w_i||v_i|", "mean_pull": "mean |w_i||v_i|"}
    names = {name: label for name, label in names.items() if kept[name].notnull().any()}
    size = (12, 1.5 + 2.5 * len(names))
    figure, axes = plt.subplots(len(names), 3, figsize=size, sharex=True, sharey="row", squeeze=False)
    for row, (name, label) in zip(axes, names.items(), strict=True):
        values = kept[name].transpose(*order).to_numpy()
        terms = {f"at step {steps[-1]:g}": values[..., -1]}
        terms |= {title: at_steps(values, steps, found) for title, found in when.items()}
        for ax, (title, points) in zip(row, terms.items(), strict=True):
            quartiles = _quartiles(xr.DataArray(points))
            plot_measure(ax, widths, points, *quartiles, label="median", colour=BLUE)
            if ax in axes[0]:
                ax.set_title(title)
            for width, count in zip(widths, np.isfinite(points).sum(1), strict=True):
                ax.text(width, 0.02, f"{count}", transform=ax.get_xaxis_transform(), ha="center", fontsize=7)
            width_axis(ax, widths, task.width_label if ax in axes[-1] else "")
            log_axis(ax.yaxis)
        row[0].set_ylabel(label)
    figure.suptitle(
        f"How hard the weights pull (Π over all layers; w_i into, v_i out of unit i), under three comparisons; {recipe(dataset)};\n"
        "weights are linear between checkpoints; small numbers: seeds that reach the level, others are left out",
        x=0.005,
        ha="left",
        fontsize=12,
    )
    return figure
