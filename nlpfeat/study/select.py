"""Which members of a study: the best, the median, all at one point of the grid."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import partial
from types import MappingProxyType

import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.config.choices import CHOICES, value_text
from nlpfeat.config.fields import setting_names
from nlpfeat.data.core import generated
from nlpfeat.errors import UserError
from nlpfeat.store import layout
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.results import converged, describe_value, describe_values, further_axes, scores
from nlpfeat.study.restore import TrainedMember, kept_steps, restore_bucket
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.metrics import Metric
from nlpfeat.training.task import Task

log = logging.getLogger(__name__)

AXES = ("width", "seed")  # of every study
NAMED_SEEDS = ("median", "best")  # by the headline metric
ANYWHERE: Mapping[str, float] = MappingProxyType({})  # no further axis has a given value


def format_number(value: float) -> str:
    """A number as it is written in a config: seeds have all their digits."""
    return str(int(value)) if value == int(value) else f"{value:.12g}"


def describe_settings(settings: Mapping[str, float]) -> str:
    """Settings of a member in words, such as "width 100, seed 3"."""

    def words(name: str, value: float) -> str:
        return value_text(name, value).replace("_", " ") if name in CHOICES else format_number(value)

    return ", ".join(f"{name.replace('_', ' ')} {words(name, value)}" for name, value in settings.items())


def final_scores(dataset: xr.Dataset, metric: Metric) -> xr.DataArray:
    """A metric at the last step; NaN where there is no member, or its training diverged."""
    last = dataset.isel(step=-1)
    return last[metric.name].where(converged(last))


def median_seed(final: xr.DataArray) -> int:
    """The seed of median score, of scores (seed,) without NaN."""
    return int(final.sortby(final).seed[final.sizes["seed"] // 2].item())


def best_seed(final: xr.DataArray, metric: Metric) -> int:
    """The seed of the best score, of scores (seed,) without NaN."""
    return int(final.seed[int(metric.ascending(final).argmax("seed"))].item())


def point_of(study: Study, dataset: xr.Dataset) -> dict[str, float]:
    """The settings at which a part of a study's array was cut out of its grid."""
    return {
        name: dataset[name].item()
        for name in setting_names(study.spec.settings)
        if name in dataset.coords and not dataset[name].dims
    }


def selection_split(dataset: xr.Dataset | xr.DataArray) -> str:
    """The split on which members are chosen: validation where the study has one, else train, never test."""
    return "validation" if "validation" in dataset["split"].to_numpy() else "train"


def require_validation(dataset: xr.Dataset, task: Task, what: str) -> None:
    """Check that a study has a validation split. One whose only split is all there is, as of a truth table, needs none.

    Args:
      dataset: the array of the study.
      task: what it is trained on.
      what: needs the split, at the beginning of the message.

    Raises:
      UserError: if it has none; how to get one is told.
    """
    if "validation" in dataset["split"].to_numpy() or dataset.sizes["split"] == 1:
        return
    if _holds_out(task):
        mend = "sweep into another study with --config.data.validation_share=0.1"
    else:
        mend = f"its task has none; tasks that have: {', '.join(tasks_with_validation())}"
    raise UserError(f"{what}: this study of {task.name} has no validation split to choose on: {mend}")


def tasks_with_validation() -> list[str]:
    """The tasks that have a validation split, or hold one out of their data if asked."""
    return [name for name, task in TASKS.items() if _holds_out(task) or _generates_validation(task)]


def _holds_out(task: Task) -> bool:
    return any(field.name == "validation_share" for field in fields(task.data.spec))


def _generates_validation(task: Task) -> bool:
    if task.data.load is not generated:
        return False
    make_splits = partial(task.data.splits, task.data.spec())
    settings = task.model.settings()  # pyright: ignore[reportCallIssue]  (all fields have defaults)
    return "validation" in jax.eval_shape(make_splits, settings)


def best_member(dataset: xr.Dataset, task: Task) -> dict[str, float]:
    """The settings, on all axes, of the member of best score at the last step, chosen on the `selection_split`.

    Raises:
      UserError: if no member has a score.
    """
    names, metric = [*AXES, *further_axes(dataset)], task.evaluation.headline
    final = final_scores(dataset, metric).sel(split=selection_split(dataset))
    ascending = metric.ascending(final).stack(member=names).dropna("member")
    if not ascending.sizes["member"]:
        raise UserError("no finished member has a score: all diverged, or the sweep has not run to its end")
    best = ascending["member"][int(ascending.argmax("member"))]
    return {name: best[name].item() for name in names}


def chosen_width(dataset: xr.Dataset, task: Task) -> int:
    """The width of best median on the validation split, at the last step; without that split, the widest.

    Args:
      dataset: a part of a study's array at one point of its further axes.
      task: what it is trained on.
    """
    if "validation" not in dataset["split"].to_numpy():
        return int(dataset["width"].to_numpy()[-1])
    metric = task.evaluation.headline
    final = scores(dataset.isel(step=-1), metric).sel(split="validation")
    medians = metric.ascending(final.median("seed", skipna=True))
    return int(medians["width"][int(medians.fillna(-np.inf).argmax("width"))].item())


