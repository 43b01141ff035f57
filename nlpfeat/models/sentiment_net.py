"""Trask's sentiment network: words present → linear hidden layer, from zero → sigmoid, in coordinates that never grow.

Weights W01 (vocabulary × H) start at zero, W12 (H × outputs) at V, drawn once. Gradient descent then changes a word's
row by a multiple of W12 and W12 by multiples of hidden layers, so for ever

    W01 = A Vᵀ   and   W12 = V B,   with A (vocabulary × outputs) and B (outputs × outputs), A = 0 and B = 1 at first.

The output is x A (Vᵀ V) B: of the H hidden units only the small matrix Vᵀ V is felt. With one output each word has
*one* number whatever the width, and the width acts as a learning rate, |V|² ≈ H. The same steps in these coordinates
(`nlpfeat.training.online`) are exact, and cost the same at every width.

Source of the network: A. Trask, "Sentiment classification & how to frame problems for a neural network".
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.masking import unit_mask
from nlpfeat.models.word_bag import pool

TIE = 1e-30


@dataclass(frozen=True)
class SentimentNetSpec:
    """Nothing is left to choose: width and seed are traced settings."""


def outputs(classes: int) -> int:
    """One sigmoid output tells two classes apart; more classes have one each."""
    return 1 if classes == 2 else classes


def class_scores_of(output: Float[Array, "n outputs"]) -> Float[Array, "n classes"]:
    """Class scores whose largest is the class predicted; of two classes, those whose softmax is the sigmoid.

    σ ≥ ½ means the second class, so a tie must not go to the first.
    """
    if output.shape[1] > 1:
        return output
    return jnp.concatenate([jnp.zeros_like(output), jnp.where(output == 0, TIE, output)], axis=1)


def init_override(params: Params, settings: PyTree) -> Any:
    """The parameters with W12 drawn as the notebook draws it: NumPy's legacy generator, N(0, outputs^-½), unit by unit.

    So the first units are the same at every width, and seed 1 at width 10 is the notebook's own.
    """
    first = np.zeros_like(params["first"])
    width, count = int(settings.width), first.shape[1]
    drawn = np.random.RandomState(int(settings.seed)).normal(0.0, count**-0.5, (width, count))
    first[:width] = drawn[: len(first)]
    return {**params, "first": first}


def word_vectors(params: Params, settings: PyTree) -> np.ndarray:
    """The rows of W01: float64 (vocabulary, units), of rank `outputs`."""
    first = np.asarray(params["first"], np.float64)
    return np.asarray(params["along"], np.float64) @ first.T


class SentimentNet(nn.Module):
    """The network in the coordinates A ("along"), V ("first") and B ("readout")."""

    units: int
    outputs: int
    vocab_size: int

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the member's number of hidden units, at most `units`.
          train: has no effect here.

        Returns:
          "features" (n, units), the hidden layer; "output" (n, outputs), before the sigmoid; "scores" (n, classes).
        """
        zeros, eye = jax.nn.initializers.zeros, lambda key: jnp.eye(self.outputs)
        along: Any = self.param("along", zeros, (self.vocab_size, self.outputs))
        first: Any = self.param("first", zeros, (self.units, self.outputs))
        readout: Any = self.param("readout", eye)
        first = first * unit_mask(self.units, settings.width)[:, None]
        pooled = pool(along, inputs)
        output = pooled @ (first.T @ first) @ readout
        return {"features": pooled @ first.T, "output": output, "scores": class_scores_of(output)}
