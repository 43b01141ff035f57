"""Text read in stretches, each of a few hundred words that follow on one another.

A stretch holds nearly as many windows as words, so that each word is looked up once and not once for every window that it
stands in.
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from nlpfeat.config.fields import Fraction, NonNegative, Range
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Splits
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sequences import number_words
from nlpfeat.data.text.sources import UnlabelledSpec, read_unlabelled
from nlpfeat.data.text.vocabulary import Vocabulary
from nlpfeat.errors import UserError

SEGMENT = 256  # words that are read at a time


@flax.struct.dataclass
class TextStream:
    """The text on the device."""

    words: Array | np.ndarray  # uint16 or int32 (all,)
    first: Array | np.ndarray  # bool (all,): a document begins here
    stay: Array | np.ndarray  # float32 (vocabulary,): the chance that a word survives thinning
    noise: Array | np.ndarray  # uint32 (vocabulary,): cumulative chances of noise words, of 2³²
    context_radius: int = flax.struct.field(pytree_node=False)
    max_kept: int = flax.struct.field(pytree_node=False)  # words of a thinned stretch, at most


class WindowSpan(NamedTuple):
    """Where the middles of a stretch's windows lie in the stream."""

    start: Array | np.ndarray  # int32 (n,)
    stop: Array | np.ndarray  # int32 (n,), past the last


class Segments(NamedTuple):
    """A batch of stretches: middles with what surrounds them."""

    words: Array  # int32 (n, STRETCH)
    document: Array  # int32 (n, STRETCH), counted within the stretch; -1 beyond the stream
    middle: Array  # bool (n, STRETCH): whether it is one of the stretch's own, which overlap with no other's
    stay: Array  # of the stream
    noise: Array


def max_kept(chances: np.ndarray) -> int:
    """Places that nearly every thinned stretch fits into, a multiple of 8; what does not is lost."""
    pieces = len(chances) // SEGMENT
    if not pieces:
        return SEGMENT
    expected = chances[: pieces * SEGMENT].astype(float).reshape(pieces, SEGMENT)
    most = expected.sum(1) + 2 * np.sqrt((expected * (1 - expected)).sum(1))
    return int(min(SEGMENT, max(16, 8 * np.ceil(np.quantile(most, 0.99) / 8))))


def make_splits(texts: Any, settings: PyTree) -> Splits:
    """The stretches of each part, as the places of the middles that each accounts for: from `start`, before `stop`.

    The target of each is how many windows a stretch of its part has on average: sums over the windows of a stretch,
    divided by it, have the mean over windows as their mean over stretches.
    """
    splits, step = {}, SEGMENT - 2 * texts.context_radius
    start = texts.corpus.documents.start
    whole = np.maximum(np.diff(start) - 2 * texts.context_radius, 0)
    stops = np.cumsum((0, *texts.corpus.sizes))
    for name, a, b in zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True):
        if a < b:
            begin, end = int(start[a]), int(start[b])
            places = np.arange(begin, max(end, begin + 1), step)
            span = WindowSpan(
                jnp.asarray(places, jnp.int32), jnp.asarray(np.minimum(places + step, end), jnp.int32)
            )
            mean = np.full(len(places), whole[a:b].sum() / len(places), np.float32)
            splits[name] = Examples(span, jnp.asarray(mean))
    return splits


def batch(arrays: TextStream, examples: Examples, index: Index) -> Examples:
    """The stretches of `examples.inputs` at `index`, with `reach` words more on each side."""
    span, targets = examples
    start, stop = (jnp.asarray(side) if index is None else jnp.asarray(side)[index] for side in span)
    place = start[:, None] - arrays.context_radius + jnp.arange(SEGMENT)[None]
    there = (place >= 0) & (place < len(arrays.words))
    inside = jnp.clip(place, 0, len(arrays.words) - 1)
    document = jnp.cumsum(jnp.asarray(arrays.first)[inside] & there, axis=1)
    found = Segments(
        jnp.asarray(arrays.words)[inside].astype(jnp.int32),
        jnp.where(there, document, -1),
        (place >= start[:, None]) & (place < stop[:, None]),
        jnp.asarray(arrays.stay),
        jnp.asarray(arrays.noise),
    )
    targets = jnp.asarray(targets)
    return Examples(found, targets if index is None else targets[index])


