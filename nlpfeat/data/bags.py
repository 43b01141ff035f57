"""Documents as bags of words, on the device: each holds a word once, with a weight."""

import dataclasses
from typing import NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.sparse import csr_array

from nlpfeat.data.examples import Examples
from nlpfeat.data.vocabulary import Documents


class Bag(NamedTuple):
    """A batch of documents, padded behind to one length by words of weight 0.

    `overlap[i, j]` is the product of document i with the j-th before it in the training part, Σ over words of weight ×
    weight, where an online rule needs it; else None.
    """

    words: Array | np.ndarray  # int32 (n, length)
    weights: Array | np.ndarray  # float32 (n, length)
    lengths: Array | np.ndarray  # int32 (n,), past which there is only padding
    overlap: Array | np.ndarray | None = None  # float32 (n, most)


@flax.struct.dataclass
class Bags:
    """All documents, one after another without padding: those of document i lie from start[i] to start[i + 1]."""

    start: Array | np.ndarray  # int32 (documents + 1,)
    words: Array | np.ndarray  # int32 (all,)
    weights: Array | np.ndarray | None  # float32 (all,), None for 1 each
    overlap: Array | np.ndarray | None  # float32 (documents, most)
    longest: int = flax.struct.field(pytree_node=False)  # words of the longest document


def bags(documents: Documents, *, counted: bool) -> Bags:
    """Documents for the device; weights are counts where `counted`, else 1."""
    longest = int(np.diff(documents.start).max(initial=1))
    words = documents.words if len(documents.words) else np.zeros(1, np.int32)
    counts = documents.counts if len(documents.words) else np.zeros(1)
    return Bags(documents.start, words, counts.astype(np.float32) if counted else None, None, max(longest, 1))


def weighted(documents: Documents, ratios: np.ndarray) -> Bags:
    """Documents for the device; a word weighs its ratio, and each document is scaled to length 1."""
    plain = bags(documents, counted=False)
    values = ratios[documents.words]
    owner = np.repeat(np.arange(len(documents.start) - 1), np.diff(documents.start))
    length = np.sqrt(np.bincount(owner, values.astype(float) ** 2, minlength=len(documents.start) - 1))
    values = (values / np.maximum(length, 1e-30)[owner]).astype(np.float32)
    return dataclasses.replace(plain, weights=values if len(values) else np.zeros(1, np.float32))


def with_overlap(all_bags: Bags, train: int, most: int) -> Bags:
    """The bags with the overlap of each of the first `train` documents with the `most` - 1 before it, around the end."""
    weights = np.ones(len(all_bags.words), np.float32) if all_bags.weights is None else all_bags.weights
    start = np.asarray(all_bags.start)
    rows = np.asarray(all_bags.words).max(initial=0) + 1
    matrix = csr_array(
        (np.asarray(weights)[: start[-1]], all_bags.words[: start[-1]], start), shape=(len(start) - 1, rows)
    )
    overlap = np.zeros((len(start) - 1, most), np.float32)
    for first in range(0, train, 8 * most):
        mine = np.arange(first, min(train, first + 8 * most))
        before = np.arange(first - most + 1, mine[-1] + 1)
        products = (matrix[mine] @ matrix[before % train].T).toarray()
        back = np.arange(len(mine))[:, None] + most - 1 - np.arange(most)
        overlap[mine] = np.take_along_axis(products, back, 1)
    return dataclasses.replace(all_bags, overlap=overlap)


def batch(all_bags: Bags, examples: Examples, index: Array | np.ndarray | None) -> Examples:
    """The documents whose numbers stand in `examples.inputs` at `index`, as a `Bag`."""
    numbers = jnp.asarray(examples.inputs)
    targets = jnp.asarray(examples.targets)
    if index is not None:
        numbers, targets = numbers[index], targets[index]
    first, end = jnp.asarray(all_bags.start)[numbers], jnp.asarray(all_bags.start)[numbers + 1]
    place = first[:, None] + jnp.arange(all_bags.longest)[None]
    inside = place < end[:, None]
    place = jnp.where(inside, place, 0)
    words = jnp.where(inside, jnp.asarray(all_bags.words)[place], 0)
    weights = inside.astype(jnp.float32)
    if all_bags.weights is not None:
        weights = weights * jnp.asarray(all_bags.weights)[place]
    overlap = None if all_bags.overlap is None else jnp.asarray(all_bags.overlap)[numbers]
    return Examples(Bag(words, weights, end - first, overlap), targets)


def padded(documents: list[tuple[np.ndarray, np.ndarray]], length: int) -> Bag:
    """Documents (ids, weights) as a batch."""
    rows = len(documents)
    words, weights = np.zeros((rows, length), np.int32), np.zeros((rows, length), np.float32)
    lengths = np.zeros(rows, np.int32)
    for i, (ids, shares) in enumerate(documents):
        words[i, : len(ids)], weights[i, : len(ids)], lengths[i] = ids, shares, len(ids)
    return Bag(words, weights, lengths)


def by_length(all_bags: Bags, examples: Examples) -> Array:
    """The order in which documents of like length follow one another (n,): together they need little padding."""
    numbers = jnp.asarray(examples.inputs)
    start = jnp.asarray(all_bags.start)
    return jnp.argsort(start[numbers + 1] - start[numbers])
