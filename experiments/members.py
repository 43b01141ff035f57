"""Naming members on a command line: --width, --seed, and any further axis of the study's grid."""

import argparse
from typing import Any

import xarray as xr

from experiments.command import PLAIN, number
from nlpfeat.errors import UserError
from nlpfeat.sweeps.restore import find
from nlpfeat.sweeps.results import opened
from nlpfeat.sweeps.study import Study
from nlpfeat.sweeps.summary import further_axes, sound
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


def spell(value: float) -> str:
    """A number as it is written in a config: seeds have all their digits."""
    return str(int(value)) if value == int(value) else f"{value:.12g}"


def describe(member: dict[str, float]) -> str:
    """Such as "width 100, seed 3"."""
    return ", ".join(f"{name.replace('_', ' ')} {spell(value)}" for name, value in member.items())


def trained(dataset: xr.Dataset, metric: str) -> xr.DataArray:
    """A metric at the last step of the members that can be looked at: NaN where there is none, or its training diverged."""
    last = dataset.isel(step=-1)
    return last[metric].where(sound(last))


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


def held_out(dataset: xr.Dataset | xr.DataArray) -> str:
    """The part of the data on which members are chosen: validation where the study has one, else train, never the test part."""
    return "validation" if "validation" in dataset["split"].to_numpy() else "train"


def best_member(dataset: xr.Dataset, task: Task) -> dict[str, float]:
    """The settings, on all axes, of the member of best score at the last step on the held-out part.

    Raises:
      UserError: if no member has a score.
    """
    names = ["width", "seed", *further_axes(dataset)]
    scores = trained(dataset, task.metrics[0][0]).sel(split=held_out(dataset))
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
    scores = trained(dataset, task.metrics[0][0])
    for name, value in settings.items():
        if name in scores.dims:
            if value not in scores[name].to_numpy():
                there = ", ".join(f"{v:g}" for v in scores[name].to_numpy())
                raise UserError(f"the study has no member with {name} {value:g}; {name} is one of {there}")
            scores = scores.sel({name: value})
    scores = scores.sel(split=held_out(scores)) if best else scores.isel(split=-1)
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
        dataset = opened(study.combined)  # of which the last step is read
    for text in texts:
        member = {"width": number(name, text)}
        if dataset is None:
            member["seed"] = number("seed", flags.seed)
        else:
            best = flags.seed == "best"
            member["seed"] = choose_seed(dataset, study.spec.row, member | fixed, best=best)
        find(study, member | fixed)
        if member | fixed in members:
            raise UserError(f"--widths: {spell(member['width'])} appears twice; list each width once")
        members.append(member | fixed)
    return members
