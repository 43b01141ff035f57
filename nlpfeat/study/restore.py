"""Restore trained members: parameters at their own width, data, record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import flax.linen as nn
import jax
import numpy as np
import pandas as pd
import xarray as xr
from jaxtyping import PyTree

from nlpfeat import numerics
from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Dataset, Params, Splits, split_names
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.models.layers import PlainLayer
from nlpfeat.models.masking import crop
from nlpfeat.models.units import UnitLayer, flat_params, swept_axes
from nlpfeat.store import layout, provenance
from nlpfeat.store.layout import StudyFolder
from nlpfeat.store.precheck import missing_member
from nlpfeat.sweeps import runner
from nlpfeat.sweeps.members import MemberFactory, member_factory, stack_settings, tree_index
from nlpfeat.tasks.registry import require_view
from nlpfeat.training import checkpoints
from nlpfeat.training.step import Data, Program, fresh_splits, param_roles
from nlpfeat.training.task import Task


@dataclass(frozen=True, repr=False)
class TrainedMember:
    """One trained network of a study, at a step.

    Attributes:
      id: of the member.
      step: whose parameters these are.
      factory: of the study's members.
      module: at the member's own width.
      params: host arrays, cropped to that width.
      settings: NumPy scalars.
      records: metric -> (steps, splits), as recorded during training, up to its step.
      recorded_steps: of `records`.
    """

    id: str
    step: int
    factory: MemberFactory
    module: nn.Module
    params: Params
    settings: Settings
    records: dict[str, np.ndarray]
    recorded_steps: tuple[int, ...]

    def __repr__(self) -> str:
        swept = ", ".join(f"{name} {getattr(self.settings, name):g}" for name, _ in self.factory.spec.sweep)
        return f"TrainedMember({self.task.name}, {swept}, step {self.step})"

    @property
    def record(self) -> dict[str, np.ndarray]:
        """Metric -> (splits,), as recorded at its step."""
        return {name: values[-1] for name, values in self.records.items()}

    @property
    def trace(self) -> xr.Dataset:
        """The loss and the metrics as they were recorded during training, up to its step: dims step, split."""
        coords = {"step": list(self.recorded_steps), "split": split_names(self.splits)}
        return xr.Dataset(
            {name: (("step", "split"), values) for name, values in self.records.items()}, coords
        )

    @property
    def layers(self) -> list[PlainLayer]:
        """Its layers (weight, bias, negative slope), the class scores last.

        Raises:
          UserError: if its network is not piecewise linear.
        """
        return require_view(self.task, "piecewise_linear").layers(self.module, self.params, self.settings)

    @property
    def unit_layers(self) -> list[UnitLayer]:
        """Its layers of hidden units, of which some can be taken, as by `nlpfeat.models.units.take_units`.

        Raises:
          UserError: if its network declares none.
        """
        find = require_view(self.task, "units").layers
        width = int(self.settings.width)
        axes = swept_axes(self.factory.shapes(width), self.factory.shapes(2 * width))
        batch = self.task.data.batch(self.dataset.arrays, self.splits["train"], np.arange(1))
        roles = param_roles(self.program, batch.inputs, self.settings)
        return find(axes, {} if roles is None else flat_params(roles), self.settings)

    def forward(self, inputs: PyTree) -> dict[str, np.ndarray]:
        """All outputs of the network, by name.

        Args:
          inputs: points (n, coordinates); pictures (n, …), flat or not; texts, as a sequence of str; or what its module reads, as `splits` has it.

        Raises:
          UserError: for texts, if the network reads none.
        """
        read = _module_inputs(self, inputs)
        return jax.device_get(self.module.apply({"params": self.params}, read, self.settings))

    def predict(self, inputs: PyTree) -> np.ndarray:
        """Predictions (n,): the number of the class of a classifier, in the order of its data; the output of other networks.

            study.restore(width=8, seed=3).predict([(0.1, 0.5), (-0.3, 0.2)])

        Args:
          inputs: as for `forward`.

        Raises:
          UserError: as `forward`.
        """
        outputs = self.forward(inputs)
        if self.task.evaluation.kind == "classification":
            return np.asarray(outputs["scores"]).argmax(-1)
        return np.asarray(outputs["prediction" if "prediction" in outputs else "scores"])

    @property
    def task(self) -> Task:
        """What it was trained on."""
        return self.factory.spec.task

    @property
    def dataset(self) -> Dataset:
        """What all members of the study share."""
        return self.factory.dataset

    @cached_property
    def splits(self) -> Splits:
        """Its own splits, on the host."""
        return self.factory.splits(self.settings)

    @property
    def recorded_splits(self) -> Splits:
        """The splits that its record was evaluated on: at the last step fresh ones, where the task can generate them."""
        if self.step < self.factory.spec.training.total:
            return self.splits
        return self.splits | fresh_splits(self.task, self.dataset.metadata, self.settings)

    @property
    def program(self) -> Program:
        """The task and its module, for `nlpfeat.training.step`."""
        return Program(self.task, self.module)

    @property
    def data(self) -> Data:
        """What it is trained and evaluated on."""
        return Data(self.settings, self.dataset.arrays, self.splits)

    @property
    def finite(self) -> bool:
        """Whether its training did not diverge."""
        return is_finite(self.params)


def _module_inputs(member: TrainedMember, inputs: PyTree) -> PyTree:
    """What the module of a member reads, from what a user gives: points, texts, or that itself."""
    if isinstance(inputs, str):
        inputs = [inputs]
    if isinstance(inputs, Sequence) and inputs and all(isinstance(one, str) for one in inputs):
        texts = member.dataset.metadata
        if not (hasattr(texts, "read") and hasattr(texts, "collate")):
            raise UserError(f"{member.task.name} reads no texts")
        return texts.collate([texts.read(one).whole for one in inputs])
    examples = next(iter(member.splits.values())).inputs
    coordinates = isinstance(examples, tuple) and all(np.ndim(one) == 1 for one in examples)
    if coordinates and not (
        isinstance(inputs, tuple) and len(inputs) == len(examples) and np.ndim(inputs[0]) == 1
    ):
        points = np.asarray(inputs, np.float32)
        if points.ndim != 2 or points.shape[1] != len(examples):
            raise UserError(
                f"inputs: {member.task.name} reads points (n, {len(examples)}); these have the shape {points.shape}"
            )
        return tuple(points.T)
    like = member.task.data.batch(
        member.dataset.arrays, next(iter(member.splits.values())), np.arange(1)
    ).inputs
    if hasattr(like, "dtype") and np.issubdtype(like.dtype, np.floating):
        return _rows_like(member.task.name, np.asarray(inputs, np.float32), like.shape[1:])
    return inputs


def _rows_like(task: str, given: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Rows of numbers in the shape of a task's own: pictures may be flat or not.

    Raises:
      UserError: for inputs of another size.
    """
    if given.ndim < 2 or prod(given.shape[1:]) != prod(shape):
        raise UserError(
            f"inputs: {task} reads inputs (n, {', '.join(map(str, shape))}); these have the shape {given.shape}"
        )
    return given.reshape(len(given), *shape)


