"""The members of a page's explorer: every finished member of a study with its settings and measures."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from nlpfeat.films.camera import evenly_spaced
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.report.explorer import MeasureValues, Members
from nlpfeat.stats.summaries import flat_measures, reduction
from nlpfeat.store.results import further_axes
from nlpfeat.study.session import Study
from nlpfeat.training.step import record_names

MAX_VALUES = 1_000_000  # of all recorded metrics; where there are more, steps are left out evenly


def members_of_page(study: Study) -> Members:
    """All finished members of a study."""
    dataset, task = study.results, study.task
    axes = ["width", "seed", *further_axes(dataset)]
    ids = dataset["member_id"].transpose(*axes).to_numpy()
    ran = ids != ""
    settings = {
        axis: dataset[axis].to_numpy()[indices].astype(float)
        for axis, indices in zip(axes, np.nonzero(ran), strict=True)
    }
    varied = [axis for axis in axes if len(np.unique(settings[axis])) > 1] or ["width"]
    loss, *metrics = record_names(task)
    measures = [*_recorded([*metrics, loss], dataset, axes, ran), *_measured(dataset, axes, ran)]
    return Members(
        ids[ran].tolist(),
        {axis: settings[axis] for axis in varied},
        {axis: task.width_label if axis == "width" else axis.replace("_", " ") for axis in varied},
        measures,
        f"{task.evaluation.headline.name} {dataset['split'].to_numpy()[-1]}",
    )


def _recorded(
    names: list[str], dataset: xr.Dataset, axes: list[str], ran: np.ndarray
) -> Iterator[MeasureValues]:
    """The loss and the metrics recorded during training, per split."""
    steps, splits = dataset["step"].to_numpy(), dataset["split"].to_numpy().tolist()
    indices = np.flatnonzero(dataset["loss"].notnull().any([*axes, "split"]).to_numpy())
    values_per_step = max(1, int(ran.sum()) * len(names) * len(splits))
    indices = indices[evenly_spaced(len(indices), max(2, MAX_VALUES // values_per_step))]
    for name in names:
        units = f", {dataset[name].attrs['units']}" if dataset[name].attrs.get("units") else ""
        for split in splits:
            values = (
                dataset[name].sel(split=split).isel(step=indices).transpose(*axes, "step").to_numpy()[ran]
            )
            if np.isfinite(values).any():
                label = f"{name.replace('_', ' ')}, {split}{units}"
                yield MeasureValues(f"{name} {split}", name, split, label, steps[indices].tolist(), values)


def _measured(dataset: xr.Dataset, axes: list[str], ran: np.ndarray) -> Iterator[MeasureValues]:
    """The geometric measures that `nlpfeat measure` added, one number per network (and split)."""
    if "violations" not in dataset:
        return
    there = np.flatnonzero(dataset["violations"].notnull().any(axes).to_numpy())
    if not len(there):
        return
    flat, steps = flat_measures(dataset).isel(step=there), dataset["step"].to_numpy()[there].tolist()
    for name, measure in MEASURES.items():
        units = f" [{measure.units}]" if measure.units else ""
        title = f"{name.replace('_', ' ')}{reduction(name)}{units}"
        splits = flat["split"].to_numpy().tolist() if "split" in flat[name].dims else [""]
        for split in splits:
            part = flat[name].sel(split=split) if split else flat[name]
            values = part.transpose(*axes, "step").to_numpy()[ran]
            if np.isfinite(values).any():
                label = f"{title}, {split}" if split else title
                yield MeasureValues(f"{name} {split}".strip(), name, split, label, steps, values)
