"""Fine-tune a restored net, with batch norm inserted or without, at a learning rate."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from nlpfeat.data.core import Examples, count
from nlpfeat.models.batch_norm import NORMS, Normalized, Norms, dense_layers, insert, statistics
from nlpfeat.study.restore import Member
from nlpfeat.training.step import evaluate, init_state, train
from nlpfeat.training.task import Task

SAMPLE = 4096  # training examples that the statistics of batch norm are taken over


class FineTuned(NamedTuple):
    """A net after fine-tuning."""

    loss: float  # of the split asked for
    score: float  # the task's headline metric there


def insert_norms(task: Task, member: Member) -> Norms:
    """Batch norm for a member, of its activations on training examples.

    Raises:
      UserError: if the net has no dense layers.
    """
    layers = dense_layers(member.module, member.params, next(_inputs(task, member, 1)), member.settings)
    return insert(member.module, member.params, layers, _inputs(task, member, SAMPLE), member.settings)


def fine_tune(
    task: Task,
    member: Member,
    norms: Norms | None,
    rate: float,
    steps: int,
    batch_size: int,
    key: int,
    split: str,
) -> FineTuned:
    """Train `steps` further steps at `rate`, and evaluate on `split`.

    With batch norm its scales and offsets are trained, too, by the statistics of each batch; afterwards its kept
    statistics are taken anew, over training examples.

    Args:
      key: of the order of examples and of dropout.
    """
    examples = member.splits["train"]
    order = task.learner.sampler(count(examples), min(batch_size, count(examples)), key, 0, steps)
    settings = member.settings._replace(learning_rate=rate, seed=key)
    module, params = _net(member, norms)
    state = init_state(task, module, (), order.shape[1], jax.tree.map(jnp.asarray, params), settings)
    arrays = member.dataset.arrays
    tuned = _train(task, module, (), state, settings, arrays, examples, order, 1.0, 0, steps).params
    if norms is not None:
        weights = dict(tuned)
        learned: Norms = weights.pop(NORMS)
        inputs = _inputs(task, member, SAMPLE)
        fresh = statistics(member.module, weights, learned, list(learned), inputs, member.settings)
        tuned = {**weights, NORMS: {path: {**one, **fresh[path]} for path, one in learned.items()}}
    return _score(task, module, tuned, member, split)


def score(task: Task, member: Member, norms: Norms | None, split: str) -> FineTuned:
    """Mean loss and headline metric on a split, with batch norm or without."""
    return _score(task, *_net(member, norms), member, split)


_train = jax.jit(train, static_argnums=(0, 1, 2))
_evaluate = jax.jit(evaluate, static_argnums=(0, 1))


def _net(member: Member, norms: Norms | None) -> tuple[Any, Any]:
    """Module and parameters."""
    if norms is None:
        return member.module, member.params
    return Normalized(member.module), {**member.params, NORMS: norms}


def _score(task: Task, module: Any, params: Any, member: Member, split: str) -> FineTuned:
    splits: dict[str, Examples] = {split: member.splits[split]}
    record = _evaluate(task, module, params, member.settings, member.dataset.arrays, splits)
    return FineTuned(float(record["loss"][0]), float(record[task.evaluation.headline.name][0]))


def _inputs(task: Task, member: Member, most: int) -> Iterator[Any]:
    """The first `most` training examples, a piece at a time."""
    examples = member.splits["train"]
    n = min(most, count(examples))
    for start in range(0, n, task.evaluation.batch_size):
        index = jnp.arange(start, min(start + task.evaluation.batch_size, n))
        yield task.data.batch(member.dataset.arrays, examples, index).inputs
