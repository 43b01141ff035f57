"""The headline metric against width: accuracy and success, learning curves, steps to success, panels along a further axis."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nlpfeat.analysis.width import WidthCurve, has_linearized, linearized_curve
from nlpfeat.plotting.primitives import plot_curves, plot_measure, plot_success
from nlpfeat.plotting.style import (
    BLUE,
    GREY,
    SPLIT_COLOURS,
    SPLIT_MARKERS,
    house_style,
    log_axis,
    set_heading,
    width_axis,
    width_colours,
)
from nlpfeat.stats.quantiles import Quartiles, ordered_quartiles_of, quartiles_of
from nlpfeat.stats.summaries import BASELINES
from nlpfeat.store.results import (
    baseline_of,
    counts_in_words,
    describe_value,
    describe_values,
    recipe,
    scores,
)
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.task import Task

WIDE = 30  # most over fewest steps, from which on their axis is logarithmic


def splits_of(values: xr.DataArray) -> list[tuple[str, str, str, xr.DataArray]]:
    """The name, colour and marker of each split with its values (width, seed); one without a name where there are no splits."""
    if "split" not in values.dims:
        return [("", BLUE, "o", values.transpose("width", "seed"))]
    return [
        (name, SPLIT_COLOURS[name], SPLIT_MARKERS[name], values.sel(split=name).transpose("width", "seed"))
        for name in map(str, values["split"].to_numpy())
    ]


def finite_quartiles(values: np.ndarray) -> list[np.ndarray]:
    """Low, median and high over seeds, the second axis; NaN, which is not drawn, where they are infinite."""
    return [np.where(np.isfinite(q), q, np.nan) for q in ordered_quartiles_of(values, axis=1)]


def plot_splits(
    ax: Axes,
    values: xr.DataArray,
    quartiles: Callable[[np.ndarray], Quartiles | list[np.ndarray]],
    label: str = "{}",
) -> None:
    """One measure against width, each split in its own colour.

    Args:
      ax: where.
      values: dims width, seed, and split if the measure has splits.
      quartiles: (widths, seeds) -> low, median and high, each (widths,).
      label: of a split in the legend; {} is its name.
    """
    parts = splits_of(values)
    for i, (name, colour, marker, part) in enumerate(parts):
        plot_measure(
            ax,
            part["width"].to_numpy().tolist(),
            part.to_numpy(),
            *quartiles(part.to_numpy()),
            label=label.format(name),
            colour=colour,
            marker=marker,
            shift=0.24 * (i - (len(parts) - 1) / 2),
        )


def _plot_scores(ax: Axes, final: xr.DataArray) -> None:
    plot_splits(ax, final, lambda values: quartiles_of(values, axis=1), "{}: median, quartiles")


@house_style()
def width_figure(curve: WidthCurve, dataset: xr.Dataset, task: Task) -> Figure:
    """The headline metric against width, above the share of seeds that succeed.

    The shares are left out without a threshold, and where no seed reaches it, which the heading then says.

    Args:
      curve: from `nlpfeat.analysis.width.width_curve`.
      dataset: the part of a study's array that it was made from.
      task: what the study is trained on.
    """
    name, widths = curve.metric.name, curve.widths
    success = curve.success if any(share.estimate > 0 for share in curve.shares) else None
    size, heights = ((8, 8), (3, 2)) if success else ((8, 5.2), (1,))
    figure, axes = plt.subplots(
        len(heights), 1, figsize=size, height_ratios=heights, sharex=True, squeeze=False
    )
    top = axes[0, 0]
    _plot_scores(top, curve.scores)
    plot_baseline(top, dataset, task)
    _mark_best(top, curve)
    seeds = int((dataset["member_id"] != "").sum("seed").max())
    counts = counts_in_words(dataset)
    remarks = f" ({counts})" if counts else ""
    none = f" No seed reaches {curve.split} {name} {curve.success}." if curve.success and not success else ""
    set_heading(
        figure, f"{name} against width, {recipe(dataset)}, {seeds} seeds each{remarks}: {task.summary}.{none}"
    )
    top.set_ylabel(name)
    bottom = axes[1, 0] if success else None
    if bottom is not None:
        plot_success(
            bottom,
            widths,
            *np.array(curve.shares).T,
            half=curve.h50,
            label=f"P({curve.split} {name} {curve.success}), Wilson 95 %",
            width_label=task.width_label,
        )
        bottom.set_ylabel("share of seeds")
    if has_linearized(dataset):
        _plot_linearized(top, bottom, linearized_curve(dataset, curve.metric, success))
    top.legend(loc="best")
    _write_chosen(axes[-1, 0], dataset)
    width_axis(top, widths, "" if success else task.width_label)
    return figure


def _mark_best(ax: Axes, curve: WidthCurve) -> None:
    """A star at the width of best median on the validation split, where there are several widths and such a split."""
    if "validation" not in curve.scores["split"].to_numpy() or len(curve.widths) < 2:
        return
    medians = quartiles_of(curve.scores.sel(split="validation").to_numpy(), axis=1).median
    rising = np.where(np.isfinite(medians), curve.metric.ascending(medians), -np.inf)
    best = int(rising.argmax())
    if np.isfinite(rising[best]):
        style = {"marker": "*", "ms": 15, "mec": "black", "mew": 0.8, "ls": "", "zorder": 5}
        label = f"best on validation: {curve.widths[best]:,}"
        ax.plot(curve.widths[best], medians[best], color=SPLIT_COLOURS["validation"], label=label, **style)


def plot_baseline(ax: Axes, dataset: xr.Dataset, task: Task, *, horizontal: bool = True) -> None:
    """A line at the headline metric of the best constant prediction on the last split.

    Args:
      ax: where.
      dataset: the part of a study's array that is drawn.
      task: what the study is trained on.
      horizontal: whether the metric is the vertical axis.
    """
    level = baseline_of(dataset, str(dataset["split"].to_numpy()[-1]))
    line = ax.axhline if horizontal else ax.axvline
    line(level, color=GREY, lw=1.2, ls=(0, (4, 2)), label=f"{BASELINES[task.evaluation.kind]} {level:.3g}")


def _plot_linearized(top: Axes, bottom: Axes | None, curve: WidthCurve) -> None:
    """The baseline that learns no features: its median, and the share of seeds that succeed."""
    label, look = "linearized at its start", {"color": GREY, "ls": "--", "marker": "x", "lw": 1.2, "ms": 5}
    final = curve.scores.isel(split=-1).transpose("width", "seed").to_numpy()
    top.plot(
        curve.widths, quartiles_of(final, axis=1).median, label=f"{label} ({curve.split}): median", **look
    )
    if bottom is not None:
        bottom.plot(curve.widths, [share.estimate for share in curve.shares], label=label, **look)
        bottom.legend(loc="best")


def _write_chosen(ax: Axes, dataset: xr.Dataset) -> None:
    """Write what was chosen for each width above an axes of widths, and when its members are taken: a line each."""
    lines = {
        str(name).replace("_", " "): describe_values(values)
        for name, values in dataset.coords.items()
        if values.dims == ("width",) and name != "width"
    }
    if "taken_step" in dataset:
        steps = dataset["taken_step"].median("seed").to_numpy().tolist()
        lines["median step"] = ["–" if np.isnan(step) else f"{step:,.0f}" for step in steps]
    for line, (name, words) in enumerate(lines.items()):
        y = 1.03 + 0.08 * line
        ax.text(0, y, f"{name}:", transform=ax.transAxes, ha="right", fontsize=8, color=GREY)
        for width, word in zip(dataset["width"].to_numpy().tolist(), words, strict=True):
            ax.text(width, y, word, transform=ax.get_xaxis_transform(), ha="center", fontsize=8, color=GREY)


@house_style()
def panels_figure(dataset: xr.Dataset, task: Task, axis: str) -> Figure:
    """The headline metric against width on all splits, one panel per value of a further axis.

    Members overfit where the train split goes on improving and the other splits do not.

    Args:
      dataset: a study's array, in which no other axis but width, seed and `axis` has several values.
      task: what the study is trained on.
      axis: its name.
    """
    metric = task.evaluation.headline
    final = scores(dataset.isel(step=-1), metric)
    others = [dim for dim in final.dims if dim not in ("split", "width", "seed", axis)]
    final = final.squeeze(others, drop=True)
    values, widths = dataset[axis].to_numpy().tolist(), dataset["width"].to_numpy().tolist()
    size = (2.5 + 2.9 * len(values), 4.6)
    figure, axes = plt.subplots(1, len(values), figsize=size, sharey=True, squeeze=False)
    for ax, value in zip(axes[0], values, strict=True):
        part = final.sel({axis: value})
        _plot_scores(ax, part.isel(width=part.notnull().any(("split", "seed")).to_numpy()))
        plot_baseline(ax, dataset, task)
        width_axis(ax, widths, task.width_label)
        ax.set_title(f"{axis.replace('_', ' ')} {describe_value(dataset[axis], value)}")
    axes[0, 0].set_ylabel(metric.name)
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    set_heading(figure, f"{metric.name} against width, {recipe(dataset)}: {task.summary}")
    return figure


@house_style()
def curves_figure(dataset: xr.Dataset, task: Task, training: TrainingSpec) -> Figure:
    """The headline metric on the last split, and the training loss, over training: one column of panels per width.

    Args:
      dataset: the part of a study's array at one point of the further axes.
      task: what the study is trained on.
      training: whose phases are marked.
    """
    widths, steps = dataset["width"].to_numpy().tolist(), dataset["step"].to_numpy()
    last, metric = str(dataset["split"].to_numpy()[-1]), task.evaluation.headline
    phases = [phase.start for phase in training.phases[1:]]
    size = (max(5.0, 2.1 * len(widths)), 5.4)
    figure, axes = plt.subplots(2, len(widths), figsize=size, sharex=True, sharey="row", squeeze=False)
    for row, (measure, split) in zip(axes, ((metric, last), (task.learner.loss, "train")), strict=True):
        shown = scores(dataset, measure).sel(split=split).transpose("width", "seed", "step")
        row[0].set_ylabel(f"{split} {measure.name}")
        for ax, width, colour in zip(row, widths, width_colours(widths), strict=True):
            values = shown.sel(width=width).to_numpy()
            values = values[(dataset["member_id"].sel(width=width) != "").to_numpy()]
            if measure is metric:
                plot_baseline(ax, dataset, task)
            if len(values):
                plot_curves(
                    ax,
                    steps,
                    values,
                    *quartiles_of(values, axis=0),
                    colour=colour,
                    label="median",
                    title=f"width {width}" if measure is metric else "",
                    phases=phases,
                )
    axes[1, len(widths) // 2].set_xlabel("step")
    set_heading(
        figure,
        f"{last} {metric.name} and training loss, {recipe(dataset)}: every seed, median, quartiles; dashed: "
        f"{BASELINES[task.evaluation.kind]}",
    )
    return figure


@house_style()
def steps_figure(steps: xr.DataArray, dataset: xr.Dataset, task: Task, goal: str) -> Figure:
    """The steps that members take to a goal; above the points, how many seeds reach it.

    Args:
      steps: dims width, seed, and split if the goal has splits. NaN is left out; infinite where a member never reaches the goal,
        and the quartiles, which count it, are drawn as far as they are finite.
      dataset: the part of a study's array that they were found in.
      task: what the study is trained on.
      goal: in words.
    """
    widths = steps["width"].to_numpy().tolist()
    figure, ax = plt.subplots(figsize=(7.5, 4.5))
    plot_splits(ax, steps, finite_quartiles)
    width_axis(ax, widths, task.width_label)
    has_splits, above = "split" in steps.dims, ax.get_xaxis_transform()
    last = steps.isel(split=-1) if has_splits else steps
    if has_splits:
        ax.legend()
    reached = np.isfinite(last.transpose("width", "seed").to_numpy())
    for width, count in zip(widths, reached.sum(1), strict=True):
        ax.text(width, 1.0, f"{count}", transform=above, ha="center", va="bottom", fontsize=9)
    seeds = int((dataset["member_id"] != "").sum("seed").max())
    where = f" on {last['split'].item()}" if has_splits else ""
    set_heading(
        figure,
        f"Steps to {goal}; above, how many of {seeds} seeds reach it{where}; {recipe(dataset)}",
    )
    finite = last.to_numpy()[np.isfinite(last.to_numpy()) & (last.to_numpy() > 0)]
    if not has_splits and finite.size and finite.max() > WIDE * finite.min():
        log_axis(ax.yaxis, linear_to=10)
        ax.set_ylim(top=1.5 * finite.max())
    ax.set_ylabel("steps")
    ax.set(ylim=(0, None), xlim=(min(widths) / 1.2, max(widths) * 1.2))
    return figure
