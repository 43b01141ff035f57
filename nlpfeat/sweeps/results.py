"""Results: one NetCDF file a finished bucket, combined into one labelled array."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.data.examples import SPLITS
from nlpfeat.errors import DamagedFile
from nlpfeat.sweeps.grid import varying
from nlpfeat.sweeps.spec import config_hash
from nlpfeat.sweeps.study import Study, atomic
from nlpfeat.training.task import Goal


def bucket_dataset(
    members: pd.DataFrame,
    records: dict[str, np.ndarray],
    steps: list[int],
    splits: list[str],
    attributes: dict[str, Any],
    loss_units: str,
) -> xr.Dataset:
    """The results of one bucket: a flat `member` axis with the settings as its coordinates.

    Args:
      members: the bucket's rows of the member table.
      records: measure -> float32 (members, steps, splits).
      steps: the recorded steps.
      splits: the names of the splits, in the records' order; the dataset's is train, validation, test.
      attributes: plain values; nested ones are stored as JSON.
      loss_units: what the loss is measured in; metrics are shares, errors or bits, as their names say.
    """
    dims = ("member", "step", "split")
    data = {
        name: (dims, values, {"units": loss_units} if name == "loss" else {})
        for name, values in records.items()
    }
    coords: dict[Any, Any] = {"step": steps, "split": splits, "id": ("member", list(members.index))}
    coords |= {name: ("member", members[name].to_numpy()) for name in members if name != "bucket"}
    dataset = xr.Dataset(data, coords, {k: _attribute(v) for k, v in attributes.items()})
    return dataset.sel(split=[name for name in SPLITS if name in splits])


def _attribute(value: Any) -> str | int | float:
    return value if isinstance(value, (str, int, float)) else json.dumps(value)


def write(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF file, whole or not at all.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    with atomic(path) as part:
        try:
            dataset.to_netcdf(part, engine="h5netcdf")
        except RuntimeError as error:  # HDF5, when it cannot flush a file that it closes
            raise OSError(None, "the results could not be written") from error


def read(path: Path, again: str = "the sweep") -> xr.Dataset:
    """The dataset in `path`, in memory.

    Raises:
      DamagedFile: if it is truncated or no NetCDF file.
    """
    try:
        with xr.open_dataset(path, engine="h5netcdf") as dataset:
            return dataset.load()
    except FileNotFoundError:
        raise
    except Exception as error:  # HDF5 reports damage as OSError, KeyError, RuntimeError, …
        raise DamagedFile(
            f"{path} is damaged (truncated or not NetCDF): delete it and run {again} again; "
            "it is rebuilt, and the rest of the study is kept"
        ) from error


def _with_measures(study: Study, label: str, result: xr.Dataset, damaged: list[DamagedFile]) -> xr.Dataset:
    """The results of a bucket with what has been measured of it; NaN at steps that were not, or cannot be read."""
    measured = []
    for step in result["step"].to_numpy():
        try:
            path = study.measures(label, int(step))
            measured += [read(path, "python -m experiments.measure")] if path.exists() else []
        except DamagedFile as error:
            damaged.append(error)
    if not measured:
        return result
    steps = xr.concat(measured, "step", combine_attrs="drop_conflicts", join="outer").drop_vars("id")
    commits = sorted({part.attrs["commit"] for part in measured})
    merged = result.merge(
        steps.reindex(step=result["step"]), combine_attrs="override"
    )  # members in one order
    return merged.assign_attrs(measured=" ".join(commits))


def steps_to(scores: xr.DataArray, goal: Goal) -> xr.DataArray:
    """The first recorded step at which `scores` reach the goal; NaN where they never do."""
    reached = goal.met(scores)
    first = scores["step"].isel(step=reached.argmax("step"))
    return first.where(reached.any("step")).drop_vars("step").assign_attrs(units="steps")


def combine(study: Study) -> tuple[xr.Dataset | None, list[DamagedFile]]:
    """All finished buckets as one array over the grid: dims (width, seed, further axes …, step, split).

    Where the grid has holes (members not run yet) the measures are NaN and `member_id` is empty.

    Returns:
      The array, None if no bucket is finished, with `steps_to_success`, the first recorded step at which the
      headline metric reaches the task's level of success; and the files that could not be read, whose members are missing.
    """
    parts, damaged = [], []
    for label in study.members()["bucket"].unique():
        try:
            if study.result(label).exists():
                parts.append(_with_measures(study, label, read(study.result(label)), damaged))
        except DamagedFile as error:
            damaged.append(error)
    if not parts:
        return None, damaged
    flat = xr.concat(parts, "member", combine_attrs="drop_conflicts")
    names = list(study.spec.settings._fields)
    table = pd.DataFrame({name: flat[name].to_numpy() for name in names})
    axes = varying(table, [*names, *(axis for axis, _ in study.spec.sweep)])
    axes = list(dict.fromkeys(axes))
    flat = flat.reset_coords("id").rename(id="member_id")
    flat = flat.drop_vars([name for name in names if name not in axes])
    grid = flat.set_index(member=axes).unstack("member", fill_value={"member_id": ""})
    grid = grid.assign_coords({n: table[n].iloc[0] for n in names if n not in axes})
    grid = grid.transpose(*axes, "step", "split", ...).sortby(axes)
    task = study.spec.row
    grid["steps_to_success"] = steps_to(grid[task.metrics[0][0]], task.success)
    grid.attrs = {
        "task": study.spec.task,
        "config": json.dumps(study.spec.to_dict()),
        "config_hash": config_hash(study.spec),
        "commits": " ".join(sorted({json.loads(p.attrs["provenance"])["commit"] for p in parts})),
        "measured": " ".join(sorted({c for p in parts for c in p.attrs.get("measured", "").split()})),
        "provenance": parts[-1].attrs["provenance"],
    }
    grid.attrs["buckets"] = json.dumps(
        {p.attrs["bucket"]: {k: p.attrs[k] for k in ("data_sha256", "seconds", "provenance")} for p in parts}
    )
    return grid, damaged
