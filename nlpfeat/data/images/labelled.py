"""Labelled examples of one set that all members share: its splits, label noise, and how many examples a member trains on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Leaf, Splits
from nlpfeat.data.core import rows as rows_of
from nlpfeat.digests import digest
from nlpfeat.errors import UserError
from nlpfeat.keys import stream


class LabelledSet(NamedTuple):
    """What the host knows of the examples.

    Attributes:
      labels: int32 (n,) by split, the splits in the order of the rows of the inputs.
      shape: of one example, such as (28, 28).
      classes: their names.
    """

    labels: dict[str, Int[np.ndarray, " _"]]
    shape: tuple[int, ...]
    classes: tuple[str, ...]


@dataclass(frozen=True)
class SplitSizes:
    """Examples of each split.

    Attributes:
      train, validation, test: how many.
    """

    train: Count
    validation: Count
    test: Count


def labelled_dataset(
    inputs: Float[np.ndarray, "n features"],
    labels: Int[np.ndarray, " n"],
    sizes: SplitSizes,
    shape: tuple[int, ...],
    classes: tuple[str, ...],
) -> Dataset:
    """A dataset of examples whose rows are those of train, then validation, then test.

    Raises:
      UserError: if there are fewer examples than the splits take.
    """
    counts = [getattr(sizes, split) for split in SPLITS]
    if sum(counts) > len(labels):
        text = " + ".join(f"config.data.{split}={n}" for split, n in zip(SPLITS, counts, strict=True))
        raise UserError(f"{text} is more than the {len(labels):,} examples of this set: lower one of them")
    stops = np.cumsum(counts)
    each = np.split(labels.astype(np.int32), stops)
    parts = {split: each[number] for number, split in enumerate(SPLITS)}
    metadata = LabelledSet(parts, shape, classes)
    return Dataset(inputs[: stops[-1]].astype(np.float32), metadata, digest([shape, classes]))


def make_splits(metadata: LabelledSet, settings: PyTree) -> Splits:
    """The splits of a member: rows of the inputs, and their labels.

    The train split has `settings.train_examples` different examples, the first ones of the set, each repeated equally often, so that its
    size is the same for all members of a study; 0 for all. A share `settings.label_noise` of them has a label drawn from all classes,
    the true one included, by the seed of the member. Labels of the other splits are true.
    """
    splits, start = {}, 0
    for split, labels in metadata.labels.items():
        places = jnp.arange(len(labels))
        targets = jnp.asarray(labels)
        if split == "train":
            used = jnp.where(settings.train_examples > 0, settings.train_examples, len(labels))
            places = places % used
            targets = with_label_noise(
                targets, len(metadata.classes), settings.label_noise, stream(settings.seed, "label_noise")
            )[places]
        splits[split] = Examples(start + places, targets)
        start += len(labels)
    return splits


def row_splits(labels: Mapping[str, Int[np.ndarray, " _"]]) -> Splits:
    """Splits that are the same for all members: row numbers of the inputs, those of the first split first, and the labels."""
    splits, start = {}, 0
    for split, targets in labels.items():
        splits[split] = Examples(jnp.arange(start, start + len(targets)), jnp.asarray(targets, jnp.int32))
        start += len(targets)
    return splits


def with_label_noise(labels: Int[Array, " n"], classes: int, share: Leaf, key: Array) -> Int[Array, " n"]:
    """Labels of which a share, on average, is replaced by one drawn from all classes, the true one included.

    Of ten classes and a share of .15, 13.5 % are wrong then.
    """
    which, what = jax.random.split(key)
    drawn = jax.random.randint(what, labels.shape, 0, classes, labels.dtype)
    return jnp.where(jax.random.uniform(which, labels.shape) < share, drawn, labels)


def batch(arrays: Leaf, examples: Examples, index: Index) -> Examples:
    """The inputs (b, features) and labels (b,) at `index`."""
    rows, targets = rows_of((), examples, index)
    return Examples(jnp.asarray(arrays)[rows], targets)
