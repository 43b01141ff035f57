"""Naming members on a command line: --width, --seed, and any further axis of the study's grid."""

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd
import xarray as xr

from nlpfeat.cli.command import PLAIN, number
from nlpfeat.errors import UserError
from nlpfeat.store import layout
from nlpfeat.store.layout import Study
from nlpfeat.store.results import converged, further_axes, open_results
from nlpfeat.study.restore import RestoredBucket, find_member, kept_steps, restore_bucket
from nlpfeat.sweeps.members import MemberFactory
from nlpfeat.training.task import Goal, Task


def further(study: Study) -> tuple[str, ...]:
    """The traced settings of a study beside width and seed."""
    return tuple(name for name in study.spec.settings._fields if name not in PLAIN)


def wanted(flags: argparse.Namespace, names: tuple[str, ...]) -> dict[str, float]:
    """The settings of `names` that the flags give.

    Raises:
      UserError: for a value that is no number.
    """
    return {n: number(n, getattr(flags, n)) for n in names if getattr(flags, n, None) is not None}


def format_number(value: float) -> str:
    """A number as it is written in a config: seeds have all their digits."""
    return str(int(value)) if value == int(value) else f"{value:.12g}"


def describe_member(member: dict[str, float]) -> str:
    """Such as "width 100, seed 3"."""
    return ", ".join(f"{name.replace('_', ' ')} {format_number(value)}" for name, value in member.items())


def final_scores(dataset: xr.Dataset, metric: str) -> xr.DataArray:
    """A metric at the last step of the members that can be looked at: NaN where there is none, or its training diverged."""
    last = dataset.isel(step=-1)
    return last[metric].where(converged(last))


