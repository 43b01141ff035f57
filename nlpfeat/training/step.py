"""Initialise, train and evaluate one member: pure functions, which `nlpfeat.sweeps.programs` maps over many members."""

from functools import partial
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import optax
from flax import traverse_util
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.config.fields import Scalar, Settings
from nlpfeat.data.core import Examples, Outputs, Params, Splits, split_names
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.keys import stream
from nlpfeat.models.batch_norm import Network
from nlpfeat.training.task import ExampleRule, GradientDescent, Task


class Program(NamedTuple):
    """The static arguments of a compiled program.

    Attributes:
      frozen: names of parameters or submodules that are not trained.
    """

    task: Task
    module: Network
    frozen: tuple[str, ...] = ()


class State(NamedTuple):
    """The state of training between two steps.

    Attributes:
      opt_state: of the trained parameters; the counters of a learning rule.
      carry: state of the network, for each row of a batch.
    """

    params: Params
    opt_state: optax.OptState | dict[str, Array]
    carry: PyTree = ()


class Data(NamedTuple):
    """The settings and examples of a member: arguments of the program.

    Attributes:
      arrays: of the dataset.
    """

    settings: Settings
    arrays: PyTree
    splits: Splits


class Interval(NamedTuple):
    """The steps between two returns to the host, within one phase. Traced scalars, so that all intervals share a program.

    Attributes:
      lr_scale: factor of the learning rate of the member.
      start: number of the first step.
      steps: number of steps.
    """

    lr_scale: Scalar
    start: Scalar
    steps: Scalar


Record: TypeAlias = dict[str, Array]  # the loss and each metric: (splits,)
Indices: TypeAlias = Int[Array, "*members steps batch_size"] | None


def record_names(task: Task) -> tuple[str, ...]:
    """The names of the values in a record."""
    own = task.learner.metrics if isinstance(task.learner, ExampleRule) else ()
    return (*(metric.name for metric in task.recorded), *(name for name, _ in own))


def initial_params(program: Program, data: Data) -> Params:
    """The initial parameters, drawn by the module from the random stream "init" of the member."""
    example = program.task.data.batch(data.arrays, data.splits["train"], jnp.arange(1))
    return program.module.init(stream(data.settings.seed, "init"), example.inputs, data.settings)["params"]  # pyright: ignore[reportReturnType]


def partition(params: Params, frozen: tuple[str, ...]) -> tuple[Params, Params]:
    """Split parameters into trained and frozen ones: two nested dicts without common leaves.

    Args:
      frozen: names of modules, or module/parameter.

    Raises:
      UserError: if a name of `frozen` is neither a module nor a parameter of the model.
    """
    flat = traverse_util.flatten_dict(params, sep="/")
    prefixes = {"/".join(p.split("/")[:n]) for p in flat for n in range(1, p.count("/") + 2)}
    for name in frozen:
        if name not in prefixes:
            raise UserError(f"training.frozen: no parameter {name!r}; {did_you_mean(name, prefixes)}")

    def is_frozen(path: str) -> bool:
        return any(path == name or path.startswith(name + "/") for name in frozen)

    parts = [{p: leaf for p, leaf in flat.items() if is_frozen(p) == part} for part in (False, True)]
    trained, fixed = (traverse_util.unflatten_dict(part, sep="/") for part in parts)
    return trained, fixed


def merge(trained: Params, fixed: Params) -> Params:
    """The inverse of `partition`."""
    flat = traverse_util.flatten_dict(trained) | traverse_util.flatten_dict(fixed)
    return traverse_util.unflatten_dict(flat)


def init_state(program: Program, rows: int, params: Params, settings: Settings) -> State:
    """The state at the start of a phase.

    Args:
      rows: examples per batch.
      params: of the member.
      settings: of the member.
    """
    learner = program.task.learner
    if not isinstance(learner, GradientDescent):
        counters = learner.counters if isinstance(learner, ExampleRule) else ()
        return State(params, {name: jnp.float32(0) for name in counters})
    trained, _ = partition(params, program.frozen)
    return State(
        params, learner.optimizer(settings).init(trained), program.task.model.carry.init(program.module, rows)
    )


