"""Make the members of a bucket ready: settings, data and first parameters, each from the member's own seed.

They are made by two programs that are compiled once per study, for a fixed number of members at a time that the size of one
decides, copies filling the last call. So a member is the same alone, in any bucket, and on any number of devices.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import product
from math import prod
from typing import NamedTuple, TypeVar

import flax.linen as nn
import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh
from jaxtyping import PyTree

from nlpfeat import numerics
from nlpfeat.config import limits
from nlpfeat.config.fields import Settings, setting_names
from nlpfeat.data.core import Dataset, Params, Splits, count
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop, pad
from nlpfeat.store import provenance
from nlpfeat.sweeps import programs
from nlpfeat.tasks.spec import Spec
from nlpfeat.training.recipe import DescentSettings, complaint, used_parts
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.step import Data, Program, initial_params, param_roles, partition
from nlpfeat.training.task import ExampleRule, FullBatchRule, GradientDescent

Tree = TypeVar("Tree")


def stack_settings(settings: Settings, members: pd.DataFrame) -> Settings:
    """The settings of all members of a table: int32 and float32 arrays (members,)."""
    dtypes = {int: np.int32, float: np.float32}
    columns = {
        name: members[name].to_numpy().astype(dtypes[type(value)]) for name, value in vars(settings).items()
    }
    return type(settings)(**columns)


def tree_index(tree: Tree, index: int | list[int]) -> Tree:
    """One member of a pytree with a leading axis of members, or some side by side."""
    return jax.tree.map(lambda leaf: leaf[index], tree)


def tree_stack(trees: Sequence[Tree]) -> Tree:
    """Members side by side: the inverse of `tree_index`."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


class NewMember(NamedTuple):
    """One member on the host, ready to be trained at any padded width up to that of `params`."""

    settings: Settings  # NumPy scalars
    splits: Splits
    params: Params


@dataclass(frozen=True)
class MemberFactory:
    """Makes the members of a study.

    Attributes:
      spec: of the study.
      dataset: what all members share.
      module: units -> Flax module.
      make_splits: settings -> splits, compiled; of members side by side, unless all share them.
      init: (units, settings, arrays of the dataset, splits) -> parameters of members side by side, compiled once for each
        number of units.
      shapes: units -> the shapes of a member's parameters when padded to that width; nothing is computed.
      split_shapes: the shapes of a member's splits.
    """

    spec: Spec
    dataset: Dataset
    module: Callable[[int], nn.Module]
    make_splits: Callable[[Settings], Splits]
    init: Callable[[int, Settings, PyTree, Splits], Params]
    shapes: Callable[[int], Params]
    split_shapes: Splits

    def new_member(self, settings: Settings, units: int) -> NewMember:
        """The member with these settings, NumPy scalars, padded to `units`."""
        return self.new_members(tree_stack([settings]), units)[0]

    def new_members(self, settings: Settings, units: int) -> list[NewMember]:
        """The members with these settings, (members,) each, padded to `units`.

        Unit i starts the same at every width, so members may be made at the widest units of a study, by one
        program, and cropped to those of their bucket.
        """
        model, metadata = self.spec.task.model, self.dataset.metadata
        try:
            splits = self._splits(settings)
            params: list[Params] = [{}] * len(splits)
            # Networks that cannot be padded are each of their own width.
            for size in [units] if model.padded else np.unique(settings.width).tolist():
                rows = [i for i in range(len(splits)) if model.padded or settings.width[i] == size]
                of_size = self._params(tree_index(settings, rows), [splits[i] for i in rows], size)
                for i, one in zip(rows, of_size, strict=True):
                    params[i] = one
            made = map(NewMember, _each(settings), splits, params)
            return [
                m._replace(params=model.init_override(metadata, m.params, m.settings, m.splits)) for m in made
            ]
        except Exception as error:
            error.add_note(f"while making members {settings}")
            raise

    def _params(self, settings: Settings, splits: list[Splits], units: int) -> list[Params]:
        def init(rows: list[int]) -> Params:
            own = tree_stack([splits[i] for i in rows]) if self.spec.task.data.per_seed else splits[0]
            return self.init(units, tree_index(settings, rows), self.dataset.arrays, own)

        return _in_groups(init, len(splits), self.shapes(units))

    def program(self, members: pd.DataFrame) -> Program:
        """The program that trains some members, rows of a member table, padded to the widest of them."""
        spec, units = self.spec, int(members["width"].max())
        parts = used_parts(
            spec.settings, {name: members[name].unique().tolist() for name in setting_names(spec.settings)}
        )
        return Program(spec.task, self.module(units), (), parts, spec.training.train_sample)

    def splits(self, settings: Settings) -> Splits:
        """The splits of the member with these settings, NumPy scalars, on the host."""
        return self._splits(tree_stack([settings]))[0]

    def _splits(self, settings: Settings) -> list[Splits]:
        """The splits of members with some settings, (members,) each."""
        number = len(_each(settings))
        if not self.spec.task.data.per_seed:
            return [jax.device_get(self.make_splits(tree_index(settings, 0)))] * number
        return _in_groups(
            lambda rows: self.make_splits(tree_index(settings, rows)), number, self.split_shapes
        )


