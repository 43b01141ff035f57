"""Members of a study at equal training loss: not at equal time, when one may be done and the other has hardly begun."""

import numpy as np
import xarray as xr


def loss_steps(dataset: xr.Dataset, level: float) -> xr.DataArray:
    """When the training loss of each member first reaches `level` nats, linear in its logarithm; NaN if never."""
    loss = dataset["loss"].sel(split="train").transpose(..., "step")
    steps = np.broadcast_to(loss["step"].to_numpy().astype(float), loss.shape)
    with np.errstate(divide="ignore"):
        when = at_level(steps, np.log(loss.to_numpy()), np.log(level), falling=True)
    return loss.isel(step=0, drop=True).copy(data=when)


def at_equal_loss(dataset: xr.Dataset, name: str, level: float) -> xr.DataArray:
    """The measure `name` of each member when its training loss first reaches `level`.

    Between checkpoints its logarithm is taken to be linear in the step, so the measure must be positive; NaN where the
    loss is never reached, or not between two checkpoints that were measured.
    """
    others = [dim for dim in dataset["violations"].dims if dim != "step"]
    kept = dataset[name].isel(step=dataset["violations"].notnull().any(others).to_numpy())
    kept = kept.transpose(..., "step")
    first = kept.isel(step=0, drop=True)
    when = loss_steps(dataset, level).broadcast_like(first).transpose(*first.dims)
    with np.errstate(divide="ignore"):
        found = at_steps(np.log(kept.to_numpy()), kept["step"].to_numpy().astype(float), when.to_numpy())
    return first.copy(data=np.exp(found))


def at_level(values: np.ndarray, progress: np.ndarray, level: float, *, falling: bool) -> np.ndarray:
    """`values` where `progress` first reaches `level`, so that members compare at equal loss, not at equal time.

    Both are taken to be linear between records.

    Args:
      values, progress: (..., steps).
      falling: whether progress falls to the level, as a loss does, or rises to it.

    Returns:
      (...), NaN where the level is never reached.
    """
    ahead = (progress - level) * (1 if falling else -1)  # positive before the level
    reached = ahead <= 0
    after = reached.argmax(-1)[..., None]
    before = np.maximum(after - 1, 0)
    a, b = (np.take_along_axis(ahead, i, -1) for i in (before, after))
    share = np.divide(a, a - b, out=np.ones_like(a, dtype=float), where=(a != b))
    low, high = (np.take_along_axis(values, i, -1) for i in (before, after))
    found = (low + share * (high - low))[..., 0]
    return np.where(reached.any(-1), found, np.nan)


def at_steps(values: np.ndarray, steps: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """`values` (..., steps) at the steps `wanted` (...), linear in between; NaN outside of them, or where not finite."""
    found = np.full(wanted.shape, np.nan)
    for place in np.argwhere((wanted >= steps[0]) & (wanted <= steps[-1])):
        found[tuple(place)] = np.interp(wanted[tuple(place)], steps, values[tuple(place)])
    return np.where(np.isfinite(found), found, np.nan)