def is_finite(params: Params) -> bool:
    """Whether all parameters are finite."""
    return all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(params))


def find_member(folder: StudyFolder, settings: Mapping[str, float]) -> pd.Series:
    """The one row of the member table with these settings.

    Raises:
      UserError: if there is none (the values that exist are listed), or several.
    """
    table = folder.members()
    if table.empty:
        raise UserError(f"{folder.path} has no members yet: run the sweep")
    chosen = table
    for name, value in settings.items():
        if name not in table or name == "bucket":
            known = [str(one) for one in table if one != "bucket"]
            raise UserError(f"{folder.path} has no setting {name!r}; {did_you_mean(name, known)}")
        narrowed = layout.select_members(chosen, {name: value})
        if narrowed.empty:
            others = {other: settings[other] for other in settings if other != name}
            raise missing_member(folder.path, name, value, others, chosen[name].unique().tolist())
        chosen = narrowed
    if len(chosen) > 1:
        free = [n for n in table if n != "bucket" and chosen[n].nunique() > 1]
        values = "; ".join(f"{n}={' or '.join(f'{v:g}' for v in sorted(chosen[n].unique()))}" for n in free)
        raise UserError(f"{len(chosen)} members fit; choose one of {values}")
    return chosen.iloc[0]


def restore(
    folder: StudyFolder, factory: MemberFactory, settings: Mapping[str, float], step: int | None = None
) -> TrainedMember:
    """Restore the member with these settings, such as {"width": 8, "seed": 3}.

    Args:
      step: a step whose checkpoint was kept; the last one if None.

    Raises:
      UserError: if the study lacks the member or the step; DamagedFile if its checkpoint cannot be read.
    """
    row = find_member(folder, settings)
    label = str(row["bucket"])
    kept = kept_steps(folder, label)
    if not kept:
        result = folder.result(label)
        remedy = (
            f"delete {result} and run the sweep, which trains that bucket anew"
            if result.exists()
            else "run the sweep"
        )
        raise UserError(f"this member has no checkpoint in {folder.path}: {remedy}")
    step = kept[-1] if step is None else step
    if step not in kept:
        raise UserError(
            f"no checkpoint of step {step} was kept for this member; there are {', '.join(map(str, kept))}"
        )
    bucket = restore_bucket(folder, factory, label, step)
    return bucket.member(list(bucket.members.index).index(row.name))


