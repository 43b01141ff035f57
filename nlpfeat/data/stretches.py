"""Text read in stretches, each of a few hundred words that follow on one another.

A stretch holds nearly as many windows as words, so that each word is looked up once and not once for every window that it
stands in.
"""

from typing import Any, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array

from nlpfeat.data.examples import SPLITS, Examples, Splits

STRETCH = 256  # words that are read at a time


@flax.struct.dataclass
class Stream:
    """The text on the device."""

    words: Array | np.ndarray  # uint16 or int32 (all,)
    first: Array | np.ndarray  # bool (all,): a document begins here
    stay: Array | np.ndarray  # float32 (vocabulary,): the chance that a word survives thinning
    noise: Array | np.ndarray  # uint32 (vocabulary,): cumulative chances of noise words, of 2³²
    reach: int = flax.struct.field(pytree_node=False)
    slots: int = flax.struct.field(pytree_node=False)  # words of a thinned stretch, at most


class Span(NamedTuple):
    """Where the middles of a stretch's windows lie in the stream."""

    start: Array | np.ndarray  # int32 (n,)
    stop: Array | np.ndarray  # int32 (n,), past the last


class Stretches(NamedTuple):
    """A batch of stretches: middles with what surrounds them."""

    words: Array  # int32 (n, STRETCH)
    document: Array  # int32 (n, STRETCH), counted within the stretch; -1 beyond the stream
    middle: Array  # bool (n, STRETCH): whether it is one of the stretch's own, which overlap with no other's
    stay: Array  # of the stream
    noise: Array


def slots(chances: np.ndarray) -> int:
    """Places that nearly every thinned stretch fits into, a multiple of 8; what does not is lost."""
    pieces = len(chances) // STRETCH
    if not pieces:
        return STRETCH
    expected = chances[: pieces * STRETCH].astype(float).reshape(pieces, STRETCH)
    most = expected.sum(1) + 2 * np.sqrt((expected * (1 - expected)).sum(1))
    return int(min(STRETCH, max(16, 8 * np.ceil(np.quantile(most, 0.99) / 8))))


def draw(texts: Any, settings: Any) -> Splits:
    """The stretches of each part, as the places of the middles that each accounts for: from `start`, before `stop`.

    The target of each is how many windows a stretch of its part has on average: sums over the windows of a stretch,
    divided by it, have the mean over windows as their mean over stretches.
    """
    splits, step = {}, STRETCH - 2 * texts.reach
    start = texts.corpus.documents.start
    whole = np.maximum(np.diff(start) - 2 * texts.reach, 0)
    stops = np.cumsum((0, *texts.corpus.sizes))
    for name, a, b in zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True):
        if a < b:
            begin, end = int(start[a]), int(start[b])
            places = np.arange(begin, max(end, begin + 1), step)
            span = Span(
                jnp.asarray(places, jnp.int32), jnp.asarray(np.minimum(places + step, end), jnp.int32)
            )
            mean = np.full(len(places), whole[a:b].sum() / len(places), np.float32)
            splits[name] = Examples(span, jnp.asarray(mean))
    return splits


def batch(stream: Stream, examples: Examples, index: Array | np.ndarray | None) -> Examples:
    """The stretches of `examples.inputs` at `index`, with `reach` words more on each side."""
    span, targets = examples
    start, stop = (jnp.asarray(side) if index is None else jnp.asarray(side)[index] for side in span)
    place = start[:, None] - stream.reach + jnp.arange(STRETCH)[None]
    there = (place >= 0) & (place < len(stream.words))
    inside = jnp.clip(place, 0, len(stream.words) - 1)
    document = jnp.cumsum(jnp.asarray(stream.first)[inside] & there, axis=1)
    found = Stretches(
        jnp.asarray(stream.words)[inside].astype(jnp.int32),
        jnp.where(there, document, -1),
        (place >= start[:, None]) & (place < stop[:, None]),
        jnp.asarray(stream.stay),
        jnp.asarray(stream.noise),
    )
    targets = jnp.asarray(targets)
    return Examples(found, targets if index is None else targets[index])
