"""The figures of `experiments.plot`: numbers from `nlpfeat.sweeps`, pictures from `nlpfeat.plotting`."""

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from nlpfeat.cli.tables import warn
from nlpfeat.data.text.sources import CorpusSpec
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.plotting.figures import geometry, plane_maps, predictions
from nlpfeat.plotting.primitives import describe_half, plot_curves, plot_measure, plot_success
from nlpfeat.plotting.save import save, stamp
from nlpfeat.plotting.style import SPLIT_COLOURS, SPLIT_MARKERS, house_style, width_axis, width_colours
from nlpfeat.stats.intervals import wilson
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.stats.width_curves import half_width
from nlpfeat.store.atomic import atomic
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.results import diverged_count, further_axes, recipe, scores
from nlpfeat.training.task import Goal, Task

MOST_PANELS = 6  # side by side


def points(dataset: xr.Dataset, at: dict[str, float]) -> Iterator[tuple[dict[str, float], xr.Dataset]]:
    """Every point of the further axes, with its plane (width, seed)."""
    dataset = dataset.sel(at)
    further = further_axes(dataset)
    for place in np.ndindex(*(dataset.sizes[name] for name in further)):
        part = dataset.isel(dict(zip(further, place, strict=True)))
        ran = (part["member_id"] != "").transpose("width", "seed")
        part = part.isel(width=ran.any("seed").to_numpy())
        if not part.sizes["width"]:
            continue
        yield {name: part[name].item() for name in [*at, *further]}, part


def draw_grid(
    study: StudyFolder, task: Task, dataset: xr.Dataset, at: dict[str, float], goal: Goal, line: str
) -> list[dict[str, Any]]:
    """The figures of a grid with further axes, `at` a point of some of them, with what they show and their paths."""
    return _keep(study, _grid_figures(task, dataset.sel(at), goal), line, at)


def draw(
    study: StudyFolder, task: Task, dataset: xr.Dataset, goal: Goal, line: str, point: dict[str, float]
) -> list[dict[str, Any]]:
    """All figures of one plane of the grid. Returns what they show, as text and numbers, with their paths."""
    where = "".join(f", {name} {value:g}" for name, value in sorted(point.items()))
    found = _keep(study, _figures(study, task, dataset, task.evaluation.headline.name, goal), line, point)
    return [entry | {"text": entry["text"] + where} for entry in found]


def _keep(
    study: StudyFolder, drawn: Iterator[tuple[str, Any, dict[str, Any]]], line: str, point: dict[str, float]
) -> list[dict[str, Any]]:
    """Save figures one after another, and their tables; the point of the grid is in the names of the files."""
    suffix = "".join(f"-{name}={value:g}" for name, value in sorted(point.items()))
    found = []
    with house_style():
        for name, figure, entry in drawn:
            stamp(figure, line)
            paths = save(figure, study.figures / f"{name}{suffix}")
            plt.close(figure)
            if "table" in entry:
                path = study.figures / f"{name}{suffix}.csv"
                with atomic(path) as part:
                    entry.pop("table").to_csv(part, index=False)
                paths.append(path)
            found.append(entry | {"paths": [str(path) for path in paths]})
    return found


