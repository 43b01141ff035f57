"""What every data pipeline hands over: examples in named splits, and the dataset that all members share."""

from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PyTree

Outputs: TypeAlias = dict[str, PyTree]  # of a module: named arrays, the examples on their first axis
Params: TypeAlias = dict[str, PyTree]  # of a module, nested
Index: TypeAlias = Int[Array | np.ndarray, " b"] | None  # of the examples of a batch; None for all of them


class Examples(NamedTuple):
    """Inputs with their targets: pytrees with the examples on the first axis of every leaf.

    Point sets hold one array per coordinate, `inputs = (x, y)` each (n,), so that a dense layer can stack
    them units × points; documents are a `Bag`. A task with a `batch` function of its own may hold inputs of another
    form, such as row numbers.
    """

    inputs: PyTree
    targets: PyTree


# The splits of a dataset by name, one or more of SPLITS; `split_names` gives them in order.
Splits: TypeAlias = dict[str, Examples]
SPLITS = ("train", "validation", "test")
Metadata = TypeVar("Metadata")


@dataclass(frozen=True)
class Dataset(Generic[Metadata]):
    """What all members of a study share, read once.

    Attributes:
      arrays: a pytree, an argument of the programs: one copy per device; () for generated data.
      metadata: what stays on the host: the data's spec, or a vocabulary and the names of classes.
      digest: a hash of what `arrays` do not show of the data: words, labels, names of classes.
      notes: what a reader of figures should know of the data, a line each.
    """

    arrays: PyTree
    metadata: Metadata
    digest: str = ""
    notes: tuple[str, ...] = ()


@runtime_checkable
class BatchFn(Protocol):
    """Fetches the rows of a batch."""

    def __call__(self, arrays: PyTree, examples: Examples, index: Index) -> Examples:
        """The examples at `index`, with the leaves that the module reads.

        Args:
          arrays: of the dataset.
          examples: of a split.
          index: int (b,), or None for all.
        """
        ...


def split_names(splits: Splits) -> list[str]:
    """The names of the splits in their one order, in which records stack them, too: train, validation, test."""
    return [name for name in SPLITS if name in splits]


def count(examples: Examples) -> int:
    """The number of examples: that of the targets."""
    return jax.tree.leaves(examples.targets)[0].shape[0]


def rows(arrays: PyTree, examples: Examples, index: Index) -> Examples:
    """The examples at `index` (b,), or all of them; `arrays` are unused, as the examples themselves are whole."""
    if index is None:
        return examples
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], examples)


def generated(spec: Metadata, model: object) -> Dataset[Metadata]:
    """The dataset of a task whose members generate their own data: the spec is all there is."""
    return Dataset((), spec)
