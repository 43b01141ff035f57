"""Fine-tune a trained network at growing learning rates, with batch norm inserted and without."""

import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from nlpfeat.data.core import Params, count, split_names
from nlpfeat.errors import UserError
from nlpfeat.models.batch_norm import NORMS, Normalized, Norms, dense_layers, insert, statistics
from nlpfeat.progress import Track, untracked
from nlpfeat.study.restore import TrainedMember
from nlpfeat.training.metrics import Metric
from nlpfeat.training.step import Interval, Program, StepInputs, StepScales, evaluate, init_state, train
from nlpfeat.training.task import GradientDescent

log = logging.getLogger(__name__)

SAMPLE = 4096  # training examples over which the statistics of batch norm are taken
CONDITIONS = ("without", "with")  # batch norm


class Evaluated(NamedTuple):
    """A network evaluated on one split.

    Attributes:
      loss: mean.
      score: the task's headline metric.
    """

    loss: float
    score: float


@dataclass(frozen=True)
class FineTuningOptions:
    """How a network is fine-tuned.

    Attributes:
      learning_rates: rising, each more than 0.
      steps: per fine-tuning.
      repeats: with different orders of the examples and dropout masks, per rate and condition.
    """

    learning_rates: Sequence[float] = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    steps: int = 100
    repeats: int = 3


class Survival(NamedTuple):
    """What fine-tuning left of a network.

    Attributes:
      learning_rates: rising.
      scores: (conditions, rates, repeats), the headline metric after fine-tuning; NaN where it diverged.
      before: the headline metric of the trained network.
      inserted: the same with batch norm, before fine-tuning.
      baseline: of the best constant prediction.
      metric: the headline metric.
      split: on which it is evaluated.
      steps: of fine-tuning.
    """

    learning_rates: list[float]
    scores: np.ndarray
    before: float
    inserted: float
    baseline: float
    metric: Metric
    split: str
    steps: int

    @property
    def learned(self) -> bool:
        """Whether the trained network is better than the baseline."""
        return self.metric.ascending(self.before) > self.metric.ascending(self.baseline)

    @property
    def half(self) -> float:
        """Half-way between the baseline and the trained network."""
        return (self.before + self.baseline) / 2

    def largest_rate(self, condition: str) -> float | None:
        """The largest rate survived, all smaller ones being survived as well.

        A rate is survived if the median over repeats is at least as good as `half`; a repeat that diverged counts as the worst.

        Returns:
          None if not even the smallest rate is survived, or the network had learned nothing.
        """
        if not self.learned:
            return None
        scores = self.scores[CONDITIONS.index(condition)]
        ascending = np.where(np.isfinite(scores), self.metric.ascending(scores), -np.inf)
        survived = np.median(ascending, axis=1) >= self.metric.ascending(self.half)
        rates = int(np.argmin([*survived, False]))
        return self.learning_rates[rates - 1] if rates else None


def survival(
    member: TrainedMember, options: FineTuningOptions = FineTuningOptions(), track: Track = untracked
) -> Survival:
    """Fine-tune a member with and without batch norm, from the same weights, at every rate.

    It is evaluated on the validation split, where there is one, else on the last split. Batches have the size of the study's.

    Args:
      member: the trained network.
      options: rates, steps and repeats.
      track: follows the fine-tunings.

    Raises:
      UserError: if the task is not trained by gradient descent, or the network has no dense layers.
    """
    task, splits = member.task, member.splits
    if not isinstance(task.learner, GradientDescent):
        raise UserError(f"{task.name} learns by a rule of its own, not by gradient descent")
    names = split_names(splits)
    split = "validation" if "validation" in names else names[-1]
    norms, metric = insert_norms(member), task.evaluation.headline
    rates = list(options.learning_rates)
    found = Survival(
        rates,
        np.full((len(CONDITIONS), len(rates), options.repeats), np.nan),
        evaluate_on(member, None, split).score,
        evaluate_on(member, norms, split).score,
        task.evaluation.baseline(member.dataset.arrays, splits["train"], splits[split]),
        metric,
        split,
        options.steps,
    )
    if not found.learned:
        log.warning(
            "this network has %s %s %.4g, no better than the best constant prediction, %.4g: it has learned nothing that "
            "could be lost",
            split,
            metric.name,
            found.before,
            found.baseline,
        )
    runs = list(itertools.product(range(len(CONDITIONS)), range(len(rates)), range(options.repeats)))
    for condition, rate, key in track(runs, "fine-tunings", len(runs)):
        inserted = norms if CONDITIONS[condition] == "with" else None
        tuned = fine_tune(member, inserted, rates[rate], options.steps, key, split)
        if np.isfinite(tuned.loss):
            found.scores[condition, rate, key] = tuned.score
    return found