def _grid_figures(task: Task, grid: xr.Dataset, goal: Goal) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(name, figure, text and numbers), one after another."""
    headline = task.evaluation.headline.name
    planes = list(grid.planes(grid))
    if len(planes) > MOST_PANELS:
        warn(
            f"{len(planes)} figures would show this grid: that of the best recipe is drawn; name a point of an axis by --at for another"
        )
        _, best = grid.best_recipe(grid, headline, goal)
        planes = [(point, part) for point, part in planes if point.items() <= best.items()]
    for point, part in planes:
        suffix = "".join(f"-{name}={value:g}" for name, value in sorted(point.items()))
        yield f"grid{suffix}", *grid.grid_figure(part, grid, headline, goal)
    varied = [name for name in further_axes(grid) if grid.sizes[name] > 1]
    if len(varied) == 1 and grid.sizes["width"] > 1 and grid.sizes[varied[0]] <= MOST_PANELS:
        text = {"text": f"{headline} against width for each {varied[0]}"}
        yield f"{headline}-width-by-{varied[0]}", panels_figure(grid, task, varied[0]), text


def _figures(
    study: StudyFolder, task: Task, dataset: xr.Dataset, headline: str, goal: Goal
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """(name, figure, text and numbers), one after another."""
    yield f"{headline}-width", *width_figure(dataset, task, headline, goal)
    yield (
        f"{headline}-curves",
        curves_figure(dataset, headline, goal, study.spec.training),
        {"text": f"{headline} over training"},
    )
    yield (
        "steps-to-success",
        geometry.steps_figure(dataset, task, goal),
        {"text": f"steps to {headline} {goal}"},
    )
    if issubclass(task.data.spec, CorpusSpec):
        yield from _answer_figures(study, task, dataset, headline)
    if "violations" not in dataset or not dataset["violations"].notnull().any():
        return
    exact = task.views.piecewise_linear is not None
    if exact and int(dataset["violations"].notnull().any(("width", "seed")).sum()) > 1:
        yield "weights", geometry.weights_figure(dataset, task), {"text": "weights at equal terms"}
    for name, figure in geometry.measure_figures(dataset, task):
        yield f"measure-{name}", figure, {"text": f"{name}: {MEASURES[name].about}"}
    if exact:  # last, as it alone needs the checkpoints
        yield "maps", plane_maps.maps_figure(study, dataset, task, headline), {"text": "maps of the plane"}


def _answer_figures(
    study: StudyFolder, task: Task, dataset: xr.Dataset, headline: str
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """Figures of what classifiers of texts answer."""
    found = predictions.answered(study, task, dataset, headline)
    if not found:
        return
    split = str(dataset["split"].to_numpy()[-1])
    yield "answers", *predictions.answers_figure(found, split)
    member, given = found[-1]
    table = predictions.wrong_table(member, given, split)
    figure, entry = predictions.wrong_figure(member, table)
    yield "most-wrong", figure, entry | {"table": table}


def width_figure(dataset: xr.Dataset, task: Task, headline: str, goal: Goal) -> tuple[Any, dict[str, Any]]:
    """The headline measure against width, above the rate of success."""
    final = scores(dataset.isel(step=-1), headline, task.evaluation.criterion).transpose(
        "split", "width", "seed"
    )
    widths = final["width"].to_numpy().tolist()
    last = str(final["split"].to_numpy()[-1])
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8, 8), height_ratios=(3, 2), sharex=True)
    _plot_parts(top, final)
    ran = (dataset["member_id"] != "").transpose("width", "seed").to_numpy()
    top.set_title(
        f"{headline} against width, {recipe(dataset)}, {ran.sum(1).max()} seeds each{_lost(dataset)}:\n{task.summary}"
    )
    top.set_ylabel(headline)
    top.legend(loc="best")

    succeeds = goal.met(final.sel(split=last).to_numpy())
    wins, trials = succeeds.sum(1), ran.sum(1)
    intervals = np.array([wilson(int(w), int(n)) for w, n in zip(wins, trials, strict=True)])
    half = half_width(np.array(widths), succeeds, ran)
    plot_success(
        bottom,
        widths,
        *intervals.T,
        half=half,
        label=f"P({last} {headline} {goal}), Wilson 95 %",
        width_label=task.width_label,
    )
    bottom.set_ylabel("share of seeds")
    width_axis(top, widths, "")
    return figure, {
        "text": f"{headline}, {recipe(dataset)}: {describe_half(half, widths)} for {goal} on {last}",
        "widths": widths,
        "success": intervals.round(5).tolist(),
        "h50": [None if not np.isfinite(x) else round(float(x), 3) for x in half],
    }


def _lost(dataset: xr.Dataset) -> str:
    """How many members diverged, in words for a title."""
    count = diverged_count(dataset)
    return f" ({count} diverged: failures)" if count else ""


def _plot_parts(ax: Axes, final: xr.DataArray) -> None:
    """The last values of a measure against width, of every part of the data; dimensions split, width, seed."""
    splits = [str(split) for split in final["split"].to_numpy()]
    for i, split in enumerate(splits):
        values = final.sel(split=split).to_numpy()
        plot_measure(
            ax,
            final["width"].to_numpy().tolist(),
            values,
            *quartiles_of(values, axis=1),
            label=f"{split}: median, quartiles",
            colour=SPLIT_COLOURS[split],
            marker=SPLIT_MARKERS[split],
            shift=0.24 * (i - (len(splits) - 1) / 2),
        )


def panels_figure(dataset: xr.Dataset, task: Task, axis: str) -> Any:
    """The headline measure against width on all parts of the data, a panel for each value of a further axis.

    Where the training part goes on getting better and the others do not, the members learn by heart.
    """
    headline = task.evaluation.headline.name
    final = scores(dataset.isel(step=-1), headline, task.evaluation.criterion)
    final = final.squeeze(
        [dim for dim in final.dims if dim not in ("split", "width", "seed", axis)], drop=True
    )
    values, widths = dataset[axis].to_numpy().tolist(), dataset["width"].to_numpy().tolist()
    figure, axes = plt.subplots(
        1, len(values), figsize=(2.5 + 2.9 * len(values), 4.6), sharey=True, squeeze=False
    )
    for ax, value in zip(axes[0], values, strict=True):
        part = final.sel({axis: value}).transpose("split", "width", "seed")
        _plot_parts(ax, part.isel(width=part.notnull().any(("split", "seed")).to_numpy()))
        width_axis(ax, widths, task.width_label)
        ax.set_title(f"{axis.replace('_', ' ')} {value:g}")
    axes[0, 0].set_ylabel(headline)
    axes[0, -1].legend(loc="upper left", bbox_to_anchor=(1, 1))
    figure.suptitle(
        f"{headline} against width, {recipe(dataset)}: {task.summary}", x=0.005, ha="left", fontsize=12
    )
    return figure


def curves_figure(dataset: xr.Dataset, headline: str, goal: Goal, training: Any) -> Any:
    """The headline measure on the last split, and the training loss, over training, a column of panels a width."""
    widths = dataset["width"].to_numpy().tolist()
    last = str(dataset["split"].to_numpy()[-1])
    rows = ((headline, last), ("loss", "train"))
    shown = {
        headline: scores(dataset, headline, goal),
        "loss": scores(dataset, "loss", Goal(0.0, falling=True)),
    }
    columns = len(widths)
    figure, axes = plt.subplots(
        2, columns, figsize=(max(5.0, 2.1 * columns), 5.4), sharex=True, sharey="row", squeeze=False
    )
    for row, (measure, split) in enumerate(rows):
        for column, (width, colour) in enumerate(zip(widths, width_colours(widths), strict=True)):
            values = shown[measure].sel(width=width, split=split).transpose("seed", "step").to_numpy()
            values = values[(dataset["member_id"].sel(width=width) != "").to_numpy()]
            ax = axes[row, column]
            if len(values):
                plot_curves(
                    ax,
                    dataset["step"].to_numpy(),
                    values,
                    *quartiles_of(values, axis=0),
                    colour=colour,
                    label="median",
                    title=f"width {width}" if row == 0 else "",
                    phases=[phase.start for phase in training.phases[1:]],
                )
        axes[row, 0].set_ylabel(f"{split} {measure}")
    axes[1, columns // 2].set_xlabel("step")
    figure.suptitle(
        f"{last} {headline} and training loss, {recipe(dataset)}: every seed, median, quartiles",
        x=0.005,
        ha="left",
        fontsize=12,
    )
    return figure
