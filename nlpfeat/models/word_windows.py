"""Networks that distinguish real windows of words from corrupted ones.

`WindowNet` scores a whole window; the copy of a window has another middle word. `NoiseNet` is skip-grams with negative sampling: the
score of a window is the sum of the inner products of the vector of its middle word with those of its context. Sources: Collobert &
Weston, ICML 2008; Mikolov et al., "Distributed representations of words and phrases and their compositionality", NIPS 2013. Here,
noise replaces the middle word, and all windows of a segment share their noise words, so that their scores are one product of matrices
(Ji et al., "Parallelizing word2vec in shared and distributed memory", 2016).

Random replacements and subsampling use the random stream of dropout.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Count, Positive, Scalar
from nlpfeat.data.core import Outputs, Params
from nlpfeat.data.text.subwords import subword_ids
from nlpfeat.data.text.windows import WindowTexts, vocabulary_subwords
from nlpfeat.models.layers import Dense, Embedding, Size, convolve_at_once, fixed, glorot, shifted
from nlpfeat.models.masking import uniform_per_unit, unit_mask
from nlpfeat.models.roles import with_role


def whole_windows(segments: PyTree, context_radius: int) -> Array:
    """Which words are the middle of a window that lies in one document and belongs to the segment: bool (n, SEGMENT).

    Args:
      segments: `nlpfeat.data.text.windows.Segments`.
      context_radius: words of a window on each side of its middle.
    """
    document = segments.document
    same = document[:, : -2 * context_radius] == document[:, 2 * context_radius :]
    return jnp.pad(same, ((0, 0), (context_radius, context_radius))) & segments.middle


def other_words(key: Array, words: Int[Array, "*positions"], rows: int) -> Int[Array, "*positions"]:
    """A uniformly random other word for each word.

    Args:
      key: random key.
      words: ids.
      rows: of the word table. The first row (padding) and the last (rare words) are never drawn.
    """
    known = rows - 2
    has_row = (words >= 1) & (words <= known)
    drawn = 1 + jax.random.randint(key, words.shape, 0, jnp.where(has_row, known - 1, known))
    return drawn + (has_row & (drawn >= words))


def noise_words(key: Array, cumulative: Array, shape: tuple[int, ...]) -> Int[Array, "..."]:
    """Random words.

    Args:
      key: random key.
      cumulative: uint32 (words,), cumulative distribution, scaled to 2³².
      shape: of the result.
    """
    uniform = jax.random.bits(key, shape, jnp.uint32)
    words = jnp.searchsorted(cumulative, uniform, side="right").astype(jnp.int32)
    return jnp.minimum(words, len(cumulative) - 2)


def subsampled(key: Array, segments: PyTree, max_kept: int) -> PyTree:
    """The segments without randomly removed words, compacted to a length of `max_kept`.

    Unused positions at the end belong to document -1, and are no middles. Words in excess of `max_kept` are cut off.

    Args:
      key: random key.
      segments: `nlpfeat.data.text.windows.Segments`.
    """
    kept = jax.random.uniform(key, segments.words.shape) < segments.keep_probability[segments.words]
    kept &= segments.document >= 0
    rank = jnp.cumsum(kept, axis=1) - 1
    n, length = segments.words.shape
    target = jnp.where(kept & (rank < max_kept), rank, max_kept)
    row = jnp.arange(n)[:, None]
    source = jnp.full((n, max_kept + 1), length).at[row, target].set(jnp.arange(length)[None])[:, :max_kept]
    valid, source = source < length, jnp.minimum(source, length - 1)
    return segments._replace(
        words=jnp.take_along_axis(segments.words, source, axis=1),
        document=jnp.where(valid, jnp.take_along_axis(segments.document, source, axis=1), -1),
        middle=valid & jnp.take_along_axis(segments.middle, source, axis=1),
    )


def neighbours(x: Array, radius: int) -> list[Array]:
    """What stands from `radius` places before each position to `radius` behind it, without the position itself.

    Args:
      x: (n, length, …).
      radius: of a window.

    Returns:
      2 · radius arrays like `x`, zero beyond its ends.
    """
    around = shifted(x, radius, radius)
    return around[:radius] + around[radius + 1 :]


def neighbour_weights(radius: int) -> list[float]:
    """The probability that each of `neighbours` is in a window of random radius, uniform from 1 to `radius`, as in word2vec."""
    return [(radius + 1 - abs(i)) / radius for i in range(-radius, radius + 1) if i]


@dataclass(frozen=True)
class WindowNetSpec:
    """`hidden`: tanh units between the word vectors and the score."""

    hidden: Count = 32


class WindowNet(nn.Module):
    """Concatenated word vectors of a window → dense tanh → one score."""

    units: int
    rows: int
    context_radius: int
    spec: WindowNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of segments.

        Args:
          inputs: `nlpfeat.data.text.windows.Segments`.
          settings: `width` is the dimension of the word vectors.
          train: whether replacements are drawn anew in each step; otherwise they are always the same.

        Returns:
          "windows" bool (n, length), the middles of windows; "real" and "wrong" (n, length), the scores of these windows and of
          their corrupted copies; "features" (n, length, hidden) of the real windows.
        """
        key = self.make_rng("dropout") if train else jax.random.key(0)
        dimension, kernel_size = Size(self.units, settings.width, True), 2 * self.context_radius + 1
        embedding = Embedding(self.rows, dimension, name="words")
        words = embedding(inputs.words, None, train=train)
        replaced = embedding(other_words(key, inputs.words, self.rows), None, train=train)
        shape = (kernel_size, self.units, self.spec.hidden)
        fan_in = kernel_size * jnp.asarray(settings.width, jnp.float32)
        draw = with_role(glorot(shape, [1], fan_in, self.spec.hidden), fan_in=True, fan_out=False)
        weight = jnp.asarray(self.param("weight", draw))
        zeros = with_role(nn.initializers.zeros_init(), fan_in=True, fan_out=False, bias=True)
        bias = self.param("bias", zeros, (self.spec.hidden,))
        # At once, as one segment after another takes longer here.
        real = convolve_at_once(words, weight.reshape(-1, self.spec.hidden), kernel_size) + bias[None, None]
        change = (replaced - words).reshape(-1, self.units) @ weight[self.context_radius]
        wrong = real + change.reshape(real.shape)
        score = Dense((fixed(self.spec.hidden),), fixed(1), name="score")

        def scored(hidden: Array) -> Array:
            return score(hidden.reshape(-1, self.spec.hidden)).reshape(hidden.shape[:2])

        features = jnp.tanh(real)
        return {
            "windows": whole_windows(inputs, self.context_radius),
            "features": features,
            "real": scored(features),
            "wrong": scored(jnp.tanh(wrong)),
        }


