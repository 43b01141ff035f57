"""Losses per example: (trace, targets) -> (n,)."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int


def cross_entropy(trace: dict[str, Array], targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """−log softmax(scores)[target], in nats.

    Args:
      trace: holds "scores" (n, classes).
      targets: class ids (n,).
    """
    # Classes first: a reduction over a handful of classes at a stride of n vectorises over the examples.
    scores = jnp.moveaxis(trace["scores"], -1, 0)
    one_hot = jax.nn.one_hot(targets, scores.shape[0], dtype=scores.dtype, axis=0)
    return optax.losses.softmax_cross_entropy(scores, one_hot, axis=0)