def median_seed(scores: xr.DataArray) -> int:
    """The seed of median score, of scores (seed,) without NaN."""
    return int(scores.sortby(scores).seed[scores.sizes["seed"] // 2].item())


def point_of(study: Study, dataset: xr.Dataset) -> dict[str, float]:
    """The settings at which a part of a study's array was cut out of its grid."""
    return {
        name: dataset[name].item()
        for name in study.spec.settings._fields
        if name in dataset.coords and not dataset[name].dims
    }


def best_seed(scores: xr.DataArray, goal: Goal) -> int:
    """The seed of the best score."""
    return int(scores.seed[int(goal.merit(scores).argmax("seed"))].item())


def selection_split(dataset: xr.Dataset | xr.DataArray) -> str:
    """The part of the data on which members are chosen: validation where the study has one, else train, never the test part."""
    return "validation" if "validation" in dataset["split"].to_numpy() else "train"


def best_member(dataset: xr.Dataset, task: Task) -> dict[str, float]:
    """The settings, on all axes, of the member of best score at the last step on the held-out part.

    Raises:
      UserError: if no member has a score.
    """
    names = ["width", "seed", *further_axes(dataset)]
    scores = final_scores(dataset, task.metrics[0][0]).sel(split=selection_split(dataset))
    merit = task.success.merit(scores).stack(member=names).dropna("member")
    if not merit.sizes["member"]:
        raise UserError("no finished member has a score: all diverged, or the sweep has not run to its end")
    place = merit["member"][int(merit.argmax("member"))]
    return {name: place[name].item() for name in names}


def choose_seed(dataset: xr.Dataset, task: Task, settings: dict[str, Any], *, best: bool) -> int:
    """The median or best seed of the members with `settings`, at the last step.

    The best is chosen on the part that `held_out` names.

    Raises:
      UserError: if no finished member has these settings, or they leave other axes open.
    """
    scores = final_scores(dataset, task.metrics[0][0])
    for name, value in settings.items():
        if name in scores.dims:
            if value not in scores[name].to_numpy():
                there = ", ".join(f"{v:g}" for v in scores[name].to_numpy())
                raise UserError(f"the study has no member with {name} {value:g}; {name} is one of {there}")
            scores = scores.sel({name: value})
    scores = scores.sel(split=selection_split(scores)) if best else scores.isel(split=-1)
    free = [str(dim) for dim in scores.dims if dim != "seed"]
    if free:
        values = "; ".join(f"--{n}={' or '.join(f'{v:g}' for v in scores[n].to_numpy())}" for n in free)
        raise UserError(f"several members fit; say which: {values}")
    scores = scores.dropna("seed")
    if not scores.sizes["seed"]:
        raise UserError(
            "no finished member has these settings and did not diverge: run the sweep to its end first"
        )
    return best_seed(scores, task.success) if best else median_seed(scores)


def member_of(study: Study, flags: argparse.Namespace) -> dict[str, float]:
    """The settings of the one member that --width, --seed and the flags of further axes name.

    --width may be left out where the study has one width.

    Raises:
      UserError: for flags that name none.
    """
    widths = [flags.width] if flags.width is not None else sorted(study.members()["width"].unique())
    if len(widths) != 1:
        there = ", ".join(map(str, widths))
        raise UserError(f"which member? Say --width, which is one of {there}, and perhaps --seed")
    (member,) = _named(study, flags, "width", [str(widths[0])])
    return member


def members_of(study: Study, flags: argparse.Namespace) -> list[dict[str, float]]:
    """The settings of the members that the flags name, one for each width of --width or --widths.

    Raises:
      UserError: for flags that name none.
    """
    if (flags.width is None) == (flags.widths is None):
        raise UserError(
            "say which member by one of --width=N and --widths=N,N,…, the latter for several side by side"
        )
    if flags.widths is None:
        return [member_of(study, flags)]
    return _named(study, flags, "widths", flags.widths.split(","))


def _named(study: Study, flags: argparse.Namespace, name: str, texts: list[str]) -> list[dict[str, float]]:
    """The members of the widths `texts`, as the flag `name` gives them."""
    fixed, members, dataset = wanted(flags, further(study)), [], None
    if flags.seed in ("median", "best"):
        if not study.combined.exists():
            raise UserError(
                f"{study.combined} does not exist yet: run the sweep to its end, or give --seed=N"
            )
        dataset = open_results(study.combined)  # of which the last step is read
    for text in texts:
        member = {"width": number(name, text)}
        if dataset is None:
            member["seed"] = number("seed", flags.seed)
        else:
            best = flags.seed == "best"
            member["seed"] = choose_seed(dataset, study.spec.row, member | fixed, best=best)
        find_member(study, member | fixed)
        if member | fixed in members:
            raise UserError(f"--widths: {format_number(member['width'])} appears twice; list each width once")
        members.append(member | fixed)
    return members


class MemberAtStep(NamedTuple):
    """A member at a step."""

    id: str
    step: int
    bucket: RestoredBucket
    place: int

    @property
    def settings(self) -> Any:
        """Its settings, a NamedTuple of scalars."""
        return self.bucket.settings(self.place)

    @property
    def params(self) -> Any:
        """Its parameters, cropped to its own width."""
        return self.bucket.params(self.place)


def members_at_point(study: Study, chosen: dict[str, float]) -> pd.DataFrame:
    """The members with the settings `chosen`, which must leave open width and seed only.

    Raises:
      UserError: if there are none, or they leave more open.
    """
    table = layout.select_members(study.members(), chosen)
    if table.empty:
        raise UserError(f"{study.path} has no member with {describe_member(chosen)}")
    free = [
        name
        for name in layout.varying_settings(table, list(study.spec.settings._fields))
        if name not in PLAIN
    ]
    if free:
        values = "; ".join(
            f"--{n}={' or '.join(map(format_number, sorted(table[n].unique())))}" for n in free
        )
        raise UserError(f"the members differ in more than width and seed; say which: {values}")
    return table


def finished_buckets(study: Study, table: pd.DataFrame) -> list[tuple[str, int]]:
    """The finished buckets of the members `table` with each of their kept steps, in order.

    Raises:
      UserError: if there is none.
    """
    labels = [x for x in table["bucket"].unique() if study.result(x).exists()]
    found = [(label, step) for label in labels for step in kept_steps(study, label)]
    if not found:
        raise UserError(
            f"{study.path} has no finished bucket with a checkpoint: run the sweep to its end first"
        )
    return found


def members_at_steps(
    study: Study, make: MemberFactory, table: pd.DataFrame, work: list[tuple[str, int]]
) -> Iterator[MemberAtStep]:
    """The members of `table`, at the buckets and steps of `work`.

    Raises:
      DamagedFile: if a checkpoint cannot be read.
    """
    for label, step in work:
        bucket = restore_bucket(study, make, label, step)
        for place, member in enumerate(bucket.members.index):
            if member in table.index:
                yield MemberAtStep(str(member), step, bucket, place)


# MERGED: """The finished members of a study, one after another: what the commands start from that look at every net."""
