"""Documents whose label is planted in a few words: a small synthetic look-alike of sentiment data."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array

from nlpfeat.data.examples import Examples, Splits
from nlpfeat.keys import stream
from nlpfeat.settings import Count, Settings, Share

PADDING = 0


@dataclass(frozen=True)
class PlantedWordsSpec:
    """`documents` a split, of 1 to `length` words out of `vocabulary`, id 0 padding in front.

    Each class owns `planted` words. A word of a document is a planted one with probability `density`, and then
    one of its own class with probability `purity`, else of any class; the rest is drawn from the other words.
    """

    classes: Count = 3
    documents: Count = 512
    length: Count = 24
    vocabulary: Count = 400
    planted: Count = 20
    density: Share = 0.2
    purity: Share = 0.7

    def __post_init__(self) -> None:
        if self.classes * self.planted + 1 >= self.vocabulary:
            raise ValueError(
                f"vocabulary {self.vocabulary} must exceed classes x planted + 1 = "
                f"{self.classes * self.planted + 1}"
            )


def planted_words(spec: PlantedWordsSpec, key: Array) -> Examples:
    """One draw: `inputs` word ids, int32 (documents, length), 0 in front; `targets` the class (documents,).

    Words 1 … planted belong to class 0, the next `planted` to class 1, and so on; the others to none.
    """
    label_key, length_key, kind_key, class_key, planted_key, other_key = jax.random.split(key, 6)
    shape = (spec.documents, spec.length)
    label = jax.random.randint(label_key, (spec.documents,), 0, spec.classes)
    length = jax.random.randint(length_key, (spec.documents, 1), 1, spec.length + 1)
    is_planted, is_own = jax.random.uniform(kind_key, (2, *shape)) < jnp.array(
        [spec.density, spec.purity]
    ).reshape(2, 1, 1)
    owner = jnp.where(is_own, label[:, None], jax.random.randint(class_key, shape, 0, spec.classes))
    planted = 1 + owner * spec.planted + jax.random.randint(planted_key, shape, 0, spec.planted)
    other = jax.random.randint(other_key, shape, 1 + spec.classes * spec.planted, spec.vocabulary)
    words = jnp.where(is_planted, planted, other)
    inside = jnp.arange(spec.length) >= spec.length - length
    return Examples(jnp.where(inside, words, PADDING), label)


def draw(spec: PlantedWordsSpec, settings: Settings) -> Splits:
    """Training and test documents of the member's seed."""
    return {
        split: planted_words(spec, stream(settings.seed, f"data/{split}"))
        for split in ("train", "test")
    }