@dataclass(frozen=True)
class WindowSpec(UnlabelledSpec):
    """As `TextSpec`, with `reach`: words of a window on each side of its middle."""

    context_radius: Annotated[int, Range(1, SEGMENT // 8)] = 5


@dataclass(frozen=True)
class SubsampledSpec(WindowSpec):
    """As `WindowSpec`, with frequent words thinned out and noise words drawn by their frequency.

    Attributes:
      thin: a word of frequency f stays with probability √(t/f) + t/f, t being this; 0 keeps all. Rare words go.
      power: a noise word is drawn by its count to this power. Source of both: Mikolov et al., NIPS 2013, and its program.
    """

    subsample: NonNegative = 1e-4
    power: Fraction = 0.75


class WindowTexts(NamedTuple):
    """What is known of the text on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    context_radius: int
    max_kept: int


def load(spec: WindowSpec) -> Dataset:
    """Read the text and number its words.

    Raises:
      UserError: if the text cannot be had or read, or has no window.
    """
    corpus = read_unlabelled(spec)
    lengths = np.diff(corpus.documents.start)
    train = corpus.parts == 0
    whole = np.maximum(lengths - 2 * spec.context_radius, 0)
    if not whole[train].sum():
        raise UserError(
            f"{spec.name}: no document of the train part has {2 * spec.context_radius + 1} words, as a window of "
            f"config.data.context_radius={spec.context_radius} needs; the longest has {lengths.max(initial=0)}"
        )
    held = corpus.parts == 1
    if held.any() and not whole[held].sum():
        raise UserError(
            f"{spec.name}: no held-out document has a window of {2 * spec.context_radius + 1} words: raise or drop "
            f"config.data.validation_share ({spec.validation_share:g})"
        )
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    words = ids[corpus.documents.tokens]
    if len(words) >= 2**31 - SEGMENT:
        raise UserError(f"{spec.name}: {len(words):,} words, and at most 2³¹ fit: take a part of it")
    first = np.zeros(len(words), bool)
    first[corpus.documents.start[:-1][lengths > 0]] = True
    stay, noise = _chances(spec, vocabulary)
    stream = TextStream(
        words.astype(np.uint16 if len(vocabulary.words) <= 2**16 else np.int32),
        first,
        stay,
        noise,
        spec.context_radius,
        max_kept(stay[words]),
    )
    texts = WindowTexts(corpus, vocabulary, spec.context_radius, stream.max_kept)
    notes = [*corpus_notes(corpus), *_told(spec, corpus, vocabulary, words, whole)]
    return Dataset(
        stream, texts, corpus.digest(vocabulary.words), tuple(f"{spec.name}: {note}" for note in notes)
    )


def _chances(spec: WindowSpec, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """The chance of each word to stay, and the cumulative chances of noise words; the padding and rare words are no noise."""
    counts = vocabulary.counts.sum(1)
    known = np.zeros(len(counts), bool)
    known[1:-1] = True
    stay, weights = np.ones(len(counts)), known.astype(float)
    if isinstance(spec, SubsampledSpec):
        if spec.subsample:
            share = spec.subsample / np.maximum(counts / counts.sum(), 1e-30)
            stay = np.minimum(np.sqrt(share) + share, 1.0)
        stay, weights = stay * known, np.where(known, counts, 0.0) ** spec.power * known
    upto = np.floor(np.cumsum(weights / weights.sum()) * 2.0**32)
    return stay.astype(np.float32), np.minimum(upto, 2**32 - 1).astype(np.uint32)


def _told(
    spec: WindowSpec, corpus: Corpus, vocabulary: Vocabulary, words: np.ndarray, whole: np.ndarray
) -> list[str]:
    """Sizes, for whoever sets the number of steps."""
    train = corpus.parts == 0
    segments = -(-int(np.diff(corpus.documents.start)[train].sum()) // (SEGMENT - 2 * spec.context_radius))
    rare = words == len(vocabulary.words) - 1
    short = int((whole == 0).sum())
    sizes = (
        f"{len(words):,} words in {len(whole):,} documents, {whole[train].sum():,} windows to train on in {segments:,} "
        "segments: an epoch is that number of segments divided by the batch size"
    )
    told = [
        sizes,
        f"{len(vocabulary.words) - 2:,} words have a row of their own; all others share one: {rare.mean():.1%} of the text",
    ]
    if spec.validation_share and train.all():
        told.append(f"no document is held out: {spec.validation_share:g} of {len(whole)} is none")
    if short:
        told.append(f"{short:,} documents are too short for a window of {2 * spec.context_radius + 1} words")
    return told


# MERGED: """Windows of running text: every place where so many words stand side by side in one document.  The text lies on the device as one stream of word numbers, read by `nlpfeat.data.stretches`. """
