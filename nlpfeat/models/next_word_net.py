"""A few words → the next one: layers merged word by word, and the same with one set of weights, which is an RNN.

Source: fast.ai, Practical Deep Learning for Coders (2016), lessons 5 and 6. The first word goes through a layer; each further one
through a layer of its own, to which what was found before is added through another. With the same two layers for every word the
net is an RNN, drawn unrolled.
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import PyTree

from nlpfeat.config.fields import NonNegativeInt
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import Dense, Embedding, Size, one_is_swept, size
from nlpfeat.models.recurrent import RNN, Recurrent


@dataclass(frozen=True)
class NextWordNetSpec:
    """The net's layers.

    Attributes:
      embedding: dimensions of the words; 0 for the swept width.
      units: of each hidden layer; 0 for the swept width.
      shared: whether all words have the same layers.
    """

    embedding: NonNegativeInt = 50
    units: NonNegativeInt = 0
    shared: bool = False

    def __post_init__(self) -> None:
        one_is_swept(self.embedding, self.units)


class NextWordNet(nn.Module):
    """Embedding → a hidden layer a word, one on the other → scores of the next word."""

    units: int
    rows: int
    spec: NextWordNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch.

        Args:
          inputs: `words` (n, context).
          settings: `width` counts the units of the layers whose size is 0.

        Returns:
          "features" (n, units) after the last word, "scores" (n, rows).
        """
        embedding, units = (
            size(n, self.units, settings.width) for n in (self.spec.embedding, self.spec.units)
        )
        words = Embedding(self.rows, embedding, name="words")(inputs.words, None, train=train)
        if self.spec.shared:
            _, (found,) = Recurrent(RNN, embedding, units, name="shared")(words)
            features = units.mask(found)
        else:
            features = jnp.tanh(Dense((embedding,), units, name="word_0")(words[:, 0]))
            for place in range(1, words.shape[1]):
                word = Dense((embedding,), units, name=f"word_{place}")(words[:, place])
                merged = word + Dense((units,), units, name=f"before_{place}")(features)
                features = jnp.tanh(merged)
        rows = Size(self.rows, self.rows, False)
        return {"features": features, "scores": Dense((units,), rows, name="next")(features)}


def unrolled(params: dict[str, Any], context: int) -> dict[str, Any]:
    """The parameters of the net without shared weights that computes what the one with them, `params`, does."""
    shared = {name: leaf[..., 0, :] for name, leaf in params["shared"].items() if name != "bias"}
    bias = params["shared"]["bias"][0]
    word = {"weight": shared["weight"], "bias": bias}
    before = {"weight": shared["recurrent"], "bias": jnp.zeros_like(bias)}
    return (
        {name: part for name, part in params.items() if name != "shared"}
        | {f"word_{place}": word for place in range(context)}
        | {f"before_{place}": before for place in range(1, context)}
    )
