"""What nets make of stretches of text: whole windows, and noise as dropout is, from the same keys: words that go, or are replaced."""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.config.fields import Count, Positive, Scalar
from nlpfeat.data.core import Outputs
from nlpfeat.models.layers import Dense, Embedding, Size, glorot, side_by_side
from nlpfeat.models.masking import uniform_per_unit, unit_mask


def whole_windows(segments: Any, context_radius: int) -> Array:
    """Which words are the middle of a window that lies in one document, and that its stretch accounts for: bool (n, STRETCH)."""
    document = segments.document
    same = document[:, : -2 * context_radius] == document[:, 2 * context_radius :]
    return jnp.pad(same, ((0, 0), (context_radius, context_radius))) & segments.middle


def other_words(key: Array, words: Int[Array, "*places"], rows: int) -> Int[Array, "*places"]:
    """For each word another one, all those with a row of their own alike; never the word itself.

    Args:
      rows: of the table, the first (padding) and the last (rare words) not being drawn.
    """
    known = rows - 2
    held = (words >= 1) & (words <= known)
    drawn = 1 + jax.random.randint(key, words.shape, 0, jnp.where(held, known - 1, known))
    return drawn + (held & (drawn >= words))


def noise_words(key: Array, upto: Array, shape: tuple[int, ...]) -> Int[Array, "..."]:
    """Words by their chances.

    Args:
      upto: uint32 (words,), cumulative chances, of 2³².
    """
    found = jnp.searchsorted(upto, jax.random.bits(key, shape, jnp.uint32), side="right").astype(jnp.int32)
    return jnp.minimum(found, len(upto) - 2)


def subsampled(key: Array, segments: Any, max_kept: int) -> Any:
    """The stretches without the words that chance takes, moved together into `slots` places.

    Places left over belong to document -1, and to no middle.
    """
    stays = jax.random.uniform(key, segments.words.shape) < segments.keep_probability[segments.words]
    stays &= segments.document >= 0
    rank = jnp.cumsum(stays, axis=1) - 1
    n, length = segments.words.shape
    goal = jnp.where(stays & (rank < max_kept), rank, max_kept)
    row = jnp.arange(n)[:, None]
    source = jnp.full((n, max_kept + 1), length).at[row, goal].set(jnp.arange(length)[None])[:, :max_kept]
    there, source = source < length, jnp.minimum(source, length - 1)
    return segments._replace(
        words=jnp.take_along_axis(segments.words, source, axis=1),
        document=jnp.where(there, jnp.take_along_axis(segments.document, source, axis=1), -1),
        middle=there & jnp.take_along_axis(segments.middle, source, axis=1),
    )


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
    context_radius: int
    spec: WindowNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
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
        dimension, kernel_size = Size(self.units, settings.width, True), 2 * self.context_radius + 1
        embedding = Embedding(self.rows, dimension, name="words")
        words = embedding(inputs.words, None, train=train)
        replaced = embedding(other_words(key, inputs.words, self.rows), None, train=train)
        shape = (kernel_size, self.units, self.spec.hidden)
        fan_in = kernel_size * jnp.asarray(settings.width, jnp.float32)
        weight = jnp.asarray(self.param("weight", glorot(shape, [1], fan_in, self.spec.hidden)))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.spec.hidden,))
        # One product over all words of a window, as in `nlpfeat.models.layers.Convolution`.
        window = side_by_side(words, kernel_size)
        flat = weight.reshape(-1, self.spec.hidden)
        real = (window.reshape(-1, len(flat)) @ flat).reshape(*words.shape[:2], -1) + bias[None, None]
        change = (replaced - words).reshape(-1, self.units) @ weight[self.context_radius]
        wrong = real + change.reshape(real.shape)
        score = Dense((Size(self.spec.hidden, self.spec.hidden, False),), _ONE, name="score")

        def scored(hidden: Array) -> Array:
            return score(hidden.reshape(-1, self.spec.hidden)).reshape(hidden.shape[:2])

        features = jnp.tanh(real)
        return {
            "windows": whole_windows(inputs, self.context_radius),
            "features": features,
            "real": scored(features),
            "wrong": scored(jnp.tanh(wrong)),
        }


@dataclass(frozen=True)
class NoiseNetSpec:
    """How noise words are drawn and weigh.

    Attributes:
      noise: noise words of a stretch.
      negatives: what they weigh together beside a pair of words that is real.
    """

    noise: Count = 64
    negatives: Positive = 5.0


