"""Members side by side: pytrees with a leading axis of members."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh

from nlpfeat.config.schema import Spec
from nlpfeat.data.core import Dataset, Splits, count
from nlpfeat.errors import UserError
from nlpfeat.models.masking import crop
from nlpfeat.store import provenance
from nlpfeat.sweeps import programs
from nlpfeat.training.schedule import TrainingSpec
from nlpfeat.training.step import Params, initial_params, partition


def stack_settings(settings: Any, members: pd.DataFrame) -> Any:
    """The settings of members as one NamedTuple of int32 and float32 arrays (members,)."""
    kinds = {int: np.int32, float: np.float32}
    columns = {
        name: members[name].to_numpy().astype(kinds[type(value)])
        for name, value in settings._asdict().items()
    }
    return type(settings)(**columns)


def tree_index(tree: Any, place: int) -> Any:
    """One member of a pytree with a leading axis of members."""
    return jax.tree.map(lambda leaf: leaf[place], tree)


def tree_stack(trees: list[Any]) -> Any:
    """Members side by side: the inverse of `at`."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)


class NewMember(NamedTuple):
    """One member on the host, ready to be trained at any padded width up to that of `params`."""

    settings: Any  # NamedTuple of scalars
    splits: Splits
    params: Params


@dataclass(frozen=True)
class MemberFactory:
    """Makes the members of a study.

    Attributes:
      spec: the study's spec.
      source: what all members share.
      module: units -> Flax module.
      draw: settings -> splits, compiled.
      init: (units, arrays, splits, settings) -> parameters, compiled once for each number of units.
      shapes: units -> the shapes of a member's parameters when padded to so many; nothing is computed.
    """

    spec: Spec
    source: Dataset
    module: Callable[[int], Any]
    draw: Callable[[Any], Splits]
    init: Callable[[int, Any, Splits, Any], Params]
    shapes: Callable[[int], Params]

    def example(self, settings: Any, units: int) -> NewMember:
        """The member with these settings, a NamedTuple of NumPy scalars, padded to `units`.

        Unit i starts the same at every width, so members may be made at the widest units of a study, by one
        program, and cropped to those of their bucket.
        """
        try:
            splits = self.splits(settings)
            drawn = jax.device_get(self.init(units, self.source.arrays, splits, settings))
            params = self.spec.row.start(self.source.about, drawn, settings)
        except Exception as error:
            error.add_note(f"while making member {settings}")
            raise
        return NewMember(settings, splits, params)

    def splits(self, settings: Any) -> Splits:
        """The data of the member with these settings, on the host."""
        return jax.device_get(self.draw(settings))


def member_factory(spec: Spec) -> MemberFactory:
    """The maker of the members of a study. Reads the task's files, if it has any.

    Raises:
      UserError: if the spec freezes a parameter that the model does not have, asks a task's own rule for what it
        does not do, or for batches that its data do not give; if the files cannot be had or read.
    """
    frozen_sets = [phase.frozen for phase in spec.training.phases if phase.frozen]
    _check_rule(spec, frozen_sets)
    source = spec.row.load(spec.data, spec.model)
    module = partial(spec.row.module, spec.model, source.about)
    draw = partial(spec.row.draw, source.about)

    def init(units: int, arrays: Any, splits: Splits, settings: Any) -> Params:
        return initial_params(spec.row, module(units), arrays, splits, settings)

    if spec.training.batch_size:  # so that an order that cannot be is refused before anything is written
        examples = count(jax.eval_shape(draw, spec.settings)["train"])
        spec.row.order(examples, spec.training.batch_size, 0, 0, 1)

    @cache
    def shapes(units: int) -> Params:
        def initial(settings: Any) -> Params:
            return init(units, source.arrays, draw(settings), settings)

        return jax.eval_shape(initial, spec.settings)

    for frozen in frozen_sets:
        partition(shapes(1), frozen)
    return MemberFactory(spec, source, module, jax.jit(draw), jax.jit(init, static_argnums=0), shapes)


def _check_rule(spec: Spec, frozen_sets: list[tuple[str, ...]]) -> None:
    rule, size = spec.row.rule, spec.training.batch_size
    if rule is None:
        return
    if rule.most and not 1 <= size <= rule.most:
        raise UserError(
            f"config.training.batch_size: {spec.task} learns example by example and takes 1 to {rule.most} of them a "
            f"step, not {size or 'all'}"
        )
    if size and not rule.most:
        raise UserError(f"config.training.batch_size: {spec.task} takes all examples at once: set it to 0")
    if frozen_sets:
        raise UserError(
            f"config.training.frozen: {spec.task} learns by a rule of its own that freezes nothing"
        )