# Members that are made by one call: few calls for many small ones, and no copies of a large one that is made alone.
MOST_AT_ONCE, BYTES_AT_ONCE = 16, 2**22


def _in_groups(make: Callable[[list[int]], Tree], number: int, shapes: Tree) -> list[Tree]:
    """What `make` makes of members of these numbers side by side, for each of `number` members, on the host.

    Args:
      make: called with as many numbers each time, the last one repeated.
      shapes: of what it makes of one member.
    """
    bytes_of_one = sum(prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(shapes))
    size = max(1, min(MOST_AT_ONCE, BYTES_AT_ONCE // max(1, bytes_of_one)))
    made = []
    for start in range(0, number, size):
        group = jax.device_get(make([min(i, number - 1) for i in range(start, start + size)]))
        made += [tree_index(group, i) for i in range(min(size, number - start))]
    return made


def _each(settings: Settings) -> list[Settings]:
    """The settings of each of some members, from settings (members,) each."""
    return [tree_index(settings, i) for i in range(len(jax.tree.leaves(settings)[0]))]


def member_factory(spec: Spec) -> MemberFactory:
    """The factory of the members of a study. Reads the task's files, if it has any, and pins the numerics of this process.

    Raises:
      UserError: if the spec freezes a parameter that the model does not have, asks a learning rule for what it
        does not do, or for batches that its data do not give; if the files cannot be had or read.
    """
    numerics.pin()
    task, training = spec.task, spec.training
    frozen_sets = [phase.frozen for phase in training.phases if phase.frozen]
    _check_rule(spec, frozen_sets)
    dataset = task.data.load(spec.data, spec.model)
    module = partial(task.model.build, spec.model, dataset.metadata)
    make_splits = partial(task.data.splits, dataset.metadata)

    def init_one(units: int, settings: Settings, arrays: PyTree, splits: Splits) -> Params:
        return initial_params(Program(task, module(units)), Data(settings, arrays, splits))

    @cache
    def shapes(units: int) -> Params:
        def initial(settings: Settings) -> Params:
            return init_one(units, settings, dataset.arrays, make_splits(settings))

        return jax.eval_shape(initial, spec.settings)

    # What cannot be computed is refused before anything is written.
    batches = jax.ShapeDtypeStruct((training.longest_interval, training.batch_size), np.int32)
    widest = max(dict(spec.sweep).get("width", (spec.settings.width,)))
    try:
        splits = jax.eval_shape(make_splits, spec.settings)
        _check_sizes({"batches": batches, "data": splits, "model": shapes(int(widest))})
    except OverflowError:
        raise UserError(
            f"a size that this config asks for is more than {limits.INT32:,}: ask for less"
        ) from None
    if training.batch_size and isinstance(task.learner, GradientDescent):
        task.learner.sampler(count(splits["train"]), training.batch_size, 0, 0, 1)
    for frozen in frozen_sets:
        partition(shapes(1), frozen)
    _check_recipe(spec, dataset, splits, module(1))
    per_seed = task.data.per_seed

    @partial(jax.jit, static_argnums=0)
    def init(units: int, settings: Settings, arrays: PyTree, splits: Splits) -> Params:
        axes = (0, None, 0 if per_seed else None)
        return jax.vmap(partial(init_one, units), axes)(settings, arrays, splits)

    splits_of = jax.jit(jax.vmap(make_splits) if per_seed else make_splits)
    return MemberFactory(spec, dataset, module, splits_of, init, shapes, splits)


def _check_sizes(shapes: PyTree) -> None:
    for path, leaf in jax.tree_util.tree_leaves_with_path(shapes):
        if prod(leaf.shape) > limits.INT32:
            name = jax.tree_util.keystr(path, simple=True, separator="/")
            raise UserError(
                f"this config asks for an array {name} of the shape {leaf.shape}, and programs index at most {limits.INT32:,} numbers: "
                "ask for less"
            )


def _check_recipe(spec: Spec, dataset: Dataset, splits: Splits, module: nn.Module) -> None:
    """Refuse settings of the recipe that the task or the phases do not allow.

    Raises:
      UserError: naming the setting.
    """
    if not isinstance(spec.settings, DescentSettings):
        return
    task, training, axes = spec.task, spec.training, dict(spec.sweep)
    assert isinstance(task.learner, GradientDescent), f"{task.name} has settings of gradient descent"
    values = {name: axes.get(name, (value,)) for name, value in vars(spec.settings).items()}
    parts = used_parts(spec.settings, values)
    checked = ("warmup_steps", "average_decay", "average_share")
    for combination in product(*(values[name] for name in checked)):
        wrong = complaint(
            replace(spec.settings, **dict(zip(checked, combination, strict=True))), training.steps
        )
        if wrong:
            raise UserError(f"config.settings.{wrong}")
    if "label_smoothing" in parts and task.learner.uniform_loss is None:
        raise UserError(
            f"config.settings.label_smoothing: the loss of {task.name} is no cross-entropy of classes, so there is nothing to smooth"
        )
    scaled = "parametrisation" in parts or any(value != 1 for value in values["output_init_scale"])
    if not scaled:
        return
    inputs = jax.eval_shape(task.data.batch, dataset.arrays, splits["train"], np.arange(1)).inputs
    if param_roles(Program(task, module), inputs, spec.settings) is None:
        why = "multiplies units with units" if not task.model.layered else "has layers without roles"
        raise UserError(
            f"config.settings.parametrisation: {task.name} {why}, so only the standard parametrisation is defined for it"
        )


def _check_rule(spec: Spec, frozen_sets: list[tuple[str, ...]]) -> None:
    learner, size = spec.task.learner, spec.training.batch_size
    if isinstance(learner, GradientDescent):
        return
    if isinstance(learner, ExampleRule) and not 1 <= size <= learner.max_batch:
        raise UserError(
            f"config.training.batch_size: {spec.task.name} learns example by example and takes 1 to {learner.max_batch} "
            f"of them per step, not {size or 'all'}"
        )
    if isinstance(learner, FullBatchRule) and size:
        raise UserError(
            f"config.training.batch_size: {spec.task.name} takes all examples at once: set it to 0"
        )
    if frozen_sets:
        raise UserError(
            f"config.training.frozen: {spec.task.name} learns by a rule of its own that freezes nothing"
        )


@dataclass(frozen=True)
class Bucket:
    """One bucket made ready, laid out on the devices.

    Members fill the slots of the layout in order; the last one is repeated in the slots left over, and the
    copies are dropped from every record and checkpoint.

    Attributes:
      members: their rows of the member table.
      program: the task and its module at the bucket's padded width.
      rows: examples of a batch.
      metadata: of the dataset, on the host.
      data: settings (slots,), arrays on every device, splits (slots, n, …), or (n, …) where members share them.
      params: leaves (slots, …), before the first step.
      first: the first member.
      data_sha256: a hash of the dataset and the splits.
    """

    label: str
    members: pd.DataFrame
    program: Program
    rows: int
    layout: programs.Layout
    metadata: PyTree
    data: Data
    params: Params
    first: NewMember
    data_sha256: str

    def to_devices(self, tree: Tree) -> Tree:
        """Host arrays (members, …) on the devices, (slots, …)."""
        fill = np.minimum(np.arange(self.layout.members), len(self.members) - 1)
        return programs.put(self.layout, jax.tree.map(lambda leaf: leaf[fill], tree))

    def to_host(self, tree: Tree) -> Tree:
        """Device arrays (slots, …) on the host, (members, …)."""
        return jax.tree.map(lambda leaf: leaf[: len(self.members)], programs.get(self.layout, tree))


def activation_bytes(factory: MemberFactory, units: int) -> int:
    """Bytes of one member's trace for a training batch, at `units`; nothing is computed."""
    training = factory.spec.training
    index = np.arange(training.batch_size) if training.batch_size else None
    train = factory.split_shapes["train"]
    batch = jax.eval_shape(factory.spec.task.data.batch, factory.dataset.arrays, train, index)
    return programs.activation_bytes(
        factory.module(units), factory.shapes(units), batch.inputs, factory.spec.settings
    )


def layout_of(
    factory: MemberFactory, members: pd.DataFrame, mesh: Mesh, platform: str = ""
) -> programs.Layout:
    """How the members of a bucket lie on the devices of `mesh`: from shapes alone. Arguments as those of `programs.lay_out`."""
    units = int(members["width"].max())
    return programs.lay_out(mesh, len(members), activation_bytes(factory, units), platform)


def prepare(factory: MemberFactory, label: str, members: pd.DataFrame, mesh: Mesh, widest: int) -> Bucket:
    """Make the members of a bucket (rows of the member table) and lay them out on the devices of `mesh`.

    Args:
      widest: the units at which members are made and then cropped: the study's widest, so that all buckets
        share one program.
    """
    made = _new_members(factory, members, int(members["width"].max()), widest)
    return _bucket(factory, label, members, made, factory.program(members), layout_of(factory, members, mesh))


def prepare_alone(
    factory: MemberFactory, label: str, members: pd.DataFrame, member: str, mesh: Mesh
) -> Bucket:
    """One member of a bucket by itself, with the padding and the blocks of its bucket, filled with copies.

    So its arithmetic is the same to the bit, on a machine like the one that trained the bucket. Two rounds of blocks
    are enough: XLA compiles the body of a loop over blocks otherwise than a single block.
    """
    whole, units = layout_of(factory, members, mesh), int(members["width"].max())
    layout = whole._replace(members=min(whole.members, 2 * mesh.size * whole.block))
    alone = members.loc[[member]]
    made = _new_members(factory, alone, units, units)
    return _bucket(factory, label, alone, made, factory.program(members), layout)


def _new_members(factory: MemberFactory, members: pd.DataFrame, units: int, widest: int) -> list[NewMember]:
    """Members made at the widest units of a study, and cropped to `units`."""
    settings = stack_settings(factory.spec.settings, members)
    shapes = factory.shapes(units)
    made = factory.new_members(settings, widest)
    return [one._replace(params=crop(one.params, shapes)) for one in made]


def prepare_given(
    factory: MemberFactory, label: str, members: pd.DataFrame, given: Sequence[NewMember], mesh: Mesh
) -> Bucket:
    """A bucket of members with parameters and splits of any origin.

    Args:
      members: one row of settings per member, the width that of its parameters.
      given: the members, each at its own width.
    """
    shapes = factory.shapes(int(members["width"].max()))
    padded = [one._replace(params=pad(one.params, shapes)) for one in given]
    return _bucket(
        factory, label, members, padded, factory.program(members), layout_of(factory, members, mesh)
    )


def _bucket(
    factory: MemberFactory,
    label: str,
    members: pd.DataFrame,
    made: Sequence[NewMember],
    program: Program,
    layout: programs.Layout,
) -> Bucket:
    """A bucket of members that are padded to its width."""
    task, training = factory.spec.task, factory.spec.training
    settings = stack_settings(factory.spec.settings, members)
    params = tree_stack([one.params for one in made])
    splits = tree_stack([one.splits for one in made]) if task.data.per_seed else made[0].splits
    bucket = Bucket(
        label=label,
        members=members,
        program=program,
        rows=batch_rows(training, made[0].splits),
        layout=layout,
        metadata=factory.dataset.metadata,
        data=Data(settings, factory.dataset.arrays, splits),
        params=params,
        first=made[0],
        data_sha256=provenance.data_hash(factory.dataset, splits),
    )
    shared = partial(programs.put, bucket.layout, per_member=False)
    to_devices = bucket.to_devices
    data = Data(
        to_devices(settings),
        shared(bucket.data.arrays),
        to_devices(splits) if task.data.per_seed else shared(splits),
    )
    return replace(bucket, data=data, params=to_devices(params))


def batch_rows(training: TrainingSpec, splits: Splits) -> int:
    """How many examples a training step sees."""
    return training.batch_size or count(splits["train"])
