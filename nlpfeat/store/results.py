"""Results: one NetCDF file per finished bucket. `nlpfeat.store.combine` makes one labelled array of them."""

import json
from collections.abc import Hashable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.errors import DamagedFile
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.netcdf import loaded, open_netcdf
from nlpfeat.training.metrics import Metric


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


def read_bucket(folder: StudyFolder, label: str) -> xr.Dataset:
    """The results of a finished bucket, in memory.

    Raises:
      DamagedFile: if the file cannot be read, or is that of another bucket; and as `nlpfeat.store.netcdf.read_netcdf`.
    """
    return _of_bucket(folder, label, folder.result(label), "the sweep")


def read_measures(folder: StudyFolder, label: str, step: int) -> xr.Dataset:
    """The measures of a bucket at a step, in memory.

    Raises:
      DamagedFile: if the file cannot be read, or is that of another bucket or step; and as `nlpfeat.store.netcdf.read_netcdf`.
    """
    path, again = folder.measures(label, step), "nlpfeat measure"
    found = _of_bucket(folder, label, path, again)
    if found["step"].to_numpy().tolist() != [step]:
        raise _misplaced(path, f"bucket {label} at step {found['step'].to_numpy().tolist()}", again)
    return found


def _of_bucket(folder: StudyFolder, label: str, path: Path, again: str) -> xr.Dataset:
    with open_netcdf(path, again) as dataset:
        ids = dataset["id"].to_numpy().tolist() if "id" in dataset.coords else []
        if dataset.attrs.get("bucket") != label or ids != list(folder.bucket(label).index):
            raise _misplaced(path, f"bucket {dataset.attrs.get('bucket', '?')}", again)
        return loaded(dataset, path, again)


def _misplaced(path: Path, holds: str, again: str) -> DamagedFile:
    return DamagedFile(
        f"{path} is damaged, as it holds {holds}", f"delete it and run {again} again, which makes it anew"
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
