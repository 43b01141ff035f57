"""The members of a page's explorer: every finished member of a study with its settings and measures."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import xarray as xr
from jaxtyping import Float

from nlpfeat.films.camera import evenly_spaced
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.report.measure_notes import FIRST, FORMULAS, GROUP_OF, RECORDED, SENTENCES
from nlpfeat.report.web_page import as_array
from nlpfeat.stats.summaries import flat_measures, reduction
from nlpfeat.store.results import baseline_of, further_axes
from nlpfeat.study.session import Study
from nlpfeat.training.step import record_names

MAX_RECORDED, MAX_MEASURED = (
    800_000,
    800_000,
)  # values on a page; where there are more, steps are left out evenly


class MeasureValues(NamedTuple):
    """A number of every member at some steps.

    Attributes:
      name: such as "accuracy test".
      family: the name without the split, such as "accuracy".
      split: empty for a measure of the network alone.
      label: with units.
      steps: at which it is known.
      values: NaN where it is not.
      group: in which it is listed.
    """

    name: str
    family: str
    split: str
    label: str
    steps: list[int]
    values: Float[np.ndarray, "members steps"]
    group: str = RECORDED

    @property
    def about(self) -> str:
        """What it is, in a sentence."""
        measure = MEASURES.get(self.family)
        return measure.description if measure else SENTENCES.get(self.family, "")


class Members(NamedTuple):
    """All members of a study.

    Attributes:
      ids: of each.
      settings: axis -> (members,), for the axes in which they differ, width first.
      labels: axis -> its label.
      measures: of all members.
      headline: name of the measure that is shown first.
      baseline: the headline metric of the best constant prediction; None where there is none.
    """

    ids: Sequence[str]
    settings: dict[str, Float[np.ndarray, " members"]]
    labels: dict[str, str]
    measures: list[MeasureValues]
    headline: str
    baseline: float | None = None

    @property
    def further(self) -> list[str]:
        """The axes beside width and seed."""
        return [axis for axis in self.settings if axis not in ("width", "seed")]

    @property
    def first(self) -> list[str]:
        """Names of at most five measures to start with: the headline metric and those of most use beside it, on the last split."""
        last: dict[str, str] = {}
        for measure in self.measures:
            last[measure.family] = measure.name
        headline = next(measure.family for measure in self.measures if measure.name == self.headline)
        families = [*FIRST, "loss", *last]
        others = [last[family] for family in families if family in last and family != headline]
        return [self.headline, *dict.fromkeys(others)][:5]

    def as_data(self) -> dict[str, object]:
        """As the page's script reads them."""
        return {
            "ids": list(self.ids),
            "axes": [
                {"name": axis, "label": self.labels[axis], "log": _is_log(values), "values": as_array(values, "f8")}
                for axis, values in self.settings.items()
            ],
            "measures": [
                {
                    "name": measure.name, "family": measure.family, "split": measure.split, "label": measure.label,
                    "group": measure.group, "about": measure.about, "formula": FORMULAS.get(measure.family, ""),
                    "steps": measure.steps, "values": as_array(measure.values, "f4"),
                }
                for measure in self.measures
            ],
            "headline": self.headline,
            "first": self.first,
            "baseline": self.baseline,
        }  # fmt: skip


def _is_log(values: np.ndarray) -> bool:
    """Whether an axis is logarithmic: positive, and over at least two octaves."""
    return bool(values.min() > 0 and values.max() >= 4 * values.min())


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
    last = str(dataset["split"].to_numpy()[-1])
    baseline = baseline_of(dataset, last)
    return Members(
        ids[ran].tolist(),
        {axis: settings[axis] for axis in varied},
        {axis: task.width_label if axis == "width" else axis.replace("_", " ") for axis in varied},
        measures,
        f"{task.evaluation.headline.name} {last}",
        baseline if np.isfinite(baseline) else None,
    )


def _recorded(
    names: list[str], dataset: xr.Dataset, axes: list[str], ran: np.ndarray
) -> Iterator[MeasureValues]:
    """The loss and the metrics recorded during training, per split."""
    steps, splits = dataset["step"].to_numpy(), dataset["split"].to_numpy().tolist()
    indices = np.flatnonzero(dataset["loss"].notnull().any([*axes, "split"]).to_numpy())
    values_per_step = max(1, int(ran.sum()) * len(names) * len(splits))
    indices = indices[evenly_spaced(len(indices), max(2, MAX_RECORDED // values_per_step))]
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
    there = there[evenly_spaced(len(there), max(1, MAX_MEASURED // (len(MEASURES) * int(ran.sum()))))]
    flat, steps = flat_measures(dataset).isel(step=there), dataset["step"].to_numpy()[there].tolist()
    for name, measure in MEASURES.items():
        units = f" [{measure.units}]" if measure.units and measure.units != name else ""
        title = f"{name.replace('_', ' ')}{reduction(name)}{units}"
        splits = flat["split"].to_numpy().tolist() if "split" in flat[name].dims else [""]
        for split in splits:
            part = flat[name].sel(split=split) if split else flat[name]
            values = part.transpose(*axes, "step").to_numpy()[ran]
            if np.isfinite(values).any():
                label = f"{title}, {split}" if split else title
                yield MeasureValues(
                    f"{name} {split}".strip(), name, split, label, steps, values, GROUP_OF[name]
                )
