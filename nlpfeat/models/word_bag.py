"""Pooled word vectors: an embedding table, a weighted sum over the words of a document, and a layer of class scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import Fraction, Positive
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.masking import Affine, Dropout, uniform_per_unit, unit_mask
from nlpfeat.models.roles import with_role

CHUNK = 64  # words of a document that are gathered at a time

Table: TypeAlias = Float[Array | np.ndarray, "vocabulary units"]


@dataclass(frozen=True)
class WordBagSpec:
    """Initialization and pooling of word vectors.

    Attributes:
      init_scale: word vectors start U(±init_scale). The default of Keras is .05.
      length_norm_power: power p in the pooled vector Σ weight · vector / (Σ weights)^p: a sum for p = 0, a mean for p = 1. With
        p = ½, pooled vectors of documents with weights of 1 have the same expected length.
    """

    init_scale: Positive = 0.05
    length_norm_power: Fraction = 1.0


@dataclass(frozen=True)
class NaiveBayesBagSpec(WordBagSpec):
    """As `WordBagSpec`, for documents that are scaled to length 1."""

    init_scale: Positive = 0.01
    length_norm_power: Fraction = 0.0


@jax.custom_vjp
def pool(table: Table, bag: PyTree) -> Float[Array, "n units"]:
    """Σ weight · word vector over the words of each document.

    The computation is chunked and skips chunks of padding, as most documents are far shorter than the longest.

    Args:
      table: word vectors.
      bag: `words` and `weights` (n, length), with zeros for padding after the `lengths` (n,) words of each document.
    """
    return _pool(table, bag)


def _pool_chunks(table: Table, bag: PyTree) -> Float[Array, "n units"]:
    chunk, count = _chunks(bag)
    table = jnp.asarray(table)

    def add(i: Array, total: Array) -> Array:
        document, ids, weights = chunk(i)
        # Not weights @ table[ids]: the rounding of a batched product depends on the index of a member in its block.
        return total.at[document].add((weights[:, None] * table[ids]).sum(axis=0))

    return jax.lax.fori_loop(0, count, add, jnp.zeros((len(bag.words), table.shape[1]), table.dtype))


def _scatter_add_chunks(
    table: Float[Array, "vocabulary units"], bag: PyTree, values: Float[Array, "n units"]
) -> Float[Array, "vocabulary units"]:
    chunk, count = _chunks(bag)

    def add(i: Array, table: Array) -> Array:
        document, ids, weights = chunk(i)
        return table.at[ids].add(weights[:, None] * values[document][None])

    return jax.lax.fori_loop(0, count, add, table)


def _sequential_vmap(function: Callable[..., Array]) -> Callable[..., Array]:
    """`function` with a batching rule: vectorized over members that share their documents, else a loop over members.

    Members with different documents have chunk loops of different lengths. A vectorized loop would copy the tables of all
    members in each iteration of the longest.
    """
    mapped = jax.custom_batching.custom_vmap(function)

    @mapped.def_vmap
    def rule(size: int, batched: PyTree, *arguments: PyTree) -> tuple[Array, bool]:
        axes = jax.tree.map(lambda each: 0 if each else None, list(batched))
        if not any(jax.tree.leaves(batched[1])):
            return jax.vmap(function, axes)(*arguments), True

        def member(i: Array) -> Array:
            of_member = jax.tree.map(
                lambda leaf, each: jnp.asarray(leaf)[i] if each else leaf, list(arguments), list(batched)
            )
            return function(*of_member)

        return jax.lax.map(member, jnp.arange(size)), True

    return mapped


_pool = _sequential_vmap(_pool_chunks)

# (table, bag, values (n, units)) -> the table with weight · value added to the rows of the words of each document: the transpose
# of `pool`.
scatter_add = _sequential_vmap(_scatter_add_chunks)


def _chunks(bag: PyTree) -> tuple[Callable[[Array], tuple[Array, Array, Array]], Array]:
    """(i -> the i-th chunk of all documents: its document, ids (CHUNK,), weights (CHUNK,)), and the number of chunks."""
    padding = -bag.words.shape[1] % CHUNK
    words, weights = (jnp.pad(jnp.asarray(part), ((0, 0), (0, padding))) for part in (bag.words, bag.weights))
    stops = jnp.cumsum(-(-jnp.asarray(bag.lengths) // CHUNK))

    def chunk(i: Array) -> tuple[Array, Array, Array]:
        document = jnp.searchsorted(stops, i, side="right")
        before = jnp.where(document > 0, stops[document - 1], 0)
        corner = document, (i - before) * CHUNK
        ids, values = (jax.lax.dynamic_slice(part, corner, (1, CHUNK))[0] for part in (words, weights))
        return document, ids, values

    return chunk, stops[-1]


def _forward(table: Table, bag: PyTree) -> tuple[Array, PyTree]:
    return pool(table, bag), (table, bag)


def _backward(residuals: PyTree, gradient: Float[Array, "n units"]) -> tuple[Array, None]:
    table, bag = residuals
    return scatter_add(jnp.zeros_like(table), bag, gradient), None


pool.defvjp(_forward, _backward)


def word_vectors(params: Params, settings: PyTree, texts: PyTree) -> Float[np.ndarray, "vocabulary units"]:
    """The word table of a network whose word embedding is called "words": (vocabulary, units)."""
    return np.asarray(params["words"]["table"])


class WordTable(nn.Module):
    """A table of word vectors, pooled over documents."""

    vocab_size: int
    units: int
    init_scale: float

    @nn.compact
    def __call__(self, bag: PyTree) -> Float[Array, "n units"]:
        """The weighted sum of the word vectors of each document: (n, units)."""
        shape = (self.vocab_size, self.units)
        draw = with_role(
            lambda key: self.init_scale * uniform_per_unit(key, shape, [1]), fan_in=False, fan_out=True
        )
        return pool(jnp.asarray(self.param("table", draw)), bag)


class WordBag(nn.Module):
    """Embedding → normalized sum over the words → dropout → class scores."""

    units: int
    classes: int
    vocab_size: int
    spec: WordBagSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the dimension of the word vectors; `word_dropout` is the dropout rate of the words of each document,
            `dropout` that of the dimensions of the features.
          train: whether to apply dropout.

        Returns:
          "features" (n, units), the pooled word vectors; "scores" (n, classes).
        """
        dropped = Dropout(name="word_dropout")(inputs.weights, settings.word_dropout, train=train)
        inputs = inputs._replace(weights=dropped)
        total = WordTable(self.vocab_size, self.units, self.spec.init_scale, name="words")(inputs)
        weight = jnp.maximum(inputs.weights.sum(axis=1, keepdims=True), 1.0)
        features = total / weight**self.spec.length_norm_power * unit_mask(self.units, settings.width)[None]
        kept = Dropout(swept=True, name="dropout")(features, settings.dropout, train=train)
        scores = Affine(self.classes, unit_axes=(1,), name="classes")(kept.T, settings.width)
        return {"features": features, "scores": scores.T}
