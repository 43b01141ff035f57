"""The output of a data pipeline: examples in named splits, and the dataset that all members share."""

from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.errors import UserError

Outputs: TypeAlias = dict[str, PyTree]  # of a module: arrays by name, with the examples on their first axis
Params: TypeAlias = dict[str, PyTree]  # of a module: a nested dict of arrays
Leaf: TypeAlias = PyTree  # an array of a dataclass that is a pytree, which JAX also builds of placeholders
Index: TypeAlias = Int[Array | np.ndarray, " b"] | None  # of the examples of a batch; None selects all


class Examples(NamedTuple):
    """Inputs and their targets: pytrees with the examples on the first axis of every leaf.

    Point sets have one array per coordinate, `inputs = (x, y)` with shapes (n,), so that a dense layer can stack them as
    units × points. The splits of data from files hold row numbers, from which the `batch` function of the task makes the inputs.
    """

    inputs: PyTree
    targets: PyTree


# Examples by split. Every task has "train"; `split_names` gives the order.
Splits: TypeAlias = dict[str, Examples]
SPLITS = ("train", "validation", "test")


class Dataset(NamedTuple):
    """The data that all members of a study share, read once.

    Attributes:
      arrays: pytree of arrays, an argument of the programs, with one copy per device; () for generated data.
      metadata: stays on the host: the data spec, or a vocabulary and the names of classes.
      digest: hash of the metadata that decides what the arrays mean: words, labels, names of classes.
      notes: peculiarities of the data that a reader of figures should know, one line each.
    """

    arrays: PyTree
    metadata: PyTree
    digest: str = ""
    notes: tuple[str, ...] = ()


@runtime_checkable
class BatchFn(Protocol):
    """Makes the inputs and targets of a batch."""

    def __call__(self, arrays: PyTree, examples: Examples, index: Index) -> Examples:
        """The examples at `index`, with inputs in the form that the module reads.

        Args:
          arrays: of the dataset.
          examples: of a split.
          index: int (b,); None selects all examples.
        """
        ...


def split_names(splits: Splits) -> list[str]:
    """The names of the splits in the order train, validation, test, which is also their order in a record.

    Raises:
      UserError: for a split of another name, which would not be recorded.
    """
    unknown = sorted(set(splits) - set(SPLITS))
    if unknown:
        raise UserError(f"split {unknown[0]!r}: splits are named {', '.join(SPLITS)}")
    return [name for name in SPLITS if name in splits]


def count(examples: Examples) -> int:
    """The number of examples."""
    return jax.tree.leaves(examples.targets)[0].shape[0]


def rows(arrays: PyTree, examples: Examples, index: Index) -> Examples:
    """The examples at `index` (b,); None selects all. The `BatchFn` of splits that hold their inputs: `arrays` is unused."""
    if index is None:
        return examples
    return jax.tree.map(lambda leaf: jnp.asarray(leaf)[index], examples)


def generated(spec: PyTree, model: PyTree) -> Dataset:
    """The dataset of a task whose members generate their own examples: the spec is its metadata."""
    return Dataset((), spec)