@dataclass(frozen=True)
class Bucket:
    """One bucket made ready, laid out on the devices.

    Members fill the places of the layout in order; the last one is repeated in the places left over, and the
    copies are dropped from every record and checkpoint.
    """

    label: str
    members: pd.DataFrame
    module: Any
    rows: int  # of a batch
    layout: programs.Layout
    settings: Any  # (places,) each
    about: Any  # of the source, on the host
    arrays: Any  # of the source, on every device
    splits: Splits  # leaves (places, n, …), or (n, …) where all members share them
    params: Params  # leaves (places, …), before the first step
    example: NewMember  # the first member
    data_sha256: str

    def place(self, tree: Any) -> Any:
        """Host arrays (members, …) on the devices, (places, …)."""
        fill = np.minimum(np.arange(self.layout.members), len(self.members) - 1)
        return programs.put(self.layout, jax.tree.map(lambda leaf: leaf[fill], tree))

    def fetch(self, tree: Any) -> Any:
        """Device arrays (places, …) on the host, (members, …)."""
        return jax.tree.map(lambda leaf: leaf[: len(self.members)], programs.get(self.layout, tree))


def prepare(make: MemberFactory, label: str, members: pd.DataFrame, mesh: Mesh, widest: int) -> Bucket:
    """Make the members of a bucket (rows of the member table) and lay them out on the devices of `mesh`.

    Args:
      widest: the units at which members are made and then cropped: the study's widest, so that all buckets
        share one program.
    """
    units = int(members["width"].max())

    def lay_out(activation_bytes: int) -> programs.Layout:
        return programs.lay_out(mesh, len(members), activation_bytes)

    return _prepare(make, label, members, units, widest, lay_out)


def prepare_alone(make: MemberFactory, label: str, members: pd.DataFrame, member: str, mesh: Mesh) -> Bucket:
    """One member of a bucket by itself, with the padding and the blocks of its bucket, filled with copies.

    So its arithmetic is the same to the bit, on a machine like the one that trained the bucket. Two rounds of blocks
    are enough: XLA compiles the body of a loop over blocks otherwise than a single block.
    """

    def lay_out(activation_bytes: int) -> programs.Layout:
        whole = programs.lay_out(mesh, len(members), activation_bytes)
        return whole._replace(members=min(whole.members, 2 * mesh.size * whole.block))

    units = int(members["width"].max())
    return _prepare(make, label, members.loc[[member]], units, units, lay_out)


def _prepare(
    make: MemberFactory,
    label: str,
    members: pd.DataFrame,
    units: int,
    widest: int,
    lay_out: Callable[[int], programs.Layout],
) -> Bucket:
    task, training = make.spec.row, make.spec.training
    settings = stack_settings(make.spec.settings, members)
    ones = [make.example(tree_index(settings, i), widest) for i in range(len(members))]
    shapes = make.shapes(units)
    params = [crop(one.params, shapes) for one in ones]

    train = ones[0].splits["train"]
    batch = jax.eval_shape(
        task.batch, make.source.arrays, train, np.arange(training.batch_size) if training.batch_size else None
    )
    module = make.module(units)
    activations = programs.activation_bytes(module, shapes, batch.inputs, ones[0].settings)
    splits = tree_stack([one.splits for one in ones]) if task.seeded else ones[0].splits
    bucket = Bucket(
        label=label,
        members=members,
        module=module,
        rows=batch_rows(training, ones[0].splits),
        layout=lay_out(activations),
        settings=settings,
        about=make.source.about,
        arrays=make.source.arrays,
        splits=splits,
        params=tree_stack(params),
        example=ones[0],
        data_sha256=provenance.data_hash(make.source, splits),
    )
    shared = partial(programs.put, bucket.layout, per_member=False)
    return replace(
        bucket,
        settings=bucket.place(settings),
        arrays=shared(bucket.arrays),
        splits=bucket.place(splits) if task.seeded else shared(splits),
        params=bucket.place(bucket.params),
    )


def batch_rows(training: TrainingSpec, splits: Splits) -> int:
    """How many examples a step of training sees."""
    return training.batch_size or count(splits["train"])


# MERGED: """Make members ready: settings, data and first parameters, each from the member's own seed.  They are made one member at a time by two programs that are compiled once a study, and then stacked. So a member is the same alone, in any bucket, and on any number of devices. """