def with_subwords(
    own: Float[Array | np.ndarray, "*positions units"],
    table: Float[Array | np.ndarray, "buckets units"] | None,
    buckets: Int[Array | np.ndarray, "*positions most"],
) -> Float[Array, "*positions units"]:
    """The mean of the own vector of each word and the vectors of its character n-grams.

    Args:
      own: zero for a word without a vector of its own.
      table: of n-grams; None for none.
      buckets: the n-grams of each word, padded by the number of rows of the table.
    """
    if table is None:
        return jnp.asarray(own)
    known = jnp.asarray(buckets) < len(table)
    vectors = jnp.where(known[..., None], jnp.asarray(table)[jnp.where(known, buckets, 0)], 0.0)
    return (jnp.asarray(own) + vectors.sum(-2)) / (1 + known.sum(-1, keepdims=True))


def word_vectors(
    params: Params, settings: PyTree, texts: WindowTexts
) -> Float[np.ndarray, "vocabulary units"]:
    """The context vectors of a `NoiseNet`: (vocabulary, units)."""
    own = np.asarray(params["words"]["table"])
    if not texts.buckets:
        return own
    ids = vocabulary_subwords(texts.vocabulary, texts.buckets)
    return np.asarray(with_subwords(own, params["subwords"]["table"], ids))


def vectors_of_spelling(words: Sequence[str], params: Params) -> Float[np.ndarray, "words units"]:
    """The vectors of words outside of the vocabulary: the mean of those of their character n-grams.

    Args:
      words: any.
      params: of a `NoiseNet` with buckets for n-grams.
    """
    table = np.asarray(params["subwords"]["table"])
    own = np.zeros((len(words), table.shape[1]), np.float32)
    return np.asarray(with_subwords(own, table, subword_ids(words, len(table))))


@dataclass(frozen=True)
class NoiseNetSpec:
    """Number and weight of noise words.

    Attributes:
      noise: noise words per segment.
      negatives: total weight of the noise words of a segment, relative to that of a real pair of words.
    """

    noise: Count = 64
    negatives: Positive = 5.0


