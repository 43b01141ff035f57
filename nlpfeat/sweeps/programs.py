"""The compiled programs of a bucket: every member at once, sharded over all devices.

Members are independent, so the member axis is sharded over a mesh of all devices by `shard_map`, and
each device works through its share. A CPU counts as one device per core (see `nlpfeat.parallel`); a laptop
and several GPUs run this same code.

On a device the members run in blocks: `lax.map` over blocks, `vmap` within. A CPU is fastest when a block's
activations stay in a core's cache; an accelerator when the block is all it can hold.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import numpy as np
from jax import Array
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import PyTree

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Params, Splits, split_names
from nlpfeat.training.step import (
    Data,
    Indices,
    Interval,
    Program,
    Record,
    State,
    StepInputs,
    StepScales,
    evaluate,
    fresh_splits,
    init_state,
    rule_record,
    train,
)
from nlpfeat.training.task import GradientDescent


class Platform(NamedTuple):
    """What a kind of device is best at.

    Attributes:
      block_bytes: of activations that one block of members may hold.
      matmul_precision: of the products of float32 matrices. By default GPUs round their factors to 10 bits and TPUs to 7, which
        members cannot afford whose numbers are to be the same everywhere.
      peak_size: of square matrices, of which a device multiplies smaller ones more slowly than it can.
    """

    block_bytes: int
    matmul_precision: str | None
    peak_size: int


PLATFORMS = {
    "cpu": Platform(256 * 2**10, None, 1024),  # a part of a core's second-level cache
    "cuda": Platform(2**30, "float32", 8192),
    "rocm": Platform(2**30, "float32", 8192),
    # All but the largest activations then stay in the 128 MiB beside the cores, and programs take less than 1 GiB.
    "tpu": Platform(2**27, "float32", 8192),
}


class Layout(NamedTuple):
    """How a bucket's members lie on the devices. All static.

    Attributes:
      members: with the padding members, a multiple of devices × block.
      block: members vectorised together.
      platform: what the program is compiled for, of `PLATFORMS`; it need not be here.
    """

    mesh: Mesh
    members: int
    block: int
    platform: str


def member_mesh(devices: Sequence[Any] | None = None) -> Mesh:
    """A mesh of all devices with the one axis "member"."""
    return Mesh(
        np.array(jax.devices() if devices is None else devices),
        ("member",),
        axis_types=(jax.sharding.AxisType.Auto,),
    )


def platform_of(mesh: Mesh) -> str:
    """The platform of the devices of a mesh, of `PLATFORMS`."""
    device = mesh.devices.flat[0]
    found = str(device.platform)
    return ("rocm" if "amd" in device.device_kind.lower() else "cuda") if found == "gpu" else found


def lay_out(mesh: Mesh, members: int, activation_bytes: int, platform: str = "") -> Layout:
    """The layout of `members` members whose forward pass holds `activation_bytes` each.

    Args:
      platform: what to compile for; "" for that of the devices of `mesh`.
    """
    platform = platform or platform_of(mesh)
    share = -(-members // mesh.size)
    fewest = -(-share // max(1, PLATFORMS[platform].block_bytes // max(1, activation_bytes)))
    # Up to twice as many rounds, where smaller blocks leave fewer places empty.
    rounds = min(range(fewest, 2 * fewest + 1), key=lambda rounds: (rounds * -(-share // rounds), rounds))
    block = -(-share // rounds)
    return Layout(mesh, mesh.size * rounds * block, block, platform)


def activation_bytes(module: nn.Module, params: Params, inputs: Any, settings: Settings) -> int:
    """Bytes of one member's trace for a batch of `inputs` (arrays or shapes)."""

    def trace(params: Params, inputs: Any, settings: Settings) -> Any:
        return module.apply({"params": params}, inputs, settings)

    shapes = jax.tree.leaves(jax.eval_shape(trace, params, inputs, settings))
    return sum(leaf.size * leaf.dtype.itemsize for leaf in shapes)


def put(layout: Layout, tree: Any, *, per_member: bool = True) -> Any:
    """Host arrays on the devices: the leading axis sharded over members, or a copy on each.

    Where several processes share the mesh, all have the whole arrays, and each puts its devices' parts.
    """
    sharding = NamedSharding(layout.mesh, P("member") if per_member else P())
    if not layout.mesh.is_multi_process:
        return jax.device_put(tree, sharding)

    def part(leaf: Any) -> Array:
        host = np.asarray(leaf)
        return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])

    return jax.tree.map(part, tree)


def get(layout: Layout, tree: Any) -> Any:
    """The opposite of `put`: whole arrays on the host, of every process."""
    if not layout.mesh.is_multi_process:
        return jax.device_get(tree)
    return multihost_utils.process_allgather(tree, tiled=True)