def study_factory(folder: StudyFolder) -> MemberFactory:
    """The factory of a study's members, its files read and compared with those that it was trained on.

    Raises:
      UserError: if the files cannot be had or read, or have changed, or if this process draws other numbers.
    """
    factory = member_factory(folder.spec)
    numerics.require_same(folder.numerics, str(folder.path), training=False)
    provenance.check_data(folder, factory.dataset)
    return factory


@dataclass(frozen=True)
class RestoredBucket:
    """All members of a bucket at a step.

    Attributes:
      members: the bucket's rows of the member table.
      saved: host arrays (members, …), padded.
    """

    factory: MemberFactory
    members: pd.DataFrame
    step: int
    checkpoint: checkpoints.CheckpointState

    def member(self, row: int) -> TrainedMember:
        """The member in a row of the table."""
        factory = self.factory
        settings = tree_index(stack_settings(factory.spec.settings, self.members), row)
        width = int(self.members["width"].iloc[row])
        params = crop(tree_index(self.checkpoint.state.evaluated, row), factory.shapes(width))
        stops = [one.step for one in factory.spec.training.stops]
        steps = tuple(stops[: stops.index(self.step) + 1])
        records = {name: values[row, : len(steps)] for name, values in self.checkpoint.records.items()}
        name = str(self.members.index[row])
        return TrainedMember(
            name, self.step, factory, factory.module(width), params, settings, records, steps
        )

    def __iter__(self) -> Iterator[TrainedMember]:
        return (self.member(row) for row in range(len(self.members)))


def kept_steps(folder: StudyFolder, label: str) -> list[int]:
    """The steps of a bucket whose checkpoints were kept."""
    return checkpoints.saved_steps(folder.checkpoints(label))


def restore_bucket(folder: StudyFolder, factory: MemberFactory, label: str, step: int) -> RestoredBucket:
    """All members of a bucket at a step that was kept.

    Raises:
      DamagedFile: if the checkpoint cannot be read or does not fit.
    """
    members = folder.bucket(label)
    first = tree_index(stack_settings(folder.spec.settings, members), 0)
    checkpoint = runner.load_checkpoint(folder, factory, label, members, factory.splits(first), step)
    return RestoredBucket(factory, members, step, checkpoint)
