"""Metrics per example: (trace, targets) -> (n,). A record holds their means."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int


def accuracy(trace: dict[str, Array], targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0."""
    return (jnp.argmax(trace["scores"], axis=-1) == targets).astype(jnp.float32)