@partial(jax.jit, static_argnames=("program", "rows", "layout"))
def init_members(program: Program, rows: int, layout: Layout, params: Params, settings: Settings) -> State:
    """The state of every member at the start of training, or of a phase that trains other parameters.

    Args:
      rows: examples of a batch.
      params: leaves (members, …).
      settings: (members,) each.
    """

    def member(params: Params, settings: Settings) -> State:
        return init_state(program, rows, params, settings)

    return _sharded(jax.vmap(member), layout, (0, 0))(params, settings)


@partial(jax.jit, static_argnames=("program", "layout"), donate_argnames=("state",))
def advance(
    program: Program,
    layout: Layout,
    state: State,
    data: Data,
    inputs: StepInputs,
    interval: Interval,
) -> tuple[State, Record]:
    """All steps of an interval for every member, then a record. One program serves a whole bucket.

    Args:
      state: leaves (members, …); donated.
      data: settings (members,); arrays, shared by all members; splits with leaves (members, n, …) where they are made per
        seed, else (n, …) shared.
      inputs: indices int32 (members, at least `interval.steps`, batch size), without the members where a rule shows all of
        them the same examples, or None for full batches; scales (members, at least `interval.steps`).

    Returns:
      The new state and the record, leaves (members, splits).
    """
    task = program.task

    def member(
        state: State,
        settings: Settings,
        arrays: PyTree,
        splits: Splits,
        indices: Indices,
        scales: StepScales,
    ) -> tuple[State, Record]:
        own = Data(settings, arrays, splits)
        state = train(program, state, own, StepInputs(indices, scales), interval)
        record = evaluate(program, state.evaluated, own)
        return state, record | rule_record(task, state.opt_state, splits)

    by_seed = isinstance(task.learner, GradientDescent)
    axes = (0, 0, None, 0 if task.data.per_seed else None, 0 if by_seed else None, 0)

    def share(*arguments: PyTree) -> tuple[State, Record]:
        return _map_blocks(member, axes, layout.block, arguments)

    return _sharded(share, layout, axes)(state, *data, *inputs)


@partial(jax.jit, static_argnames=("program", "metadata", "layout"), donate_argnames=("record",))
def fresh_record(
    program: Program, metadata: PyTree, layout: Layout, record: Record, params: Params, data: Data
) -> Record:
    """The record of every member at the end of its training, for a task that can generate `fresh_splits`.

    Args:
      metadata: of the dataset: the data's spec. Static.
      record: from `advance`; its splits that are made afresh are replaced. Donated.
      data: as for `advance`; of its splits only the names are used.
    """
    names = split_names(data.splits)

    def member(record: Record, params: Params, settings: Settings, arrays: PyTree) -> Record:
        fresh = fresh_splits(program.task, metadata, settings)
        found = evaluate(program, params, Data(settings, arrays, fresh))
        indices = np.array([names.index(name) for name in split_names(fresh)])
        return record | {name: record[name].at[indices].set(values) for name, values in found.items()}

    axes = (0, 0, 0, None)

    def share(*arguments: PyTree) -> Record:
        return _map_blocks(member, axes, layout.block, arguments)

    return _sharded(share, layout, axes)(record, params, data.settings, data.arrays)


def _sharded(function: Any, layout: Layout, axes: tuple[int | None, ...]) -> Any:
    """`function` of a device's share of the members; an argument whose axis is None is on every device."""
    specs = tuple(P() if axis is None else P("member") for axis in axes)
    precision = PLATFORMS[layout.platform].matmul_precision
    if precision is not None:
        function = jax.default_matmul_precision(precision)(function)
    return jax.shard_map(function, mesh=layout.mesh, in_specs=specs, out_specs=P("member"), check_vma=False)


def _map_blocks(function: Any, axes: tuple[int | None, ...], block: int, arguments: Any) -> Any:
    """`function` of each member, `block` of them vectorised at a time."""
    mapped = tuple(a for a, axis in zip(arguments, axes, strict=True) if axis == 0)
    # A member by itself is not vectorised: XLA on CPU multiplies matrices more slowly with a batch axis of 1.
    if block == jax.tree.leaves(mapped)[0].shape[0] > 1:
        return jax.vmap(function, axes)(*arguments)

    def call(own: tuple[Any, ...]) -> Any:
        queue = list(own)
        return function(*(queue.pop(0) if axis == 0 else a for a, axis in zip(arguments, axes, strict=True)))

    return jax.lax.map(call, mapped, batch_size=None if block == 1 else block)
