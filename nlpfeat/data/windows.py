"""Windows of running text: every place where so many words stand side by side in one document.

The text lies on the device as one stream of word numbers, read by `nlpfeat.data.stretches`.
"""

from dataclasses import dataclass
from typing import Annotated, NamedTuple

import numpy as np

from nlpfeat.data.corpus import Corpus, oddities
from nlpfeat.data.sequences import number
from nlpfeat.data.stretches import STRETCH, Stream, slots
from nlpfeat.data.unlabelled import TextSpec, read
from nlpfeat.data.vocabulary import Vocabulary
from nlpfeat.errors import UserError
from nlpfeat.settings import NonNegative, Range, Share


@dataclass(frozen=True)
class WindowSpec(TextSpec):
    """As `TextSpec`, with `reach`: words of a window on each side of its middle."""

    reach: Annotated[int, Range(1, STRETCH // 8)] = 5


@dataclass(frozen=True)
class ThinnedSpec(WindowSpec):
    """As `WindowSpec`, with frequent words thinned out and noise words drawn by their frequency.

    Attributes:
      thin: a word of frequency f stays with probability √(t/f) + t/f, t being this; 0 keeps all. Rare words go.
      power: a noise word is drawn by its count to this power. Source of both: Mikolov et al., NIPS 2013, and its program.
    """

    thin: NonNegative = 1e-4
    power: Share = 0.75


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
    corpus = read(spec)
    lengths = np.diff(corpus.documents.start)
    train = corpus.parts == 0
    whole = np.maximum(lengths - 2 * spec.reach, 0)
    if not whole[train].sum():
        raise UserError(
            f"{spec.name}: no document of the train part has {2 * spec.reach + 1} words, as a window of "
            f"config.data.reach={spec.reach} needs; the longest has {lengths.max(initial=0)}"
        )
    held = corpus.parts == 1
    if held.any() and not whole[held].sum():
        raise UserError(
            f"{spec.name}: no held-out document has a window of {2 * spec.reach + 1} words: raise or drop "
            f"config.data.validation_share ({spec.validation_share:g})"
        )
    vocabulary, ids = number(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocabulary)
    words = ids[corpus.documents.tokens]
    if len(words) >= 2**31 - STRETCH:
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
        slots(stay[words]),
    )
    texts = WindowTexts(corpus, vocabulary, spec.reach, stream.slots)
    notes = [*oddities(corpus), *_told(spec, corpus, vocabulary, words, whole)]
    return stream, texts, corpus.digest(vocabulary.words), tuple(f"{spec.name}: {note}" for note in notes)


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


def _told(
    spec: WindowSpec, corpus: Corpus, vocabulary: Vocabulary, words: np.ndarray, whole: np.ndarray
) -> list[str]:
    """Sizes, for whoever sets the number of steps."""
    train = corpus.parts == 0
    stretches = -(-int(np.diff(corpus.documents.start)[train].sum()) // (STRETCH - 2 * spec.reach))
    rare = words == len(vocabulary.words) - 1
    short = int((whole == 0).sum())
    sizes = (
        f"{len(words):,} words in {len(whole):,} documents, {whole[train].sum():,} windows to train on in {stretches:,} "
        "stretches: an epoch is so many divided by the batch size"
    )
    told = [
        sizes,
        f"{len(vocabulary.words) - 2:,} words have a row of their own; all others share one: {rare.mean():.1%} of the text",
    ]
    if spec.validation_share and train.all():
        told.append(f"no document is held out: {spec.validation_share:g} of {len(whole)} is none")
    if short:
        told.append(f"{short:,} documents are too short for a window of {2 * spec.reach + 1} words")
    return told
