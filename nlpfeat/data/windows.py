"""Windows of running text: every place where so many words stand side by side in one document.

The text lies on the device as one stream of word numbers. It is read in stretches, each of a few hundred words that follow
on one another: a stretch holds nearly as many windows as words, so that each word is looked up once and not once for every
window that it stands in.
"""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array

from nlpfeat.data import parsed, plain_text
from nlpfeat.data.corpus import Corpus, cut_unlabelled, hold_out, repeated
from nlpfeat.data.examples import SPLITS, Examples, Splits
from nlpfeat.data.published import UNLABELLED
from nlpfeat.data.sequences import number
from nlpfeat.data.tokens import bare_words, take
from nlpfeat.data.vocabulary import Vocabulary
from nlpfeat.errors import UserError, nearest
from nlpfeat.settings import Count, NonNegative, Range, Seed, Share

STRETCH = 256  # words that are read at a time


@dataclass(frozen=True)
class WindowSpec:
    """Which text, and its windows.

    Attributes:
      corpus: a published corpus: "imdb_texts" (75,000 reviews, most without a label); `path` overrides it.
      path: a text file of one's own, a folder of them, or a CSV: see `nlpfeat.data.plain_text`.
      text: the column of texts, in a CSV.
      half: 1 for the documents of odd number, 2 for those of even number, to compare what two texts teach; 0 for all.
      vocabulary: rows of the word table: the commonest words and one row for all others.
      reach: words of a window on each side of its middle.
      validation_share: the share of documents held out.
      key: draws them.
    """

    corpus: str = "imdb_texts"
    path: str = ""
    text: str = "text"
    half: Annotated[int, Range(0, 2)] = 0
    vocabulary: Annotated[int, Range(4)] = 30_001
    reach: Annotated[int, Range(1, STRETCH // 8)] = 5
    validation_share: Share = 0.02
    key: Seed = 0

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in UNLABELLED:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {nearest(self.corpus, UNLABELLED)}")
        if self.validation_share > 0.5:
            raise ValueError("validation_share: at most half")

    @property
    def name(self) -> str:
        """What to call the text."""
        return (self.path or self.corpus) + ("", ", odd documents", ", even documents")[self.half]


@dataclass(frozen=True)
class ThinnedSpec(WindowSpec):
    """As `WindowSpec`, with frequent words thinned out and noise words drawn by their frequency.

    Attributes:
      thin: a word of frequency f stays with probability √(t/f) + t/f, t being this; 0 keeps all. Rare words go.
      power: a noise word is drawn by its count to this power. Source of both: Mikolov et al., NIPS 2013, and its program.
    """

    thin: NonNegative = 1e-4
    power: Share = 0.75


@flax.struct.dataclass
class Stream:
    """The text on the device."""

    words: Array | np.ndarray  # uint16 or int32 (all,)
    first: Array | np.ndarray  # bool (all,): a document begins here
    stay: Array | np.ndarray  # float32 (vocabulary,): the chance that a word survives thinning
    noise: Array | np.ndarray  # uint32 (vocabulary,): cumulative chances of noise words, of 2³²
    reach: int = flax.struct.field(pytree_node=False)
    slots: int = flax.struct.field(pytree_node=False)  # words of a thinned stretch, at most


class Span(NamedTuple):
    """Where the middles of a stretch's windows lie in the stream."""

    start: Array | np.ndarray  # int32 (n,)
    stop: Array | np.ndarray  # int32 (n,), past the last


class Stretches(NamedTuple):
    """A batch of stretches: middles with what surrounds them."""

    words: Array  # int32 (n, STRETCH)
    document: Array  # int32 (n, STRETCH), counted within the stretch; -1 beyond the stream
    middle: Array  # bool (n, STRETCH): whether it is one of the stretch's own, which overlap with no other's
    stay: Array  # of the stream
    noise: Array


class WindowTexts(NamedTuple):
    """What is known of the text on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    reach: int
    slots: int


def load(spec: WindowSpec) -> tuple[Stream, WindowTexts, str, tuple[str, ...]]:
    """Read the text and number its words.

    Returns:
      What goes to the device, what stays on the host, a digest of it, and what a reader of figures should know.

    Raises:
      UserError: if the text cannot be had or read, or has no window.
    """
    corpus = hold_out(_read(spec), spec.validation_share, spec.key)
    lengths = np.diff(corpus.documents.start)
    train = corpus.parts == 0
    whole = np.maximum(lengths - 2 * spec.reach, 0)
    if not whole[train].sum():
        raise UserError(
            f"{spec.name}: no document of the train part has {2 * spec.reach + 1} words, as a window of "
            f"config.data.reach={spec.reach} needs; the longest has {lengths.max(initial=0)}"
        )
    if spec.validation_share and not whole[corpus.parts == 1].sum():
        raise UserError(
            f"{spec.name}: no held-out document has a window of {2 * spec.reach + 1} words: raise or drop "
            f"config.data.validation_share ({spec.validation_share:g})"
        )
    vocabulary, ids = number(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocabulary)
    words = ids[corpus.documents.tokens]
    if len(words) >= 2**31:
        raise UserError(f"{spec.name}: {len(words):,} words, and at most 2³¹ fit: take a part of it")
    first = np.zeros(len(words), bool)
    first[corpus.documents.start[:-1][lengths > 0]] = True
    stay, noise = _chances(spec, vocabulary)
    stream = Stream(
        words.astype(np.uint16 if len(vocabulary.words) <= 2**16 else np.int32),
        first,
        stay,
        noise,
        spec.reach,
        _slots(stay[words]),
    )
    texts = WindowTexts(corpus, vocabulary, spec.reach, stream.slots)
    notes = [*repeated(corpus), *_told(spec, corpus, vocabulary, words, whole)]
    return stream, texts, corpus.digest(vocabulary.words), tuple(f"{spec.name}: {note}" for note in notes)


def _read(spec: WindowSpec) -> Corpus:
    if spec.path:
        corpus = cut_unlabelled(plain_text.documents(spec.path, spec.text), bare_words)
    else:
        published = UNLABELLED[spec.corpus]
        corpus = parsed.kept(published, published.tokenize)
    if not spec.half:
        return corpus
    chosen = np.arange(spec.half - 1, len(corpus.labels), 2)
    return corpus._replace(
        documents=take(corpus.documents, chosen),
        labels=corpus.labels[chosen],
        parts=corpus.parts[chosen],
        prints=corpus.prints[chosen],
    )


def _chances(spec: WindowSpec, vocabulary: Vocabulary) -> tuple[np.ndarray, np.ndarray]:
    """The chance of each word to stay, and the cumulative chances of noise words; the padding and rare words are no noise."""
    counts = vocabulary.counts.sum(1)
    known = np.zeros(len(counts), bool)
    known[1:-1] = True
    stay, weights = np.ones(len(counts)), known.astype(float)
    if isinstance(spec, ThinnedSpec):
        if spec.thin:
            share = spec.thin / np.maximum(counts / counts.sum(), 1e-30)
            stay = np.minimum(np.sqrt(share) + share, 1.0)
        stay, weights = stay * known, np.where(known, counts, 0.0) ** spec.power * known
    upto = np.floor(np.cumsum(weights / weights.sum()) * 2.0**32)
    return stay.astype(np.float32), np.minimum(upto, 2**32 - 1).astype(np.uint32)


def _slots(chances: np.ndarray) -> int:
    """Places that nearly every thinned stretch fits into, a multiple of 8; what does not is lost."""
    pieces = len(chances) // STRETCH
    if not pieces:
        return STRETCH
    expected = chances[: pieces * STRETCH].astype(float).reshape(pieces, STRETCH)
    most = expected.sum(1) + 2 * np.sqrt((expected * (1 - expected)).sum(1))
    return int(min(STRETCH, max(16, 8 * np.ceil(np.quantile(most, 0.99) / 8))))


def draw(texts: WindowTexts, settings: Any) -> Splits:
    """The stretches of each part, as the places of the middles that each accounts for: from `start`, before `stop`.

    The target of each is how many windows a stretch of its part has on average: sums over the windows of a stretch,
    divided by it, have the mean over windows as their mean over stretches.
    """
    splits, step = {}, STRETCH - 2 * texts.reach
    start = texts.corpus.documents.start
    whole = np.maximum(np.diff(start) - 2 * texts.reach, 0)
    stops = np.cumsum((0, *texts.corpus.sizes))
    for name, a, b in zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True):
        if a < b:
            places = np.arange(start[a], max(start[b], start[a] + 1), step)
            span = Span(jnp.asarray(places, jnp.int32), jnp.asarray(np.minimum(places + step, start[b]), jnp.int32))
            mean = np.full(len(places), whole[a:b].sum() / len(places), np.float32)
            splits[name] = Examples(span, jnp.asarray(mean))
    return splits


def batch(stream: Stream, examples: Examples, index: Array | None) -> Examples:
    """The stretches of `examples.inputs` at `index`, with `reach` words more on each side."""
    span, targets = examples
    start, stop = (jnp.asarray(side) if index is None else jnp.asarray(side)[index] for side in span)
    place = start[:, None] - stream.reach + jnp.arange(STRETCH)[None]
    there = (place >= 0) & (place < len(stream.words))
    inside = jnp.clip(place, 0, len(stream.words) - 1)
    document = jnp.cumsum(jnp.asarray(stream.first)[inside] & there, axis=1)
    found = Stretches(
        jnp.asarray(stream.words)[inside].astype(jnp.int32),
        jnp.where(there, document, -1),
        (place >= start[:, None]) & (place < stop[:, None]),
        jnp.asarray(stream.stay),
        jnp.asarray(stream.noise),
    )
    targets = jnp.asarray(targets)
    return Examples(found, targets if index is None else targets[index])


def whole_windows(stretches: Stretches, reach: int) -> Array:
    """Which words are the middle of a window that lies in one document, and that its stretch accounts for: bool (n, STRETCH)."""
    document = stretches.document
    same = document[:, : -2 * reach] == document[:, 2 * reach :]
    return jnp.pad(same, ((0, 0), (reach, reach))) & stretches.middle


def _told(
    spec: WindowSpec, corpus: Corpus, vocabulary: Vocabulary, words: np.ndarray, whole: np.ndarray
) -> list[str]:
    """Sizes, for whoever sets the number of steps."""
    train = corpus.parts == 0
    stretches = -(-int(np.diff(corpus.documents.start)[train].sum()) // (STRETCH - 2 * spec.reach))
    rare = words == len(vocabulary.words) - 1
    short = int((whole == 0).sum())
    told = [
        f"{len(words):,} words in {len(whole):,} documents, {whole[train].sum():,} windows to train on in {stretches:,} "
        "stretches: an epoch is so many divided by the batch size",
        f"{len(vocabulary.words) - 2:,} words have a row of their own; all others share one: {rare.mean():.1%} of the text",
    ]
    if short:
        told.append(f"{short:,} documents are too short for a window of {2 * spec.reach + 1} words")
    return told