def insert_norms(member: TrainedMember) -> Norms:
    """Batch norm after a member's dense layers, set from its activations on training examples so that no output changes.

    Raises:
      UserError: if the network has no dense layers.
    """
    layers = dense_layers(member.module, member.params, next(_inputs(member, 1)), member.settings)
    return insert(member.module, member.params, layers, _inputs(member, SAMPLE), member.settings)


def fine_tune(
    member: TrainedMember, norms: Norms | None, learning_rate: float, steps: int, key: int, split: str
) -> Evaluated:
    """Train a member further and evaluate it.

    The scales and offsets of batch norm are trained, too, with the statistics of each batch; afterwards the statistics for
    evaluation are taken anew over training examples.

    Args:
      member: where training starts, with a new optimizer.
      norms: from `insert_norms`; None for no batch norm.
      learning_rate: constant.
      steps: how many.
      key: seed of the order of the examples and of dropout.
      split: to evaluate on.
    """
    learner, data = member.task.learner, member.data
    assert isinstance(learner, GradientDescent)
    examples = count(data.splits["train"])
    batch_size = min(member.factory.spec.training.batch_size or examples, examples)
    indices = jnp.asarray(learner.sampler(examples, batch_size, key, 0, steps))
    settings = replace(member.settings, learning_rate=learning_rate, seed=key)
    program, params = _with_norms(member, norms)
    inputs = StepInputs(indices, StepScales(jnp.ones(steps)))
    state = init_state(program, batch_size, jax.tree.map(jnp.asarray, params), settings)
    data = data._replace(settings=settings, splits={"train": data.splits["train"]})
    tuned = _train(program, state, data, inputs, Interval(0, steps)).params
    if norms is not None:
        weights = dict(tuned)
        learned: Norms = weights.pop(NORMS)
        inputs = _inputs(member, SAMPLE)
        fresh = statistics(member.module, weights, learned, list(learned), inputs, member.settings)
        tuned = {**weights, NORMS: {path: {**one, **fresh[path]} for path, one in learned.items()}}
    return _evaluated(program, tuned, member, split)


def evaluate_on(member: TrainedMember, norms: Norms | None, split: str) -> Evaluated:
    """Mean loss and headline metric of a member on a split, with batch norm or without."""
    return _evaluated(*_with_norms(member, norms), member, split)


_train, _evaluate = jax.jit(train, static_argnums=0), jax.jit(evaluate, static_argnums=0)


def _with_norms(member: TrainedMember, norms: Norms | None) -> tuple[Program, Params]:
    """The program of a member, with batch norm if there is any, and its parameters."""
    if norms is None:
        return member.program, member.params
    module = Normalized(member.module)
    return Program(member.task, module), {**member.params, NORMS: norms}


def _evaluated(program: Program, params: Params, member: TrainedMember, split: str) -> Evaluated:
    record = _evaluate(program, params, member.data._replace(splits={split: member.splits[split]}))
    return Evaluated(float(record["loss"][0]), float(record[member.task.evaluation.headline.name][0]))


def _inputs(member: TrainedMember, most: int) -> Iterator[PyTree]:
    """The inputs of the first `most` training examples, batch by batch."""
    task, examples = member.task, member.splits["train"]
    n = min(most, count(examples))
    for start in range(0, n, task.evaluation.batch_size):
        index = jnp.arange(start, min(start + task.evaluation.batch_size, n))
        yield task.data.batch(member.dataset.arrays, examples, index).inputs
