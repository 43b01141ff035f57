"""What the explorer of a page shows: every finished member of a study with its settings and measures."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from nlpfeat.films.camera import some
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.report.explorer import Measure, Members
from nlpfeat.stats.summaries import flat_measures, reduction
from nlpfeat.store.results import further_axes
from nlpfeat.training.task import Task

MOST = 1_000_000  # numbers of all records; where there are more, steps are left out evenly


def members_of_page(dataset: xr.Dataset, task: Task) -> Members:
    """All members of a study's array that ran."""
    axes = ["width", "seed", *further_axes(dataset)]
    ran = dataset["member_id"].transpose(*axes).to_numpy() != ""
    settings = {
        axis: dataset[axis].to_numpy()[places].astype(float)
        for axis, places in zip(axes, np.nonzero(ran), strict=True)
    }
    varied = [axis for axis in axes if len(np.unique(settings[axis])) > 1] or ["width"]
    labels = {axis: task.width_label if axis == "width" else axis.replace("_", " ") for axis in varied}
    measures = [*_records(dataset, task, axes, ran), *_measured(dataset, axes, ran)]
    last = str(dataset["split"].to_numpy()[-1])
    return Members(
        dataset["member_id"].transpose(*axes).to_numpy()[ran].tolist(),
        {axis: settings[axis] for axis in varied},
        labels,
        measures,
        f"{task.evaluation.headline.name} {last}",
    )


def _records(dataset: xr.Dataset, task: Task, axes: list[str], ran: np.ndarray) -> Iterator[Measure]:
    """What was recorded during training, on each part of the data."""
    names = [name for name, _ in task.evaluation.metrics] + ["loss"]
    names += [name for name, _ in task.learner.measures] if task.learner else []
    steps, splits = dataset["step"].to_numpy(), dataset["split"].to_numpy().tolist()
    places = np.flatnonzero(dataset["loss"].notnull().any([*axes, "split"]).to_numpy())
    places = places[some(len(places), max(2, MOST // max(1, int(ran.sum()) * len(names) * len(splits))))]
    for name in names:
        units = f", {dataset[name].attrs['units']}" if dataset[name].attrs.get("units") else ""
        for split in splits:
            values = dataset[name].sel(split=split).isel(step=places).transpose(*axes, "step").to_numpy()[ran]
            if np.isfinite(values).any():
                label = f"{name.replace('_', ' ')}, {split}{units}"
                yield Measure(f"{name} {split}", name, split, label, steps[places].tolist(), values)


def _measured(dataset: xr.Dataset, axes: list[str], ran: np.ndarray) -> Iterator[Measure]:
    """What `experiments.measure` added, one number a net (and part of the data)."""
    if "violations" not in dataset:
        return
    there = np.flatnonzero(dataset["violations"].notnull().any(axes).to_numpy())
    if not len(there):
        return
    flat, steps = flat_measures(dataset).isel(step=there), dataset["step"].to_numpy()[there].tolist()
    for name, about in MEASURES.items():
        told = f"{name.replace('_', ' ')}{reduction(name)}" + (f" [{about.units}]" if about.units else "")
        splits = flat["split"].to_numpy().tolist() if "split" in flat[name].dims else [""]
        for split in splits:
            part = flat[name].sel(split=split) if split else flat[name]
            values = part.transpose(*axes, "step").to_numpy()[ran]
            if np.isfinite(values).any():
                label = f"{told}, {split}" if split else told
                yield Measure(f"{name} {split}".strip(), name, split, label, steps, values)
