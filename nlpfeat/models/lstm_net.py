"""Embedding → LSTM over the words → classes.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5, with the LSTM of Keras 1: gates are hard sigmoids, and the
bias of the forget gate starts at 1. Recurrent weights start Glorot-uniform instead of orthogonal: the initial weights of a unit
must not depend on the number of units.
"""

from dataclasses import dataclass

import flax.linen as nn
from jaxtyping import PyTree

from nlpfeat.config.fields import NonNegativeInt
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import Dense, Embedding, class_scores, one_is_swept, outputs_of, size
from nlpfeat.models.recurrent import KERAS_LSTM, Recurrent


@dataclass(frozen=True)
class LstmNetSpec:
    """Sizes of the layers; 0 stands for the swept width.

    Attributes:
      embedding: dimension of the word vectors.
      cells: of the LSTM.
    """

    embedding: NonNegativeInt = 32
    cells: NonNegativeInt = 0

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.cells)


class LstmNet(nn.Module):
    """Embedding → dropout of words → LSTM → class scores."""

    units: int
    classes: int
    rows: int
    spec: LstmNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding, which leaves the state unchanged.
          settings: `width` is the size of the layers whose size in the spec is 0; `word_dropout` is the dropout rate of words.
          train: whether to apply dropout.

        Returns:
          "embedded" (n, length, embedding), "features" (n, cells), "scores" (n, classes).
        """
        embedding, cells = (
            size(units, self.units, settings.width) for units in (self.spec.embedding, self.spec.cells)
        )
        embedded = Embedding(self.rows, embedding, name="words")(
            inputs.words, settings.word_dropout, train=train
        )
        layer = Recurrent(KERAS_LSTM, embedding, cells, name="lstm")
        _, (output, _) = layer(embedded, mask=inputs.words > 0)
        features = cells.mask(output)
        scores = class_scores(Dense((cells,), outputs_of(self.classes), name="classes")(features))
        return {"embedded": embedded, "features": features, "scores": scores}
