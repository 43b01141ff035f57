"""Arrays of studies that were never trained, with values of one's own."""

import numpy as np
import xarray as xr

SPLITS = ["train", "validation", "test"]


def array(task="spirals_deep", metric="accuracy", splits=SPLITS, **axes):
    """The array of a study with these axes, in this order: width, seed, further ones, step. Values are random, below 1.

    The training loss falls from 2 to 1 on all members, so that nobody has diverged.
    """
    grid = {name: axes[name] for name in axes if name != "step"}
    coords = {**grid, "step": axes.get("step", [0, 10, 20]), "split": splits}
    names, shape = list(coords), [len(values) for values in coords.values()]
    values = np.random.default_rng(0).random(shape)
    loss = np.broadcast_to(np.linspace(2, 1, len(coords["step"]))[:, None], shape).copy()
    ids = np.full(shape[:-2], "a", dtype=object)
    data = {"loss": (names, loss), metric: (names, values), "member_id": (names[:-2], ids)}
    data["baseline"] = (("split",), np.full(len(splits), 0.2))
    data["examples"] = (("split",), np.full(len(splits), 100.0))
    dataset = xr.Dataset(data, coords, {"task": task})
    return dataset if "learning_rate" in dataset.coords else dataset.assign_coords(learning_rate=1e-3)
