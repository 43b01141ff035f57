"""Members of a study at equal training loss: not at equal time, when one may be done and the other has hardly begun."""

import numpy as np
import xarray as xr

from nlpfeat.errors import UserError
from nlpfeat.sweeps.statistics import at_level, at_steps


def loss_steps(dataset: xr.Dataset, level: float) -> xr.DataArray:
    """When the training loss of each member first reaches `level` nats, linear in its logarithm; NaN if never."""
    loss = dataset["loss"].sel(split="train").transpose(..., "step")
    steps = np.broadcast_to(loss["step"].to_numpy().astype(float), loss.shape)
    with np.errstate(divide="ignore"):
        when = at_level(steps, np.log(loss.to_numpy()), np.log(level), falling=True)
    return loss.isel(step=0, drop=True).copy(data=when)


def at_equal_loss(dataset: xr.Dataset, name: str, level: float) -> xr.DataArray:
    """The measure `name` of each member when its training loss first reaches `level`, linear between checkpoints.

    Raises:
      UserError: if the dataset was not measured.
    """
    if "violations" not in dataset or not dataset["violations"].notnull().any():
        raise UserError("this study is not measured: run python -m experiments.measure")
    others = [dim for dim in dataset["violations"].dims if dim != "step"]
    kept = dataset[name].isel(step=dataset["violations"].notnull().any(others).to_numpy())
    kept = kept.transpose(..., "step")
    when = loss_steps(dataset, level)
    wide = when.broadcast_like(kept.isel(step=0, drop=True)).transpose(*kept.dims[:-1])
    found = at_steps(kept.to_numpy(), kept["step"].to_numpy().astype(float), wide.to_numpy())
    return kept.isel(step=0, drop=True).copy(data=found)
