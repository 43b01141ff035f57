"""A few words that stand side by side, and the one that comes next."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array

from nlpfeat.config.fields import Fraction, Range
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Splits
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sequences import number_words
from nlpfeat.data.text.sources import UnlabelledSpec, read_unlabelled
from nlpfeat.data.text.vocabulary import Vocabulary
from nlpfeat.errors import UserError


@dataclass(frozen=True)
class NextWordSpec(UnlabelledSpec):
    """As `TextSpec`, with `context`: how many words are read before the one that is asked for."""

    corpus: str = "nietzsche"
    vocab_size: Annotated[int, Range(4)] = 2001
    validation_share: Fraction = 0.1
    context: Annotated[int, Range(1, 8)] = 2


class NextWordTexts(NamedTuple):
    """What is known of the texts on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    words: np.ndarray  # (all,), numbers of the words
    context: int


@flax.struct.dataclass
class WordStream:
    """The text on the device."""

    words: Array | np.ndarray  # uint16 or int32 (all,)
    context: int = flax.struct.field(pytree_node=False)


class Context(NamedTuple):
    """What a net reads."""

    words: Array  # int32 (n, context)


def load(spec: NextWordSpec) -> Dataset:
    """Read the texts and number their words.

    Raises:
      UserError: if the texts cannot be had or read, or nothing can be asked of them.
    """
    corpus = read_unlabelled(spec)
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    words = ids[corpus.documents.tokens]
    texts = NextWordTexts(corpus, vocabulary, words, spec.context)
    asked = _places(texts)
    if not len(asked["train"]):
        raise UserError(
            f"{spec.name}: no document of the train part has {spec.context + 1} words, the last of them known, as "
            f"config.data.context={spec.context} needs; the longest has {np.diff(corpus.documents.start).max(initial=0)}"
        )
    known = len(vocabulary.words) - 2
    told = [
        *corpus_notes(corpus),
        f"{len(words):,} words in {len(corpus.labels):,} documents; {known:,} of them have a row of their own and are asked for, "
        + ", ".join(f"{len(places):,} times in the {name} part" for name, places in asked.items()),
    ]
    kept = words.astype(np.uint16 if len(vocabulary.words) <= 2**16 else np.int32)
    notes = tuple(f"{spec.name}: {note}" for note in told)
    return Dataset(WordStream(kept, spec.context), texts, corpus.digest(vocabulary.words), notes)


def _places(texts: NextWordTexts) -> dict[str, np.ndarray]:
    """Where a word is asked for in each part: it has a row of its own, and so many words before it in its document."""
    start = texts.corpus.documents.start
    before = np.arange(len(texts.words)) - np.repeat(start[:-1], np.diff(start))
    asked = (before >= texts.context) & (texts.words < len(texts.vocabulary.words) - 1)
    stops = start[np.cumsum((0, *texts.corpus.sizes))]
    return {
        name: a + np.flatnonzero(asked[a:b])
        for name, a, b in zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True)
        if name == "train" or asked[a:b].any()
    }


def make_splits(texts: NextWordTexts, settings: object) -> Splits:
    """The places of the words that are asked for, and their numbers: the same for every member."""
    return {
        name: Examples(jnp.asarray(places, jnp.int32), jnp.asarray(texts.words[places], jnp.int32))
        for name, places in _places(texts).items()
    }


def batch(arrays: WordStream, examples: Examples, index: Index) -> Examples:
    """The words before those places, and the numbers of the words there."""
    places, targets = (jnp.asarray(leaf) if index is None else jnp.asarray(leaf)[index] for leaf in examples)
    reach = jnp.arange(-arrays.context, 0)
    words = jnp.asarray(arrays.words)[places[:, None] + reach[None]]
    return Examples(Context(words.astype(jnp.int32)), targets)
