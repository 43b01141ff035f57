"""Toy studies: a small spec of every row of the table, and shortcuts to train it. No row is named here."""

from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np

from nlpfeat.data.core import generated
from nlpfeat.study.session import sweep
from nlpfeat.sweeps import plan, programs
from nlpfeat.sweeps.members import MemberFactory, member_factory, prepare
from nlpfeat.sweeps.runner import batch_indices, initial_state
from nlpfeat.tasks.registry import TASKS
from nlpfeat.tasks.spec import Spec, resolve
from nlpfeat.training.step import Interval, StepInputs, StepScales
from nlpfeat.training.task import FullBatchRule, Task
from tests import outside

ROOT = Path(__file__).parents[1]
# 120 texts of two classes: markup, capitals, digits, an accent, a text twice
TEXTS = str(ROOT / "tests" / "reviews.csv")
# 320 ratings: a pair rated twice, an item without a year or genres, and one of which nothing is known
RATINGS = {"path": str(ROOT / "tests" / "ratings.csv"), "items": str(ROOT / "tests" / "items.csv")}

# Small sizes by the names of settings, not of tasks: a row added tomorrow is small without a line here.
_DATA = {
    "arms": 3,
    "points": 20,
    "documents": 60,
    "vocab_size": 120,
    "length": 12,
    "context_radius": 2,
    "context": 3,
    "window": 12,
    "min_count": 1,
    "flat": 2,
    "train": 40,
    "validation": 20,
    "test": 20,
}
PICTURES = str(
    ROOT / "configs" / "examples" / "pictures"
)  # 60 and 20 pictures of 12 × 12 pixels in MNIST's format
_MODEL = {
    "bottleneck": 2,
    "heads": 1,
    "blocks": 1,
}  # by default there is none; every width is a multiple of one head
_UNITS = 5  # at most, of every layer that is not swept
_TRAINING = {"steps": (30,), "record_every": 10, "checkpoint_every": 20, "snapshots": (0,)}
_SWEEP = {"width": (2, 3, 8), "seed": (0, 1)}


def _data(task: Task) -> dict[str, Any]:
    """Few examples: of a file in this folder where the task reads files."""
    names = {field.name for field in fields(task.data.spec)}
    texts = "path" in names and "shape" not in names
    pictures = {"path": PICTURES} if texts and "train" in names else {}
    files = RATINGS if "items" in names else pictures or ({"path": TEXTS} if texts else {})
    held_out = {"validation_share": 0.2} if "validation_share" in names and "test_share" not in names else {}
    return {name: value for name, value in _DATA.items() if name in names} | files | held_out


def _model(task: Task) -> dict[str, Any]:
    """Few units in each layer; a size of 0 stays, which means: as many as are swept."""
    sizes = {field.name: field.default for field in fields(task.model.spec)}
    found = {name: min(size, _UNITS) for name, size in sizes.items() if type(size) is int}
    # The norm before the first of some blocks would multiply the rounding of small vectors.
    norm = {"init_scale": 1.0} if "blocks" in sizes else {}
    return found | {name: size for name, size in _MODEL.items() if name in sizes} | norm


def _batch_size(task: Task) -> int:
    """Mini-batches where a task reads files, unless its rule takes all examples at once."""
    return 0 if task.data.load is generated or isinstance(task.learner, FullBatchRule) else 4


def toy(name: str, **training: Any) -> Spec:
    """A spec of the row `name` that trains in a second, with these settings of training."""
    task = TASKS[name]
    return resolve(
        {
            "task": name,
            "data": _data(task),
            "model": _model(task),
            "training": _TRAINING | {"batch_size": _batch_size(task)} | training,
            "sweep": _SWEEP,
        }
    )


assert outside.CHECKERBOARD.name in TASKS  # one from outside the package has all the tests of a row
TOYS = {name: toy(name) for name in TASKS}
SPIRALS = TOYS["spirals"]


class Quiet:
    """A watch that counts stops and asks to stop after `patience` of them."""

    def __init__(self, patience=10**9):
        self.patience, self.seen = patience, []

    def step(self, bucket, members, step):
        self.seen.append((bucket, members, step))

    def interrupted(self):
        return len(self.seen) >= self.patience


def with_grid(spec, **axes):
    """The spec with another grid."""
    return replace(spec, sweep=tuple((name, tuple(values)) for name, values in axes.items()))


def with_training(spec, **changes):
    """The spec with other training settings."""
    return replace(spec, training=replace(spec.training, **changes))


@cache
def _factory(spec: Spec) -> MemberFactory:
    return member_factory(spec)


def factory_of(spec: Spec) -> MemberFactory:
    """The factory of a spec: of a toy's data one for all, as each compiles its two programs anew."""
    if spec.data != TOYS[spec.task.name].data:
        return member_factory(spec)
    return replace(_factory(replace(spec, sweep=())), spec=spec)


def study(spec: Spec, path: Path, progress: Any = None) -> Any:
    """Run a study to its end: (its folder, its array)."""
    opened = sweep(spec, path, progress=progress, factory=factory_of(spec))
    return opened.folder, opened.results


def trained(spec, steps: int, units: int | None = None, devices=None):
    """Parameters and records of all members of the grid after `steps` steps of the first phase's kind.

    Args:
      units: pad to this width, beyond the widest member.
    Returns:
      The member table, the host state (members, …), the records (members, splits).
    """
    table = plan.all_members(spec).assign(bucket="b")
    widest = units or int(table["width"].max())
    factory = factory_of(spec)
    mesh = programs.member_mesh(devices)
    if units is None:
        bucket = prepare(factory, "b", table, mesh, widest)
    else:  # a wider companion fixes the padded width; it is cut off again below
        companion = table.iloc[:1].assign(width=units)
        bucket = prepare(factory, "b", table_with(table, companion), mesh, widest)
    phase = spec.training.phases[-1]
    state = initial_state(bucket, phase.frozen, bucket.params)
    indices = batch_indices(spec.training, bucket, 0, steps)
    scales = StepScales(
        bucket.to_devices(np.full((len(bucket.members), max(steps, 1)), phase.lr_scale, np.float32))
    )
    program = bucket.program._replace(frozen=phase.frozen)
    interval = Interval(0, steps)
    state, record = programs.advance(
        program, bucket.layout, state, bucket.data, StepInputs(indices, scales), interval
    )
    n = len(table)
    return (
        factory,
        table,
        jax.tree.map(lambda a: a[:n], bucket.to_host(state)),
        jax.tree.map(lambda a: a[:n], bucket.to_host(record)),
    )


def table_with(table, row):
    """The table with a row appended."""
    import pandas as pd

    return pd.concat([table, row.set_axis(["companion"])])


def largest_gap(left, right):
    """The largest difference between two pytrees of equal shapes."""
    gaps = jax.tree.map(lambda a, b: np.max(np.abs(np.asarray(a) - np.asarray(b)), initial=0.0), left, right)
    return max(jax.tree.leaves(gaps))
