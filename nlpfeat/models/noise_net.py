"""Real or not, word by word: a window's score is the sum of products of its middle word's vector with its context's.

Source: skip-grams with negative sampling, Mikolov et al., "Distributed representations of words and phrases and their
compositionality", NIPS 2013. Here it is the middle word that noise replaces, and the noise words of a stretch are shared by
all of its windows, so that they are scored by one product of matrices (Ji et al., "Parallelizing word2vec in shared and
distributed memory", 2016).
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.models.width import uniform_per_unit, unit_mask
from nlpfeat.models.windows import noise_words, other_words, thinned, whole_windows
from nlpfeat.settings import Count, Positive


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
    reach: int
    slots: int
    spec: NoiseNetSpec

    @nn.compact
    def __call__(self, inputs: Any, settings: Any, *, train: bool = False) -> dict[str, Array]:
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

        kept = thinned(thin_key, inputs, self.slots)
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
            "windows": whole_windows(inputs, self.reach),
            "real": real,
            "wrong": other,
        }

    def _nearness(self, kept: Any) -> Array:
        """How much each pair of context and middle weighs, as if the reach were drawn for each window: (n, slots, slots)."""
        place = jnp.arange(self.slots)
        distance = jnp.abs(place[:, None] - place[None])
        weight = jnp.maximum(self.reach + 1 - distance, 0) * (distance > 0) / self.reach
        same = kept.document[:, :, None] == kept.document[:, None]
        return weight[None] * (same & kept.middle[:, None])

    def _table(self, name: str, width: Any) -> Array:
        scale = 0.5 / jnp.asarray(width, jnp.float32)

        def draw(key: Array) -> dict[str, Array]:
            return {"table": scale * uniform_per_unit(key, (self.rows, self.units), [1])}

        return jnp.asarray(self.param(name, draw)["table"])

    def _whole(self, inputs: Any, middle: Array, context: Array, key: Array) -> tuple[Array, Array]:
        """The scores of whole windows, real and with another word in the middle: (n, length) each."""
        around = context[inputs.words]
        wide = jnp.pad(around, ((0, 0), (self.reach, self.reach), (0, 0)))
        length = around.shape[1]
        total = jnp.zeros_like(around)
        for tap in range(2 * self.reach + 1):
            distance = abs(tap - self.reach)
            if distance:
                total += (self.reach + 1 - distance) / self.reach * wide[:, tap : tap + length]
        other = other_words(key, inputs.words, self.rows)
        return (total * middle[inputs.words]).sum(-1), (total * middle[other]).sum(-1)
