"""Real or not: a net that scores windows of words, real ones and copies whose middle word is replaced."""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.models.layers import Dense, Embedding, Size, glorot, side_by_side
from nlpfeat.models.windows import other_words, whole_windows
from nlpfeat.settings import Count

_ONE = Size(1, 1, False)


@dataclass(frozen=True)
class WindowNetSpec:
    """Sizes that are not swept.

    Attributes:
      hidden: tanh units between the words and the score.
    """

    hidden: Count = 32


class WindowNet(nn.Module):
    """Word vectors of a window, one after another → dense tanh → one score. Source: the form of Collobert & Weston, ICML 2008."""

    units: int
    rows: int
    reach: int
    spec: WindowNetSpec

    @nn.compact
    def __call__(self, inputs: Any, settings: Any, *, train: bool = False) -> dict[str, Array]:
        """The trace of a batch of stretches.

        Args:
          inputs: `words`, `document`, `middle` (n, length), and the chances of words to `stay` and to be `noise`: see
            `nlpfeat.data.stretches.Stretches`.
          settings: `width` is the dimension of the word vectors.
          train: whether the words that replace others are drawn anew; else they are always the same.

        Returns:
          "windows" bool (n, length): which words are the middle of a window; "real" and "wrong" (n, length): the scores of
          those windows, and of their copies; "features" (n, length, hidden) of the real ones.
        """
        key = self.make_rng("dropout") if train else jax.random.key(0)
        dimension, taps = Size(self.units, settings.width, True), 2 * self.reach + 1
        embedding = Embedding(self.rows, dimension, name="words")
        words = embedding(inputs.words, None, train=train)
        replaced = embedding(other_words(key, inputs.words, self.rows), None, train=train)
        shape = (taps, self.units, self.spec.hidden)
        fan_in = taps * jnp.asarray(settings.width, jnp.float32)
        weight = jnp.asarray(self.param("weight", glorot(shape, [1], fan_in, self.spec.hidden)))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.spec.hidden,))
        # One product over all words of a window, as in `nlpfeat.models.layers.Convolution`.
        window = side_by_side(words, taps)
        flat = weight.reshape(-1, self.spec.hidden)
        real = (window.reshape(-1, len(flat)) @ flat).reshape(*words.shape[:2], -1) + bias[None, None]
        change = (replaced - words).reshape(-1, self.units) @ weight[self.reach]
        wrong = real + change.reshape(real.shape)
        score = Dense((Size(self.spec.hidden, self.spec.hidden, False),), _ONE, name="score")

        def scored(hidden: Array) -> Array:
            return score(hidden.reshape(-1, self.spec.hidden)).reshape(hidden.shape[:2])

        features = jnp.tanh(real)
        return {
            "windows": whole_windows(inputs, self.reach),
            "features": features,
            "real": scored(features),
            "wrong": scored(jnp.tanh(wrong)),
        }