class NoiseNet(nn.Module):
    """Skip-grams with two vectors per word: as the middle of a window ("middles"), and as context ("words").

    The context vectors are the word vectors of the task. In each pair, the context vector is trained against all noise words of
    the segment, which gives a smooth gradient. The vector of a middle is changed only when the word is drawn as noise, so that the
    context vectors are the better ones.

    With `buckets` for character n-grams, the context vector of a word is the mean of a vector of its own and those of its n-grams, as
    in fastText (`nlpfeat.data.text.subwords`).
    """

    units: int
    rows: int
    context_radius: int
    max_kept: int
    buckets: int
    spec: NoiseNetSpec

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of segments.

        Args:
          inputs: `nlpfeat.data.text.windows.Segments`.
          settings: `width` is the dimension of the vectors.
          train: whether subsampling and noise are drawn anew in each step; otherwise they are always the same.

        Returns:
          Of the subsampled text: "pairs" (n, 2 · context_radius, max_kept), the inner products of each context vector with the
          middle vectors around it, and "pair_weights", 0 outside of windows; "noise" (n, max_kept, noise), the inner products of context vectors
          with noise words, and "noise_weights". Of the whole text: "windows", "real" and "wrong" (n, length), as `WindowNet`.
        """
        key = self.make_rng("dropout") if train else jax.random.key(0)
        subsampling_key, noise_key, other_key = jax.random.split(key, 3)
        mask = unit_mask(self.units, settings.width)
        middle, own = (
            self._table(name, self.rows, settings.width) * mask[None] for name in ("middles", "words")
        )
        shared = self._table("subwords", self.buckets, settings.width) * mask[None] if self.buckets else None

        def context(words: Array) -> Array:
            return with_subwords(own[words], shared, inputs.subwords[words])

        kept = subsampled(subsampling_key, inputs, self.max_kept)
        noise = noise_words(noise_key, inputs.noise, (len(kept.words), self.spec.noise))
        word, around, wrong = middle[kept.words], context(kept.words), middle[noise]
        pair_weights = self._pair_weights(kept)
        # Not a product of all context with all middle vectors: one pair in sixteen is in a window.
        pairs = [(around * one).sum(-1) for one in neighbours(word, self.context_radius)]
        # A noise word replaces a middle: it has the weight of the middle, and none if it is the same word.
        noise_weights = jnp.zeros((*kept.words.shape, self.spec.noise))
        for i, middles in enumerate(neighbours(kept.words, self.context_radius)):
            noise_weights += pair_weights[:, i, :, None] * (middles[:, :, None] != noise[:, None])
        real, other = self._window_scores(inputs, middle, context(inputs.words), other_key)
        return {
            "pairs": jnp.stack(pairs, axis=1),
            "pair_weights": pair_weights,
            "noise": jnp.einsum("nld,nkd->nlk", around, wrong),
            "noise_weights": noise_weights * (self.spec.negatives / self.spec.noise),
            "windows": whole_windows(inputs, self.context_radius),
            "real": real,
            "wrong": other,
        }

    def _pair_weights(self, kept: PyTree) -> Array:
        """The weight of each context with each middle around it: (n, 2 · context_radius, max_kept)."""
        radius = self.context_radius
        around = zip(
            neighbour_weights(radius),
            neighbours(kept.document, radius),
            neighbours(kept.middle, radius),
            strict=True,
        )
        weights = [weight * ((kept.document == document) & middle) for weight, document, middle in around]
        return jnp.stack(weights, axis=1)

    def _table(self, name: str, rows: int, width: Scalar) -> Array:
        scale = 0.5 / jnp.asarray(width, jnp.float32)

        def draw(key: Array) -> dict[str, Array]:
            return {"table": scale * uniform_per_unit(key, (rows, self.units), [1])}

        return jnp.asarray(self.param(name, draw)["table"])

    def _window_scores(self, inputs: PyTree, middle: Array, around: Array, key: Array) -> tuple[Array, Array]:
        """The scores of whole windows, and of their copies with another middle word: (n, length) each."""
        total = jnp.zeros_like(around)
        radius = self.context_radius
        for weight, one in zip(neighbour_weights(radius), neighbours(around, radius), strict=True):
            total += weight * one
        other = other_words(key, inputs.words, self.rows)
        return (total * middle[inputs.words]).sum(-1), (total * middle[other]).sum(-1)
