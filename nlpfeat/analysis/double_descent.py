"""Double descent: the error against width, its peak, and the width from which networks fit every label.

Source: Belkin, Hsu, Ma & Mandal 2019; Nakkiran et al. 2020. A peak belongs to a curve, so that each seed's own curve is judged, and
the curve of their means.
"""

from collections.abc import Hashable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from nlpfeat.analysis.grid import points_of
from nlpfeat.analysis.recipe import AS_TRAINED, RecipeOptions, read_study
from nlpfeat.errors import UserError
from nlpfeat.stats.intervals import mean_interval, wilson
from nlpfeat.stats.peaks import find_peak, resolution
from nlpfeat.stats.quantiles import quartiles_of
from nlpfeat.store.results import diverged_count, examples_of, rate_in_words, scores, time_in_words
from nlpfeat.study.session import Study

HALF = 0.5
MIN_WIDTHS = 3  # of a curve with a peak inside


class DoubleDescent(NamedTuple):
    """The errors of a study against width.

    Attributes:
      errors: one row per point of the further axes, width and seed: these, "test" and "train" errors, "fitted", whether every training
        label is fitted.
      curves: one row per point of the further axes and width: these, "seeds", "diverged", the mean "error" on the last split with its 95 %
        interval over seeds "mean_low", "mean_high", quartiles "low", "high", mean "train_error", share "fitted".
      peaks: one row per point of the further axes: these, "seeds", "resolution", the rise and fall below which chance may make a peak;
        "peak_share", of seeds whose own curve has a peak, with its Wilson interval "peak_share_low", "peak_share_high"; quartiles
        of their peaks' widths "peak_low", "peak_width", "peak_high"; of the curve of means "mean_peak_width", "mean_peak_error",
        "mean_valley_width", "mean_valley_error" before it, "mean_last_error" at the largest width, "mean_rise", "mean_fall";
        "threshold_width", the smallest width from which on half of the seeds fit every label, NaN if none does.
      split: the last one, on which "test", "error" and the peaks are.
      recipe: at which the study was read, in words.
    """

    errors: pd.DataFrame
    curves: pd.DataFrame
    peaks: pd.DataFrame
    split: str
    recipe: str

    @property
    def axes(self) -> list[str]:
        """The further axes of which the study has several values."""
        columns = [*self.curves.columns]
        return [name for name in columns[: columns.index("width")] if self.curves[name].nunique() > 1]

    @property
    def surface_axis(self) -> str | None:
        """The axis beside the width over which a surface is drawn: the examples, else the first with three values; None without one."""
        names = [name for name in self.axes if self.curves[name].nunique() >= 3]
        return "train_examples" if "train_examples" in names else next(iter(names), None)

    @property
    def clear_peaks(self) -> pd.DataFrame:
        """The rows of `peaks` whose mean curve rises and falls by more than chance may do."""
        return self.peaks[
            np.minimum(self.peaks["mean_rise"], self.peaks["mean_fall"]) > self.peaks["resolution"]
        ]

    def panels(self, over: str | None = None) -> dict[str, "DoubleDescent"]:
        """The part at each point of the further axes, by the point in words; "" where there is one point.

        Args:
          over: an axis that is not taken apart.
        """
        names = [name for name in self.axes if name != over]
        points = self.curves[names].drop_duplicates().to_dict("records") if names else [{}]
        return {_in_words(point): self._at(point) for point in points}

    def _at(self, point: Mapping[Hashable, float]) -> "DoubleDescent":
        def rows(table: pd.DataFrame) -> pd.DataFrame:
            for name, value in point.items():
                table = table[table[name] == value] if len(table) else table
            return table

        return self._replace(errors=rows(self.errors), curves=rows(self.curves), peaks=rows(self.peaks))


