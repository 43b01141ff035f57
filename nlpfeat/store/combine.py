"""The labelled array of a study: one NetCDF file, to which the finished buckets are written one at a time."""

import json
from math import prod
from typing import NamedTuple

import h5netcdf
import numpy as np
import xarray as xr
from jaxtyping import PyTree

from nlpfeat.config.choices import CHOICES
from nlpfeat.config.fields import setting_names
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.netcdf import add_to_netcdf, create_netcdf, loaded, open_netcdf, sealed
from nlpfeat.store.results import converged, read_bucket, read_measures
from nlpfeat.tasks.spec import config_hash
from nlpfeat.training.metrics import Success

KEPT = ("data_sha256", "seconds", "provenance")  # of a bucket's attributes
IN_MEMORY = 2**28  # bytes of an array up to which it is read at once
CHUNK = 2**18  # numbers of a chunk, a megabyte
ID_LENGTH, ID_CHARACTERS = 16, "id_characters"  # of a member's id, and the name of their dimension


class Survey(NamedTuple):
    """What the finished buckets hold, without their numbers."""

    labels: list[str]
    axes: dict[str, np.ndarray]  # the values of every traced setting, rising
    coords: dict[str, PyTree]  # of the dims beside the axes
    variables: dict[
        str, tuple[tuple[str, ...], np.dtype, dict[str, PyTree]]
    ]  # dims after the axes, dtype, attributes
    attributes: dict[str, dict[str, PyTree]]  # by bucket
    tied: dict[
        str, dict[tuple[float, ...], set[float]]
    ]  # the values of settings that axes decide, by those of the axes


def combine(folder: StudyFolder) -> tuple[bool, list[DamagedFile]]:
    """Write all finished buckets as one array over the grid: dims (width, seed, further axes …, step, split).

    A setting that other axes decide, such as a learning rate of 0.1 / width, is a coordinate along these, and no dim. The config
    and the provenance of the members are attributes of `member_id`.

    Where the grid has holes (members not run yet) the measures are NaN and `member_id` is empty. `steps_to_success` is
    the first recorded step at which the headline metric reaches the success threshold, where the study has one; NaN if training
    diverges.

    Returns:
      Whether a bucket is finished; the errors of files that could not be read, whose members are missing.
    """
    found, damaged = survey(folder)
    if not found.labels:
        return False, damaged
    axes = _axes(folder, found)
    frame = sealed(_frame(folder, found, axes))
    with create_netcdf(folder.combined) as file:
        add_to_netcdf(frame.drop_vars(found.variables), file)
        file.dimensions[ID_CHARACTERS] = ID_LENGTH
        for name in found.variables:
            _create(file, name, frame[name])
        for label in found.labels:
            _put(file, found, axes, _with_measures(folder, label, []))
    return True, damaged


def _axes(folder: StudyFolder, found: Survey) -> list[str]:
    """The settings that are dims of the array: width, seed, and what varies besides, unless other dims decide it."""
    swept = {axis for axis, _ in folder.spec.sweep}
    decided = {name for name, values in found.tied.items() if all(len(one) == 1 for one in values.values())}
    return [
        name
        for name in found.axes
        if name in ("width", "seed") or (name not in decided and (name in swept or len(found.axes[name]) > 1))
    ]