def with_width(
    dataset: xr.Dataset, task: Task, settings: Mapping[str, float | str]
) -> dict[str, float | str]:
    """Settings of a member whose width may be "best", with the number of the `chosen_width`.

    Raises:
      UserError: for another text, if the study has no validation split, or the settings leave further axes open.
    """
    width = settings.get("width")
    if not isinstance(width, str):
        return dict(settings)
    if width != "best":
        raise UserError(f"width: {width!r} is not a number, and not best")
    require_validation(dataset, task, "width best")
    point = {name: value for name, value in settings.items() if name in further_axes(dataset)}
    part = dataset.sel(point)
    free = [name for name in further_axes(part) if part.sizes[name] > 1]
    if free:
        raise UserError(f"width best: the grid varies {', '.join(free)}; choose a value")
    return {**settings, "width": chosen_width(part.squeeze(further_axes(part)), task)}


def with_seed(dataset: xr.Dataset, task: Task, settings: Mapping[str, float | str]) -> dict[str, float]:
    """Settings of a member whose seed may be "median" or "best", with the number of that seed.

    Raises:
      UserError: for another text, and as `choose_seed`.
    """
    point: PyTree = {name: value for name, value in settings.items() if name != "seed"}
    seed: PyTree = settings.get("seed")
    if isinstance(seed, str):
        if seed not in NAMED_SEEDS:
            raise UserError(f"seed: {seed!r} is not a number, and neither median nor best")
        seed = choose_seed(dataset, task, point, best=seed == "best")
    return {name: seed if name == "seed" else point[name] for name in settings}


def choose_seed(dataset: xr.Dataset, task: Task, settings: Mapping[str, float], *, best: bool) -> int:
    """The median or best seed of the members with these settings, at the last step.

    The best is chosen on the `selection_split`.

    Raises:
      UserError: if no finished member has these settings, or they leave other axes open.
    """
    metric = task.evaluation.headline
    final = final_scores(dataset, metric)
    for name, value in settings.items():
        if name in final.dims:
            if value not in final[name].to_numpy():
                there, asked = ", ".join(describe_values(final[name])), describe_value(final[name], value)
                raise UserError(f"the study has no member with {name} {asked}; {name} is one of {there}")
            final = final.sel({name: value})
    final = final.sel(split=selection_split(final)) if best else final.isel(split=-1)
    free = [str(dim) for dim in final.dims if dim != "seed"]
    if free:
        values = "; ".join(f"{name}={' or '.join(describe_values(final[name]))}" for name in free)
        raise UserError(f"several members fit; choose one of {values}")
    final = final.dropna("seed")
    if not final.sizes["seed"]:
        raise UserError(
            "no finished member has these settings and did not diverge: run the sweep to its end first"
        )
    return best_seed(final, metric) if best else median_seed(final)


def members_at_point(study: Study, point: Mapping[str, float]) -> pd.DataFrame:
    """The members with the settings `point`, which must leave open width and seed only.

    Raises:
      UserError: if there are none, or they leave more open.
    """
    table = layout.select_members(study.members, point)
    if table.empty:
        raise UserError(f"{study.path} has no member with {describe_settings(point)}")
    varying = layout.varying_settings(table, setting_names(study.spec.settings))
    free = [name for name in varying if name not in AXES]
    if free:
        values = "; ".join(f"{n}={' or '.join(map(format_number, sorted(table[n].unique())))}" for n in free)
        raise UserError(f"the members differ in more than width and seed; choose one of {values}")
    return table


def finished_steps(folder: StudyFolder, table: pd.DataFrame) -> list[tuple[str, int]]:
    """The finished buckets of the members `table` with each of their kept steps, in order.

    Raises:
      UserError: if there is none.
    """
    labels = [label for label in table["bucket"].unique() if folder.result(label).exists()]
    found = [(label, step) for label in labels for step in kept_steps(folder, label)]
    if not found:
        raise UserError(
            f"{folder.path} has no finished bucket with a checkpoint: run the sweep to its end first"
        )
    return found


def members_at_steps(
    study: Study, table: pd.DataFrame, steps: list[tuple[str, int]]
) -> Iterator[TrainedMember]:
    """The members of `table`, at the buckets and steps of `steps`.

    Raises:
      DamagedFile: if a checkpoint cannot be read.
    """
    for label, step in steps:
        for member in restore_bucket(study.folder, study.factory, label, step):
            if member.id in table.index:
                yield member


def members_of_width(study: Study, width: int, point: Mapping[str, float] = ANYWHERE) -> list[TrainedMember]:
    """The members of a width at the end of their training, seed by seed. Those that diverged are left out, and logged.

    Args:
      study: whose finished buckets count.
      width: of the members.
      point: values of further axes, which must leave open the seed only.

    Raises:
      UserError: if the study has no such member, finished and converged; DamagedFile if a checkpoint cannot be read.
    """
    table = members_at_point(study, {**point, "width": width})
    last = dict(finished_steps(study.folder, table))
    found = list(members_at_steps(study, table, list(last.items())))
    converged_ones = [member for member in found if member.finite]
    if len(converged_ones) < len(found):
        log.warning(
            "%d of %d members of width %d diverged, and are left out",
            len(found) - len(converged_ones),
            len(found),
            width,
        )
    if not converged_ones:
        raise UserError(f"all members of width {width} diverged")
    return sorted(converged_ones, key=lambda member: int(member.settings.seed))


def finished_widths(study: Study, point: Mapping[str, float] = ANYWHERE) -> tuple[int, ...]:
    """The widths of the finished members at a point of the further axes.

    Raises:
      UserError: if there is none.
    """
    table = layout.select_members(study.members, point)
    if table.empty:
        raise UserError(f"{study.path} has no member with {describe_settings(point)}")
    labels = {label for label, _ in finished_steps(study.folder, table)}
    return tuple(sorted(table.loc[table["bucket"].isin(labels), "width"].unique().tolist()))
