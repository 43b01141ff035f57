"""The contract between a system and everything that trains, sweeps, restores and plots it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as nn
import numpy as np
import optax
from jax import Array

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Dataset, Examples, Splits, generated, rows
from nlpfeat.data.samplers import epoch_sampler, in_order
from nlpfeat.training.metrics import Baseline, majority_baseline

# A function of what the net computed and what was asked: (trace, targets) -> one number per example (n,).
PerExample = Callable[[dict[str, Array], Any], Array]


class Goal(NamedTuple):
    """What a member's headline metric has to reach for it to succeed: at least `level`, or at most where it is to fall."""

    level: float
    falling: bool = False  # whether less is better, as for an error

    def met(self, scores: Any) -> Any:
        """Which scores reach it; NaN does not."""
        return scores <= self.level if self.falling else scores >= self.level

    @property
    def worst(self) -> float:
        """What a member that diverged counts as having: no share right, or an error without bounds."""
        return math.inf if self.falling else 0.0

    def merit(self, scores: Any) -> Any:
        """The scores, so that more is better."""
        return -scores if self.falling else scores

    def __str__(self) -> str:
        return f"{'≤' if self.falling else '≥'} {self.level:g}"


ALMOST_ALL = Goal(0.99)


class Rule(NamedTuple):
    """A rule of learning of a task's own, in place of gradient descent.

    Either it steps once an example, in the order of the data, and a batch is so many steps; or it takes all training
    examples at once.

    Attributes:
      counters: names of the numbers it carries beside the parameters; 0 before the first example.
      step: (parameters, carry, batch, settings, learning rate) -> (parameters, carry).
      measures: (name, carry -> number): recorded for the training split, which alone is learned from.
      most: the largest batch; 0 of a rule that takes all examples at once.
    """

    counters: tuple[str, ...]
    step: Callable[[Any, Any, Examples, Any, Any], tuple[Any, Any]]
    measures: tuple[tuple[str, Callable[[Any], Any]], ...]
    most: int


class Carry(NamedTuple):
    """What a net carries from batch to batch, row by row. Its fields are pure functions.

    Attributes:
      fresh: (module, rows of a batch) -> what is carried before the first one.
      recall: (carried, inputs) -> the inputs with what is carried, for those rows that follow on what was read before.
      keep: (inputs, trace) -> what is carried on.
    """

    fresh: Callable[[Any, int], Any]
    recall: Callable[[Any, Any], Any]
    keep: Callable[[Any, dict[str, Any]], Any]


NO_CARRY = Carry(lambda module, rows: (), lambda carried, inputs: inputs, lambda inputs, trace: ())


@dataclass(frozen=True)
class Task:
    """Data + model + loss + metrics: one row of `nlpfeat.tasks.TASKS`. All fields are pure functions or types.

    Attributes:
      summary: what it is, in a few words.
      width: what the width counts here.
      data: frozen dataclass of the data's static settings.
      model: frozen dataclass of the model's static settings.
      settings: NamedTuple of the traced settings with their defaults.
      draw: (about, settings) -> the splits of one member. A pure JAX function where `seeded`.
      last_draw: (about, settings) -> fresh examples of some splits, a pure JAX function, where they are to be had for nothing: the
        record of the last step is taken over them, so many that they resolve the level of success.
      module: (model spec, about, units) -> Flax module, called with (inputs, settings, train=) and
        returning its trace: every named intermediate, "scores" among them, and "features", the last ones, where
        there are no `layers`.
      loss: per example; its mean over a batch is descended.
      metrics: (name, function per example); the first is the headline of figures and tables.
      optimizer: settings -> gradient transformation without the learning rate, which the step applies.
      load: (data spec, model spec) -> source, what all members share (files, read once). Generated data needs none:
        there the spec itself says all.
      batch: (the source's arrays, examples, index (b,) or None for all) -> the batch, with one row an index. Splits of
        file data hold row numbers, and this fetches what they stand for.
      start: (about, parameters, settings) -> the parameters before the first step, on the host, where they are not
        what the module draws: GloVe vectors, weights of a notebook's own generator.
      memory: what the net carries from batch to batch.
      order: (examples, batch size, seed, start, stop) -> which examples the steps from `start` to `stop` see.
      rule: how the task learns, where it is not by gradient descent; then no optimizer is used.
      loss_units: what the loss is measured in.
      success: what the headline metric of a member that succeeds reaches.
      chance: what the headline metric of the best constant answer is.
      piece: examples evaluated at a time.
      reading: (the source's arrays, examples) -> which examples of a part a record is taken over (n,), in the order in
        which they are evaluated.
      words: (parameters, settings) -> the word vectors (vocabulary, width), where inputs are words.
      factors: (parameters, settings) -> the vectors of users and items, where inputs are pairs of them.
      newcomer: (parameters, settings, training ratings, their squared error, items) -> how the numbers of a new user, who
        rated those items, are held.
      layers: (parameters, settings) -> the net as layers (weight, bias, slope left of zero) on points of the plane,
        the last one its head: what exact geometry measures. None for nets that are no such thing.
      arms: source -> (classes, n, 2), a curve along the middle of each class, if its points lie along one.
      limits: (model spec, data spec) -> the largest value of those traced settings that have one there.
      classes: whether it sorts examples into classes, which measures of separability ask for.
      seeded: whether each member draws its own data from its seed. If not, all share one copy on the device.
    """

    summary: str
    width: str
    data: type
    model: type
    settings: type
    draw: Callable[[Any, Any], Splits]
    module: Callable[[Any, Any, int], nn.Module]
    loss: PerExample
    metrics: tuple[tuple[str, PerExample], ...]
    optimizer: Callable[[Settings], optax.GradientTransformation]
    load: Callable[[Any, Any], Dataset] = generated
    batch: Callable[[Any, Examples, Array | None], Examples] = rows
    last_draw: Callable[[Any, Any], Splits] | None = None
    start: Callable[[Any, Any, Any], Any] = lambda about, params, settings: params
    memory: Carry = NO_CARRY
    order: Callable[[int, int, int, int, int], np.ndarray] = epoch_sampler
    rule: Rule | None = None
    loss_units: str = "nats"
    success: Goal = ALMOST_ALL
    chance: Baseline = majority_baseline
    piece: int = 4096
    reading: Callable[[Any, Examples], Array] = in_order
    words: Callable[[Any, Any], np.ndarray] | None = None
    factors: Callable[[Any, Any], Any] | None = None
    newcomer: Callable[[Any, Any, int, float, np.ndarray], dict[str, Any]] | None = None
    layers: Callable[[Any, Any], list[tuple[Any, Any, float]]] | None = None
    arms: Callable[[Any], np.ndarray] | None = None
    limits: Callable[[Any, Any], dict[str, float]] = lambda model, data: {}
    classes: bool = True
    seeded: bool = True
