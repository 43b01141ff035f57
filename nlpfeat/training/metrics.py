"""Metrics and their baselines.

A metric is a value per example, (outputs, targets) -> (n,). A record stores its mean over a split.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, PyTree

from nlpfeat.data.core import BatchFn, Examples, Outputs
from nlpfeat.training.losses import next_token_loss

Values = TypeVar("Values", bound=object)
TINY = 1e-30  # below any share of a split, so that 0 / 0 is 0


@runtime_checkable
class PerExample(Protocol):
    """A value per example of a batch."""

    def __call__(self, outputs: Outputs, targets: PyTree) -> Float[Array, "n *tally"]:
        """The values (n,), or (n, …) for a metric that is made of several means.

        Args:
          outputs: of the module: arrays by name, with the examples on their first axis.
          targets: of the batch, from the data pipeline.
        """
        ...


@dataclass(frozen=True)
class Metric:
    """A value per example, averaged over a split.

    Attributes:
      name: of the variable in the array of a study.
      fn: the value per example.
      units: of the value; empty for a fraction.
      mode: whether larger ("max") or smaller ("min") is better.
      finish: makes the metric of the means over a split; None where the mean is the metric.
    """

    name: str
    fn: PerExample
    units: str = ""
    mode: Literal["max", "min"] = "max"
    finish: Callable[[Float[Array, "*tally"]], Float[Array, ""]] | None = None

    def of_means(self, means: Float[Array, "*tally"]) -> Float[Array, ""]:
        """The metric of a split, given the means of `fn` over its examples."""
        return means if self.finish is None else self.finish(means)

    @property
    def is_share(self) -> bool:
        """Whether it is a share of examples that are right, such as an accuracy."""
        return self.mode == "max" and not self.units

    @property
    def worst(self) -> float:
        """The value of a diverged member: a fraction of 0, or an infinite error."""
        return 0.0 if self.mode == "max" else math.inf

    def ascending(self, values: Values) -> Values:
        """The values with the sign for which larger is better."""
        return values if self.mode == "max" else -values  # pyright: ignore[reportOperatorIssue]


class Success(NamedTuple):
    """The criterion of a successful member: its metric reaches a threshold."""

    metric: Metric
    threshold: float

    def reached(self, values: Values) -> Values:
        """Whether the value, or each value of an array, reaches the threshold; False for NaN."""
        return values >= self.threshold if self.metric.mode == "max" else values <= self.threshold  # pyright: ignore[reportOperatorIssue]

    def __str__(self) -> str:
        return f"{'≥' if self.metric.mode == 'max' else '≤'} {self.threshold:g}"


@runtime_checkable
class Baseline(Protocol):
    """The headline metric of the best constant prediction."""

    def __call__(self, arrays: PyTree, train: Examples, evaluated: Examples) -> float:
        """The metric of the best constant prediction.

        Args:
          arrays: of the dataset.
          train: examples that choose the constant.
          evaluated: examples on which the metric is evaluated.
        """
        ...


def accuracy(outputs: Outputs, targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the largest of the "scores" (n, classes) is that of the target class (n,), else 0; 0 for scores that are not finite."""
    return correct(outputs["scores"], targets).astype(jnp.float32)


def class_tally(outputs: Outputs, targets: Int[Array | np.ndarray, " n"]) -> Float[Array, "n 3 classes"]:
    """Of each example: whether it is predicted correctly, its predicted and its true class, one-hot (n, 3, classes).

    Scores that are not finite predict nothing.
    """
    scores = outputs["scores"]
    classes, finite = scores.shape[-1], jnp.isfinite(scores).all(-1)
    true = jax.nn.one_hot(targets, classes)
    predicted = jax.nn.one_hot(jnp.argmax(scores, axis=-1), classes) * finite[:, None]
    return jnp.stack([true * predicted, predicted, true], axis=1)


def mean_recall(means: Float[Array, "3 classes"]) -> Float[Array, ""]:
    """Balanced accuracy: the mean recall of the classes that a split has, from the means of `class_tally`."""
    correct, _, true = means
    return (correct / jnp.maximum(true, TINY)).sum() / jnp.maximum((true > 0).sum(), 1)


def mean_f1(means: Float[Array, "3 classes"]) -> Float[Array, ""]:
    """Macro-F1: the mean of 2 · correct / (predicted + true) over the classes that are predicted or true, from the means of `class_tally`."""
    correct, predicted, true = means
    both = predicted + true
    return (2 * correct / jnp.maximum(both, TINY)).sum() / jnp.maximum((both > 0).sum(), 1)


def window_accuracy(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """The fraction of windows with a higher score than their corrupted copies; a tie counts one half.

    Args:
      outputs: "real", "wrong" (n, length), scores; "windows" bool (n, length), the valid ones.
      targets: (n,), the mean number of windows per segment, by which the sum over a segment is divided.
    """
    higher = 0.5 * (jnp.sign(outputs["real"] - outputs["wrong"]) + 1)
    return jnp.where(outputs["windows"], higher, 0.0).sum(1) / targets


def bits_per_token(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """Bits per token: `next_token_loss` in another unit."""
    return next_token_loss(outputs, targets) / jnp.log(2.0)


def next_token_accuracy(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """The fraction of positions whose next token has the highest score. Arguments as those of `next_token_loss`."""
    right = correct(outputs["scores"], targets.tokens)
    return jnp.where(targets.valid, right, 0.0).sum(1) / targets.mean


def correct(
    scores: Float[Array, "*positions classes"], targets: Int[Array | np.ndarray, "*positions"]
) -> Bool[Array, "*positions"]:
    """Whether the target has the highest score. Scores that are not finite are wrong, though argmax of NaN is class 0."""
    return (jnp.argmax(scores, axis=-1) == targets) & jnp.isfinite(scores).all(-1)


def majority_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Accuracy of predicting the most frequent class. Targets are class ids (n,)."""
    common = np.bincount(np.asarray(train.targets)).argmax()
    return float((np.asarray(evaluated.targets) == common).mean())


# Of a classifier of the user's own data, where a class may be rare: beside `accuracy`, which the largest class decides.
CLASS_METRICS = (
    Metric("balanced_accuracy", class_tally, finish=mean_recall),
    Metric("macro_f1", class_tally, finish=mean_f1),
)


def tie_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """`window_accuracy` of constant scores: every comparison is a tie."""
    return 0.5


def mean_square_baseline(arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Squared error of predicting the mean. Targets are numbers (n,)."""
    mean = np.asarray(train.targets, np.float64).mean()
    return float(((np.asarray(evaluated.targets, np.float64) - mean) ** 2).mean())


def unigram_bits(batch: BatchFn, arrays: PyTree, train: Examples, evaluated: Examples) -> float:
    """Bits per token of a unigram model with add-one smoothing.

    Args:
      batch: of the task; its targets have `tokens` and `valid` (n, length).
      arrays: of the dataset.
      train: examples that determine the frequencies.
      evaluated: examples on which the bits are evaluated.
    """

    @jax.jit
    def baseline_targets(arrays: PyTree, examples: Examples) -> PyTree:
        return batch(arrays, examples, None).targets

    def tokens(examples: Examples) -> np.ndarray:
        targets = baseline_targets(arrays, examples)
        return np.asarray(targets.tokens)[np.asarray(targets.valid)]

    seen, predicted = tokens(train), tokens(evaluated)
    counts = np.bincount(seen, minlength=int(predicted.max()) + 1) + 1
    return float(-np.log2(counts / counts.sum())[predicted].mean())
