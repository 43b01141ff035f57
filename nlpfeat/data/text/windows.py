"""Windows of running text: consecutive words of one document, around a middle word.

The text lies on the device as one stream of word ids. A batch consists of segments of a few hundred consecutive words. A segment
holds nearly as many windows as words, so that each word is looked up once, instead of once per window.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int, PyTree, UInt32

from nlpfeat.config.fields import Fraction, NonNegative, Range
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Leaf, Splits
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sequences import number_words
from nlpfeat.data.text.sources import UnlabelledSpec, read_unlabelled
from nlpfeat.data.text.subwords import subword_ids
from nlpfeat.data.text.vocabulary import Vocabulary
from nlpfeat.errors import UserError

SEGMENT = 256  # words per segment


@flax.struct.dataclass
class TextStream:
    """The text on the device.

    Attributes:
      words: uint16 or int32 (tokens,), ids.
      first: bool (tokens,), whether a document begins here.
      keep_probability: float32 (vocabulary,), with which subsampling keeps a word.
      noise: uint32 (vocabulary,), cumulative distribution of noise words, scaled to 2³².
      subwords: int32 (vocabulary, most), buckets of the character n-grams of each word, from `subword_ids`.
      context_radius: words of a window on each side of its middle.
      max_kept: largest number of words of a subsampled segment.
    """

    words: Leaf
    first: Leaf
    keep_probability: Leaf
    noise: Leaf
    subwords: Leaf
    context_radius: int = flax.struct.field(pytree_node=False)
    max_kept: int = flax.struct.field(pytree_node=False)


class WindowSpan(NamedTuple):
    """The positions in the stream of the middles of a segment's windows: int32 (n,), from `start` to `stop` - 1."""

    start: Array | np.ndarray
    stop: Array | np.ndarray


class Segments(NamedTuple):
    """A batch of segments: the middles of windows and the words around them.

    Attributes:
      words: int32 (n, SEGMENT), ids.
      document: int32 (n, SEGMENT), number of the document within the segment; -1 beyond the ends of the stream.
      middle: bool (n, SEGMENT), whether the window around a word belongs to this segment. Each belongs to one segment only.
      keep_probability, noise, subwords: of the stream.
    """

    words: Array
    document: Array
    middle: Array
    keep_probability: Array
    noise: Array
    subwords: Array


