"""Metrics per example: (trace, targets) -> (n,). A record holds their means."""

import jax.numpy as jnp
from jax import Array


def accuracy(trace: dict[str, Array], targets: Array) -> Array:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0."""
    return (jnp.argmax(trace["scores"], axis=-1) == targets).astype(jnp.float32)
