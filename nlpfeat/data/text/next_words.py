"""Prediction of the next word from a few words before it."""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int

from nlpfeat.config.fields import Fraction, Range
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Leaf, Splits
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sequences import number_words
from nlpfeat.data.text.sources import UnlabelledSpec, read_unlabelled
from nlpfeat.data.text.vocabulary import Vocabulary
from nlpfeat.errors import UserError


@dataclass(frozen=True)
class NextWordSpec(UnlabelledSpec):
    """As `UnlabelledSpec`, with `context`: the number of words before the predicted one that a network reads."""

    corpus: str = "nietzsche"
    vocab_size: Annotated[int, Range(4)] = 2001
    validation_share: Fraction = 0.1
    context: Annotated[int, Range(1, 8)] = 2


class NextWordTexts(NamedTuple):
    """The texts on the host.

    Attributes:
      words: int32 (tokens,), ids of the words of all documents, concatenated.
      context: number of words that a network reads.
    """

    corpus: Corpus
    vocabulary: Vocabulary
    words: np.ndarray
    context: int


@flax.struct.dataclass
class WordStream:
    """The text on the device."""

    words: Leaf  # uint16 or int32 (tokens,), ids
    context: int = flax.struct.field(pytree_node=False)


class Context(NamedTuple):
    """The inputs of a network."""

    words: Array  # int32 (n, context), ids


def load(spec: NextWordSpec) -> Dataset:
    """Read and encode the texts.

    Raises:
      UserError: if the texts cannot be downloaded or read, or have no word to predict.
    """
    corpus = read_unlabelled(spec)
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    words = ids[corpus.documents.tokens]
    texts = NextWordTexts(corpus, vocabulary, words, spec.context)
    positions = _target_positions(texts)
    if not len(positions["train"]):
        raise UserError(
            f"{spec.name}: no document of the train split has {spec.context + 1} words, the last of them known, as "
            f"config.data.context={spec.context} needs; the longest has {np.diff(corpus.documents.start).max(initial=0)}"
        )
    known = len(vocabulary.words) - 2
    notes = [
        *corpus_notes(corpus),
        f"{len(words):,} words in {len(corpus.labels):,} documents; {known:,} of them have a row of their own and are predicted, "
        + ", ".join(f"{len(found):,} times in the {name} split" for name, found in positions.items()),
    ]
    compact = words.astype(np.uint16 if len(vocabulary.words) <= 2**16 else np.int32)
    return Dataset(
        WordStream(compact, spec.context),
        texts,
        corpus.digest(vocabulary.words),
        tuple(f"{spec.name}: {note}" for note in notes),
    )


def _target_positions(texts: NextWordTexts) -> dict[str, Int[np.ndarray, " n"]]:
    """The positions of the words to predict per split: known words with enough words before them in their document."""
    start = texts.corpus.documents.start
    before = np.arange(len(texts.words)) - np.repeat(start[:-1], np.diff(start))
    predicted = (before >= texts.context) & (texts.words < len(texts.vocabulary.words) - 1)
    stops = start[np.cumsum((0, *texts.corpus.sizes))].tolist()
    return {
        name: a + np.flatnonzero(predicted[a:b])
        for name, a, b in zip(SPLITS, stops[:-1], stops[1:], strict=True)
        if name == "train" or predicted[a:b].any()
    }


def make_splits(texts: NextWordTexts, settings: object) -> Splits:
    """The positions of the words to predict, with their ids as targets: the same for all members."""
    return {
        name: Examples(jnp.asarray(positions, jnp.int32), jnp.asarray(texts.words[positions], jnp.int32))
        for name, positions in _target_positions(texts).items()
    }


def batch(arrays: WordStream, examples: Examples, index: Index) -> Examples:
    """The words before the positions `examples.inputs` at `index`."""
    positions, targets = (
        jnp.asarray(leaf) if index is None else jnp.asarray(leaf)[index] for leaf in examples
    )
    offsets = jnp.arange(-arrays.context, 0)
    words = jnp.asarray(arrays.words)[positions[:, None] + offsets[None]]
    return Examples(Context(words.astype(jnp.int32)), targets)
