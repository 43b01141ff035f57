"""Named streams of random keys: folded from a member's seed, never stored, never used twice."""

import zlib

import jax
from jax import Array
from jax.typing import ArrayLike


def stream(seed: ArrayLike, name: str) -> Array:
    """The key of stream `name` of a member. Fold a step or a unit into it before drawing several times.

    The name enters by its CRC-32, so that a new stream never shifts the others.

    Args:
      seed: integer scalar, concrete or traced.
      name: what is drawn from the stream, such as "init" or "dropout".
    """
    return jax.random.fold_in(jax.random.key(seed), zlib.crc32(name.encode()))
