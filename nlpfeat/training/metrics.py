"""Metrics per example: (trace, targets) -> (n,). A record holds their means."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def accuracy(trace: dict[str, Array], targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0."""
    return (jnp.argmax(trace["scores"], axis=-1) == targets).astype(jnp.float32)


def real_above_wrong(trace: dict[str, Array], targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """How many windows score higher than their copies, a tie counting one half.

    Args:
      trace: "real", "wrong" (n, length), scores; "windows" (n, length), where there are such.
      targets: (n,), what the sum over the windows of a stretch is divided by.
    """
    higher = 0.5 * (jnp.sign(trace["real"] - trace["wrong"]) + 1)
    return jnp.where(trace["windows"], higher, 0.0).sum(1) / targets
