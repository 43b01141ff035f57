"""Results: one NetCDF file per finished bucket. `nlpfeat.store.combine` makes one labelled array of them."""

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.errors import DamagedFile
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.netcdf import read_netcdf
from nlpfeat.training.metrics import Metric


def bucket_dataset(
    members: pd.DataFrame,
    records: dict[str, np.ndarray],
    steps: list[int],
    splits: list[str],
    attributes: dict[str, PyTree],
    units: dict[str, str],
    of_splits: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> xr.Dataset:
    """The results of one bucket: a flat `member` axis with the settings as its coordinates.

    Args:
      members: the bucket's rows of the member table.
      records: measure -> float32 (members, steps, splits).
      steps: the recorded steps.
      splits: the names of the splits, in the records' order.
      attributes: plain values; nested ones are stored as JSON.
      units: of each measure; empty for fractions.
      of_splits: what does not change with training -> float32 (members, splits): "baseline", the headline metric of the best
        constant prediction, and "examples", their number.
    """
    dims = ("member", "step", "split")
    data: dict[Hashable, PyTree] = {
        name: (dims, values, {"units": units[name]} if units.get(name) else {})
        for name, values in records.items()
    }
    for name, values in of_splits.items():
        about = {"units": units[name]} if units.get(name) else {}
        data[name] = (("member", "split"), values, about)
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
    dataset = read_netcdf(path, again)
    ids = dataset["id"].to_numpy().tolist() if "id" in dataset.coords else []
    if dataset.attrs.get("bucket") != label or ids != list(folder.bucket(label).index):
        raise _misplaced(path, f"bucket {dataset.attrs.get('bucket', '?')}", again)
    return dataset


def _misplaced(path: Path, holds: str, again: str) -> DamagedFile:
    return DamagedFile(
        f"{path} is damaged, as it holds {holds}", f"delete it and run {again} again, which makes it anew"
    )


def further_axes(dataset: xr.Dataset) -> list[str]:
    """The axes of a study's grid beside width and seed."""
    return [str(dim) for dim in dataset["loss"].dims if dim not in ("width", "seed", "step", "split")]


def measured_steps(dataset: xr.Dataset) -> np.ndarray:
    """The steps (steps,) at which some member of a study's array was measured."""
    if "violations" not in dataset:
        return np.zeros(0, int)
    others = [dim for dim in dataset["violations"].dims if dim != "step"]
    return dataset["step"].to_numpy()[dataset["violations"].notnull().any(others).to_numpy()]


def describe_value(coordinate: xr.DataArray, value: float) -> str:
    """A value of an axis in words: its name where whole numbers stand for names, else the number.

    Args:
      coordinate: of the axis; its attribute `flag_meanings` has the names of the codes 0, 1, …, or of those in the attribute
        `flag_values`, with spaces between them (the CF conventions).
      value: of the axis.
    """
    names = str(coordinate.attrs.get("flag_meanings", "")).split()
    codes = np.atleast_1d(coordinate.attrs.get("flag_values", np.arange(len(names)))).tolist()
    return dict(zip(codes, names, strict=False)).get(value, f"{value:g}")


def describe_values(coordinate: xr.DataArray) -> list[str]:
    """All values of an axis in words, in order."""
    return [describe_value(coordinate, value) for value in np.atleast_1d(coordinate.to_numpy()).tolist()]


def time_in_words(dataset: xr.Dataset) -> str:
    """How long the members of an array have trained: its steps, or what its attribute `time` says in their place."""
    return dataset.attrs.get("time", f"{int(dataset['step'][-1]):,} steps")


def rate_in_words(dataset: xr.Dataset) -> str:
    """The learning rate of a part of a grid, or the range of its rates."""
    rates = np.atleast_1d(dataset["learning_rate"].to_numpy())
    value = f"{rates[0]:g}" if len(rates) == 1 else f"{rates.min():g} to {rates.max():g}"
    return f"learning rate {value}"


def point_in_words(dataset: xr.Dataset) -> list[str]:
    """The values of the axes of the grid at which an array was cut out of it, such as "depth 3", without the learning rate."""
    swept = str(dataset.attrs.get("axes", "")).split()
    names = [
        name for name in swept if name not in ("width", "seed", "learning_rate") and name in dataset.coords
    ]
    return [
        f"{name.replace('_', ' ')} {describe_values(dataset[name])[0]}"
        for name in names
        if dataset[name].size == 1 and dataset[name].dims != ("width",)
    ]


def recipe(dataset: xr.Dataset) -> str:
    """The recipe of a part of a grid, without which no number of it means anything: learning rate, point of the grid, steps.

    Of an array whose recipe was chosen width by width, its attribute `recipe`, which says how.
    """
    parts = [rate_in_words(dataset), *point_in_words(dataset), time_in_words(dataset)]
    return dataset.attrs.get("recipe", ", ".join(parts))


def scores(dataset: xr.Dataset, metric: Metric) -> xr.DataArray:
    """A metric of all members, NaN where there is no member.

    One that diverged, its loss not being finite, counts as the worst; so does one that is `unreached`.
    """
    values = dataset[metric.name]
    values = values.where(converged(dataset) & values.notnull(), metric.worst)
    return values.where(dataset["member_id"] != "")


def converged(dataset: xr.Dataset) -> xr.DataArray:
    """Which members have not diverged: those whose loss is a number on every split."""
    return (abs(dataset["loss"]) < np.inf).all("split")


def record_converged(record: Mapping[str, np.ndarray]) -> bool:
    """Whether one member has not diverged, as `converged`, given its record at a step: metric -> (splits,)."""
    return bool((np.abs(record["loss"]) < np.inf).all())


def diverged_count(dataset: xr.Dataset) -> int:
    """How many members end with a loss that is no number."""
    lost = ~converged(dataset.isel(step=-1)) & (dataset["member_id"] != "")
    return int(lost.sum()) - unreached_count(dataset)


def baseline_of(dataset: xr.Dataset, split: str) -> float:
    """The headline metric of the best constant prediction on a split, averaged over members."""
    return float(dataset["baseline"].sel(split=split).mean())


def examples_of(dataset: xr.Dataset, split: str) -> int:
    """The number of examples of a split."""
    return int(dataset["examples"].sel(split=split).max())


def unreached_count(dataset: xr.Dataset) -> int:
    """How many members did not diverge, but never reach the training loss at which an array compares its members.

    They are the variable `unreached` of such an array, see `nlpfeat.analysis.time.at_loss`.
    """
    return int(dataset["unreached"].sum()) if "unreached" in dataset else 0


def unconverged_count(dataset: xr.Dataset) -> int:
    """How many members have not converged in an array that takes its members where they have.

    They are the variable `unconverged` of such an array, see `nlpfeat.analysis.time.at_convergence`.
    """
    return int(dataset["unconverged"].sum()) if "unconverged" in dataset else 0


def counts_in_words(dataset: xr.Dataset) -> str:
    """The members whose values are to be read with care, such as "2 diverged: failures; 3 not converged"; "" without any."""
    counts = (
        (diverged_count(dataset), "diverged: failures"),
        (unreached_count(dataset), "never reach the loss: failures"),
        (unconverged_count(dataset), "not converged"),
    )
    return "; ".join(f"{count} {what}" for count, what in counts if count)
