"""Losses per example: (outputs, targets) -> (n,)."""

from typing import TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree

from nlpfeat.data.core import Outputs

Targets: TypeAlias = Int[Array | np.ndarray, " n"]


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
    """As `cross_entropy`, and faster with many classes, as it does not transpose the scores."""
    return optax.losses.softmax_cross_entropy_with_integer_labels(outputs["scores"], jnp.asarray(targets))


def uniform_cross_entropy(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """Cross-entropy with a uniform target: the mean over the classes of −log softmax(scores), in nats.

    Args:
      outputs: holds "scores" (n, classes).
      targets: has no effect here.
    """
    return -jax.nn.log_softmax(outputs["scores"], axis=-1).mean(-1)


def one_hot_targets(targets: Targets, units: int) -> Float[Array, "n units"]:
    """Targets of sigmoid outputs: one output is 1 for the second of two classes; several outputs are one-hot."""
    if units == 1:
        return jnp.asarray(targets, jnp.float32)[:, None]
    return jax.nn.one_hot(targets, units)


def half_squared_error(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """½ Σ (σ(output) − target)², whose derivative is the (σ − y) σ (1 − σ) of Trask's notebooks.

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


def absolute_residual(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """|target − prediction|. Arguments as those of `squared_residual`."""
    return jnp.abs(jnp.asarray(targets) - outputs["prediction"])


def squared_error(outputs: Outputs, targets: Targets) -> Float[Array, " n"]:
    """(target − prediction)².

    Args:
      outputs: holds "prediction" (n,), and "levels" (n, classes), the target value of each class.
      targets: class ids (n,).
    """
    level = jnp.take_along_axis(outputs["levels"], jnp.asarray(targets)[:, None], axis=1)[:, 0]
    return squared_residual(outputs, level)


@jax.custom_jvp
def softplus(x: Float[Array, "..."]) -> Float[Array, "..."]:
    """log(1 + eˣ). Its derivative takes one exponential, that of jax.nn.softplus three and a logarithm."""
    return jax.nn.softplus(x)


@softplus.defjvp
def _softplus_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    return softplus(*primals), jax.nn.sigmoid(*primals) * tangents[0]


def window_loss(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """Logistic loss of real windows against corrupted copies: mean of a window and its copy, in nats.

    Args:
      outputs: "real", "wrong" (n, length), scores; "windows" bool (n, length), the valid ones.
      targets: (n,), the mean number of windows per segment, by which the sum over a segment is divided.
    """
    cost = 0.5 * (softplus(-outputs["real"]) + softplus(outputs["wrong"]))
    return jnp.where(outputs["windows"], cost, 0.0).sum(1) / targets


def negative_sampling_loss(outputs: Outputs, targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """Weighted logistic loss of real pairs of words against pairs with noise words.

    Args:
      outputs: "pairs" (n, …, …) and "noise" (n, …, …), scores; "pair_weights", "noise_weights" of the same shapes.
      targets: (n,), the mean number of windows per segment, by which the sum over a segment is divided.
    """
    real = (outputs["pair_weights"] * softplus(-outputs["pairs"])).sum((1, 2))
    noise = (outputs["noise_weights"] * softplus(outputs["noise"])).sum((1, 2))
    return (real + noise) / targets


def next_token_loss(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """−log of the predicted probability of the next token, summed over the positions of a window, in nats.

    Args:
      outputs: "scores" (n, length, tokens).
      targets: `tokens` (n, length), ids; `valid` bool (n, length); and `mean` (n,), by which the sum is divided.
    """
    cost = optax.losses.softmax_cross_entropy_with_integer_labels(outputs["scores"], targets.tokens)
    return jnp.where(targets.valid, cost, 0.0).sum(1) / targets.mean


def uniform_next_token_loss(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """As `next_token_loss`, with a target that is uniform over the tokens."""
    cost = -jax.nn.log_softmax(outputs["scores"], axis=-1).mean(-1)
    return jnp.where(targets.valid, cost, 0.0).sum(1) / targets.mean
