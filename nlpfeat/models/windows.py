"""What nets make of stretches of text: whole windows, and noise as dropout is, from the same keys: words that go, or are replaced."""

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int


def whole_windows(stretches: Any, reach: int) -> Array:
    """Which words are the middle of a window that lies in one document, and that its stretch accounts for: bool (n, STRETCH)."""
    document = stretches.document
    same = document[:, : -2 * reach] == document[:, 2 * reach :]
    return jnp.pad(same, ((0, 0), (reach, reach))) & stretches.middle


def other_words(key: Array, words: Int[Array, "*places"], rows: int) -> Int[Array, "*places"]:
    """For each word another one, all those with a row of their own alike; never the word itself.

    Args:
      rows: of the table, the first (padding) and the last (rare words) not being drawn.
    """
    known = rows - 2
    held = (words >= 1) & (words <= known)
    drawn = 1 + jax.random.randint(key, words.shape, 0, jnp.where(held, known - 1, known))
    return drawn + (held & (drawn >= words))


def noise_words(key: Array, upto: Array, shape: tuple[int, ...]) -> Int[Array, "..."]:
    """Words by their chances.

    Args:
      upto: uint32 (words,), cumulative chances, of 2³².
    """
    found = jnp.searchsorted(upto, jax.random.bits(key, shape, jnp.uint32), side="right").astype(jnp.int32)
    return jnp.minimum(found, len(upto) - 2)


def thinned(key: Array, stretches: Any, slots: int) -> Any:
    """The stretches without the words that chance takes, moved together into `slots` places.

    Places left over belong to document -1, and to no middle.
    """
    stays = jax.random.uniform(key, stretches.words.shape) < stretches.stay[stretches.words]
    stays &= stretches.document >= 0
    rank = jnp.cumsum(stays, axis=1) - 1
    n, length = stretches.words.shape
    goal = jnp.where(stays & (rank < slots), rank, slots)
    row = jnp.arange(n)[:, None]
    source = jnp.full((n, slots + 1), length).at[row, goal].set(jnp.arange(length)[None])[:, :slots]
    there, source = source < length, jnp.minimum(source, length - 1)
    return stretches._replace(
        words=jnp.take_along_axis(stretches.words, source, axis=1),
        document=jnp.where(there, jnp.take_along_axis(stretches.document, source, axis=1), -1),
        middle=there & jnp.take_along_axis(stretches.middle, source, axis=1),
    )
