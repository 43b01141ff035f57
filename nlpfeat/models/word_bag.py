"""Words pooled: an embedding table, the weighted sum over a document's words, one layer of class scores."""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlpfeat.models.width import Affine, UnitDropout, uniform_per_unit, unit_mask
from nlpfeat.settings import Positive, Share

# Words summed at a time.
CHUNK = 64

Table = Float[Array, "vocabulary units"]


@dataclass(frozen=True)
class WordBagSpec:
    """How word vectors start and are pooled.

    Attributes:
      scale: word vectors start U(±scale). Keras's default is .05.
      shrink: the sum is divided by (Σ weights)^shrink: 0 leaves the sum, 1 makes it the mean, ½ gives documents whose
        words weigh 1 the same length.
    """

    scale: Positive = 0.05
    shrink: Share = 1.0


@jax.custom_vjp
def pool(table: Table, bag: Any) -> Float[Array, "n units"]:
    """Σ weight · word vector over the words of each document.

    As many words at a time as the longest document of the batch needs: most are far shorter than the longest of all.

    Args:
      bag: `words` and `weights` (n, length), 0 for padding, which stands past `lengths` (n,).
    """
    count, length = bag.words.shape
    wide = -length % CHUNK
    words, weights = (jnp.pad(part, ((0, 0), (0, wide))) for part in (bag.words, bag.weights))

    def add(chunk: Array, total: Array) -> Array:
        ids, shares = (jax.lax.dynamic_slice_in_dim(x, chunk * CHUNK, CHUNK, 1) for x in (words, weights))
        return total + (table[ids] * shares[..., None]).sum(axis=1)

    chunks = -(-jnp.max(bag.lengths) // CHUNK)
    return jax.lax.fori_loop(0, chunks, add, jnp.zeros((count, table.shape[1]), table.dtype))


def _pool_forward(table: Table, bag: Any) -> tuple[Array, Any]:
    return pool(table, bag), (table, bag)


def _pool_backward(kept: Any, gradient: Float[Array, "n units"]) -> tuple[Array, None]:
    table, bag = kept
    return jnp.zeros_like(table).at[bag.words].add(bag.weights[..., None] * gradient[:, None]), None


pool.defvjp(_pool_forward, _pool_backward)


def words(params: Any, settings: Any) -> np.ndarray:
    """The word vectors (vocabulary, units)."""
    return np.asarray(params["words"]["table"])


class WordTable(nn.Module):
    """One row of `units` features for each word."""

    vocabulary: int
    units: int
    scale: float

    @nn.compact
    def __call__(self, bag: Any) -> Float[Array, "n units"]:
        """Documents -> the sums of their word vectors (n, units)."""
        table = self.param(
            "table",
            lambda key: self.scale * uniform_per_unit(key, (self.vocabulary, self.units), [1]),
        )
        return pool(jnp.asarray(table), bag)


class WordBag(nn.Module):
    """Embedding → sum over the words, shrunk → dropout → class scores."""

    units: int
    classes: int
    vocabulary: int
    spec: WordBagSpec

    @nn.compact
    def __call__(self, inputs: Any, settings: Any, *, train: bool = False) -> dict[str, Array]:
        """The trace of a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the dimension of the word vectors; `dropout` the share of dimensions dropped.
          train: whether to drop.

        Returns:
          "features" (n, units), the pooled word vector; "scores" (n, classes).
        """
        total = WordTable(self.vocabulary, self.units, self.spec.scale, name="words")(inputs)
        weight = jnp.maximum(inputs.weights.sum(axis=1, keepdims=True), 1.0)
        features = total / weight**self.spec.shrink * unit_mask(self.units, settings.width)[None]
        kept = UnitDropout(name="dropout")(features, settings.dropout, train=train)
        scores = Affine(self.classes, unit_axes=(1,), name="classes")(kept.T, settings.width)
        return {"features": features, "scores": scores.T}
