"""Average, reduce, tanh: the mean of the word vectors of a document, reduced to one number between -1 and 1.

Source: "Word to vector embeddings II", which derives the gradient by hand; `hand_gradient` is this derivation.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from nlpfeat.config.fields import Positive
from nlpfeat.data.core import Outputs
from nlpfeat.models.masking import Affine, unit_mask
from nlpfeat.models.word_bag import WordTable


@dataclass(frozen=True)
class WordMeanSpec:
    """Initialization and reduction.

    Attributes:
      init_scale: word vectors start U(±init_scale).
      learned: whether the reduction to one number is a learned affine map, instead of the sum.
    """

    init_scale: Positive = 0.05
    learned: bool = False


def levels(classes: int) -> Float[np.ndarray, " classes"]:
    """The target value of each class, evenly spaced from -1 to 1: the middle one of three is neutral."""
    return np.linspace(-1.0, 1.0, classes, dtype=np.float32)


class WordMean(nn.Module):
    """Embedding → mean over the words → reduction to one number → tanh."""

    units: int
    classes: int
    vocab_size: int
    spec: WordMeanSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the dimension of the word vectors.
          train: has no effect here.

        Returns:
          "features" (n, units), the mean; "prediction" (n,); "levels" (n, classes), the target value of each class; "scores" (n,
          classes), minus the squared distance of the prediction from each target value.
        """
        total = WordTable(self.vocab_size, self.units, self.spec.init_scale, name="words")(inputs)
        mean = total / jnp.maximum(inputs.weights.sum(axis=1, keepdims=True), 1.0)
        features = mean * unit_mask(self.units, settings.width)[None]
        if self.spec.learned:
            reduced = Affine(1, unit_axes=(1,), name="reduction")(features.T, settings.width)[0]
        else:
            reduced = features.sum(1)
        prediction = jnp.tanh(reduced)
        level = jnp.broadcast_to(levels(self.classes), (len(prediction), self.classes))
        scores = -((prediction[:, None] - level) ** 2)
        return {"features": features, "prediction": prediction, "levels": level, "scores": scores}


def hand_gradient(
    one_hot: Float[np.ndarray, "words vocabulary"],
    table: Float[np.ndarray, "vocabulary units"],
    reduction: Float[np.ndarray, " units"],
    target: float,
) -> Float[np.ndarray, "vocabulary units"]:
    """dD²/dW of one document by the chain rule: 2D · (-1) · (1 - tanh² O) · T2 · T1 · S.

    The graph is H = S W, G = mean of the rows of H, O = G · T2, P = tanh O, D = T - P. The entries of T1 are 1/words.

    Args:
      one_hot: S, one row per word of the document.
      table: W.
      reduction: T2; ones for the sum.
      target: T.
    """
    count = one_hot.shape[0]
    hidden = one_hot @ table
    mean = np.full(count, 1 / count) @ hidden
    output = mean @ reduction
    difference = target - np.tanh(output)
    slope = 2 * difference * -1.0 * (1 - np.tanh(output) ** 2)
    return slope * one_hot.T @ np.outer(np.full(count, 1 / count), reduction)
