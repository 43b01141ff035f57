"""The contract between a system and everything that trains, sweeps, restores and plots it.

A task is six groups: how its data are read, how its network is built, how it learns, how it is evaluated, and which views of
a trained network it has. All callables are pure functions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

import flax.linen as nn
import numpy as np
import optax
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Scalar, Settings
from nlpfeat.data.core import BatchFn, Dataset, Examples, Outputs, Params, Splits, generated, rows
from nlpfeat.data.samplers import epoch_sampler, in_order
from nlpfeat.models.factors import FactorTables, NewUserPrior
from nlpfeat.training.metrics import Baseline, Metric, Success, majority_baseline
from nlpfeat.training.schedule import TrainingSpec


@runtime_checkable
class LoadFn(Protocol):
    """Reads the files that all members of a study share, once."""

    def __call__(self, spec: PyTree, model: PyTree, /) -> Dataset:
        """The dataset of a data spec and a model spec.

        Raises:
          UserError: if the files cannot be had or read.
        """
        ...


@runtime_checkable
class SplitsFn(Protocol):
    """Makes the splits of one member."""

    def __call__(self, metadata: PyTree, settings: PyTree, /) -> Splits:
        """The splits; a pure JAX function where the pipeline is per seed.

        Args:
          metadata: of the dataset.
          settings: scalars of the member.
        """
        ...


@runtime_checkable
class SamplerFn(Protocol):
    """Chooses the examples of each step."""

    def __call__(
        self, examples: int, batch_size: int, seed: int, start: int, stop: int, /
    ) -> Int[np.ndarray, "steps batch_size"]:
        """Indices of the training examples that the steps from `start` to `stop` see: int32 (stop - start, batch_size)."""
        ...


@runtime_checkable
class IndicesFn(Protocol):
    """Chooses the examples that a split is evaluated on."""

    def __call__(self, arrays: PyTree, examples: Examples, /) -> Int[Array, " n"]:
        """Their indices (n,), in the order in which they are evaluated."""
        ...


@runtime_checkable
class BuildFn(Protocol):
    """Builds the network of a task."""

    def __call__(self, spec: PyTree, metadata: PyTree, units: int, /) -> nn.Module:
        """A module called with (inputs, settings, train=) that returns its outputs by name.

        "scores" are among them, and "features", the last ones, where the task has no piecewise-linear view.

        Args:
          spec: of the model.
          metadata: of the dataset.
          units: the padded width.
        """
        ...


@runtime_checkable
class InitOverride(Protocol):
    """Replaces initial parameters that the module does not draw itself."""

    def __call__(self, metadata: PyTree, params: Params, settings: PyTree, /) -> Params:
        """The parameters before the first step, on the host, such as pretrained vectors in place of random ones."""
        ...


class Carry(NamedTuple):
    """State that a network carries from batch to batch, row by row.

    Attributes:
      init: (module, rows of a batch) -> the state before the first batch.
      inject: (state, inputs) -> the inputs with the state of the rows that continue what was read before.
      extract: (inputs, outputs) -> the state after the batch.
    """

    init: Callable[[nn.Module, int], PyTree]
    inject: Callable[[PyTree, PyTree], PyTree]
    extract: Callable[[PyTree, Outputs], PyTree]


NO_CARRY = Carry(lambda module, rows: (), lambda state, inputs: inputs, lambda inputs, outputs: ())


@dataclass(frozen=True)
class DataPipeline:
    """Where the examples come from.

    Attributes:
      spec: frozen dataclass of the static settings of the data.
      splits: makes the splits of a member.
      load: reads what all members share; generated data need no files.
      batch: fetches the rows of a batch; splits of data from files hold row numbers.
      fresh_splits: new examples for some splits, where they can be generated: the last record is evaluated on them, on so many
        that they resolve the success threshold.
      per_seed: whether each member makes its own splits from its seed. If not, all share one copy per device.
    """

    spec: type
    splits: SplitsFn
    load: LoadFn = generated
    batch: BatchFn = rows
    fresh_splits: SplitsFn | None = None
    per_seed: bool = True


@dataclass(frozen=True)
class ModelFactory:
    """How the network is built.

    Attributes:
      spec: frozen dataclass of the static settings of the model.
      settings: subclass of `Settings`: the traced settings with their defaults.
      build: the module at a padded width.
      init_override: changes the parameters that the module drew, before the first step.
      carry: state of networks that read on from batch to batch.
      limits: (model spec, data spec) -> the largest value of those traced settings that have one there.
    """

    spec: type
    settings: type[Settings]
    build: BuildFn
    init_override: InitOverride = lambda metadata, params, settings: params
    carry: Carry = NO_CARRY
    limits: Callable[[PyTree, PyTree], dict[str, float]] = lambda model, data: {}


@dataclass(frozen=True)
class GradientDescent:
    """Descends the mean loss of a batch.

    Attributes:
      loss: minimised.
      optimizer: settings -> Optax transformation without the learning rate, which the step applies.
      sampler: the examples of each step.
    """

    loss: Metric
    optimizer: Callable[[PyTree], optax.GradientTransformation]
    sampler: SamplerFn = epoch_sampler


@runtime_checkable
class StepFn(Protocol):
    """One step of a learning rule."""

    def __call__(
        self,
        params: Params,
        counters: dict[str, Array],
        batch: Examples,
        settings: PyTree,
        learning_rate: Scalar,
        /,
    ) -> tuple[Params, dict[str, Array]]:
        """The parameters and counters after the step."""
        ...


@dataclass(frozen=True)
class ExampleRule:
    """Learns example by example, in the order of the data: a batch is that many steps.

    Attributes:
      loss: recorded.
      step: takes the steps of a batch.
      counters: names of the numbers it carries beside the parameters, 0 before the first example.
      metrics: (name, counters -> number), recorded for the train split.
      max_batch: the largest batch.
    """

    loss: Metric
    step: StepFn
    counters: tuple[str, ...] = ()
    metrics: tuple[tuple[str, Callable[[dict[str, Array]], Array]], ...] = ()
    max_batch: int = 1


@dataclass(frozen=True)
class FullBatchRule:
    """Takes all training examples at every step.

    Attributes:
      loss: recorded.
      step: takes a step on all training examples.
    """

    loss: Metric
    step: StepFn


Learner: TypeAlias = GradientDescent | ExampleRule | FullBatchRule


@dataclass(frozen=True)
class Evaluation:
    """What is recorded.

    Attributes:
      metrics: recorded beside the loss; the first is the headline of figures and tables.
      success: the threshold that the headline metric of a successful member reaches.
      baseline: the headline metric of the best constant prediction.
      batch_size: examples evaluated at a time.
      indices: which examples of a split are evaluated.
      kind: what is predicted. Measures of separability need classes.
    """

    metrics: tuple[Metric, ...]
    success: float = 0.99
    baseline: Baseline = majority_baseline
    batch_size: int = 4096
    indices: IndicesFn = in_order
    kind: Literal["classification", "regression", "ranking", "sequence"] = "classification"

    @property
    def headline(self) -> Metric:
        """The metric of figures and tables."""
        return self.metrics[0]

    @property
    def criterion(self) -> Success:
        """When a member succeeds."""
        return Success(self.headline, self.success)


PlainLayer: TypeAlias = tuple[Array | np.ndarray, Array | np.ndarray, float]


@dataclass(frozen=True)
class PiecewiseLinear:
    """A network on points of the plane as plain layers, which exact geometry measures.

    Attributes:
      layers: (parameters, settings) -> (weight, bias, slope for negative inputs) of each layer, the head last.
      class_curves: data spec -> (classes, n, 2), a curve along the middle of each class, where points lie along one.
    """

    layers: Callable[[Params, PyTree], list[PlainLayer]]
    class_curves: Callable[[PyTree], Float[np.ndarray, "classes n 2"]] | None = None


@runtime_checkable
class NewUserPriorFn(Protocol):
    """The prior under which a new user is folded into a factor model."""

    def __call__(
        self, params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray, /
    ) -> dict[str, dict[str, NewUserPrior]]:
        """Priors by module and parameter.

        Args:
          ratings: number of training ratings of all users.
          error: their mean squared error.
          items: int (n,), the items that the new user has rated.
        """
        ...


@dataclass(frozen=True)
class Factors:
    """Vectors of users and items.

    Attributes:
      tables: (parameters, settings) -> the vectors.
      new_user_prior: how the parameters of a new user are regularised.
    """

    tables: Callable[[Params, PyTree], FactorTables]
    new_user_prior: NewUserPriorFn


WordVectors: TypeAlias = Callable[[Params, PyTree], Float[np.ndarray, "words d"]]


@dataclass(frozen=True)
class Views:
    """What can be asked of a trained network; None: it has no such view.

    Attributes:
      piecewise_linear: exact geometry on the plane.
      word_vectors: (parameters, settings) -> (vocabulary, width), one vector for each word.
      factors: vectors of users and items.
    """

    piecewise_linear: PiecewiseLinear | None = None
    word_vectors: WordVectors | None = None
    factors: Factors | None = None


@dataclass(frozen=True)
class Task:
    """A system that can be swept: one row of `nlpfeat.tasks.registry.TASKS`.

    Attributes:
      name: of the row.
      summary: what it is, in a few words.
      width_label: what the width counts.
    """

    name: str
    summary: str
    width_label: str
    data: DataPipeline
    model: ModelFactory
    learner: Learner
    evaluation: Evaluation
    views: Views = Views()

    @property
    def sections(self) -> dict[str, type]:
        """The types of the sections of a config."""
        return {
            "data": self.data.spec,
            "model": self.model.spec,
            "training": TrainingSpec,
            "settings": self.model.settings,
        }

    @property
    def recorded(self) -> tuple[Metric, ...]:
        """The loss and the metrics, in the order of a record."""
        return (self.learner.loss, *self.evaluation.metrics)
