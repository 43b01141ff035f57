"""Metrics per example: (trace, targets) -> (n,). A record holds their means."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from nlpfeat.training.losses import next_token


def accuracy(trace: dict[str, Array], targets: Int[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """1 where the highest of the "scores" (n, classes) is the target class (n,), else 0; 0 where one of them is no number."""
    return right(trace["scores"], targets).astype(jnp.float32)


def real_above_wrong(trace: dict[str, Array], targets: Float[Array | np.ndarray, " n"]) -> Float[Array, " n"]:
    """How many windows score higher than their copies, a tie counting one half.

    Args:
      trace: "real", "wrong" (n, length), scores; "windows" (n, length), where there are such.
      targets: (n,), what the sum over the windows of a stretch is divided by.
    """
    higher = 0.5 * (jnp.sign(trace["real"] - trace["wrong"]) + 1)
    return jnp.where(trace["windows"], higher, 0.0).sum(1) / targets


def bits(trace: dict[str, Array], targets: Any) -> Float[Array, " n"]:
    """Bits that the next token takes, by the chance that it was given: the loss in another unit. As `next_token`."""
    return next_token(trace, targets) / jnp.log(2.0)


def next_right(trace: dict[str, Array], targets: Any) -> Float[Array, " n"]:
    """How often the token of the highest score comes next. As `next_token`."""
    return jnp.where(targets.there, right(trace["scores"], targets.tokens), 0.0).sum(1) / targets.mean


def right(
    scores: Float[Array, "*places kinds"], asked: Int[Array | np.ndarray, "*places"]
) -> Bool[Array, "*places"]:
    """Whether what is asked for has the highest score. Of scores that are no numbers argmax would be the first: chance."""
    return (jnp.argmax(scores, axis=-1) == asked) & jnp.isfinite(scores).all(-1)
