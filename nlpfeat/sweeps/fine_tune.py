"""Fine-tune a restored net, with batch norm inserted or without, at a learning rate."""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.examples import Examples, count
from nlpfeat.data.order import batch_order
from nlpfeat.models.batch_norm import Norms, dense_layers, insert, normalized, statistics
from nlpfeat.sweeps.restore import Member
from nlpfeat.training.task import Task

LEARNED = "batch norm"  # what is learned of it, among the parameters
SAMPLE = 4096  # training examples that the statistics of batch norm are taken over


class Tuned(NamedTuple):
    """A net after fine-tuning."""

    loss: float  # of the part asked for
    accuracy: float


def insert_norms(task: Task, member: Member) -> Norms:
    """Batch norm for a member, of its activations on training examples.

    Raises:
      UserError: if the net has no dense layers.
    """
    inputs = next(iter(_batches(task, member, member.splits["train"], 1)))
    layers = dense_layers(member.module, member.params, inputs.inputs, member.settings)
    batches = (batch.inputs for batch in _batches(task, member, member.splits["train"], SAMPLE))
    return insert(member.module, member.params, layers, batches, member.settings)


def fine_tune(
    task: Task,
    member: Member,
    norms: Norms | None,
    rate: float,
    steps: int,
    batch_size: int,
    key: int,
    split: str,
) -> Tuned:
    """Train `steps` further steps at `rate`, and evaluate on `split`.

    With batch norm its scales and offsets are trained, too, by the statistics of each batch; afterwards its kept
    statistics are taken anew, over training examples.

    Args:
      key: of the order of examples and of dropout.
    """
    train = member.splits["train"]
    order = batch_order(count(train), min(batch_size, count(train)), key, 0, steps)
    params, norms = _train(
        task,
        member.module,
        member.params,
        norms,
        member.settings,
        member.source.arrays,
        train,
        order,
        rate,
        key,
    )
    if norms is not None:
        batches = (batch.inputs for batch in _batches(task, member, train, SAMPLE))
        fresh = statistics(member.module, params, norms, list(norms), batches, member.settings)
        norms = {path: {**one, **fresh[path]} for path, one in norms.items()}
    return score(task, member, params, norms, split)


def score(task: Task, member: Member, params: Any, norms: Norms | None, split: str) -> Tuned:
    """Mean loss and accuracy on a part."""
    totals, examples = np.zeros(2), member.splits[split]
    for batch in _batches(task, member, examples, count(examples)):
        totals += np.array(_sums(task, member.module, params, norms, member.settings, batch), np.float64)
    return Tuned(*(totals / count(examples)).tolist())


def _batches(task: Task, member: Member, examples: Examples, most: int) -> Any:
    """The first `most` examples, a piece at a time."""
    n = min(most, count(examples))
    for start in range(0, n, task.piece):
        index = jnp.arange(start, min(start + task.piece, n))
        yield task.batch(member.source.arrays, examples, index)


def _trace(
    module: Any, params: Any, norms: Norms | None, batch: Examples, settings: Any, **options: Any
) -> Any:
    if norms is None:
        return module.apply({"params": params}, batch.inputs, settings, **options)
    return normalized(module, params, norms, batch.inputs, settings, **options)


@partial(jax.jit, static_argnums=(0, 1))
def _sums(
    task: Task, module: Any, params: Any, norms: Norms | None, settings: Any, batch: Examples
) -> tuple[Any, Any]:
    trace = _trace(module, params, norms, batch, settings, train=False)
    return task.loss(trace, batch.targets).sum(), task.metrics[0][1](trace, batch.targets).sum()


@partial(jax.jit, static_argnums=(0, 1))
def _train(
    task: Task,
    module: Any,
    params: Any,
    norms: Norms | None,
    settings: Any,
    arrays: Any,
    examples: Examples,
    order: Any,
    rate: Any,
    key: Any,
) -> tuple[Any, Norms | None]:
    learned = {path: {"scale": one["scale"], "offset": one["offset"]} for path, one in (norms or {}).items()}
    optimizer = task.optimizer(settings)

    def mean_loss(trained: Any, batch: Examples, step: Any) -> Any:
        weights = {name: part for name, part in trained.items() if name != LEARNED}
        full = (
            None
            if norms is None
            else {path: {**norms[path], **one} for path, one in trained[LEARNED].items()}
        )
        stream = jax.random.fold_in(jax.random.key(key), step)
        trace = _trace(module, weights, full, batch, settings, train=True, rngs={"dropout": stream})
        return task.loss(trace, batch.targets).mean()

    def body(i: Any, state: Any) -> Any:
        trained, moments = state
        gradient = jax.grad(mean_loss)(trained, task.batch(arrays, examples, jnp.asarray(order)[i]), i)
        updates, moments = optimizer.update(gradient, moments, trained)
        return jax.tree.map(lambda p, u: p - rate * u, trained, updates), moments

    first = jax.tree.map(jnp.asarray, {**params, LEARNED: learned})
    trained, _ = jax.lax.fori_loop(0, order.shape[0], body, (first, optimizer.init(first)))
    learned = trained.pop(LEARNED)
    if norms is None:
        return trained, None
    return trained, {path: {**norms[path], **one} for path, one in learned.items()}
