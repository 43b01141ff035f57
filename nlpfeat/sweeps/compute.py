"""What training costs: parameters, floating-point operations and bytes of a step, and the peak of the devices beside them."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import prod

import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.core import ClosedJaxpr, Jaxpr, jaxpr_as_fun, jaxprs_in_params
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P
from jaxtyping import PyTree

from nlpfeat.data.core import Examples
from nlpfeat.sweeps import programs
from nlpfeat.sweeps.members import MemberFactory, activation_bytes, batch_rows
from nlpfeat.sweeps.memory import state_bytes
from nlpfeat.training.step import Program, State, StepScales, init_state, train_step


def parameter_count(factory: MemberFactory, width: int) -> int:
    """The number of weights and biases of a member at its own width."""
    return sum(prod(leaf.shape) for leaf in jax.tree.leaves(factory.shapes(width)))


def flops_per_step(factory: MemberFactory, width: int) -> float:
    """Floating-point operations of one training step of one member, at its own width and without padding.

    They are those of forward pass, backward pass and optimizer, as XLA counts them before it optimises the program: a product and
    its addition are two. Clipping, averages and the like are left out: they take a few operations per parameter. Nothing is compiled
    or computed. XLA counts the body of a loop once; loops of known length, such as those of recurrent networks, are counted as often
    as they run, others once.

    Args:
      factory: of the members of a study, whose first phase of training counts.
      width: of the member; its other settings do not matter, as they are traced.
    """
    training, task = factory.spec.training, factory.spec.task
    settings = replace(factory.spec.settings, width=width)
    phase, splits = training.phases[0], factory.split_shapes
    program = Program(task, factory.module(width), phase.frozen)
    rows = batch_rows(training, splits)
    state = jax.eval_shape(partial(init_state, program, rows), factory.shapes(width), settings)
    index = jax.ShapeDtypeStruct((rows,), np.int32) if training.batch_size else None

    def step(state: State, arrays: PyTree, train: Examples, index: PyTree) -> State:
        batch = task.data.batch(arrays, train, index)
        return _step(program, state, settings, batch)

    return count_flops(jax.make_jaxpr(step)(state, factory.dataset.arrays, splits["train"], index))


def bytes_per_step(factory: MemberFactory, width: int) -> int:
    """The least that a step of one member moves between arithmetic and memory: its state and its activations, read and written."""
    return 2 * (state_bytes(factory, width) + activation_bytes(factory, width))


def peak_flops() -> float:
    """Floating-point operations per second of products of large matrices on all devices together: the best of three runs.

    They have the precision in which members are trained on this platform. The devices of this process are measured, which stand for
    those of the others: they need not call it.
    """
    mesh = programs.member_mesh(jax.local_devices())
    platform = programs.PLATFORMS[programs.platform_of(mesh)]
    size, sharding = platform.peak_size, NamedSharding(mesh, P("member"))
    matrices = jax.device_put(np.ones((mesh.size, size, size), np.float32), sharding)

    @partial(jax.jit, out_shardings=sharding)
    def product(a: jax.Array) -> jax.Array:
        each = jax.shard_map(
            lambda one: jnp.matmul(one, one, precision=platform.matmul_precision),
            mesh=mesh,
            in_specs=P("member"),
            out_specs=P("member"),
        )
        return each(a)

    return jax.process_count() * mesh.size * 2 * size**3 / fastest(lambda: product(matrices))


def fastest(compute: Callable[[], PyTree]) -> float:
    """Seconds of a computation on devices: the best of three runs, after one that compiles."""
    jax.block_until_ready(compute())
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        jax.block_until_ready(compute())
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _step(program: Program, state: State, settings: PyTree, batch: Examples) -> State:
    return train_step(program, state, settings, batch, StepScales(1.0), 0)


def count_flops(program: ClosedJaxpr) -> float:
    """Floating-point operations of a traced program, loops of known length as often as they run."""
    total = _counted_by_xla(program)
    for body, length in _loops(program.jaxpr):
        total += length * count_flops(body) - _counted_by_xla(body)
    return total


def _counted_by_xla(program: ClosedJaxpr) -> float:
    """As `count_flops`, but the body of every loop once."""
    cost = jax.jit(jaxpr_as_fun(program)).lower(*program.in_avals).cost_analysis()
    return float(cost.get("flops", 0.0)) if cost else 0.0


def _loops(program: Jaxpr) -> list[tuple[ClosedJaxpr, int]]:
    """The bodies of the loops of known length with their lengths, without loops inside these."""
    found = []
    for equation in program.eqns:
        if equation.primitive.name == "scan":
            found.append((equation.params["jaxpr"], equation.params["length"]))
        else:
            for inner in jaxprs_in_params(equation.params):
                found += _loops(inner)
    return found
