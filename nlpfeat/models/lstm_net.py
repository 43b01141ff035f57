"""Embedding → LSTM over the words → classes.

Source: fast.ai, Practical Deep Learning for Coders (2016), lesson 5, with the LSTM of Keras 1: gates are hard sigmoids,
and the forget gate starts open. Recurrent weights start Glorot-uniform, not orthogonal: a unit's draws must not depend
on how many there are.
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
    """Sizes of the layers: dimensions of the `embedding`, LSTM `cells`. 0 marks the one that the width counts."""

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
        """The trace of a batch of sequences.

        Args:
          inputs: `words` (n, length), 0 for padding, which is passed over.
          settings: `width` counts the units of the layers whose size is 0; `word_dropout` is the share of words dropped.
          train: whether to drop.

        Returns:
          "embedded" (n, length, embedding), "features" (n, cells), "scores" (n, classes).
        """
        embedding, cells = (
            size(asked, self.units, settings.width) for asked in (self.spec.embedding, self.spec.cells)
        )
        embedded = Embedding(self.rows, embedding, name="words")(
            inputs.words, settings.word_dropout, train=train
        )
        layer = Recurrent(KERAS_LSTM, embedding, cells, name="lstm")
        _, (said, _) = layer(embedded, here=inputs.words > 0)
        features = cells.mask(said)
        scores = class_scores(Dense((cells,), outputs_of(self.classes), name="classes")(features))
        return {"embedded": embedded, "features": features, "scores": scores}
