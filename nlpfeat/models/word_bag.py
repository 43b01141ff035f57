"""Words pooled: an embedding table, the weighted sum over a document's words, one layer of class scores."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import Fraction, Positive
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.masking import Affine, Dropout, uniform_per_unit, unit_mask

# Words of a document that are gathered at a time.
CHUNK = 64

Table = Float[Array | np.ndarray, "vocabulary units"]


@dataclass(frozen=True)
class WordBagSpec:
    """How word vectors start and are pooled.

    Attributes:
      init_scale: word vectors start U(±scale). Keras's default is .05.
      length_norm_power: the sum is divided by (Σ weights)^length_norm_power: 0 leaves the sum, 1 makes it the mean, ½ gives documents whose
        words weigh 1 the same length.
    """

    init_scale: Positive = 0.05
    length_norm_power: Fraction = 1.0


@dataclass(frozen=True)
class NaiveBayesBagSpec(WordBagSpec):
    """As `WordBagSpec`, of texts that are scaled to length 1 already."""

    init_scale: Positive = 0.01
    length_norm_power: Fraction = 0.0


@jax.custom_vjp
def pool(table: Table, bag: PyTree) -> Float[Array, "n units"]:
    """Σ weight · word vector over the words of each document.

    Piece by piece, and no more of them than the documents have: most are far shorter than the longest.

    Args:
      bag: `words` and `weights` (n, length), 0 for padding, which stands past `lengths` (n,).
    """
    return _gather(table, bag)


def _gathered(table: Table, bag: PyTree) -> Float[Array, "n units"]:
    piece, count = _pieces(bag)
    table = jnp.asarray(table)

    def add(i: Array, total: Array) -> Array:
        document, ids, weights = piece(i)
        # Not weights @ table[ids]: beside others, a product rounds by where in the block a member stands.
        return total.at[document].add((weights[:, None] * table[ids]).sum(axis=0))

    return jax.lax.fori_loop(0, count, add, jnp.zeros((len(bag.words), table.shape[1]), table.dtype))


def _scattered(table: Table, bag: PyTree, values: Float[Array, "n units"]) -> Table:
    piece, count = _pieces(bag)

    def add(i: Array, table: Array) -> Array:
        document, ids, weights = piece(i)
        return table.at[ids].add(weights[:, None] * values[document][None])

    return jax.lax.fori_loop(0, count, add, table)


def _one_by_one(function: Callable[..., Any]) -> Any:
    """`function`, for members side by side where they share the documents, else one after another.

    Members with documents of their own have loops of different lengths. Side by side, each turn of the longest would
    copy every member's table.
    """
    mapped = jax.custom_batching.custom_vmap(function)

    @mapped.def_vmap
    def rule(size: int, batched: Any, *arguments: Any) -> tuple[Array, bool]:
        axes = jax.tree.map(lambda each: 0 if each else None, list(batched))
        if not any(jax.tree.leaves(batched[1])):
            return jax.vmap(function, axes)(*arguments), True

        def member(i: Array) -> Array:
            own = jax.tree.map(
                lambda leaf, each: jnp.asarray(leaf)[i] if each else leaf, list(arguments), list(batched)
            )
            return function(*own)

        return jax.lax.map(member, jnp.arange(size)), True

    return mapped


_gather = _one_by_one(_gathered)

# The table with weight · value added at the words of each document, (table, bag, values (n, units)) -> table: the
# transpose of `pool`.
spread = _one_by_one(_scattered)


def _pieces(bag: PyTree) -> tuple[Callable[[Array], tuple[Array, Array, Array]], Array]:
    """A function that gives the i-th piece of all documents, (document, ids (PIECE,), weights (PIECE,)), and their number."""
    wide = -bag.words.shape[1] % CHUNK
    words, weights = (jnp.pad(jnp.asarray(part), ((0, 0), (0, wide))) for part in (bag.words, bag.weights))
    last = jnp.cumsum(-(-jnp.asarray(bag.lengths) // CHUNK))

    def piece(i: Array) -> tuple[Array, Array, Array]:
        document = jnp.searchsorted(last, i, side="right")
        before = jnp.where(document > 0, last[document - 1], 0)
        corner = document, (i - before) * CHUNK
        ids, shares = (jax.lax.dynamic_slice(part, corner, (1, CHUNK))[0] for part in (words, weights))
        return document, ids, shares

    return piece, last[-1]


def _forward(table: Table, bag: PyTree) -> tuple[Array, Any]:
    return pool(table, bag), (table, bag)


def _backward(kept: Any, gradient: Float[Array, "n units"]) -> tuple[Array, None]:
    table, bag = kept
    return spread(jnp.zeros_like(table), bag, gradient), None


pool.defvjp(_forward, _backward)


def word_vectors(params: Params, settings: PyTree) -> np.ndarray:
    """The word vectors (vocabulary, units)."""
    return np.asarray(params["words"]["table"])


class WordTable(nn.Module):
    """One row of `units` features for each word."""

    vocab_size: int
    units: int
    init_scale: float

    @nn.compact
    def __call__(self, bag: PyTree) -> Float[Array, "n units"]:
        """Documents -> the sums of their word vectors (n, units)."""
        table = self.param(
            "table",
            lambda key: self.init_scale * uniform_per_unit(key, (self.vocab_size, self.units), [1]),
        )
        return pool(jnp.asarray(table), bag)


class WordBag(nn.Module):
    """Embedding → sum over the words, shrunk → dropout → class scores."""

    units: int
    classes: int
    vocab_size: int
    spec: WordBagSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the dimension of the word vectors; `dropout` the share of dimensions dropped.
          train: whether to drop.

        Returns:
          "features" (n, units), the pooled word vector; "scores" (n, classes).
        """
        total = WordTable(self.vocab_size, self.units, self.spec.init_scale, name="words")(inputs)
        weight = jnp.maximum(inputs.weights.sum(axis=1, keepdims=True), 1.0)
        features = total / weight**self.spec.length_norm_power * unit_mask(self.units, settings.width)[None]
        kept = Dropout(swept=True, name="dropout")(features, settings.dropout, train=train)
        scores = Affine(self.classes, unit_axes=(1,), name="classes")(kept.T, settings.width)
        return {"features": features, "scores": scores.T}
