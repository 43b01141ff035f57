"""Metrics and their baselines.

A metric is a number per example, (outputs, targets) -> (n,); a record holds the means over a split.
"""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from nlpfeat.data.core import BatchFn, Examples, Outputs
from nlpfeat.training.losses import next_token_loss

Values = TypeVar("Values", bound=object)


@runtime_checkable
class PerExample(Protocol):
    """A number for each example of a batch."""

    def __call__(self, outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
        """The numbers (n,).

        Args:
          outputs: what the module returned: named arrays, the examples on their first axis.
          targets: of the batch, as the data pipeline gives them.
        """
        ...


@dataclass(frozen=True)
class Metric:
    """A number per example, averaged over the examples of a split.

    Attributes:
      name: of the variable in the study's array.
      fn: the number of each example.
      units: of the number; empty for a fraction.
      mode: whether larger ("max") or smaller ("min") is better.
    """

    name: str
    fn: PerExample
    units: str = ""
    mode: Literal["max", "min"] = "max"

    @property
    def worst(self) -> float:
        """The value of a member that diverged: no fraction correct, or an unbounded error."""
        return 0.0 if self.mode == "max" else math.inf

    def ascending(self, values: Values) -> Values:
        """The values, with the sign that makes larger better."""
        return values if self.mode == "max" else -values  # pyright: ignore[reportOperatorIssue]


class Success(NamedTuple):
    """When a member succeeds: its metric reaches a threshold."""

    metric: Metric
    threshold: float

    def reached(self, values: Values) -> Values:
        """Which of the values, a number or an array, reach the threshold; NaN does not."""
        return values >= self.threshold if self.metric.mode == "max" else values <= self.threshold  # pyright: ignore

    def __str__(self) -> str:
        return f"{'≥' if self.metric.mode == 'max' else '≤'} {self.threshold:g}"


@runtime_checkable
class Baseline(Protocol):
    """The headline metric of the best constant prediction."""

    def __call__(self, arrays: PyTree, train: Examples, evaluated: Examples) -> float:
        """The metric of the constant that fits `train` best, on `evaluated`.

        Args:
          arrays: of the dataset, which the members share.
        """
        ...


def accuracy(outputs: Outputs, targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0; 0 where one of them is no number."""
    return correct(outputs["scores"], targets).astype(jnp.float32)


def window_accuracy(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """How many windows score higher than their copies, a tie counting one half.

    Args:
      outputs: "real", "wrong" (n, length), scores; "windows" (n, length), where there are such.
      targets: (n,), what the sum over the windows of a stretch is divided by.
    """
    higher = 0.5 * (jnp.sign(outputs["real"] - outputs["wrong"]) + 1)
    return jnp.where(outputs["windows"], higher, 0.0).sum(1) / targets


def bits_per_token(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """Bits that the next token takes, by the chance that it was given: the loss in another unit. As `next_token`."""
    return next_token_loss(outputs, targets) / jnp.log(2.0)


def next_token_accuracy(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """How often the token of the highest score comes next. As `next_token`."""
    return jnp.where(targets.there, correct(outputs["scores"], targets.tokens), 0.0).sum(1) / targets.mean


def correct(
    scores: Float[Array, "*places classes"], targets: Int[Array | np.ndarray, "*places"]
) -> Bool[Array, "*places"]:
    """Whether what is asked for has the highest score. Of scores that are no numbers argmax would be the first: chance."""
    return (jnp.argmax(scores, axis=-1) == targets) & jnp.isfinite(scores).all(-1)


def majority_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Accuracy of naming the commonest class, targets being class ids (n,)."""
    common = np.bincount(np.asarray(train.targets)).argmax()
    return float((np.asarray(evaluated.targets) == common).mean())


def tie_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """How often the real one of two scores higher where all score the same, a tie counting one half."""
    return 0.5


def mean_square_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Squared error of answering the mean, targets being numbers (n,)."""
    mean = np.asarray(train.targets, np.float64).mean()
    return float(((np.asarray(evaluated.targets, np.float64) - mean) ** 2).mean())


def unigram_bits(batch: BatchFn, arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Bits a token by how often each occurs, one more than counted, so that an unseen one has a chance.

    Args:
      batch: the task's, whose targets hold `tokens` and `there` (n, length).
    """

    def tokens(examples: Examples) -> np.ndarray:
        targets = batch(arrays, examples, None).targets
        return np.asarray(targets.tokens)[np.asarray(targets.there)]

    seen, wanted = tokens(train), tokens(evaluated)
    counts = np.bincount(seen, minlength=int(wanted.max()) + 1) + 1
    return float(-np.log2(counts / counts.sum())[wanted].mean())
