"""Losses per example: (outputs, targets) -> (n,)."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from nlpfeat.data.core import Outputs

Targets = Int[Array | np.ndarray, " n"]


def cross_entropy(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """−log softmax(scores)[target], in nats.

    Args:
      outputs: holds "scores" (n, classes).
      targets: class ids (n,).
    """
    # Classes first: a reduction over a handful of classes at a stride of n vectorises over the examples.
    scores = jnp.moveaxis(outputs["scores"], -1, 0)
    one_hot = jax.nn.one_hot(targets, scores.shape[0], dtype=scores.dtype, axis=0)
    return optax.losses.softmax_cross_entropy(scores, one_hot, axis=0)


def many_class_cross_entropy(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """As `cross_entropy`, for so many classes that the scores are best read in their own order."""
    return optax.losses.softmax_cross_entropy_with_integer_labels(outputs["scores"], jnp.asarray(targets))


def one_hot_targets(targets: Targets, units: int) -> Float[Array, "n units"]:
    """What sigmoid outputs should be: one output is 1 for the second of two classes, several are one for each class."""
    if units == 1:
        return jnp.asarray(targets, jnp.float32)[:, None]
    return jax.nn.one_hot(targets, units)


def half_squared_error(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """½ Σ (σ(output) − asked)², whose derivative is the notebooks' (σ − y) σ (1 − σ).

    Args:
      outputs: holds "output" (n, outputs), before the sigmoid.
      targets: class ids (n,).
    """
    output = outputs["output"]
    return 0.5 * ((jax.nn.sigmoid(output) - one_hot_targets(targets, output.shape[1])) ** 2).sum(1)


def squared_residual(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """(target − prediction)².

    Args:
      outputs: holds "prediction" (n,).
      targets: the numbers to predict (n,).
    """
    return (jnp.asarray(targets) - outputs["prediction"]) ** 2


def squared_error(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """(target − prediction)².

    Args:
      outputs: holds "prediction" (n,), and "levels" (n, classes), the number that stands for each class.
      targets: class ids (n,).
    """
    level = jnp.take_along_axis(outputs["levels"], jnp.asarray(targets)[:, None], axis=1)[:, 0]
    return squared_residual(outputs, level)


def window_loss(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """−log of the chance given to the truth, of a window that is real and of its copy that is not; their mean, in nats.

    Args:
      outputs: "real", "wrong" (n, length), scores; "windows" (n, length), where there are such.
      targets: (n,), what a sum over the windows of a stretch is divided by.
    """
    cost = 0.5 * (jax.nn.softplus(-outputs["real"]) + jax.nn.softplus(outputs["wrong"]))
    return jnp.where(outputs["windows"], cost, 0.0).sum(1) / targets


def negative_sampling_loss(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """−log of the chance given to the truth, of pairs of words that are real and of pairs with noise, each by its weight.

    Args:
      outputs: "pairs" (n, …) and "noise" (n, …), scores; "pair_weights", "noise_weights" of the same shapes.
      targets: (n,), what a sum over a stretch is divided by.
    """
    real = (outputs["pair_weights"] * jax.nn.softplus(-outputs["pairs"])).sum((1, 2))
    noise = (outputs["noise_weights"] * jax.nn.softplus(outputs["noise"])).sum((1, 2))
    return (real + noise) / targets


def next_token_loss(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """−log of the chance given to the token that comes next, summed over a window's places, in nats.

    Args:
      outputs: "scores" (n, length, kinds).
      targets: `tokens` (n, length), `there` (n, length), and `mean` (n,), what the sum is divided by.
    """
    cost = optax.losses.softmax_cross_entropy_with_integer_labels(outputs["scores"], targets.tokens)
    return jnp.where(targets.there, cost, 0.0).sum(1) / targets.mean
