"""Synthetic documents whose class is planted in a few words: a small imitation of sentiment data."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.config.fields import Count, Fraction, Settings
from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.text.bags import Bag
from nlpfeat.keys import stream

PADDING = 0

# Resolution of probabilities.
_FINE = 2**20


@dataclass(frozen=True)
class PlantedWordsSpec:
    """Sizes and probabilities of the documents.

    Attributes:
      documents: per split.
      length: maximal number of words per document, at least one; id 0 pads in front.
      vocab_size: number of words, padding included.
      planted: words that belong to each class; the other words belong to none.
      density: probability that a word of a document is a planted one.
      purity: probability that a planted word belongs to the class of its document, instead of a random class.
    """

    classes: Count = 3
    documents: Count = 512
    length: Count = 24
    vocab_size: Count = 400
    planted: Count = 20
    density: Fraction = 0.2
    purity: Fraction = 0.7

    def __post_init__(self) -> None:
        if self.classes * self.planted + 1 >= self.vocab_size:
            raise ValueError(
                f"vocab_size {self.vocab_size} must exceed classes x planted + 1 = "
                f"{self.classes * self.planted + 1}"
            )


def planted_words(spec: PlantedWordsSpec, key: Array) -> Examples:
    """Documents drawn with `key`: `inputs` a bag (documents, length), padded in front; `targets` the class (documents,).

    Words 1 … planted belong to class 0, the next `planted` words to class 1, and so on.
    """
    document_key, word_key = jax.random.split(key)
    label, length = _integers(document_key, (spec.documents,), (spec.classes, spec.length))
    kind, loyalty, any_class, planted, other = _integers(
        word_key,
        (spec.documents, spec.length),
        (_FINE, _FINE, spec.classes, spec.planted, spec.vocab_size - 1 - spec.classes * spec.planted),
    )
    owner = jnp.where(loyalty < spec.purity * _FINE, label[:, None], any_class)
    words = 1 + jnp.where(
        kind < spec.density * _FINE,
        owner * spec.planted + planted,
        spec.classes * spec.planted + other,
    )
    inside = jnp.arange(spec.length)[None] >= spec.length - 1 - length[:, None]
    return Examples(
        Bag(
            jnp.where(inside, words, PADDING), inside.astype(jnp.float32), jnp.full_like(length, spec.length)
        ),
        label,
    )


def _integers(key: Array, shape: tuple[int, ...], sizes: tuple[int, ...]) -> Array:
    """Random integers below each of `sizes`, int32 (sizes, *shape). One draw for all sizes saves compile time."""
    uniform = jax.random.uniform(key, (len(sizes), *shape))
    top = jnp.array(sizes, jnp.float32).reshape(-1, *(1 for _ in shape))
    return jnp.minimum(uniform * top, top - 1).astype(jnp.int32)


def make_splits(spec: PlantedWordsSpec, settings: Settings) -> Splits:
    """The documents of each split, drawn from the seed of the member."""
    return {split: planted_words(spec, stream(settings.seed, f"data/{split}")) for split in SPLITS}
