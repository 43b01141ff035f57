"""Convolutions over words, of one size or of several side by side.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5; several sizes after Kim, "Convolutional neural
networks for sentence classification", EMNLP 2014.
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import Count, NonNegativeInt
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import (
    Convolution,
    Dense,
    Embedding,
    Size,
    class_scores,
    max_pool,
    one_is_swept,
    outputs_of,
    size,
)
from nlpfeat.models.masking import Dropout


@dataclass(frozen=True)
class ConvNetSpec:
    """Sizes of the layers: dimensions of the `embedding`, `filters` of each length in `kernel_sizes`, `dense` units.

    0 marks those that the width counts. Of each `pool` positions the largest value of a filter goes on.
    """

    embedding: NonNegativeInt = 32
    filters: NonNegativeInt = 0
    dense: NonNegativeInt = 100
    kernel_sizes: tuple[Count, ...] = (5,)
    pool: Count = 2

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.filters, self.dense)
        if not self.kernel_sizes:
            raise ValueError("kernel_sizes must name at least one kernel size, as in (5,)")


@dataclass(frozen=True)
class MultiConvNetSpec(ConvNetSpec):
    """As `ConvNetSpec`, with filters of three sizes, on an embedding as wide as GloVe's narrowest."""

    embedding: NonNegativeInt = 50
    kernel_sizes: tuple[Count, ...] = (3, 4, 5)


class ConvNet(nn.Module):
    """Embedding → dropout → (convolution → ReLU → dropout → maxima of some positions) of each size → dropout → dense → classes."""

    units: int
    classes: int
    rows: int
    length: int
    spec: ConvNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding.
          settings: `width` counts the units of the layers whose size is 0. Shares dropped: `word_dropout` of the words,
            `embedding_dropout` of the numbers in the embedding, `column_dropout` of its columns, `filter_dropout` of
            what the filters give, `joined_dropout` of their maxima, `dropout` of dense units. Those that the settings
            lack are not drawn.
          train: whether to drop.

        Returns:
          "embedded" (n, length, embedding), "filtered" (n, sizes, length / pool, filters), "features" (n, dense),
          "scores" (n, classes).
        """
        embedding, filters, dense = (
            size(asked, self.units, settings.width)
            for asked in (self.spec.embedding, self.spec.filters, self.spec.dense)
        )

        def drop(share: str, x: Array, units: Size, shared: tuple[int, ...] = (), place: Any = "") -> Array:
            if not hasattr(settings, share):
                return x
            layer = Dropout(units.swept, shared, name=f"{share}{place}")
            return layer(x, getattr(settings, share), train=train)

        words = Embedding(self.rows, embedding, name="words")
        embedded = words(inputs.words, settings.word_dropout, train=train)
        seen = drop("embedding_dropout", embedded, embedding)
        seen = drop("column_dropout", seen, embedding, (1,))
        maxima = []
        for kernel_size in self.spec.kernel_sizes:
            found = jax.nn.relu(
                Convolution(kernel_size, embedding, filters, name=f"filters{kernel_size}")(seen)
            )
            found = drop("filter_dropout", found, filters, place=kernel_size)
            maxima.append(max_pool(found, min(self.spec.pool, self.length)))
        filtered = jnp.stack(maxima, axis=1)
        joined = drop("joined_dropout", filtered, filters)
        sides = (Size(n, n, False) for n in filtered.shape[1:3])
        features = jax.nn.relu(Dense((*sides, filters), dense, name="dense")(joined))
        kept = drop("dropout", features, dense)
        scores = class_scores(Dense((dense,), outputs_of(self.classes), name="classes")(kept))
        return {"embedded": embedded, "filtered": filtered, "features": features, "scores": scores}
