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


def rows(arrays: Any, examples: Examples, index: Array | np.ndarray | None) -> Examples:
    """The examples at `index` (b,), or all of them, as a batch; `arrays` are not needed where examples are whole."""
    if index is None:
        return examples
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], examples)


class Dataset(NamedTuple):
    """What all members of a study share, read once."""

    arrays: Any  # a pytree, handed to the programs as an argument: one copy a device; () for generated data
    about: Any  # what stays on the host: the data's spec, or a vocabulary and the names of classes
    digest: str = ""  # of what `arrays` do not show of the data: words, labels, names of classes
    notes: tuple[str, ...] = ()  # what a reader of figures should know of the data, a line each


def generated(spec: Any, model: Any) -> Dataset:
    """The source of data that each member draws: the spec says all."""
    return Dataset((), spec)