@dataclass(frozen=True)
class WindowSpec(UnlabelledSpec):
    """As `UnlabelledSpec`, with `context_radius`: the words of a window on each side of its middle."""

    context_radius: Annotated[int, Range(1, SEGMENT // 8)] = 5


@dataclass(frozen=True)
class SubsampledSpec(WindowSpec):
    """As `WindowSpec`, with subsampling of frequent words, and noise words drawn by their frequency.

    Source: Mikolov et al., NIPS 2013, and its program.

    Attributes:
      subsample: t: a word of relative frequency f is kept with probability √(t/f) + t/f; 0 keeps all. Words without a row of
        their own are removed.
      power: a noise word is drawn with probability proportional to its count to this power.
      subwords: number of buckets for the character n-grams of words, as in fastText, so that rare and unknown words have vectors
        too; 0 for none.
    """

    subsample: NonNegative = 1e-4
    power: Fraction = 0.75
    subwords: Annotated[int, Range(0, 2**24)] = 0


class WindowTexts(NamedTuple):
    """The text on the host.

    Attributes:
      context_radius: words of a window on each side of its middle.
      max_kept: largest number of words of a subsampled segment.
      buckets: number of buckets for character n-grams; 0 for none.
    """

    corpus: Corpus
    vocabulary: Vocabulary
    context_radius: int
    max_kept: int
    buckets: int = 0


def max_kept(probabilities: Float[np.ndarray, " tokens"]) -> int:
    """A number of words that nearly no subsampled segment exceeds, a multiple of 8. The excess is cut off.

    Args:
      probabilities: (tokens,), with which each word of the text is kept.
    """
    segments = len(probabilities) // SEGMENT
    if not segments:
        return SEGMENT
    expected = probabilities[: segments * SEGMENT].astype(float).reshape(segments, SEGMENT)
    most = expected.sum(1) + 2 * np.sqrt((expected * (1 - expected)).sum(1))
    return int(min(SEGMENT, max(16, 8 * np.ceil(np.quantile(most, 0.99) / 8))))


def make_splits(texts: WindowTexts, settings: PyTree) -> Splits:
    """The segments of each split, the same for all members. The inputs are the positions of their middles.

    The target of a segment is the mean number of windows per segment of its split. A sum over the windows of a segment, divided
    by it, has the mean over windows as its mean over segments.
    """
    splits, step = {}, SEGMENT - 2 * texts.context_radius
    start = texts.corpus.documents.start
    windows = np.maximum(np.diff(start) - 2 * texts.context_radius, 0)
    stops = np.cumsum((0, *texts.corpus.sizes)).tolist()
    for name, a, b in zip(SPLITS, stops[:-1], stops[1:], strict=True):
        if a < b:
            begin, end = int(start[a]), int(start[b])
            first = np.arange(begin, max(end, begin + 1), step)
            span = WindowSpan(
                jnp.asarray(first, jnp.int32), jnp.asarray(np.minimum(first + step, end), jnp.int32)
            )
            mean = np.full(len(first), windows[a:b].sum() / len(first), np.float32)
            splits[name] = Examples(span, jnp.asarray(mean))
    return splits


def batch(arrays: TextStream, examples: Examples, index: Index) -> Examples:
    """The segments `examples.inputs` at `index`, with `context_radius` further words on each side."""
    span, targets = examples
    start, stop = (jnp.asarray(side) if index is None else jnp.asarray(side)[index] for side in span)
    position = start[:, None] - arrays.context_radius + jnp.arange(SEGMENT)[None]
    valid = (position >= 0) & (position < len(arrays.words))
    clipped = jnp.clip(position, 0, len(arrays.words) - 1)
    document = jnp.cumsum(jnp.asarray(arrays.first)[clipped] & valid, axis=1)
    segments = Segments(
        jnp.asarray(arrays.words)[clipped].astype(jnp.int32),
        jnp.where(valid, document, -1),
        (position >= start[:, None]) & (position < stop[:, None]),
        jnp.asarray(arrays.keep_probability),
        jnp.asarray(arrays.noise),
        jnp.asarray(arrays.subwords),
    )
    targets = jnp.asarray(targets)
    return Examples(segments, targets if index is None else targets[index])


def load(spec: WindowSpec) -> Dataset:
    """Read and encode the text.

    Raises:
      UserError: if the text cannot be downloaded or read, or if a split has no window.
    """
    corpus = read_unlabelled(spec)
    lengths = np.diff(corpus.documents.start)
    train = corpus.splits == 0
    windows = np.maximum(lengths - 2 * spec.context_radius, 0)
    if not windows[train].sum():
        raise UserError(
            f"{spec.name}: no document of the train split has {2 * spec.context_radius + 1} words, as a window of "
            f"config.data.context_radius={spec.context_radius} needs; the longest has {lengths.max(initial=0)}"
        )
    held = corpus.splits == 1
    if held.any() and not windows[held].sum():
        raise UserError(
            f"{spec.name}: no document of the validation split has a window of {2 * spec.context_radius + 1} words: raise or drop "
            f"config.data.validation_share ({spec.validation_share:g})"
        )
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    words = ids[corpus.documents.tokens]
    if len(words) >= 2**31 - SEGMENT:
        raise UserError(f"{spec.name}: {len(words):,} words, and at most 2³¹ fit: give a shorter text")
    first = np.zeros(len(words), bool)
    first[corpus.documents.start[:-1][lengths > 0]] = True
    keep_probability, noise = _distributions(spec, vocabulary)
    buckets = spec.subwords if isinstance(spec, SubsampledSpec) else 0
    stream = TextStream(
        words.astype(np.uint16 if len(vocabulary.words) <= 2**16 else np.int32),
        first,
        keep_probability,
        noise,
        vocabulary_subwords(vocabulary, buckets),
        spec.context_radius,
        max_kept(keep_probability[words]),
    )
    texts = WindowTexts(corpus, vocabulary, spec.context_radius, stream.max_kept, buckets)
    notes = [*corpus_notes(corpus), *_notes(spec, corpus, vocabulary, words, windows)]
    return Dataset(
        stream, texts, corpus.digest(vocabulary.words), tuple(f"{spec.name}: {note}" for note in notes)
    )


def _distributions(
    spec: WindowSpec, vocabulary: Vocabulary
) -> tuple[Float[np.ndarray, " words"], UInt32[np.ndarray, " words"]]:
    """`TextStream.keep_probability` and `TextStream.noise`. Padding and rare words are never noise."""
    counts = vocabulary.counts.sum(1)
    known = np.zeros(len(counts), bool)
    known[1:-1] = True
    keep, weights = np.ones(len(counts)), known.astype(float)
    if isinstance(spec, SubsampledSpec):
        if spec.subsample:
            ratio = spec.subsample / np.maximum(counts / counts.sum(), 1e-30)
            keep = np.minimum(np.sqrt(ratio) + ratio, 1.0)
        keep, weights = keep * known, np.where(known, counts, 0.0) ** spec.power * known
    cumulative = np.floor(np.cumsum(weights / weights.sum()) * 2.0**32)
    return keep.astype(np.float32), np.minimum(cumulative, 2**32 - 1).astype(np.uint32)


def vocabulary_subwords(vocabulary: Vocabulary, buckets: int) -> Int[np.ndarray, "words most"]:
    """`subword_ids` of the rows of the word table. Those of padding and of rare words have no letters."""
    return subword_ids(["", *vocabulary.words[1:-1], ""], buckets)


def _notes(
    spec: WindowSpec, corpus: Corpus, vocabulary: Vocabulary, words: np.ndarray, windows: np.ndarray
) -> list[str]:
    """Sizes, from which a user can choose the number of steps, and peculiarities.

    Args:
      words: (tokens,), ids.
      windows: (documents,), number of windows.
    """
    train = corpus.splits == 0
    segments = -(-int(np.diff(corpus.documents.start)[train].sum()) // (SEGMENT - 2 * spec.context_radius))
    rare = words == len(vocabulary.words) - 1
    short = int((windows == 0).sum())
    sizes = (
        f"{len(words):,} words in {len(windows):,} documents, {windows[train].sum():,} windows to train on in {segments:,} "
        "segments: an epoch is that number of segments divided by the batch size"
    )
    notes = [
        sizes,
        f"{len(vocabulary.words) - 2:,} words have a row of their own; all others share one: {rare.mean():.1%} of the text",
    ]
    if spec.validation_share and train.all():
        share = f"{spec.validation_share:g} of {len(windows)} documents"
        notes.append(f"the validation split is empty: {share} is none")
    if short:
        notes.append(f"{short:,} documents are too short for a window of {2 * spec.context_radius + 1} words")
    return notes
