"""A study in one table: the headline measure at the last step, by width."""

from typing import Any

import numpy as np
import xarray as xr

from nlpfeat.sweeps.statistics import spread, wilson
from nlpfeat.tasks import TASKS

# A member succeeds when its headline metric reaches this share.
SUCCESS = 0.99


def summarize(dataset: xr.Dataset, threshold: float = SUCCESS) -> list[dict[str, Any]]:
    """One row for each width (and each point of further axes).

    Returns:
      Dicts with the axes' values, "members", "diverged" (of those, with a loss that is no number), for each
      split the quartiles of the headline metric at the last step ("train_accuracy": [low, median, high], …), and
      "success": the share of members whose metric on the last split reaches `threshold`, with its Wilson
      interval [low, share, high].
    """
    headline = TASKS[dataset.attrs["task"]].metrics[0][0]
    last = dataset[headline].isel(step=-1)
    axes = [str(dim) for dim in last.dims if dim not in ("seed", "split")]
    table = []
    for place in np.ndindex(*(last.sizes[axis] for axis in axes)):
        here = dict(zip(axes, place, strict=True))
        ran = (dataset["member_id"].isel(here) != "").to_numpy()
        if not ran.any():
            continue
        point = last.isel(here).isel(seed=ran)
        row: dict[str, Any] = {axis: point[axis].item() for axis in axes}
        row["members"] = int(ran.sum())
        row["diverged"] = diverged(dataset.isel(here).isel(seed=ran))
        for split in point["split"].to_numpy():
            quartiles = spread(point.sel(split=split).to_numpy(), axis=0)
            row[f"{split}_{headline}"] = [round(float(q), 5) for q in quartiles]
        wins = int((point.isel(split=-1).to_numpy() >= threshold).sum())
        row["success"] = [round(x, 5) for x in wilson(wins, row["members"])]
        table.append(row)
    return table


def diverged(dataset: xr.Dataset) -> int:
    """How many of the members, all of them run, end with a loss that is no number."""
    last = dataset["loss"].isel(step=-1).transpose(..., "split").to_numpy()
    return int((~np.isfinite(last)).any(axis=-1).sum())
