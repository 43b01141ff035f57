"""What every data set hands over: examples, split into named parts."""

from typing import Any, NamedTuple

import jax
from jax import Array


class Examples(NamedTuple):
    """Inputs with their targets: two pytrees whose every leaf has the examples on its first axis.

    Point sets hold one array per coordinate, `inputs = (x, y)` each (n,), so that a dense layer can stack
    them units × points; token ids are one (n, length) array; pairs of ids are two arrays (n,).
    """

    inputs: Any
    targets: Any


# The parts of a data set by name, one or more of SPLITS.
Splits = dict[str, Examples]
SPLITS = ("train", "validation", "test")


def split_names(splits: Splits) -> list[str]:
    """The names of the splits in the order in which a record stacks them: that of the pytree, by the alphabet."""
    return sorted(splits)


def count(examples: Examples) -> int:
    """How many examples there are."""
    return jax.tree.leaves(examples)[0].shape[0]


def rows(examples: Examples, index: Array) -> Examples:
    """The examples at `index` (b,), as a batch."""
    return jax.tree.map(lambda leaf: leaf[index], examples)
