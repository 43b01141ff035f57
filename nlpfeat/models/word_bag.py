"""Words averaged: an embedding table, the mean over a document's words, one layer of class scores."""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from nlpfeat.models.width import Affine, UnitDropout, uniform_per_unit, unit_mask
from nlpfeat.settings import Positive


@dataclass(frozen=True)
class WordBagSpec:
    """`scale`: word vectors start U(±scale). Keras's default is .05."""

    scale: Positive = 0.05


class WordTable(nn.Module):
    """One row of `units` features for each word."""

    vocabulary: int
    units: int
    scale: float

    @nn.compact
    def __call__(self, words: Int[Array | np.ndarray, "n length"]) -> Float[Array, "n length units"]:
        """Word ids (n, length) -> word vectors (n, length, units)."""
        table = self.param(
            "table",
            lambda key: self.scale * uniform_per_unit(key, (self.vocabulary, self.units), [1]),
        )
        return jnp.asarray(table)[words]


class WordBag(nn.Module):
    """Embedding → mean over the words that are not padding → dropout → class scores."""

    units: int
    classes: int
    vocabulary: int
    scale: float

    @nn.compact
    def __call__(
        self, inputs: Int[Array | np.ndarray, "n length"], settings: Any, *, train: bool = False
    ) -> dict[str, Array]:
        """The trace of a batch of documents.

        Args:
          inputs: word ids, int (n, length); 0 is padding.
          settings: `width` is the dimension of the word vectors; `dropout` the share of dimensions dropped.
          train: whether to drop.

        Returns:
          "features" (n, units), the mean word vector; "scores" (n, classes).
        """
        present = (inputs > 0)[..., None]
        vectors = WordTable(self.vocabulary, self.units, self.scale, name="words")(inputs)
        total = jnp.where(present, vectors, 0.0).sum(axis=1)
        features = total / jnp.maximum(present.sum(axis=1), 1)
        features = features * unit_mask(self.units, settings.width)[None]
        kept = UnitDropout(name="dropout")(features, settings.dropout, train=train)
        scores = Affine(self.classes, unit_axes=(1,), name="classes")(kept.T, settings.width)
        return {"features": features, "scores": scores.T}
