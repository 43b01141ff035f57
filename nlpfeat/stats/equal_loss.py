"""Members compared at equal training loss.

At equal step, one member may have converged while another has hardly begun.
"""

import numpy as np
import xarray as xr

from nlpfeat.store.results import measured_steps


def loss_steps(dataset: xr.Dataset, level: float) -> xr.DataArray:
    """The step at which the training loss of each member first reaches `level` nats; NaN if never.

    Between recorded steps the logarithm of the loss is taken to be linear in the step.
    """
    loss = dataset["loss"].sel(split="train").transpose(..., "step")
    steps = np.broadcast_to(loss["step"].to_numpy().astype(float), loss.shape)
    with np.errstate(divide="ignore"):
        when = at_level(steps, np.log(loss.to_numpy()), np.log(level), falling=True)
    return loss.isel(step=0, drop=True).copy(data=when)


def at_equal_loss(dataset: xr.Dataset, name: str, level: float) -> xr.DataArray:
    """A measure of each member at the step at which its training loss first reaches a level.

    Between checkpoints the logarithm of the measure is taken to be linear in the step.

    Args:
      dataset: of a measured study.
      name: of the measure, which must be positive.
      level: training loss in nats.

    Returns:
      The measure without the dim `step`; NaN where the level is never reached, or not between two measured checkpoints.
    """
    kept = dataset[name].sel(step=measured_steps(dataset)).transpose(..., "step")
    first = kept.isel(step=0, drop=True)
    when = loss_steps(dataset, level).broadcast_like(first).transpose(*first.dims)
    with np.errstate(divide="ignore"):
        found = at_steps(np.log(kept.to_numpy()), kept["step"].to_numpy().astype(float), when.to_numpy())
    return first.copy(data=np.exp(found))


def at_level(values: np.ndarray, progress: np.ndarray, level: float, *, falling: bool) -> np.ndarray:
    """`values` at the point at which `progress` first reaches `level`.

    Both are taken to be linear between records.

    Args:
      values: (..., steps).
      progress: (..., steps), such as the loss.
      level: of the progress.
      falling: whether progress falls to the level, as a loss does, or rises to it.

    Returns:
      (...), NaN where the level is never reached.
    """
    remaining = (progress - level) * (1 if falling else -1)  # positive before the level
    reached = remaining <= 0
    after = reached.argmax(-1)[..., None]
    before = np.maximum(after - 1, 0)
    a, b = (np.take_along_axis(remaining, i, -1) for i in (before, after))
    fraction = np.divide(a, a - b, out=np.ones_like(a, dtype=float), where=(a != b))
    low, high = (np.take_along_axis(values, i, -1) for i in (before, after))
    found = (low + fraction * (high - low))[..., 0]
    return np.where(reached.any(-1), found, np.nan)


def at_steps(values: np.ndarray, steps: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Values at given steps, interpolated linearly.

    Args:
      values: (..., steps).
      steps: (steps,), rising: the steps at which they were recorded.
      wanted: (...), one step per row of values.

    Returns:
      (...), NaN outside the recorded steps and where the value is not finite.
    """
    found = np.full(wanted.shape, np.nan)
    for index in np.argwhere((wanted >= steps[0]) & (wanted <= steps[-1])):
        found[tuple(index)] = np.interp(wanted[tuple(index)], steps, values[tuple(index)])
    return np.where(np.isfinite(found), found, np.nan)
