"""Members of a study at equal training loss: not at equal time, when one may be done and the other has hardly begun."""

import numpy as np
import xarray as xr

from nlpfeat.sweeps.statistics import at_level, at_steps


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
