"""Time as an axis: the array of a study with each member at one moment of its training.

At equal step, one member may have converged while another has hardly begun. Each function reduces the recorded steps of an array
to one per member, so that whatever reads the last step of an array reads that moment. What comes back has

- the dim `step` of size 1, labelled with the last step at which a member is taken;
- the variable `taken_step`: the step of each member, NaN for one without;
- the attribute `time`, which takes the place of the number of steps in `nlpfeat.store.results.recipe`.

Where a task generates examples, its last record is on fresh ones, and more of them.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.errors import UserError
from nlpfeat.geometry.measures import MEASURES, YES_NO
from nlpfeat.stats.equal_loss import loss_steps
from nlpfeat.stats.quantiles import ordered_quartiles_of
from nlpfeat.store.results import converged, measured_steps, scores
from nlpfeat.study.select import require_validation, selection_split
from nlpfeat.training.task import Task

CONVERGED = 0.05  # the training loss of a member that has converged falls by less until twice as many steps


def at_step(dataset: xr.Dataset, step: int) -> xr.Dataset:
    """All members at a recorded step.

    Raises:
      UserError: if it was not recorded; the nearest recorded steps are named.
    """
    steps = dataset["step"].to_numpy()
    if step not in steps:
        near = [*steps[steps < step][-1:], *steps[steps > step][:1]]
        raise UserError(
            f"at_step: no record at step {step:,}; the nearest recorded {'steps are' if len(near) > 1 else 'step is'} "
            f"{' and '.join(f'{one:,}' for one in near)}"
        )
    taken = xr.zeros_like(_ran(dataset), float) + step
    return _reduced(dataset, dataset.sel(step=step), taken, f"at step {step:,} of {int(steps[-1]):,}")


def at_loss(dataset: xr.Dataset, loss: float) -> xr.Dataset:
    """At equal training loss: each member where its training loss first reaches a level.

    Between two records the logarithm of the training loss is taken to be linear in the step, as in
    `nlpfeat.stats.equal_loss.loss_steps`, and everything else that was recorded to be linear; measures of geometry likewise
    between two measured steps.

    Args:
      dataset: a study's array.
      loss: the level, more than 0, in the units of the loss.

    Returns:
      The array. A member that never reaches the level has no values, and so counts as the worst; if it has not diverged either,
      it is marked in the variable `unreached`.

    Raises:
      UserError: if no member reaches it; the lowest training loss is named.
    """
    when = loss_steps(dataset, loss).drop_vars("split")
    if not when.notnull().any():
        lowest = float(dataset["loss"].sel(split="train").min())
        raise UserError(f"at_loss: no member reaches a training loss of {loss:g}; the lowest is {lowest:.3g}")
    found = _at_steps(dataset, when)
    train = (found["loss"]["split"] == "train") & when.notnull()
    found["loss"] = found["loss"].where(~train, loss)
    found = _reduced(dataset, found, when, f"each where its training loss first reaches {loss:g}")
    return found.assign(unreached=_ran(dataset) & ~when.notnull() & converged(dataset.isel(step=-1)))


def at_flops(dataset: xr.Dataset, flops: float, per_step: Mapping[int, float]) -> xr.Dataset:
    """At equal compute: each width at the step at which its training has taken so many floating-point operations.

    Between two records everything is taken to be linear in the step, and measures of geometry between two measured steps.

    Args:
      dataset: a study's array.
      flops: the operations of the training of one member.
      per_step: those of one step, by width; see `nlpfeat.sweeps.compute.flops_per_step`.

    Returns:
      The array without the widths whose training ended before, or of which one step takes more; `time` names them.

    Raises:
      UserError: if no width is left; the range of each is told.
    """
    widths, last = dataset["width"].to_numpy().tolist(), int(dataset["step"][-1])
    steps = {width: flops / per_step[width] for width in widths}
    kept = [width for width in widths if 1 <= steps[width] <= last]
    if not kept:
        low, high = min(per_step.values()), max(per_step.values()) * last
        raise UserError(
            f"at_flops: {flops:.3g} is not between one step and the last of any width; the widths of this study span "
            f"{low:.3g} to {high:.3g} operations, and all have {max(per_step.values()):.3g} to "
            f"{min(per_step.values()) * last:.3g}"
        )
    short = [str(width) for width in widths if steps[width] > last]
    long = [str(width) for width in widths if steps[width] < 1]
    reasons = {"trained for less": short, "one step takes more": long}
    notes = [
        f"{'width' if len(out) == 1 else 'widths'} {', '.join(out)} left out: {reason}"
        for reason, out in reasons.items()
        if out
    ]
    dataset = dataset.sel(width=kept)
    taken = xr.DataArray([steps[width] for width in kept], {"width": dataset["width"]})
    taken = taken + xr.zeros_like(_ran(dataset), float)
    left_out = f" ({'; '.join(notes)})" if notes else ""
    time = f"at {flops:.3g} FLOPs of training{left_out}"
    return _reduced(dataset, _at_steps(dataset, taken), taken, time)


def at_convergence(dataset: xr.Dataset) -> xr.Dataset:
    """Each member when it has converged: when twice as many steps hardly lower its training loss any more.

    A member has converged at the first recorded step t > 0 such that its training loss falls by less than `CONVERGED` from t to
    2t, and from every later recorded step to twice its number, as far as the records go: a plateau before the fall is none. Between
    two records the logarithm of the loss is taken to be linear in the step.

    Returns:
      The array. A member that has not converged is taken at the last step, and marked in the variable `unconverged` unless it
      diverged.

    Raises:
      UserError: if no recorded step has another at twice its number.
    """
    steps = dataset["step"].to_numpy().astype(float)
    loss = dataset["loss"].sel(split="train", drop=True).transpose(..., "step")
    with np.errstate(invalid="ignore"):
        logs = np.log(np.maximum(loss.to_numpy().astype(float), np.finfo(float).tiny))
    places = np.flatnonzero((steps > 0) & (2 * steps <= steps[-1]))
    if not len(places):
        raise UserError("at_convergence: no recorded step has another at twice its number: record more often")
    settled = np.zeros((*logs.shape[:-1], len(places)), bool)
    for i, place in enumerate(places):
        later = _between(logs, steps, np.full(logs.shape[:-1], 2 * steps[place]))
        known = np.isfinite(logs[..., place]) & np.isfinite(later)
        with np.errstate(invalid="ignore"):
            settled[..., i] = known & (later > logs[..., place] + np.log(1 - CONVERGED))
    settled = np.flip(np.logical_and.accumulate(np.flip(settled, -1), axis=-1), -1)  # from here on
    index = np.where(settled.any(-1), places[settled.argmax(-1)], len(steps) - 1)
    here = loss.isel(step=0, drop=True)
    rule = f"from there twice the steps lower the training loss by less than {100 * CONVERGED:g} %"
    found = at_records(dataset, here.copy(data=index), f"each at convergence ({rule})")
    open_ends = here.copy(data=~settled.any(-1)).astype(bool)
    return found.assign(unconverged=_ran(dataset) & open_ends & converged(dataset.isel(step=-1)))


def early_stopping(dataset: xr.Dataset, task: Task) -> xr.Dataset:
    """Each member at the recorded step at which its headline metric on the validation split is best, the first of equal ones.

    It is a choice among records: no training was stopped.

    Raises:
      UserError: if the study has no validation split.
    """
    require_validation(dataset, task, "early_stopping")
    metric = task.evaluation.headline
    ascending = metric.ascending(scores(dataset, metric).sel(split=selection_split(dataset), drop=True))
    index = ascending.fillna(-np.inf).argmax("step")
    return at_records(dataset, index, f"each at its best step on validation, of {int(dataset['step'][-1]):,}")


def at_records(dataset: xr.Dataset, index: xr.DataArray, time: str) -> xr.Dataset:
    """Each member at one of its records.

    Args:
      dataset: a study's array.
      index: the place in the recorded steps, int; its dims are among those of the grid.
      time: in words.
    """
    found = dataset.isel(step=index)
    taken = found["step"].drop_vars("step").astype(float).broadcast_like(_ran(dataset))
    return _reduced(dataset, found, taken, time)


def is_reduced(dataset: xr.Dataset) -> bool:
    """Whether an array has its members at one moment of their training each."""
    return "taken_step" in dataset


def common_loss(dataset: xr.Dataset) -> float:
    """The lowest training loss, to two digits, that half of the seeds of every width reach: inf where a width has none.

    Args:
      dataset: dims width, seed, step, split.
    """
    lowest = dataset["loss"].sel(split="train").min("step").transpose("width", "seed")
    lowest = lowest.where(lowest.notnull() | (dataset["member_id"] == ""), np.inf)
    highest = float(np.nanmax(ordered_quartiles_of(lowest.to_numpy(), axis=1).median))
    if not 0 < highest < np.inf:
        return highest
    unit = 10.0 ** (np.floor(np.log10(highest)) - 1)
    return float(f"{np.ceil(highest / unit * (1 - 1e-9)) * unit:.2g}")


def arrivals(dataset: xr.Dataset, loss: float) -> xr.DataArray:
    """The step at which the training loss of each member first reaches a level: infinite if never, NaN without a member.

    Args:
      dataset: dims width, seed, step, split.
      loss: the level, in the units of the loss.

    Returns:
      Dims width, seed.
    """
    when = loss_steps(dataset, loss).drop_vars("split")
    return when.fillna(np.inf).where(_ran(dataset)).transpose("width", "seed").assign_attrs(units="steps")


def steps_to_loss(dataset: xr.Dataset, loss: float) -> pd.DataFrame:
    """How many steps members take until their training loss first reaches a level, by width.

    Args:
      dataset: dims width, seed, step, split.
      loss: the level, in the units of the loss.

    Returns:
      One row per width: width; seeds; reached, how many of them reach the level; low, median, high, the quartiles of the
      steps over all seeds, each that of a seed, infinite where too few reach it.
    """
    steps = arrivals(dataset, loss).to_numpy()
    quartiles = ordered_quartiles_of(steps, axis=1)
    return pd.DataFrame(
        {
            "width": dataset["width"].to_numpy(),
            "seeds": (~np.isnan(steps)).sum(1),
            "reached": np.isfinite(steps).sum(1),
            **quartiles._asdict(),
        }
    )


def _ran(dataset: xr.Dataset) -> xr.DataArray:
    """Which places of the grid have a member."""
    return dataset["member_id"] != ""


def _at_steps(dataset: xr.Dataset, when: xr.DataArray) -> xr.Dataset:
    """What was recorded of each member, interpolated linearly at a step of its own; NaN where that is NaN or not recorded.

    A property, which a network has or has not, counts only if it is there at both steps between which is interpolated.

    Args:
      dataset: a study's array.
      when: dims those of the grid.
    """
    found = dataset.drop_dims("step")
    kept = measured_steps(dataset)
    for name, values in dataset.data_vars.items():
        if "step" not in values.dims:
            continue
        every = (values.sel(step=kept) if name in MEASURES else values).transpose(..., "step")
        first = values.isel(step=0, drop=True).transpose(*every.dims[:-1])
        if not every.sizes["step"]:
            found[name] = xr.full_like(first, np.nan)
            continue
        steps = every["step"].to_numpy().astype(float)
        wanted = when.broadcast_like(first).transpose(*first.dims).to_numpy()
        mixed = _between(every.to_numpy(), steps, wanted)
        if name in MEASURES and MEASURES[str(name)].units == YES_NO:
            mixed = np.floor(mixed)
        found[name] = first.copy(data=mixed.astype(every.dtype))
    return found


def _between(values: np.ndarray, steps: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values (..., steps) at a step (...) each, linear between two records; NaN for a step that is NaN or not recorded."""
    after = np.clip(np.searchsorted(steps, np.nan_to_num(wanted)), min(1, len(steps) - 1), len(steps) - 1)
    before = np.maximum(after - 1, 0)
    low, high = (np.take_along_axis(values, i[..., None], -1)[..., 0] for i in (before, after))
    length = steps[after] - steps[before]
    share = np.divide(wanted - steps[before], length, out=np.zeros(wanted.shape), where=length > 0)
    with np.errstate(invalid="ignore"):
        mixed = np.select([share == 0, share == 1], [low, high], low + share * (high - low))
    return np.where((wanted >= steps[0]) & (wanted <= steps[-1]), mixed, np.nan)


def _reduced(whole: xr.Dataset, found: xr.Dataset, taken: xr.DataArray, time: str) -> xr.Dataset:
    """An array whose members are taken at one moment each, with its dim `step` of size 1.

    Args:
      whole: the array before.
      found: its variables without the dim `step`.
      taken: the step of each member.
      time: in words.
    """
    taken = taken.drop_vars("step", errors="ignore").where(_ran(whole)).assign_attrs(units="steps")
    last = taken.max().fillna(0).astype(whole["step"].dtype).item()
    found = found.drop_vars("step", errors="ignore")
    for name, values in whole.data_vars.items():
        if name in found and "step" in values.dims:
            found[name] = found[name].expand_dims(step=[last]).transpose(*values.dims)
    return found.assign(taken_step=taken).assign_attrs(time=time)
