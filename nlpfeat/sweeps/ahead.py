"""The programs of a bucket, compiled from shapes alone.

So they compile before the members are made, while another bucket trains, or for devices that are not here. What is compiled
so is found again when the program is called with arrays of these shapes.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import jax
import numpy as np
import pandas as pd
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import PyTree

from nlpfeat.data.core import split_names
from nlpfeat.sweeps import programs
from nlpfeat.sweeps.members import MemberFactory, batch_rows, layout_of, stack_settings
from nlpfeat.training.step import Data, Interval, Program, StepInputs, StepScales, fresh_splits, record_names
from nlpfeat.training.task import GradientDescent

if TYPE_CHECKING:
    from jax.stages import Lowered, Traced

Lower: TypeAlias = Callable[[], "Lowered"]

WORKERS = 1  # threads that compile: devices work meanwhile, on a CPU on the same cores


class BucketShapes(NamedTuple):
    """A bucket without its arrays: the shapes of the arguments of its programs, with their places on the devices.

    Attributes:
      rows: examples of a batch.
      inputs: of the longest interval between two stops.
    """

    factory: MemberFactory
    program: Program
    rows: int
    layout: programs.Layout
    params: PyTree
    data: Data
    inputs: StepInputs


def bucket_shapes(
    factory: MemberFactory, members: pd.DataFrame, mesh: Mesh, platform: str = ""
) -> BucketShapes:
    """The shapes of a bucket, rows of the member table, on the devices of `mesh`.

    Args:
      platform: as for `programs.lay_out`.
    """
    task, training = factory.spec.task, factory.spec.training
    program, layout = factory.program(members), layout_of(factory, members, mesh, platform)
    settings = stack_settings(factory.spec.settings, members)
    splits, longest, size = factory.split_shapes, training.longest_interval, training.batch_size

    def shape(leading: tuple[int, ...], leaf: PyTree) -> jax.ShapeDtypeStruct:
        sharding = NamedSharding(mesh, P("member") if leading else P())
        return jax.ShapeDtypeStruct(
            (*leading, *leaf.shape), jax.dtypes.canonicalize_dtype(leaf.dtype), sharding=sharding
        )

    per_member = partial(jax.tree.map, partial(shape, (layout.members,)))
    shared = partial(jax.tree.map, partial(shape, ()))
    by_seed = isinstance(task.learner, GradientDescent)
    indices = (per_member if by_seed else shared)(np.empty((longest, size), np.int32)) if size else None
    of_step = per_member(np.empty(longest, np.float32))
    scales = StepScales(of_step, of_step if "average" in program.parts else ())
    data = Data(
        per_member(jax.tree.map(lambda values: values[0], settings)),
        shared(factory.dataset.arrays),
        (per_member if task.data.per_seed else shared)(splits),
    )
    params = per_member(factory.shapes(int(members["width"].max())))
    return BucketShapes(
        factory,
        program,
        batch_rows(training, splits),
        layout,
        params,
        data,
        StepInputs(indices, scales),
    )


def lower_init(shapes: BucketShapes, frozen: tuple[str, ...] = ()) -> "Lowered":
    """The program that makes the first state of a phase, lowered."""
    program = shapes.program._replace(frozen=frozen)
    return programs.init_members.lower(
        program, shapes.rows, shapes.layout, shapes.params, shapes.data.settings
    )


def lower_advance(shapes: BucketShapes, frozen: tuple[str, ...] = ()) -> "Lowered":
    """The program that trains a bucket and records, lowered for the devices of its mesh."""
    return trace_advance(shapes, frozen).lower()


def trace_advance(shapes: BucketShapes, frozen: tuple[str, ...] = ()) -> "Traced":
    """The program that trains a bucket and records, traced."""
    sharding = NamedSharding(shapes.layout.mesh, P("member"))
    state = jax.tree.map(
        lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding),
        lower_init(shapes, frozen).out_info,
    )
    program = shapes.program._replace(frozen=frozen)
    return programs.advance.trace(program, shapes.layout, state, shapes.data, shapes.inputs, Interval(0, 1))


def lower_fresh_record(shapes: BucketShapes) -> "Lowered":
    """The program that evaluates on fresh examples at the end, lowered, for a task that can generate them."""
    task, layout, metadata = shapes.factory.spec.task, shapes.layout, shapes.factory.dataset.metadata
    size = (layout.members, len(split_names(shapes.factory.split_shapes)))
    values = jax.ShapeDtypeStruct(size, np.float32, sharding=NamedSharding(layout.mesh, P("member")))
    record = dict.fromkeys(record_names(task), values)
    return programs.fresh_record.lower(shapes.program, metadata, layout, record, shapes.params, shapes.data)


def programs_of(shapes: BucketShapes) -> Iterator[Lower]:
    """All programs of a bucket from its first step to its results, in order, each to be lowered by a call."""
    factory = shapes.factory
    for frozen in dict.fromkeys(phase.frozen for phase in factory.spec.training.phases):
        yield partial(lower_init, shapes, frozen)
        yield partial(lower_advance, shapes, frozen)
    fresh = partial(fresh_splits, factory.spec.task, factory.dataset.metadata)
    if jax.eval_shape(fresh, factory.spec.settings):
        yield partial(lower_fresh_record, shapes)


@contextmanager
def compiling_ahead(
    factory: MemberFactory, mesh: Mesh
) -> Iterator[Callable[[pd.DataFrame], list[Future[None]]]]:
    """Compile in threads while the block runs.

    Gives a function of a bucket's members that begins to compile its programs, in the order in which they are called, unless a
    bucket of the same shapes was asked for before. A program that is called before its future ends would be compiled twice.
    """
    pool = ThreadPoolExecutor(WORKERS, "compile")
    begun: dict[tuple[Program, programs.Layout], list[Future[None]]] = {}

    def begin(members: pd.DataFrame) -> list[Future[None]]:
        shapes = bucket_shapes(factory, members, mesh)
        key = shapes.program, shapes.layout
        if key not in begun:
            begun[key] = [pool.submit(_compile, lower) for lower in programs_of(shapes)]
        return begun[key]

    try:
        yield begin
    finally:
        pool.shutdown(cancel_futures=True)


def _compile(lower: Lower) -> None:
    lower().compile()
