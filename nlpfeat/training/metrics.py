"""Metrics per example: (trace, targets) -> (n,). A record holds their means."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nlpfeat.data.core import Examples
from nlpfeat.training.losses import next_token_loss


def accuracy(trace: dict[str, Array], targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0; 0 where one of them is no number."""
    return correct(trace["scores"], targets).astype(jnp.float32)


def window_accuracy(trace: dict[str, Array], targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """How many windows score higher than their copies, a tie counting one half.

    Args:
      trace: "real", "wrong" (n, length), scores; "windows" (n, length), where there are such.
      targets: (n,), what the sum over the windows of a stretch is divided by.
    """
    higher = 0.5 * (jnp.sign(trace["real"] - trace["wrong"]) + 1)
    return jnp.where(trace["windows"], higher, 0.0).sum(1) / targets


def bits_per_token(trace: dict[str, Array], targets: Any) -> Float[Array, " n"]:
    """Bits that the next token takes, by the chance that it was given: the loss in another unit. As `next_token`."""
    return next_token_loss(trace, targets) / jnp.log(2.0)


def next_token_accuracy(trace: dict[str, Array], targets: Any) -> Float[Array, " n"]:
    """How often the token of the highest score comes next. As `next_token`."""
    return jnp.where(targets.there, correct(trace["scores"], targets.tokens), 0.0).sum(1) / targets.mean


def correct(
    scores: Float[Array, "*places kinds"], asked: Int[Array | np.ndarray, "*places"]
) -> Bool[Array, "*places"]:
    """Whether what is asked for has the highest score. Of scores that are no numbers argmax would be the first: chance."""
    return (jnp.argmax(scores, axis=-1) == asked) & jnp.isfinite(scores).all(-1)


Baseline = Callable[[Any, Examples, Examples], float]


def majority_baseline(arrays: Any, learned: Examples, asked: Examples) -> float:
    """Accuracy of naming the commonest class, targets being class ids (n,)."""
    common = np.bincount(np.asarray(learned.targets)).argmax()
    return float((np.asarray(asked.targets) == common).mean())


def tie_baseline(arrays: Any, learned: Examples, asked: Examples) -> float:
    """How often the real one of two scores higher where all score the same, a tie counting one half."""
    return 0.5


def mean_square_baseline(arrays: Any, learned: Examples, asked: Examples) -> float:
    """Squared error of answering the mean, targets being numbers (n,)."""
    mean = np.asarray(learned.targets, np.float64).mean()
    return float(((np.asarray(asked.targets, np.float64) - mean) ** 2).mean())


def unigram_bits(batch: Callable[..., Examples], arrays: Any, learned: Examples, asked: Examples) -> float:
    """Bits a token by how often each occurs, one more than counted, so that an unseen one has a chance.

    Args:
      batch: the task's, whose targets hold `tokens` and `there` (n, length).
    """

    def tokens(examples: Examples) -> np.ndarray:
        targets = batch(arrays, examples, None).targets
        return np.asarray(targets.tokens)[np.asarray(targets.there)]

    seen, wanted = tokens(learned), tokens(asked)
    counts = np.bincount(seen, minlength=int(wanted.max()) + 1) + 1
    return float(-np.log2(counts / counts.sum())[wanted].mean())


# MERGED: """Chance levels: what the best answer that does not look at its input gets, by a task's headline metric.  Each is (the source's arrays, the examples learned from, the examples asked) -> a number: the answer is chosen on the former and scored on the latter. """
