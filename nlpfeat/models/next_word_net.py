"""A few words → the next word: one hidden layer per word, with separate or shared weights.

The hidden layer of a word is a function of the word and of the hidden layer of the word before. With shared weights, the network
is an unrolled RNN. Source: fast.ai, Practical Deep Learning for Coders (2016), lessons 5 and 6.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import PyTree

from nlpfeat.config.fields import NonNegativeInt
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.layers import Dense, Embedding, fixed, one_is_swept, size
from nlpfeat.models.recurrent import RNN, Recurrent


@dataclass(frozen=True)
class NextWordNetSpec:
    """Sizes of the layers; 0 stands for the swept width.

    Attributes:
      embedding: dimension of the word vectors.
      units: of each hidden layer.
      shared: whether the hidden layers share their weights.
    """

    embedding: NonNegativeInt = 50
    units: NonNegativeInt = 0
    shared: bool = False

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.units)


class NextWordNet(nn.Module):
    """Embedding → one hidden layer per word → scores of the next word."""

    units: int
    rows: int
    spec: NextWordNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch.

        Args:
          inputs: `words` (n, context), ids.
          settings: `width` is the size of the layers whose size in the spec is 0.
          train: has no effect here.

        Returns:
          "features" (n, units), the hidden layer of the last word; "scores" (n, rows).
        """
        embedding, units = (
            size(n, self.units, settings.width) for n in (self.spec.embedding, self.spec.units)
        )
        words = Embedding(self.rows, embedding, name="words")(inputs.words, None, train=train)
        if self.spec.shared:
            _, (state,) = Recurrent(RNN, embedding, units, name="shared")(words)
            features = units.mask(state)
        else:
            features = jnp.tanh(Dense((embedding,), units, name="word_0")(words[:, 0]))
            for i in range(1, words.shape[1]):
                word = Dense((embedding,), units, name=f"word_{i}")(words[:, i])
                features = jnp.tanh(word + Dense((units,), units, name=f"before_{i}")(features))
        scores = Dense((units,), fixed(self.rows), name="next")(features)
        return {"features": features, "scores": scores}


def unrolled(params: Params, context: int) -> Params:
    """The parameters of the equivalent network with separate weights, for `context` words.

    Args:
      params: of a network with shared weights.
    """
    shared = {name: leaf[..., 0, :] for name, leaf in params["shared"].items() if name != "bias"}
    bias = params["shared"]["bias"][0]
    word = {"weight": shared["weight"], "bias": bias}
    before = {"weight": shared["recurrent"], "bias": jnp.zeros_like(bias)}
    return (
        {name: part for name, part in params.items() if name != "shared"}
        | {f"word_{i}": word for i in range(context)}
        | {f"before_{i}": before for i in range(1, context)}
    )
