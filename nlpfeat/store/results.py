"""Results: one NetCDF file per finished bucket. `nlpfeat.store.combine` makes one labelled array of them."""

import errno
import json
import os
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.atomic import atomic
from nlpfeat.training.metrics import Metric

LOCKED = (errno.EAGAIN, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def bucket_dataset(
    members: pd.DataFrame,
    records: dict[str, np.ndarray],
    steps: list[int],
    splits: list[str],
    attributes: dict[str, PyTree],
    units: dict[str, str],
) -> xr.Dataset:
    """The results of one bucket: a flat `member` axis with the settings as its coordinates.

    Args:
      members: the bucket's rows of the member table.
      records: measure -> float32 (members, steps, splits).
      steps: the recorded steps.
      splits: the names of the splits, in the records' order.
      attributes: plain values; nested ones are stored as JSON.
      units: of each measure; empty for fractions.
    """
    dims = ("member", "step", "split")
    data = {
        name: (dims, values, {"units": units[name]} if units.get(name) else {})
        for name, values in records.items()
    }
    coords: dict[Hashable, PyTree] = {"step": steps, "split": splits, "id": ("member", list(members.index))}
    coords |= {name: ("member", members[name].to_numpy()) for name in members if name != "bucket"}
    return xr.Dataset(data, coords, {k: _attribute(v) for k, v in attributes.items()})


def _attribute(value: PyTree) -> str | int | float:
    return value if isinstance(value, (str, int, float)) else json.dumps(value)


def write_results(dataset: xr.Dataset, path: Path) -> None:
    """Write a NetCDF file, whole or not at all.

    Raises:
      OSError: if it cannot be written, as on a full disk.
    """
    with atomic(path) as part:
        try:
            dataset.to_netcdf(part, engine="h5netcdf")
        except RuntimeError as error:  # HDF5, when it cannot flush a file that it closes
            raise OSError(None, "the results could not be written") from error


def open_results(path: Path, again: str = "the sweep") -> xr.Dataset:
    """The dataset in `path`, its numbers read from the file when they are asked for; a context manager that closes it.

    Args:
      again: what makes the file anew.

    Raises:
      DamagedFile: if it is truncated or no NetCDF file; UserError if another program holds it; OSError if it is not there, or may
        not be read.
    """
    try:
        return xr.open_dataset(path, engine="h5netcdf")
    except Exception as error:  # HDF5 reports damage as OSError, KeyError, RuntimeError, …
        raise _explained(error, path, again) from error


def read_results(path: Path, again: str = "the sweep") -> xr.Dataset:
    """The dataset in `path`, in memory.

    Raises:
      DamagedFile: if it is truncated or no NetCDF file.
    """
    with open_results(path, again) as dataset:
        try:
            return dataset.load()
        except Exception as error:
            raise _explained(error, path, again) from error


def _explained(error: Exception, path: Path, again: str) -> Exception:
    """What to raise of a file that cannot be read: to delete it is advised where it is damaged, and nowhere else."""
    if isinstance(error, OSError) and error.errno in LOCKED:
        return UserError(
            f"{path} is open in another program, or its file system has no locks: close it there, or set "
            "HDF5_USE_FILE_LOCKING=FALSE"
        )
    if isinstance(error, OSError) and error.errno:
        return OSError(error.errno, os.strerror(error.errno), str(path))
    return DamagedFile(
        f"{path} is damaged (truncated or not NetCDF): delete it and run {again} again; "
        "it is rebuilt, and the rest of the study is kept"
    )


def further_axes(dataset: xr.Dataset) -> list[str]:
    """The axes of a study's grid beside width and seed."""
    return [str(dim) for dim in dataset["loss"].dims if dim not in ("width", "seed", "step", "split")]


def recipe(dataset: xr.Dataset) -> str:
    """The learning rate and the steps of a part of a grid, without which no number of it means anything."""
    rates = np.atleast_1d(dataset["learning_rate"].to_numpy())
    value = f"{rates[0]:g}" if len(rates) == 1 else f"{rates.min():g} to {rates.max():g}"
    return f"learning rate {value}, {int(dataset['step'][-1]):,} steps"


def scores(dataset: xr.Dataset, metric: Metric) -> xr.DataArray:
    """A metric of all members, NaN where there is no member. One that diverged, its loss not being finite, counts as the worst."""
    values = dataset[metric.name]
    values = values.where(converged(dataset) & values.notnull(), metric.worst)
    return values.where(dataset["member_id"] != "")


def converged(dataset: xr.Dataset) -> xr.DataArray:
    """Which members have not diverged: those whose loss is a number on every split."""
    return (abs(dataset["loss"]) < np.inf).all("split")


def diverged_count(dataset: xr.Dataset) -> int:
    """How many members end with a loss that is no number."""
    lost = ~converged(dataset.isel(step=-1)) & (dataset["member_id"] != "")
    return int(lost.sum())
