"""Named streams of random keys, derived from the seed of a member. Keys are never stored, and never used twice."""

import zlib

import jax
from jax import Array
from jax.typing import ArrayLike


def stream(seed: ArrayLike, name: str) -> Array:
    """The key of a random stream of a member. Fold in a step or a unit to draw from it more than once.

    The key depends on the seed and the CRC-32 of the name, so that a new stream does not change the others.

    Args:
      seed: integer scalar, concrete or traced.
      name: purpose of the stream, such as "init" or "dropout".
    """
    return jax.random.fold_in(jax.random.key(seed), zlib.crc32(name.encode()))
