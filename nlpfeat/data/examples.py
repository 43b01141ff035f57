"""What every data set hands over: examples, split into named parts."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array


class Examples(NamedTuple):
    """Inputs with their targets: pytrees with the examples on the first axis of every leaf.

    Point sets hold one array per coordinate, `inputs = (x, y)` each (n,), so that a dense layer can stack
    them units × points; documents are a `Bag`. A task with a `batch` function of its own may hold inputs of another
    form: row numbers, or one stream that windows are cut from.
    """

    inputs: Any
    targets: Any


# The parts of a data set by name, one or more of SPLITS; `split_names` gives them in order.
Splits = dict[str, Examples]
SPLITS = ("train", "validation", "test")


def split_names(splits: Splits) -> list[str]:
    """The names of the splits in their one order, in which records stack them, too: train, validation, test."""
    return [name for name in SPLITS if name in splits]


def count(examples: Examples) -> int:
    """How many examples there are: as many as targets."""
    return jax.tree.leaves(examples.targets)[0].shape[0]


def as_given(arrays: Any, examples: Examples) -> Array:
    """The order of the examples as they stand (n,)."""
    return jnp.arange(count(examples))


def spread(most: int, arrays: Any, examples: Examples) -> Array:
    """Evenly spread examples, `most` of them where there are more."""
    n = count(examples)
    return as_given(arrays, examples) if n <= most else jnp.linspace(0, n - 1, most).astype(jnp.int32)


def lanes(side_by_side: int, most: int, arrays: Any, examples: Examples) -> Array:
    """The examples in as many lanes of equal length, of which every piece has the next one each; then what is left over.

    Args:
      most: how many are taken, at most: those at the heads of the lanes.
    """
    n = count(examples)
    long = n // side_by_side
    whole = jnp.arange(long * side_by_side).reshape(side_by_side, long).T.ravel()
    return jnp.concatenate([whole, jnp.arange(long * side_by_side, n)])[:most]


def rows(arrays: Any, examples: Examples, index: Array | np.ndarray | None) -> Examples:
    """The examples at `index` (b,), or all of them, as a batch; `arrays` are not needed where examples are whole."""
    if index is None:
        return examples
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], examples)
