"""The contract between a system and the code that trains, sweeps, restores and plots it.

A task has six groups of attributes: its names, how its data are read, how its network is built, how it learns, how it is
evaluated, and which views of a trained network exist. All callables are pure functions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

import flax.linen as nn
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Divisor, Multiple, Range, Scalar, Settings
from nlpfeat.data.core import BatchFn, Dataset, Examples, Outputs, Params, Splits, generated, rows
from nlpfeat.data.samplers import epoch_sampler, in_order
from nlpfeat.models.batch_norm import Network
from nlpfeat.models.factors import FactorTables, NewUserPrior
from nlpfeat.models.layers import PlainLayer
from nlpfeat.models.units import HiddenUnits
from nlpfeat.training.losses import cross_entropy, uniform_cross_entropy
from nlpfeat.training.metrics import Baseline, Metric, PerExample, Success, majority_baseline
from nlpfeat.training.optimizers import Optimizer
from nlpfeat.training.schedule import TrainingSpec


@runtime_checkable
class LoadFn(Protocol):
    """Reads the data that all members of a study share."""

    def __call__(self, spec: PyTree, model: PyTree, /) -> Dataset:
        """The dataset.

        Args:
          spec: of the data.
          model: spec of the model.

        Raises:
          UserError: if a file cannot be downloaded or read.
        """
        ...


@runtime_checkable
class SplitsFn(Protocol):
    """Makes the splits of one member."""

    def __call__(self, metadata: PyTree, settings: PyTree, /) -> Splits:
        """The splits of a member; traced by JAX if the pipeline is per seed.

        Args:
          metadata: of the dataset.
          settings: of the member.
        """
        ...


@runtime_checkable
class SamplerFn(Protocol):
    """Chooses the examples of each training step."""

    def __call__(
        self, examples: int, batch_size: int, seed: int, start: int, stop: int, /
    ) -> Int[np.ndarray, "steps batch_size"]:
        """The training examples of the steps from `start` to `stop` - 1.

        Args:
          examples: number of training examples.
          batch_size: examples per step.
          seed: of the member.

        Returns:
          Indices of examples, int32 (stop - start, batch_size).
        """
        ...


@runtime_checkable
class IndicesFn(Protocol):
    """Chooses the examples on which a split is evaluated."""

    def __call__(self, arrays: PyTree, examples: Examples, /) -> Int[Array, " n"]:
        """The indices (n,) of the examples, in the order of their evaluation.

        Args:
          arrays: of the dataset.
          examples: of the split.
        """
        ...


@runtime_checkable
class BuildFn(Protocol):
    """Builds the network of a task."""

    def __call__(self, spec: PyTree, metadata: PyTree, units: int, /) -> nn.Module:
        """A module that is called with (inputs, settings, train=) and returns its outputs by name.

        The outputs include "scores" for a classifier, and "features", the activations of the last hidden layer.

        Args:
          spec: of the model.
          metadata: of the dataset.
          units: the padded width.
        """
        ...


@runtime_checkable
class InitOverride(Protocol):
    """Replaces initial parameters of a member, on the host."""

    def __call__(self, metadata: PyTree, params: Params, settings: PyTree, splits: Splits, /) -> Params:
        """The parameters before the first step, such as a word table with pretrained vectors.

        Args:
          metadata: of the dataset.
          params: as the module draws them.
          settings: of the member.
          splits: of the member, on the host.
        """
        ...


class Carry(NamedTuple):
    """The state that a network carries from batch to batch, for each row of a batch.

    Attributes:
      init: (module, rows of a batch) -> the state before the first batch.
      inject: (state, inputs) -> the inputs with the state, in rows that continue the previous batch.
      extract: (inputs, outputs) -> the state after the batch.
    """

    init: Callable[[Network, int], PyTree]
    inject: Callable[[PyTree, PyTree], PyTree]
    extract: Callable[[PyTree, Outputs], PyTree]


NO_CARRY = Carry(lambda module, rows: (), lambda state, inputs: inputs, lambda inputs, outputs: ())


@dataclass(frozen=True)
class DataPipeline:
    """The source of the examples.

    Attributes:
      spec: frozen dataclass of the static settings of the data.
      splits: makes the splits of a member.
      load: reads the data that all members share.
      batch: makes the inputs and targets of a batch. The splits of data from files hold row numbers.
      fresh_splits: generates new examples for the last record, enough of them to resolve the success threshold; None if examples
        cannot be generated.
      per_seed: whether the splits depend on the seed of the member. If not, all members share one copy per device.
      bayes_accuracy: (data spec, settings) -> the accuracy of the best possible classifier; None if it is not known.
    """

    spec: type
    splits: SplitsFn
    load: LoadFn = generated
    batch: BatchFn = rows
    fresh_splits: SplitsFn | None = None
    per_seed: bool = True
    bayes_accuracy: Callable[[PyTree, PyTree], float] | None = None


@dataclass(frozen=True)
class ModelFactory:
    """The construction of the network.

    Attributes:
      spec: frozen dataclass of the static settings of the model.
      settings: subclass of `Settings`: the traced settings with their defaults.
      build: makes the module at a padded width.
      init_override: replaces initial parameters.
      carry: the state of networks that read a stream from batch to batch.
      limits: (model spec, data spec) -> valid values of traced settings that the specs limit, by name.
      layered: whether units reach the outputs through layers of weights only. A network that multiplies units with units, or
        sums them, has no other parametrisation than the standard one.
      padded: whether the module at a padded width computes what a narrower member does, given its width, as those of
        `nlpfeat.models` do. If not, as with layers of Flax itself, members of different widths have programs of their own.
    """

    spec: type
    settings: type[Settings]
    build: BuildFn
    init_override: InitOverride = lambda metadata, params, settings, splits: params
    carry: Carry = NO_CARRY
    limits: Callable[[PyTree, PyTree], Mapping[str, Range | Divisor | Multiple]] = lambda model, data: {}
    layered: bool = True
    padded: bool = True


@dataclass(frozen=True)
class GradientDescent:
    """Gradient descent on the mean loss of a batch.

    Attributes:
      loss: per example.
      optimizer: the direction of a step.
      sampler: chooses the examples of each step.
      uniform_loss: the loss if the target were uniform over the classes, for label smoothing; None where there are no classes.
    """

    loss: Metric
    optimizer: Optimizer
    sampler: SamplerFn = epoch_sampler
    uniform_loss: PerExample | None = None


def cross_entropy_descent(optimizer: Optimizer) -> GradientDescent:
    """Gradient descent on the cross-entropy of classes, in nats, as of most classifiers."""
    return GradientDescent(
        Metric("loss", cross_entropy, "nats", "min"), optimizer, uniform_loss=uniform_cross_entropy
    )


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
        """The parameters and counters after the step.

        Args:
          params: before the step.
          counters: before the step, scalars by name.
          batch: the examples of the step.
          settings: of the member.
          learning_rate: of the step.
        """
        ...


@dataclass(frozen=True)
class ExampleRule:
    """Online learning in the order of the data: one step per example, with the steps of a batch in one call.

    Attributes:
      loss: recorded.
      step: takes the steps of a batch.
      counters: names of scalars that the rule carries beside the parameters, 0 before the first example.
      metrics: (name, counters -> value), recorded for the train split.
      max_batch: the largest batch size.
    """

    loss: Metric
    step: StepFn
    counters: tuple[str, ...] = ()
    metrics: tuple[tuple[str, Callable[[dict[str, Array]], Array]], ...] = ()
    max_batch: int = 1


@dataclass(frozen=True)
class FullBatchRule:
    """A learning rule that uses all training examples in every step.

    Attributes:
      loss: recorded.
      step: takes a step.
    """

    loss: Metric
    step: StepFn


Learner: TypeAlias = GradientDescent | ExampleRule | FullBatchRule


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of members.

    Attributes:
      metrics: recorded beside the loss. The first is the headline metric of figures and tables.
      success: threshold of the headline metric for a successful member.
      baseline: the headline metric of the best constant prediction.
      batch_size: examples per evaluation batch.
      indices: chooses the examples of a split that are evaluated.
      kind: of the predictions. Measures of separability need classes.
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
        """The criterion of a successful member."""
        return Success(self.headline, self.success)


@dataclass(frozen=True)
class PiecewiseLinear:
    """A piecewise-linear network, for exact geometry.

    Attributes:
      layers: (module, parameters, settings) -> the layers, the class scores last.
      class_curves: data spec -> (classes, n, 2), the curve along which the points of each class lie, if they do.
      on_plane: whether its inputs are points of the plane, one array per coordinate, and its last layer but one an embedding.
    """

    layers: Callable[[nn.Module, Params, PyTree], list[PlainLayer]]
    class_curves: Callable[[PyTree], Float[np.ndarray, "classes n 2"]] | None = None
    on_plane: bool = True


@runtime_checkable
class NewUserPriorFn(Protocol):
    """The prior with which a new user is folded into a factor model."""

    def __call__(
        self, params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray, /
    ) -> dict[str, dict[str, NewUserPrior]]:
        """Priors by module and parameter.

        Args:
          params, settings: of the trained member.
          ratings: number of training ratings of all users.
          error: their mean squared error.
          items: int (n,), indices of the items that the new user has rated.
        """
        ...


@dataclass(frozen=True)
class Factors:
    """The vectors of users and items of a factor model.

    Attributes:
      tables: (parameters, settings) -> the vectors.
      new_user_prior: the prior of the parameters of a new user.
    """

    tables: Callable[[Params, PyTree], FactorTables]
    new_user_prior: NewUserPriorFn


WordVectors: TypeAlias = Callable[[Params, PyTree, PyTree], Float[np.ndarray, "words d"]]


@dataclass(frozen=True)
class Views:
    """The views of a trained network that analyses need. A view that the network lacks is None.

    Attributes:
      piecewise_linear: its layers, for exact geometry.
      word_vectors: (parameters, settings, metadata of the dataset) -> (vocabulary, width), one vector per word.
      factors: vectors of users and items.
      units: its hidden units, of which some may be taken.
    """

    piecewise_linear: PiecewiseLinear | None = None
    word_vectors: WordVectors | None = None
    factors: Factors | None = None
    units: HiddenUnits | None = None

    @property
    def plane(self) -> PiecewiseLinear | None:
        """The layers of a network on points of the plane."""
        view = self.piecewise_linear
        return view if view is not None and view.on_plane else None


class Fitted(NamedTuple):
    """A setting that suits a file of the user.

    Attributes:
      key: of the config, such as "training.steps".
      value: that suits the file.
      why: in a few words; empty for what follows from other settings.
    """

    key: str
    value: PyTree
    why: str


@dataclass(frozen=True)
class Task:
    """A system that can be swept: one entry of `nlpfeat.tasks.registry.TASKS`.

    Attributes:
      name: in configs and commands.
      summary: a description in a few words.
      width_label: the quantity that the width counts, as a label of figures.
      fit: reads the data of a spec and chooses settings that suit them; None where there are no such rules.
    """

    name: str
    summary: str
    width_label: str
    data: DataPipeline
    model: ModelFactory
    learner: Learner
    evaluation: Evaluation
    views: Views = Views()
    fit: Callable[[PyTree], list[Fitted]] | None = None

    @property
    def sections(self) -> dict[str, type]:
        """The dataclass of each section of a config."""
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
