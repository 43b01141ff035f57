"""The order of mini-batches: data for the training program, computed on the host."""

import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from nlpfeat.data.core import Examples, count
from nlpfeat.errors import UserError


def in_order(arrays: PyTree, examples: Examples) -> Array:
    """The order of the examples as they stand (n,)."""
    return jnp.arange(count(examples))


def subsample(most: int, arrays: PyTree, examples: Examples) -> Array:
    """Evenly spread examples, `most` of them where there are more."""
    n = count(examples)
    return in_order(arrays, examples) if n <= most else jnp.linspace(0, n - 1, most).astype(jnp.int32)


def streams(side_by_side: int, most: int, arrays: PyTree, examples: Examples) -> Array:
    """The examples in as many lanes of equal length, of which every piece has the next one each; then what is left over.

    Args:
      most: how many are taken, at most: those at the heads of the lanes.
    """
    n = count(examples)
    long = n // side_by_side
    whole = jnp.arange(long * side_by_side).reshape(side_by_side, long).T.ravel()
    return jnp.concatenate([whole, jnp.arange(long * side_by_side, n)])[:most]


def epoch_sampler(examples: int, batch_size: int, seed: int, start: int, stop: int) -> np.ndarray:
    """Which examples the steps `start` … `stop - 1` see: int32 (stop - start, batch_size).

    Epoch after epoch of fresh permutations is laid end to end and cut into batches, so every example is seen
    once an epoch, a batch may straddle two, and none is dropped or padded. A pure function of its arguments:
    a run resumed at `start` sees what the uninterrupted one saw.
    """
    positions = np.arange(start * batch_size, stop * batch_size)
    epochs = positions // examples
    order = np.empty(positions.shape, np.int32)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        permutation = np.random.default_rng([seed, int(epoch)]).permutation(examples)
        order[chosen] = permutation[positions[chosen] % examples]
    return order.reshape(-1, batch_size)


def sequential_sampler(examples: int, batch_size: int, start: int, stop: int) -> np.ndarray:
    """As `batch_order`, with the examples as they stand in the file, pass after pass."""
    return (np.arange(start * batch_size, stop * batch_size) % examples).reshape(-1, batch_size)


def stream_sampler(examples: int, batch_size: int, seed: int, start: int, stop: int) -> np.ndarray:
    """As `batch_order`, with each row of the batch in a lane of its own, where examples follow on one another.

    The lanes lie end to end around a ring of all examples, as long as whole ones fit. Each epoch begins at another place,
    drawn anew, so that the few left over are others each time.

    Raises:
      UserError: if there are fewer examples than lanes.
    """
    if batch_size > examples:
        raise UserError(
            f"config.training.batch_size: {batch_size} lanes of windows that follow on one another, but the train part has "
            f"{examples} windows: lower it, or shorten config.data.window"
        )
    long = examples // batch_size
    epochs, places = np.divmod(np.arange(start, stop), long)
    begins = {int(e): np.random.default_rng([seed, int(e)]).integers(examples) for e in np.unique(epochs)}
    first = np.array([begins[int(epoch)] for epoch in epochs], np.int64)
    lanes = long * np.arange(batch_size)
    return ((first[:, None] + lanes + places[:, None]) % examples).astype(np.int32)
