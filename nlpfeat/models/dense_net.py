"""Embedding → flatten → dense ReLU → classes: a network with separate weights for each position of a word.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax
from jaxtyping import PyTree

from nlpfeat.config.fields import NonNegativeInt
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import Dense, Embedding, class_scores, fixed, one_is_swept, outputs_of, size
from nlpfeat.models.masking import Dropout


@dataclass(frozen=True)
class DenseNetSpec:
    """Sizes of the layers; 0 stands for the swept width.

    Attributes:
      embedding: dimension of the word vectors.
      dense: units of the dense layer.
    """

    embedding: NonNegativeInt = 32
    dense: NonNegativeInt = 0

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.dense)


class DenseNet(nn.Module):
    """Embedding → flatten → dense ReLU → dropout → class scores."""

    units: int
    classes: int
    rows: int
    length: int
    spec: DenseNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding.
          settings: `width` is the size of the layers whose size in the spec is 0; `dropout` is the rate for dense units.
          train: whether to apply dropout.

        Returns:
          "embedded" (n, length, embedding), "features" (n, dense), "scores" (n, classes).
        """
        embedding = size(self.spec.embedding, self.units, settings.width)
        dense = size(self.spec.dense, self.units, settings.width)
        length = fixed(self.length)
        embedded = Embedding(self.rows, embedding, name="words")(inputs.words, None, train=train)
        features = jax.nn.relu(Dense((length, embedding), dense, name="dense")(embedded))
        kept = Dropout(dense.swept, name="dropout")(features, settings.dropout, train=train)
        scores = class_scores(Dense((dense,), outputs_of(self.classes), name="classes")(kept))
        return {"embedded": embedded, "features": features, "scores": scores}