def _create(file: h5netcdf.File, name: str, like: xr.DataArray) -> None:
    """Create a variable that is written width by width: a chunk has one width, and at most `CHUNK` numbers."""
    shape, dims, how = list(like.shape), list(like.dims), {"dtype": like.dtype, "fillvalue": np.nan}
    if like.dtype.kind != "f":
        shape, dims, how = [*shape, ID_LENGTH], [*dims, ID_CHARACTERS], {"dtype": "S1"}
    chunks = [1, *shape[1:]]
    for place in range(1, len(chunks)):
        chunks[place] = max(1, min(chunks[place], CHUNK // prod(chunks[place + 1 :])))
    made = file.create_variable(name, dims, chunks=tuple(chunks), fletcher32=True, **how)
    made.attrs.update(like.attrs if like.dtype.kind == "f" else {**like.attrs, "_Encoding": "utf-8"})


def read_combined(folder: StudyFolder) -> xr.Dataset:
    """The labelled array of a study: in memory, or, where it is large, its numbers read from the file when they are asked for.

    Raises:
      UserError: if no bucket is finished; DamagedFile if it cannot be read, or is that of another study.
    """
    if not folder.combined.exists():
        raise UserError(f"{folder.combined} does not exist yet: run the sweep to its end first")
    dataset = open_netcdf(folder.combined)
    buckets = json.loads(dataset["member_id"].attrs.get("buckets", "null"))
    if buckets is None:
        raise DamagedFile(f"{folder.combined} is that of an older nlpfeat", "run the sweep again")
    if buckets.keys() - set(folder.buckets()) or dataset.attrs["config_hash"] != config_hash(folder.spec):
        raise DamagedFile(
            f"{folder.combined} is damaged, as it holds the results of another study", "run the sweep again"
        )
    if dataset.nbytes > IN_MEMORY:
        return dataset
    with dataset:
        return loaded(dataset, folder.combined, "the sweep")


def survey(folder: StudyFolder) -> tuple[Survey, list[DamagedFile]]:
    """Collect what the finished buckets hold; and the errors of files that could not be read."""
    found = Survey([], {}, {}, {}, {}, {name: {} for name in folder.spec.tied})
    damaged = [folder.missing_table(label) for label in folder.labels_without_table()]
    for label in folder.buckets():
        try:
            if folder.result(label).exists():
                _see(folder, found, label, _with_measures(folder, label, damaged))
        except DamagedFile as error:
            damaged.append(error)
    return found, damaged


def _see(folder: StudyFolder, found: Survey, label: str, bucket: xr.Dataset) -> None:
    found.labels.append(label)
    found.attributes[label] = bucket.attrs
    for name in setting_names(folder.spec.settings):
        found.axes[name] = np.union1d(found.axes.get(name, []), bucket[name].to_numpy()).astype(
            bucket[name].dtype
        )
    for name, leaders in folder.spec.tied.items():
        points = zip(*(bucket[leader].to_numpy().tolist() for leader in leaders), strict=True)
        for point, value in zip(points, bucket[name].to_numpy().tolist(), strict=True):
            found.tied[name].setdefault(point, set()).add(value)
    for name, values in bucket.data_vars.items():
        dims = tuple(str(dim) for dim in values.dims if dim != "member")
        found.variables.setdefault(str(name), (dims, values.dtype, values.attrs))
        for dim in dims:  # shallower nets have fewer layers
            longest = max(found.coords.get(dim, bucket[dim]), bucket[dim], key=len)
            found.coords[dim] = longest.reset_coords(drop=True)


def _with_measures(folder: StudyFolder, label: str, damaged: list[DamagedFile]) -> xr.Dataset:
    """The results of a bucket with its measures; NaN at steps that were not measured, or whose file cannot be read."""
    result = read_bucket(folder, label)
    measured = []
    for step in result["step"].to_numpy():
        try:
            if folder.measures(label, int(step)).exists():
                measured.append(read_measures(folder, label, int(step)))
        except DamagedFile as error:
            damaged.append(error)
    if measured:
        steps = xr.concat(measured, "step", combine_attrs="drop_conflicts", join="outer").drop_vars("id")
        commits = sorted({part.attrs["commit"] for part in measured})
        steps = steps.reindex(step=result["step"])  # members in one order
        result = result.merge(steps, combine_attrs="override").assign_attrs(measured=" ".join(commits))
    if folder.spec.success is not None:
        result["steps_to_success"] = steps_to_success(result, folder.spec.success)
    return result.reset_coords("id").rename(id="member_id")


def steps_to_success(dataset: xr.Dataset, success: Success) -> xr.DataArray:
    """The first recorded step at which the metric reaches the threshold.

    Args:
      dataset: the metric and the loss, with dims step, split and any others.
      success: metric and threshold.

    Returns:
      Without the dim step. NaN where the threshold is never reached, and where training has diverged by the last step.
    """
    reached = success.reached(dataset[success.metric.name]) & converged(dataset)
    first = dataset["step"].isel(step=reached.argmax("step"))
    succeeds = reached.any("step") & converged(dataset.isel(step=-1, drop=True))
    return first.where(succeeds).drop_vars("step").assign_attrs(units="steps")


def _frame(folder: StudyFolder, found: Survey, axes: list[str]) -> xr.Dataset:
    """The array without its numbers: coordinates, attributes, and variables that take no memory."""
    coords: dict[str, PyTree] = {name: found.axes[name] for name in axes} | found.coords
    tied = {name: _tied_coordinate(folder, found, name) for name in found.tied if name not in axes}
    coords |= {name: values[0] for name, values in found.axes.items() if name not in axes} | tied
    last = found.attributes[found.labels[-1]]
    commits = {json.loads(one["provenance"])["commit"] for one in found.attributes.values()}
    measured = {commit for one in found.attributes.values() for commit in one.get("measured", "").split()}
    kept = {label: {name: one[name] for name in KEPT} for label, one in found.attributes.items()}
    attributes: dict[str, PyTree] = {
        "task": folder.spec.task.name,
        "axes": " ".join(axes),
        "config_hash": config_hash(folder.spec),
        "commits": " ".join(sorted(commits)),
        "measured": " ".join(sorted(measured)),
    }
    made = {  # not attributes of the whole array, of which every display would show some hundred lines
        "config": json.dumps(folder.spec.to_dict()),
        "provenance": last["provenance"],
        "buckets": json.dumps(kept),
    }
    if folder.spec.success is not None:
        attributes["threshold"] = folder.spec.success.threshold
    frame = xr.Dataset(coords=coords, attrs=attributes)
    for name in (
        CHOICES.keys() & found.axes.keys()
    ):  # the CF conventions' attributes of a variable whose values have names
        names = CHOICES[name]
        frame[name].attrs = {"flag_values": np.arange(len(names)), "flag_meanings": " ".join(names)}
    for name, (dims, dtype, about) in found.variables.items():
        shape = tuple(frame.sizes[dim] for dim in (*axes, *dims))
        frame[name] = ((*axes, *dims), np.broadcast_to(np.zeros((), dtype), shape), about)
    frame["member_id"].attrs |= made
    return frame


def _tied_coordinate(folder: StudyFolder, found: Survey, name: str) -> tuple[tuple[str, ...], np.ndarray]:
    """The values of a setting along the dims that decide it; NaN, or 0 for whole numbers, where there is no member."""
    leaders = folder.spec.tied[name]
    values = np.full([len(found.axes[leader]) for leader in leaders], np.nan)
    for point, (value,) in found.tied[name].items():
        at = tuple(
            int(np.searchsorted(found.axes[leader], x)) for leader, x in zip(leaders, point, strict=True)
        )
        values[at] = value
    kind = found.axes[name].dtype
    return leaders, (np.nan_to_num(values) if kind.kind == "i" else values).astype(kind)


def _put(file: h5netcdf.File, found: Survey, axes: list[str], bucket: xr.Dataset) -> None:
    """Write the members of a bucket to their places, width by width: the block around them is read and written back."""
    indices = np.stack([np.searchsorted(found.axes[name], bucket[name].to_numpy()) for name in axes])
    for width in np.unique(indices[0]):
        here = np.flatnonzero(indices[0] == width)
        low, high = indices[:, here].min(1), indices[:, here].max(1) + 1
        box = tuple(map(slice, low, high))
        inside = tuple(indices[:, here] - low[:, None])
        for name, (dims, _, _) in found.variables.items():
            if name not in bucket:
                continue
            values = bucket[name].transpose("member", *dims).to_numpy()[here]
            if values.dtype.kind != "f":
                values = values.astype(f"S{ID_LENGTH}").view("S1").reshape(*values.shape, ID_LENGTH)
            within = tuple(slice(0, n) for n in values.shape[1:])
            variable: PyTree = file[name]
            block = variable[(*box, *within)]
            block[inside] = values
            variable[(*box, *within)] = block
