"""Convolutions over words, with one kernel size or several in parallel.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5; several kernel sizes after Kim, "Convolutional neural
networks for sentence classification", EMNLP 2014.
"""

from dataclasses import dataclass

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
    fixed,
    max_pool,
    one_is_swept,
    outputs_of,
    size,
)
from nlpfeat.models.masking import Dropout


@dataclass(frozen=True)
class ConvNetSpec:
    """Sizes of the layers; 0 stands for the swept width.

    Attributes:
      embedding: dimension of the word vectors.
      filters: per kernel size.
      dense: units of the dense layer.
      kernel_sizes: words per filter.
      pool: positions per maximum.
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
    """As `ConvNetSpec`, with three kernel sizes, and the embedding dimension of the smallest GloVe vectors."""

    embedding: NonNegativeInt = 50
    kernel_sizes: tuple[Count, ...] = (3, 4, 5)


class ConvNet(nn.Module):
    """Embedding → dropout → (convolution → ReLU → dropout → max pooling) per kernel size → dropout → dense → classes."""

    units: int
    classes: int
    rows: int
    length: int
    spec: ConvNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding.
          settings: `width` is the size of the layers whose size in the spec is 0. Dropout rates: `word_dropout` of words,
            `embedding_dropout` of the entries of word vectors, `column_dropout` of their dimensions, `filter_dropout` of the
            outputs of filters, `joined_dropout` of their maxima, `dropout` of dense units. Rates may be missing.
          train: whether to apply dropout.

        Returns:
          "embedded" (n, length, embedding), "filtered" (n, sizes, length / pool, filters), "features" (n, dense),
          "scores" (n, classes).
        """
        embedding, filters, dense = (
            size(units, self.units, settings.width)
            for units in (self.spec.embedding, self.spec.filters, self.spec.dense)
        )

        def drop(rate: str, x: Array, units: Size, shared: tuple[int, ...] = (), suffix: str = "") -> Array:
            if not hasattr(settings, rate):
                return x
            layer = Dropout(units.swept, shared, name=f"{rate}{suffix}")
            return layer(x, getattr(settings, rate), train=train)

        words = Embedding(self.rows, embedding, name="words")
        embedded = words(inputs.words, settings.word_dropout, train=train)
        dropped = drop("embedding_dropout", embedded, embedding)
        dropped = drop("column_dropout", dropped, embedding, (1,))
        maxima = []
        for kernel_size in self.spec.kernel_sizes:
            convolution = Convolution(kernel_size, embedding, filters, name=f"filters{kernel_size}")
            active = jax.nn.relu(convolution(dropped))
            active = drop("filter_dropout", active, filters, suffix=str(kernel_size))
            maxima.append(max_pool(active, min(self.spec.pool, self.length)))
        filtered = jnp.stack(maxima, axis=1)
        joined = drop("joined_dropout", filtered, filters)
        sides = map(fixed, filtered.shape[1:3])
        features = jax.nn.relu(Dense((*sides, filters), dense, name="dense")(joined))
        kept = drop("dropout", features, dense)
        scores = class_scores(Dense((dense,), outputs_of(self.classes), name="classes")(kept))
        return {"embedded": embedded, "filtered": filtered, "features": features, "scores": scores}
