"""Samplers: which examples a training step sees, and on which examples a split is evaluated.

Samplers of training steps run on the host; their indices are arguments of the training program.
"""

from typing import TypeAlias

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.data.core import Examples, count
from nlpfeat.errors import UserError

BatchIndices: TypeAlias = Int[np.ndarray, "steps batch_size"]


def in_order(arrays: PyTree, examples: Examples) -> Int[Array, " n"]:
    """The indices of all examples, in order: int32 (n,)."""
    return jnp.arange(count(examples))


def subsample(max_examples: int, arrays: PyTree, examples: Examples) -> Int[Array, " n"]:
    """The indices of at most `max_examples` evenly spaced examples."""
    n = count(examples)
    if n <= max_examples:
        return in_order(arrays, examples)
    return jnp.linspace(0, n - 1, max_examples).astype(jnp.int32)


def streams(number: int, max_examples: int, arrays: PyTree, examples: Examples) -> Int[Array, " n"]:
    """The indices of examples in parallel streams, for networks that carry a state.

    The examples are cut into `number` streams of equal length. An evaluation batch of `number` examples holds the next example of
    each stream. The remaining examples come last.

    Args:
      number: of streams, the rows of an evaluation batch.
      max_examples: evaluate at most this many, from the beginnings of the streams.
    """
    n = count(examples)
    length = n // number
    interleaved = jnp.arange(length * number).reshape(number, length).T.ravel()
    return jnp.concatenate([interleaved, jnp.arange(length * number, n)])[:max_examples]


def epoch_sampler(examples: int, batch_size: int, seed: int, start: int, stop: int) -> BatchIndices:
    """A new random permutation of the examples per epoch, cut into batches.

    Every example is seen once per epoch. A batch may straddle two epochs; no example is dropped, and no batch padded. The result
    is a pure function of the arguments, so a run resumed at `start` sees the same batches as an uninterrupted one.

    Args:
      examples: number of training examples.
      start, stop: the steps from `start` to `stop - 1`.

    Returns:
      Indices of the examples of each step, int32 (stop - start, batch_size).
    """
    positions = np.arange(start * batch_size, stop * batch_size)
    epochs = positions // examples
    order = np.empty(positions.shape, np.int32)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        permutation = np.random.default_rng([seed, int(epoch)]).permutation(examples)
        order[chosen] = permutation[positions[chosen] % examples]
    return order.reshape(-1, batch_size)


def sequential_sampler(examples: int, batch_size: int, start: int, stop: int) -> BatchIndices:
    """As `epoch_sampler`, with the examples in the order of the file in every epoch."""
    return (np.arange(start * batch_size, stop * batch_size) % examples).reshape(-1, batch_size)


def stream_sampler(examples: int, batch_size: int, seed: int, start: int, stop: int) -> BatchIndices:
    """As `epoch_sampler`, with consecutive examples in each row of consecutive batches.

    Each row of the batch reads a stream of its own. The streams are consecutive segments of equal length of a ring of all
    examples. Each epoch starts at another random position of the ring, so that the examples left over differ between epochs.

    Raises:
      UserError: if there are fewer examples than rows in a batch.
    """
    if batch_size > examples:
        raise UserError(
            f"config.training.batch_size: {batch_size} parallel streams of windows, but the train split has only "
            f"{examples} windows: lower it, or shorten config.data.window"
        )
    length = examples // batch_size
    epochs, positions = np.divmod(np.arange(start, stop), length)
    offset = {int(e): np.random.default_rng([seed, int(e)]).integers(examples) for e in np.unique(epochs)}
    first = np.array([offset[int(epoch)] for epoch in epochs], np.int64)
    stream_starts = length * np.arange(batch_size)
    return ((first[:, None] + stream_starts + positions[:, None]) % examples).astype(np.int32)