class NoiseNet(nn.Module):
    """Two vectors a word: one as the middle of a window ("middles"), one as company ("words"), which is the one that is kept.

    Each pair sets a word's vector as company against all noise words of the stretch, a smooth gradient; its vector as a middle
    is pushed in bursts, whenever it is drawn as noise. So the former are the better ones.
    """

    units: int
    rows: int
    context_radius: int
    max_kept: int
    spec: NoiseNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The trace of a batch of stretches.

        Args:
          inputs: `words`, `document`, `middle` (n, length), and the chances of words to `stay` and to be `noise`: see
            `nlpfeat.data.stretches.Stretches`.
          settings: `width` is the dimension of the vectors.
          train: whether what is thinned out and what replaces words is drawn anew; else it is always the same.

        Returns:
          Of the thinned text, "pairs" (n, slots, slots), the product of each word as company with each as a middle, and
          "pair_weights", 0 where they stand in no window; "noise" (n, slots, noise), products of company with noise words, and
          "noise_weights". Of the whole text, "windows", "real" and "wrong" (n, length) as `WindowNet`.
        """
        key = self.make_rng("dropout") if train else jax.random.key(0)
        thin_key, noise_key, other_key = jax.random.split(key, 3)
        mask = unit_mask(self.units, settings.width)
        middle, context = (self._table(name, settings.width) * mask[None] for name in ("middles", "words"))

        kept = subsampled(thin_key, inputs, self.max_kept)
        noise = noise_words(noise_key, inputs.noise, (len(kept.words), self.spec.noise))
        word, around, wrong = middle[kept.words], context[kept.words], middle[noise]
        nearness = self._nearness(kept)
        # A noise word replaces the middle: it weighs what the middle does, and nothing if it is the same word.
        differs = (kept.words[:, :, None] != noise[:, None]).astype(jnp.float32)
        held = jnp.einsum("nct,ntk->nck", nearness, differs)
        real, other = self._whole(inputs, middle, context, other_key)
        return {
            "pairs": jnp.einsum("ncd,nmd->ncm", around, word),
            "pair_weights": nearness,
            "noise": jnp.einsum("nld,nkd->nlk", around, wrong),
            "noise_weights": held * (self.spec.negatives / self.spec.noise),
            "windows": whole_windows(inputs, self.context_radius),
            "real": real,
            "wrong": other,
        }

    def _nearness(self, kept: Any) -> Array:
        """How much each pair of context and middle weighs, as if the reach were drawn for each window: (n, slots, slots)."""
        place = jnp.arange(self.max_kept)
        distance = jnp.abs(place[:, None] - place[None])
        weight = jnp.maximum(self.context_radius + 1 - distance, 0) * (distance > 0) / self.context_radius
        same = kept.document[:, :, None] == kept.document[:, None]
        return weight[None] * (same & kept.middle[:, None])

    def _table(self, name: str, width: Scalar) -> Array:
        scale = 0.5 / jnp.asarray(width, jnp.float32)

        def draw(key: Array) -> dict[str, Array]:
            return {"table": scale * uniform_per_unit(key, (self.rows, self.units), [1])}

        return jnp.asarray(self.param(name, draw)["table"])

    def _whole(self, inputs: PyTree, middle: Array, context: Array, key: Array) -> tuple[Array, Array]:
        """The scores of whole windows, real and with another word in the middle: (n, length) each."""
        around = context[inputs.words]
        wide = jnp.pad(around, ((0, 0), (self.context_radius, self.context_radius), (0, 0)))
        length = around.shape[1]
        total = jnp.zeros_like(around)
        for tap in range(2 * self.context_radius + 1):
            distance = abs(tap - self.context_radius)
            if distance:
                total += (
                    (self.context_radius + 1 - distance) / self.context_radius * wide[:, tap : tap + length]
                )
        other = other_words(key, inputs.words, self.rows)
        return (total * middle[inputs.words]).sum(-1), (total * middle[other]).sum(-1)


# MERGED: """Real or not: a net that scores windows of words, real ones and copies whose middle word is replaced.""" | """Real or not, word by word: a window's score is the sum of products of its middle word's vector with its context's.  Source: skip-grams with negative sampling, Mikolov et al., "Distributed representations of words and phrases and their compositionality", NIPS 2013. Here it is the middle word that noise replaces, and the noise words of a stretch are shared by all of its windows, so that they are scored by one product of matrices (Ji et al., "Parallelizing word2vec in shared and distributed memory", 2016). """
