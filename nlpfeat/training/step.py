"""One member: initialise, train, evaluate. Pure functions of arrays; `nlpfeat.sweeps.programs` maps them over many."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from flax import traverse_util
from jax import Array
from jax.typing import ArrayLike

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Examples, Splits, split_names
from nlpfeat.errors import UserError, nearest
from nlpfeat.keys import stream
from nlpfeat.training.task import Task

Params = Any  # a nested dict of arrays
Module = Any  # a Flax module, or what is applied as one


class State(NamedTuple):
    """What training carries from step to step."""

    params: Params
    opt_state: Any  # of the parameters that the phase trains
    carried: Any = ()  # of the task's memory, row by row of a batch


Record = dict[str, Array]  # loss and each metric: (splits,)


def record_names(task: Task) -> tuple[str, ...]:
    """The names in a record."""
    own = task.rule.measures if task.rule else ()
    return ("loss", *(name for name, _ in task.metrics), *(name for name, _ in own))


def initial_params(task: Task, module: Module, arrays: Any, splits: Splits, settings: Settings) -> Params:
    """The parameters that the module draws, from the member's "init" stream."""
    example = task.batch(arrays, splits["train"], jnp.arange(1))
    return module.init(stream(settings.seed, "init"), example.inputs, settings)["params"]


def partition(params: Params, frozen: tuple[str, ...]) -> tuple[Params, Params]:
    """Split `params` into what is trained and what is frozen: two nested dicts without common leaves.

    Raises:
      UserError: if a name of `frozen` is neither a module nor a module/parameter of the model.
    """
    flat = traverse_util.flatten_dict(params, sep="/")
    prefixes = {"/".join(p.split("/")[:n]) for p in flat for n in range(1, p.count("/") + 2)}
    for name in frozen:
        if name not in prefixes:
            raise UserError(f"training.frozen: no parameter {name!r}; {nearest(name, prefixes)}")

    def is_frozen(path: str) -> bool:
        return any(path == name or path.startswith(name + "/") for name in frozen)

    parts = [{p: leaf for p, leaf in flat.items() if is_frozen(p) == part} for part in (False, True)]
    trained, held = (traverse_util.unflatten_dict(part, sep="/") for part in parts)
    return trained, held


def merge(trained: Params, held: Params) -> Params:
    """The inverse of `partition`."""
    flat = traverse_util.flatten_dict(trained) | traverse_util.flatten_dict(held)
    return traverse_util.unflatten_dict(flat)


def init_state(
    task: Task, module: Module, frozen: tuple[str, ...], rows: int, params: Params, settings: Settings
) -> State:
    """The state at the start of a phase that trains all but `frozen`, in batches of `rows` rows."""
    if task.rule:
        return State(params, {name: jnp.float32(0) for name in task.rule.counters})
    trained, _ = partition(params, frozen)
    return State(params, task.optimizer(settings).init(trained), task.memory.fresh(module, rows))


def train_step(
    task: Task,
    module: Module,
    frozen: tuple[str, ...],
    state: State,
    settings: Settings,
    batch: Examples,
    rate: ArrayLike,
    step: ArrayLike,
) -> State:
    """One step with learning rate `rate` · settings.learning_rate: down the mean loss of `batch`, or by the task's own rule."""
    speed = rate * settings.learning_rate
    if task.rule:
        return State(*task.rule.step(state.params, state.opt_state, batch, settings, speed))
    trained, held = partition(state.params, frozen)
    inputs = task.memory.recall(state.carried, batch.inputs)

    def mean_loss(trained: Params) -> tuple[Array, Any]:
        key = jax.random.fold_in(stream(settings.seed, "dropout"), step)
        trace: Any = module.apply(
            {"params": merge(trained, held)},
            inputs,
            settings,
            train=True,
            rngs={"dropout": key},
        )
        return task.loss(trace, batch.targets).mean(), task.memory.keep(inputs, trace)

    gradient, carried = jax.grad(mean_loss, has_aux=True)(trained)
    updates, opt_state = task.optimizer(settings).update(gradient, state.opt_state, trained)
    trained = jax.tree.map(lambda p, u: p - speed * u, trained, updates)
    return State(merge(trained, held), opt_state, carried)


def train(
    task: Task,
    module: Module,
    frozen: tuple[str, ...],
    state: State,
    settings: Settings,
    arrays: Any,
    examples: Examples,
    order: Array | None,
    rate: ArrayLike,
    start: ArrayLike,
    steps: ArrayLike,
) -> State:
    """`steps` steps from step `start`, all within one phase.

    Args:
      arrays: of the task's source.
      order: which examples each step sees, int (at least `steps`, batch size), or None for all of them.
      rate, start, steps: traced scalars: one program serves every phase and every stretch.
    """

    def body(i: Array, state: State) -> State:
        batch = task.batch(arrays, examples, None if order is None else order[i])
        return train_step(task, module, frozen, state, settings, batch, rate, start + i)

    return jax.lax.fori_loop(0, steps, body, state)


def evaluate(
    task: Task, module: Module, params: Params, settings: Settings, arrays: Any, splits: Splits
) -> Record:
    """Mean loss and metrics on every split, in the order of `split_names`: {"loss": (splits,), metric: …}."""
    measures = (("loss", task.loss), *task.metrics)

    def sums(examples: Examples, carried: Any, index: Array) -> tuple[Any, Record]:
        batch = task.batch(arrays, examples, index)
        inputs = task.memory.recall(carried, batch.inputs)
        trace: Any = module.apply({"params": params}, inputs, settings)
        found = {name: measure(trace, batch.targets).sum() for name, measure in measures}
        return task.memory.keep(inputs, trace), found

    def means(examples: Examples) -> Record:
        order = task.reading(arrays, examples)
        n = len(order)
        whole = n - n % task.piece
        parts = []
        if whole:
            pieces = order[:whole].reshape(-1, task.piece)
            carried = task.memory.fresh(module, task.piece)
            _, each = jax.lax.scan(partial(sums, examples), carried, pieces)
            parts.append(jax.tree.map(lambda values: values.sum(0), each))
        if whole < n:
            carried = task.memory.fresh(module, n - whole)
            parts.append(sums(examples, carried, order[whole:])[1])
        return jax.tree.map(lambda *values: sum(values) / n, *parts)

    records = [means(splits[name]) for name in split_names(splits)]
    return jax.tree.map(lambda *values: jnp.stack(values), *records)


def fresh_splits(task: Task, about: Any, settings: Settings) -> Splits:
    """The fresh examples of some splits that the record of the last step is taken over, where a task has such."""
    return task.last_draw(about, settings) if task.last_draw else {}


def rule_record(task: Task, carry: Any, splits: Splits) -> Record:
    """What the task's own rule counted on its way: (splits,), NaN for all but the training split."""
    if task.rule is None:
        return {}
    train = jnp.array([name == "train" for name in split_names(splits)])
    return {name: jnp.where(train, measure(carry), jnp.nan) for name, measure in task.rule.measures}
