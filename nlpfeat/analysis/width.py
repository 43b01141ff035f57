"""The headline metric of a study against width: success, H50, and steps to success."""

from typing import NamedTuple

import xarray as xr

from nlpfeat.errors import UserError
from nlpfeat.stats.intervals import Interval, wilson
from nlpfeat.stats.width_curves import half_width
from nlpfeat.store.results import scores
from nlpfeat.training.metrics import Metric, Success


class WidthCurve(NamedTuple):
    """The headline metric at the last step, and the success of seeds, by width.

    Attributes:
      metric: the headline metric.
      success: the criterion; None without a threshold.
      widths: rising.
      scores: dims split, width, seed; the worst value where training diverged, NaN where there is no member.
      shares: of seeds that succeed on the last split, per width, with Wilson intervals; empty without a threshold.
      half: H50 with its bootstrap interval; None without a threshold.
    """

    metric: Metric
    success: Success | None
    widths: list[int]
    scores: xr.DataArray
    shares: list[Interval]
    half: Interval | None

    @property
    def criterion(self) -> Success:
        """The criterion of a curve that has a threshold."""
        assert self.success is not None
        return self.success

    @property
    def h50(self) -> Interval:
        """H50 of a curve that has a threshold."""
        assert self.half is not None
        return self.half

    @property
    def split(self) -> str:
        """The last split, on which success is judged."""
        return str(self.scores["split"].to_numpy()[-1])


def width_curve(dataset: xr.Dataset, metric: Metric, success: Success | None) -> WidthCurve:
    """The headline metric against width.

    Args:
      dataset: the part of a study's array at one point of the further axes: dims width, seed, step, split.
      metric: the headline metric.
      success: its threshold; None without one.
    """
    return curve_of_scores(scores(dataset.isel(step=-1), metric), metric, success)


def has_linearized(dataset: xr.Dataset) -> bool:
    """Whether an array has the accuracy of linearized networks: those of a measured study with a checkpoint of step 0."""
    found = dataset.get("linearized_accuracy")
    return found is not None and 0 in dataset["step"] and bool(found.sel(step=0).notnull().any())


def linearized_curve(dataset: xr.Dataset, metric: Metric, success: Success | None) -> WidthCurve:
    """The accuracy of each network linearized at its start, which learns no features, against width.

    Args:
      dataset: a measured study's array with a checkpoint of step 0: dims width, seed, step, split.
      metric: the accuracy.
      success: its threshold; None without one.

    Raises:
      UserError: if there is no such measure.
    """
    if not has_linearized(dataset):
        raise UserError(
            "the linearized network is measured at step 0: keep its checkpoint by config.training.snapshots=(0,), and run nlpfeat "
            "measure"
        )
    return curve_of_scores(dataset["linearized_accuracy"].sel(step=0), metric, success)


def curve_of_scores(final: xr.DataArray, metric: Metric, success: Success | None) -> WidthCurve:
    """A metric against width.

    Args:
      final: dims split, width, seed; NaN where there is no member.
      metric: which it is.
      success: its threshold; None without one.
    """
    final = final.transpose("split", "width", "seed")
    widths = final["width"].to_numpy()
    if success is None:
        return WidthCurve(metric, None, widths.tolist(), final, [], None)
    ran = final.notnull().any("split").to_numpy()
    succeeds = success.reached(final.isel(split=-1).to_numpy())
    shares = [wilson(int(n), int(m)) for n, m in zip(succeeds.sum(1), ran.sum(1), strict=True)]
    return WidthCurve(metric, success, widths.tolist(), final, shares, half_width(widths, succeeds, ran))