def double_descent(study: Study, options: RecipeOptions = AS_TRAINED) -> DoubleDescent:
    """The errors of a classification study against width.

        nlpfeat.double_descent(nlpfeat.open_study("runs/double_descent-classroom")).peaks

    Args:
      study: of three widths or more.
      options: the recipe at which it is read, such as each member at its best step on validation.

    Raises:
      UserError: if its headline metric is no accuracy, or it has fewer than three widths; and as `read_study`.
    """
    metric = study.task.evaluation.headline
    if not metric.is_share:
        raise UserError(
            f"{study.path}: {metric.name} is no accuracy, and double descent is a curve of errors"
        )
    dataset = read_study(study, options).dataset
    if dataset.sizes["width"] < MIN_WIDTHS:
        raise UserError(
            f"{study.path} has {dataset.sizes['width']} widths, and a peak needs three: sweep more, as in nlpfeat sweep double_descent"
        )
    split = str(dataset["split"].to_numpy()[-1])
    examples = examples_of(dataset, split)
    errors, curves, peaks = [], [], []
    for point, part in points_of(dataset):
        errors.append(pd.DataFrame(_errors(study, point, part)))
        own = list(_curve(errors[-1], part))
        curves += [point | row for row in own]
        if len(own) >= MIN_WIDTHS:
            peaks.append(point | _peak(errors[-1], pd.DataFrame(own), examples))
    recipe = f"{rate_in_words(dataset)}, {time_in_words(dataset)}" + "".join(
        f", best {name.replace('_', ' ')} of each width" for name in options.select
    )
    every = pd.concat(errors, ignore_index=True)
    return DoubleDescent(every, pd.DataFrame(curves), pd.DataFrame(peaks), split, recipe)


def _in_words(point: Mapping[Hashable, float]) -> str:
    return ", ".join(f"{str(name).replace('_', ' ')} {value:g}" for name, value in point.items())


def _errors(study: Study, point: dict[str, float], part: xr.Dataset) -> Iterator[dict[str, float]]:
    """One row per member at a point; a diverged member is wrong everywhere."""
    final = scores(part.isel(step=-1), study.task.evaluation.headline).transpose("width", "seed", "split")
    train = final.sel(split="train").to_numpy()
    last = final.isel(split=-1).to_numpy()
    ran = (part["member_id"] != "").transpose("width", "seed").to_numpy()
    for i, width in enumerate(final["width"].to_numpy().tolist()):
        for j, seed in enumerate(final["seed"].to_numpy().tolist()):
            if ran[i, j]:
                fitted = bool(train[i, j] >= 1)
                row = {
                    "width": width,
                    "seed": seed,
                    "test": 1 - float(last[i, j]),
                    "train": 1 - float(train[i, j]),
                }
                yield point | row | {"fitted": fitted}


def _curve(errors: pd.DataFrame, part: xr.Dataset) -> Iterator[dict[str, float]]:
    for width, rows in errors.groupby("width"):
        values = rows["test"].to_numpy()
        mean = mean_interval(values)
        low, _, high = quartiles_of(values, axis=0)
        yield {
            "width": int(width),  # pyright: ignore[reportArgumentType]
            "seeds": len(rows),
            "diverged": diverged_count(part.sel(width=width)),
            "error": mean.estimate,
            "mean_low": mean.low,
            "mean_high": mean.high,
            "low": float(low),
            "high": float(high),
            "train_error": float(rows["train"].mean()),
            "fitted": float(rows["fitted"].mean()),
        }


def _peak(errors: pd.DataFrame, curve: pd.DataFrame, examples: int) -> dict[str, float]:
    table = errors.pivot(index="seed", columns="width", values="test")
    widths = table.columns.to_numpy()
    level = resolution(float(table.to_numpy()[~np.isnan(table.to_numpy())].mean()), examples)
    own = [find_peak(row) for row in table.to_numpy() if (~np.isnan(row)).sum() >= 3]
    found = [widths[peak.place] for peak in own if peak.prominence > level]
    share = wilson(len(found), len(own))
    places = quartiles_of(np.array(found, float), axis=0) if found else (np.nan, np.nan, np.nan)
    mean = curve["error"].to_numpy()
    top = find_peak(mean)
    valley = int(np.argmin(mean[: top.place]))
    half = np.flatnonzero(curve["fitted"].to_numpy() < HALF)
    first = half[-1] + 1 if len(half) else 0  # of the widths after the last at which fewer fit
    return {
        "seeds": len(own),
        "resolution": level,
        "peak_share": share.estimate,
        "peak_share_low": share.low,
        "peak_share_high": share.high,
        **dict(zip(("peak_low", "peak_width", "peak_high"), map(float, places), strict=True)),
        "mean_peak_width": int(widths[top.place]),
        "mean_peak_error": float(mean[top.place]),
        "mean_valley_width": int(widths[valley]),
        "mean_valley_error": float(mean[valley]),
        "mean_last_error": float(mean[-1]),
        "mean_rise": top.rise,
        "mean_fall": top.fall,
        "threshold_width": float(widths[first]) if first < len(widths) else np.nan,
    }
