"""Numbers of every row of the table on file, so that a change of data, model, loss or defaults is seen, wherever it is made.

They say what the code computed when they were written, and not that it is right: that is the work of the second
derivations in tests/models, tests/data and tests/training. Written on x86-64 with JAX 0.10 by `make golden`.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import xarray as xr

from nlpfeat.sweeps.prepare import Maker
from nlpfeat.sweeps.restore import Member
from nlpfeat.sweeps.spec import Spec

FOLDER = Path(__file__).parent / "golden"
# Rounding differs by machine and by line of JAX, and forty steps let it grow.
TOLERANCE = 1e-4


def summary(tree: Any) -> dict[str, list[float]]:
    """Of each leaf of a pytree: its shape, its mean, and a mean in which every place has a weight of its own."""
    found = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        values = np.asarray(leaf, np.float64)
        weights = np.cos(np.arange(values.size)).reshape(values.shape)
        size = max(values.size, 1)
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        found[name] = [*values.shape, float(values.sum() / size), float((values * weights).sum() / size)]
    return found


def numbers(spec: Spec, make: Maker, dataset: xr.Dataset, member: Member) -> dict[str, Any]:
    """What is held of a row: JSON."""
    task = spec.row
    views = {
        "words": task.words and task.words(member.params, member.settings),
        "factors": task.factors and task.factors(member.params, member.settings),
        "layers": task.layers and task.layers(member.params, member.settings),
        "arms": task.arms and task.arms(make.source.about),
    }
    if task.newcomer:
        rated = np.arange(2)
        views["newcomer"] = task.newcomer(member.params, member.settings, 100, 0.5, rated)
    asked = member.splits["test" if "test" in member.splits else max(member.splits)]
    measures = [str(name) for name in dataset.data_vars if "step" in dataset[name].dims and name != "diverged"]
    ends = dataset.isel(step=[0, -1], seed=-1)
    return {
        "defaults": {
            "data": asdict(task.data()),
            "model": asdict(task.model()),
            "settings": task.settings()._asdict(),
        },
        "row": {
            "loss units": task.loss_units,
            "success": str(task.success),
            "classes": task.classes,
            "limits": task.limits(spec.model, spec.data),
            "baseline": task.chance(make.source.arrays, member.splits["train"], asked),
        },
        "data": {"digest": make.source.digest[:12], **summary(member.splits)},
        "parameters": summary(member.params),
        "views": {name: summary(view) for name, view in views.items() if view is not None},
        "records": {name: ends[name].to_numpy().tolist() for name in measures},
    }


def compare(task: str, found: dict[str, Any]) -> None:
    """Hold numbers to those on file."""
    path = FOLDER / f"{task}.json"
    if not path.exists():
        pytest.skip(f"no numbers of {task} on file yet: make golden")
    found, kept = json.loads(json.dumps(found)), json.loads(path.read_text())
    assert found["defaults"] == kept["defaults"]
    assert found == near(kept), f"{task}: see `make golden`"


def near(kept: Any) -> Any:
    """What equals anything that differs from `kept` by rounding alone."""
    if isinstance(kept, dict):
        return {key: near(value) for key, value in kept.items()}
    if isinstance(kept, list):
        return [near(value) for value in kept]
    return pytest.approx(kept, rel=TOLERANCE, abs=TOLERANCE, nan_ok=True) if isinstance(kept, float) else kept


def write(task: str, found: dict[str, Any]) -> None:
    """Put numbers on file."""
    FOLDER.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, sort_keys=True)
    (FOLDER / f"{task}.json").write_text(text + "\n")
