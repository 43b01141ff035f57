"""Documents whose label is planted in a few words: a small synthetic look-alike of sentiment data."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.config.fields import Count, Fraction, Settings
from nlpfeat.data.core import Examples, Splits
from nlpfeat.data.text.bags import Bag
from nlpfeat.keys import stream

PADDING = 0

# Probabilities are resolved to one part in this many.
_FINE = 2**20


@dataclass(frozen=True)
class PlantedWordsSpec:
    """`documents` a split, of 1 to `length` words out of `vocabulary`, id 0 padding in front.

    Each class owns `planted` words. A word of a document is a planted one with probability `density`, and then
    one of its own class with probability `purity`, else of any class; the rest is drawn from the other words.
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
    """One draw: `inputs` a bag (documents, length), 0 in front; `targets` the class (documents,).

    Words 1 … planted belong to class 0, the next `planted` to class 1, and so on; the others to none.
    """
    document_key, word_key = jax.random.split(key)
    label, length = _whole(document_key, (spec.documents,), (spec.classes, spec.length))
    kind, loyalty, any_class, planted, other = _whole(
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


def _whole(key: Array, shape: tuple[int, ...], sizes: tuple[int, ...]) -> Array:
    """Whole numbers below each of `sizes`, int32 (sizes, *shape), from one draw: every draw costs compile time."""
    uniform = jax.random.uniform(key, (len(sizes), *shape))
    top = jnp.array(sizes, jnp.float32).reshape(-1, *(1 for _ in shape))
    return jnp.minimum(uniform * top, top - 1).astype(jnp.int32)


def make_splits(spec: PlantedWordsSpec, settings: Settings) -> Splits:
    """Training and test documents of the member's seed."""
    return {split: planted_words(spec, stream(settings.seed, f"data/{split}")) for split in ("train", "test")}
