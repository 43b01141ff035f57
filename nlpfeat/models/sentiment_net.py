"""Trask's sentiment network: words present → linear hidden layer → sigmoid, in coordinates of constant size.

The weights W01 (vocabulary × H) start at zero, and W12 (H × outputs) at a random V. Gradient descent changes the row of a word by
a multiple of W12, and W12 by multiples of hidden layers. Therefore, at every step,

    W01 = A Vᵀ   and   W12 = V B,   with A (vocabulary × outputs) and B (outputs × outputs), initially A = 0 and B = 1.

The output is x A (Vᵀ V) B, and depends on the H hidden units through the small matrix Vᵀ V only. With one output, a word is
represented by one number at every width, and the width acts as a learning rate, |V|² ≈ H. The steps of
`nlpfeat.training.rules.online` in these coordinates are exact, and cost the same at every width.

Source of the network: A. Trask, "Sentiment classification & how to frame problems for a neural network".
"""

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.masking import unit_mask
from nlpfeat.models.word_bag import pool

TIE = 1e-30  # in place of an output of 0


@dataclass(frozen=True)
class SentimentNetSpec:
    """No static settings: width and seed are traced ones."""


def outputs(classes: int) -> int:
    """The number of sigmoid outputs: one for two classes, else one per class."""
    return 1 if classes == 2 else classes


def class_scores_of(output: Float[Array, "n outputs"]) -> Float[Array, "n classes"]:
    """Class scores, the largest of which is the predicted class. For two classes, their softmax is the sigmoid.

    σ ≥ ½ predicts the second class, so a tie must not go to the first.
    """
    if output.shape[1] > 1:
        return output
    return jnp.concatenate([jnp.zeros_like(output), jnp.where(output == 0, TIE, output)], axis=1)


def init_override(params: Params, settings: PyTree) -> Params:
    """The parameters with W12 drawn as in the notebook: N(0, outputs^-½) from NumPy's legacy generator, unit by unit.

    The first units are the same at every width. Seed 1 at width 10 gives the weights of the notebook.
    """
    first = np.zeros_like(params["first"])
    width, count = int(settings.width), first.shape[1]
    drawn = np.random.RandomState(int(settings.seed)).normal(0.0, count**-0.5, (width, count))
    first[:width] = drawn[: len(first)]
    return {**params, "first": first}


def word_vectors(params: Params, settings: PyTree, texts: PyTree) -> Float[np.ndarray, "vocabulary units"]:
    """W01: float64 (vocabulary, units), of rank `outputs`."""
    first = np.asarray(params["first"], np.float64)
    return np.asarray(params["along"], np.float64) @ first.T


class SentimentNet(nn.Module):
    """The network in the coordinates A ("along"), V ("first") and B ("readout")."""

    units: int
    outputs: int
    vocab_size: int

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of documents.

        Args:
          inputs: a bag, `words` and `weights` (n, length).
          settings: `width` is the member's number of hidden units, at most `units`.
          train: has no effect here.

        Returns:
          "features" (n, units), the hidden layer; "output" (n, outputs), before the sigmoid; "scores" (n, classes).
        """
        zeros, eye = jax.nn.initializers.zeros, lambda key: jnp.eye(self.outputs)
        along = jnp.asarray(self.param("along", zeros, (self.vocab_size, self.outputs)))
        first = jnp.asarray(self.param("first", zeros, (self.units, self.outputs)))
        readout = jnp.asarray(self.param("readout", eye))
        first = first * unit_mask(self.units, settings.width)[:, None]
        pooled = pool(along, inputs)
        output = pooled @ (first.T @ first) @ readout
        return {"features": pooled @ first.T, "output": output, "scores": class_scores_of(output)}
