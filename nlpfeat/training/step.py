"""Initialise, train and evaluate one member: pure functions, which `nlpfeat.sweeps.programs` maps over many members."""

from dataclasses import replace
from functools import partial
from typing import NamedTuple, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import traverse_util
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.config.fields import Scalar, Settings
from nlpfeat.data.core import Examples, Outputs, Params, Splits, split_names
from nlpfeat.errors import UserError, did_you_mean
from nlpfeat.keys import stream
from nlpfeat.models.batch_norm import Network
from nlpfeat.models.roles import roles_of
from nlpfeat.training import parametrisation
from nlpfeat.training.recipe import DescentSettings, with_parts
from nlpfeat.training.task import NO_CARRY, ExampleRule, GradientDescent, Task


class Program(NamedTuple):
    """The static arguments of a compiled program.

    Attributes:
      frozen: names of parameters or submodules that are not trained.
      parts: of a training step that some member uses, from `nlpfeat.training.recipe.used_parts`; the others are not compiled.
      train_sample: how many training examples a record is evaluated on; 0 for all.
    """

    task: Task
    module: Network
    frozen: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    train_sample: int = 0


class State(NamedTuple):
    """The state of training between two steps.

    Attributes:
      opt_state: of the trained parameters; the counters of a learning rule.
      carry: state of the network, for each row of a batch.
      average: of the parameters; () without averaging.
    """

    params: Params
    opt_state: optax.OptState | dict[str, Array]
    carry: PyTree = ()
    average: PyTree = ()

    @property
    def evaluated(self) -> Params:
        """The parameters that are evaluated and restored: their average, if there is one."""
        return self.average or self.params


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
      start: number of the first step.
      steps: number of steps.
    """

    start: Scalar
    steps: Scalar


class StepScales(NamedTuple):
    """What the schedules of a member say about each step of an interval. Padded, so that all intervals share a program.

    Attributes:
      learning_rate: factor of the learning rate of the member, (steps,).
      average: weight of the parameters in their running average, (steps,); () without averaging.
      layers: factor of the learning rate of each trained parameter, from `learning_rate_scales`, the same at every step.
    """

    learning_rate: Scalar
    average: Scalar = ()
    layers: PyTree = ()


Record: TypeAlias = dict[str, Array]  # the loss and each metric: (splits,)
Indices: TypeAlias = Int[Array, "*members steps batch_size"] | None


class StepInputs(NamedTuple):
    """The arguments of the program that differ from step to step.

    Attributes:
      indices: of the examples of each step, int (at least the steps of the interval, batch size); None for all examples in
        each step.
      scales: of each step.
    """

    indices: Indices
    scales: StepScales


def record_names(task: Task) -> tuple[str, ...]:
    """The names of the values in a record."""
    own = task.learner.metrics if isinstance(task.learner, ExampleRule) else ()
    return (*(metric.name for metric in task.recorded), *(name for name, _ in own))


def boxed_params(module: Network, inputs: PyTree, settings: Settings) -> PyTree:
    """The initial parameters as the layers draw them, from the random stream "init", with their roles where layers declare them."""
    return module.init(stream(settings.seed, "init"), inputs, settings)["params"]


def param_roles(program: Program, inputs: PyTree, settings: Settings) -> PyTree | None:
    """The roles of the parameters, which decide how they scale with the width.

    Returns:
      A nested dict of `nlpfeat.models.roles.Role`; None if the network multiplies units with units, or if not all of its layers
      declare roles.
    """
    if not program.task.model.layered:
        return None
    return roles_of(jax.eval_shape(partial(boxed_params, program.module), inputs, settings))


def initial_params(program: Program, data: Data) -> Params:
    """The initial parameters of a member, in its parametrisation."""
    settings = data.settings
    inputs = program.task.data.batch(data.arrays, data.splits["train"], jnp.arange(1)).inputs
    roles = param_roles(program, inputs, settings) if isinstance(settings, DescentSettings) else None
    if roles is None:
        return nn.meta.unbox(boxed_params(program.module, inputs, settings))
    drawn_at = replace(settings, width=parametrisation.drawing_width(settings))
    drawn = nn.meta.unbox(boxed_params(program.module, inputs, drawn_at))
    return parametrisation.scale_initial(drawn, roles, settings)


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
        params,
        learner.optimizer.transformation(settings).init(trained),
        program.task.model.carry.init(program.module, rows),
        params if "average" in program.parts else (),
    )


def learning_rate_scales(program: Program, batch: Examples, settings: Settings) -> PyTree:
    """The factor of the learning rate of each trained parameter; () where all of them are 1.

    Args:
      batch: some examples; only shapes matter.
    """
    learner = program.task.learner
    if "parametrisation" not in program.parts or not isinstance(learner, GradientDescent):
        return ()
    roles = param_roles(program, batch.inputs, settings)
    scales = parametrisation.rate_scales(roles, settings, adaptive=learner.optimizer.adaptive)
    return partition(scales, program.frozen)[0]


def train_step(
    program: Program,
    state: State,
    settings: PyTree,
    batch: Examples,
    scales: StepScales,
    step: Scalar,
) -> State:
    """One step of gradient descent on the mean loss of `batch`, or of the learning rule of the task.

    Args:
      settings: of the member.
      scales: of this step, scalars.
      step: number of the step, for the random stream of dropout.
    """
    task, module, frozen = program.task, program.module, program.frozen
    learner, carry = task.learner, task.model.carry
    learning_rate = scales.learning_rate * settings.learning_rate
    if not isinstance(learner, GradientDescent):
        return State(*learner.step(state.params, state.opt_state, batch, settings, learning_rate))  # pyright: ignore[reportArgumentType]
    trained, fixed = partition(state.params, frozen)
    inputs = carry.inject(state.carry, batch.inputs)
    used = with_parts(settings, program.parts)

    def mean_loss(trained: Params) -> tuple[Array, PyTree]:
        key = jax.random.fold_in(stream(settings.seed, "dropout"), step)
        outputs: Outputs = module.apply(
            {"params": merge(trained, fixed)}, inputs, used, train=True, rngs={"dropout": key}
        )  # pyright: ignore[reportAssignmentType]
        loss = learner.loss.fn(outputs, batch.targets)
        if "label_smoothing" in program.parts and learner.uniform_loss is not None:
            uniform = learner.uniform_loss(outputs, batch.targets)
            loss = (1 - settings.label_smoothing) * loss + settings.label_smoothing * uniform
        return loss.mean(), carry.extract(inputs, outputs)

    gradient, carried = jax.grad(mean_loss, has_aux=True)(trained)
    if "clip_norm" in program.parts:
        limit = jnp.where(settings.clip_norm > 0, settings.clip_norm, jnp.inf)
        gradient, _ = optax.clip_by_global_norm(limit).update(gradient, optax.EmptyState())
    updates, opt_state = learner.optimizer.transformation(settings).update(gradient, state.opt_state, trained)
    if scales.layers:
        updates = jax.tree.map(jnp.multiply, updates, scales.layers)
    if "decoupled_decay" in program.parts:
        updates = jax.tree.map(lambda u, p: u + settings.decoupled_decay * p, updates, trained)
    trained = jax.tree.map(lambda p, u: p - learning_rate * u, trained, updates)
    params = merge(trained, fixed)
    average = state.average
    if average:
        average = optax.incremental_update(params, average, scales.average)
    return State(params, opt_state, carried, average)


def train(program: Program, state: State, data: Data, inputs: StepInputs, interval: Interval) -> State:
    """Train for an interval."""
    indices, scales = inputs

    def batch_of(i: Scalar) -> Examples:
        index = None if indices is None else indices[i]
        return program.task.data.batch(data.arrays, data.splits["train"], index)

    layers = learning_rate_scales(program, jax.eval_shape(batch_of, 0), data.settings)

    def body(i: Array, state: State) -> State:
        of_step = jax.tree.map(lambda values: values[i], scales)._replace(layers=layers)
        return train_step(program, state, data.settings, batch_of(i), of_step, interval.start + i)

    return jax.lax.fori_loop(0, interval.steps, body, state)


def evaluate(program: Program, params: Params, data: Data) -> Record:
    """The mean loss and metrics on each split: {"loss": (splits,), metric: …}, with the splits in the order of `split_names`."""
    task, module = program.task, program.module
    carry, size = task.model.carry, task.evaluation.batch_size

    def sums(examples: Examples, carried: PyTree, index: Array) -> tuple[PyTree, Record]:
        batch = task.data.batch(data.arrays, examples, index)
        inputs = carry.inject(carried, batch.inputs)
        outputs: Outputs = module.apply({"params": params}, inputs, data.settings)  # pyright: ignore[reportAssignmentType]
        found = {metric.name: metric.fn(outputs, batch.targets).sum(0) for metric in task.recorded}
        return carry.extract(inputs, outputs), found

    def means(name: str) -> Record:
        examples = data.splits[name]
        order = task.evaluation.indices(data.arrays, examples)
        if name == "train" and 0 < program.train_sample < len(order):
            order = order[sample_places(task, len(order), program.train_sample)]
        n = len(order)
        whole = n - n % size
        parts = []
        if whole:
            batches = order[:whole].reshape(-1, size)
            _, each = jax.lax.scan(partial(sums, examples), carry.init(module, size), batches)
            parts.append(jax.tree.map(lambda values: values.sum(0), each))
        if whole < n:
            parts.append(sums(examples, carry.init(module, n - whole), order[whole:])[1])
        mean = jax.tree.map(lambda *values: sum(values) / n, *parts)
        return {metric.name: metric.of_means(mean[metric.name]) for metric in task.recorded}

    records = [means(name) for name in split_names(data.splits)]
    return jax.tree.map(lambda *values: jnp.stack(values), *records)


def sample_places(task: Task, examples: int, sample: int) -> Int[np.ndarray, " sample"]:
    """Places of evaluated examples that make a sample: evenly spaced, or the first ones where a network carries a state."""
    if task.model.carry is NO_CARRY:
        return np.linspace(0, examples - 1, sample).astype(np.int32)
    return np.arange(max(sample - sample % task.evaluation.batch_size, 1), dtype=np.int32)


def fresh_splits(task: Task, metadata: PyTree, settings: Settings) -> Splits:
    """New examples on which the last record is evaluated, by split; empty if the task cannot generate examples."""
    return task.data.fresh_splits(metadata, settings) if task.data.fresh_splits else {}


def rule_record(task: Task, counters: PyTree, splits: Splits) -> Record:
    """The metrics of the learning rule of the task: (splits,), NaN for all splits but train."""
    if not isinstance(task.learner, ExampleRule):
        return {}
    train = jnp.array([name == "train" for name in split_names(splits)])
    return {name: jnp.where(train, fn(counters), jnp.nan) for name, fn in task.learner.metrics}