def train_step(
    program: Program, state: State, settings: Settings, batch: Examples, lr_scale: Scalar, step: Scalar
) -> State:
    """One step of gradient descent on the mean loss of `batch`, or of the learning rule of the task.

    Args:
      settings: of the member.
      lr_scale: factor of settings.learning_rate.
      step: number of the step, for the random stream of dropout.
    """
    task, module, frozen = program
    learner, carry = task.learner, task.model.carry
    learning_rate = lr_scale * settings.learning_rate
    if not isinstance(learner, GradientDescent):
        return State(*learner.step(state.params, state.opt_state, batch, settings, learning_rate))  # pyright: ignore[reportArgumentType]
    trained, fixed = partition(state.params, frozen)
    inputs = carry.inject(state.carry, batch.inputs)

    def mean_loss(trained: Params) -> tuple[Array, PyTree]:
        key = jax.random.fold_in(stream(settings.seed, "dropout"), step)
        outputs: Outputs = module.apply(
            {"params": merge(trained, fixed)}, inputs, settings, train=True, rngs={"dropout": key}
        )  # pyright: ignore[reportAssignmentType]
        return learner.loss.fn(outputs, batch.targets).mean(), carry.extract(inputs, outputs)

    gradient, carried = jax.grad(mean_loss, has_aux=True)(trained)
    updates, opt_state = learner.optimizer(settings).update(gradient, state.opt_state, trained)
    trained = jax.tree.map(lambda p, u: p - learning_rate * u, trained, updates)
    return State(merge(trained, fixed), opt_state, carried)


def train(program: Program, state: State, data: Data, indices: Indices, interval: Interval) -> State:
    """Train for an interval.

    Args:
      indices: of the examples of each step, int (at least `interval.steps`, batch size); None for all examples in each step.
    """

    def body(i: Array, state: State) -> State:
        batch = program.task.data.batch(
            data.arrays, data.splits["train"], None if indices is None else indices[i]
        )
        return train_step(program, state, data.settings, batch, interval.lr_scale, interval.start + i)

    return jax.lax.fori_loop(0, interval.steps, body, state)


def evaluate(program: Program, params: Params, data: Data) -> Record:
    """The mean loss and metrics on each split: {"loss": (splits,), metric: …}, with the splits in the order of `split_names`."""
    task, module, _ = program
    carry, size = task.model.carry, task.evaluation.batch_size

    def sums(examples: Examples, carried: PyTree, index: Array) -> tuple[PyTree, Record]:
        batch = task.data.batch(data.arrays, examples, index)
        inputs = carry.inject(carried, batch.inputs)
        outputs: Outputs = module.apply({"params": params}, inputs, data.settings)  # pyright: ignore[reportAssignmentType]
        found = {metric.name: metric.fn(outputs, batch.targets).sum() for metric in task.recorded}
        return carry.extract(inputs, outputs), found

    def means(examples: Examples) -> Record:
        order = task.evaluation.indices(data.arrays, examples)
        n = len(order)
        whole = n - n % size
        parts = []
        if whole:
            batches = order[:whole].reshape(-1, size)
            _, each = jax.lax.scan(partial(sums, examples), carry.init(module, size), batches)
            parts.append(jax.tree.map(lambda values: values.sum(0), each))
        if whole < n:
            parts.append(sums(examples, carry.init(module, n - whole), order[whole:])[1])
        return jax.tree.map(lambda *values: sum(values) / n, *parts)

    records = [means(data.splits[name]) for name in split_names(data.splits)]
    return jax.tree.map(lambda *values: jnp.stack(values), *records)


def fresh_splits(task: Task, metadata: PyTree, settings: Settings) -> Splits:
    """New examples on which the last record is evaluated, by split; empty if the task cannot generate examples."""
    return task.data.fresh_splits(metadata, settings) if task.data.fresh_splits else {}


def rule_record(task: Task, counters: PyTree, splits: Splits) -> Record:
    """The metrics of the learning rule of the task: (splits,), NaN for all splits but train."""
    if not isinstance(task.learner, ExampleRule):
        return {}
    train = jnp.array([name == "train" for name in split_names(splits)])
    return {name: jnp.where(train, fn(counters), jnp.nan) for name, fn in task.learner.metrics}
