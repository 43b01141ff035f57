"""Texts to classify: from published reviews or a CSV of one's own to bags of words on the device."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from nlpfeat.data import table
from nlpfeat.data.bags import Bags, bags, with_overlap
from nlpfeat.data.corpus import CORPORA, Corpus, Tokens, hold_out
from nlpfeat.data.examples import SPLITS, Examples, Splits
from nlpfeat.data.vocabulary import Vocabulary, build
from nlpfeat.errors import UserError, nearest
from nlpfeat.settings import Count, Natural, NonNegative, Seed, Share


@dataclass(frozen=True)
class TextSpec:
    """Which texts, which of their words, and how they are parted.

    Attributes:
      corpus: a published corpus: "reviews" (Trask's) or "imdb" (its official halves); `path` overrides it.
      path: a CSV or TSV of one's own, with a header row.
      text, label: its columns of texts and of labels, two or more.
      split: its column of "train", "validation" and "test"; empty to draw the test part.
      test_share: the share of rows drawn as test part, where no column says it.
      classes: the labels in their order, from the lowest to the highest; empty for that of numbers, or the alphabet.
      validation_share: the share of the training part held out to choose by.
      key: draws what is drawn.
      ngrams: the longest run of words that counts as a word of its own.
      min_count: words must be seen more often than this in the training part …
      polarity: … and have at least this polarity in size, unless they are too rare to have one.
      counts: whether a word weighs as often as it stands there, or once.
    """

    corpus: str = "reviews"
    path: str = ""
    text: str = "text"
    label: str = "label"
    split: str = ""
    classes: tuple[str, ...] = ()
    test_share: Share = 0.2
    validation_share: Share = 0.0
    key: Seed = 0
    ngrams: Count = 1
    min_count: Natural = 0
    polarity: NonNegative = 0.0
    counts: bool = False

    def __post_init__(self) -> None:
        if not self.path and self.corpus not in CORPORA:
            raise ValueError(f"corpus: no corpus {self.corpus!r}; {nearest(self.corpus, CORPORA)}")
        if self.validation_share > 0.5 or not 0 < self.test_share <= 0.5:
            raise ValueError("test_share and validation_share: at most half, and some to test on")


@dataclass(frozen=True)
class CountedSpec(TextSpec):
    """As `TextSpec`, a word weighing as often as it stands there."""

    counts: bool = True


class Texts(NamedTuple):
    """What is known of texts on the host."""

    vocabulary: Vocabulary
    classes: tuple[str, ...]
    labels: np.ndarray  # int32 (documents,)
    sizes: tuple[int, ...]  # documents of each of SPLITS, one part after another
    tokenize: Callable[[str], Tokens]
    counted: bool

    @property
    def prior(self) -> np.ndarray:
        """The share of each class among the training documents: (classes,)."""
        return np.bincount(self.labels[: self.sizes[0]], minlength=len(self.classes)) / self.sizes[0]


def load(spec: TextSpec, most: int = 0) -> tuple[Bags, Texts, str]:
    """Read, cut, count and encode the texts.

    Args:
      most: with how many documents before it the overlap of each is wanted (and with itself); 0 for none.

    Raises:
      UserError: if the texts cannot be had or read, or no word is left.
    """
    corpus = _corpus(spec)
    sizes = tuple(int((corpus.parts == part).sum()) for part in range(len(SPLITS)))
    vocabulary, documents = build(
        corpus.documents, corpus.labels, sizes[0], spec.ngrams, spec.min_count, spec.polarity
    )
    if not vocabulary.words:
        raise UserError(
            f"no word of the {sizes[0]} training texts is left: lower config.data.min_count ({spec.min_count}) or "
            f"config.data.polarity ({spec.polarity:g})"
        )
    arrays = bags(documents, counted=spec.counts)
    arrays = with_overlap(arrays, sizes[0], most) if most else arrays
    texts = Texts(vocabulary, corpus.classes, corpus.labels, sizes, corpus.tokenize, spec.counts)
    return arrays, texts, _digest(texts)


def _digest(texts: Texts) -> str:
    """A hash of the words, the classes and who has them."""
    names = "\0".join((*texts.classes, *texts.vocabulary.words)).encode()
    return hashlib.sha256(names + texts.labels.tobytes() + repr(texts.sizes).encode()).hexdigest()


def _corpus(spec: TextSpec) -> Corpus:
    if spec.path:
        corpus = table.read(
            spec.path, spec.text, spec.label, spec.split, spec.test_share, spec.key, spec.classes
        )
    else:
        corpus = CORPORA[spec.corpus]()
    corpus = hold_out(corpus, spec.validation_share, spec.key) if spec.validation_share else corpus
    untrained = set(range(len(corpus.classes))) - set(corpus.labels[corpus.parts == 0].tolist())
    if untrained:
        raise UserError(
            f"{spec.path or spec.corpus}: no row of class {corpus.classes[min(untrained)]!r} is in the train part"
        )
    return corpus


def draw(texts: Texts, settings: Any) -> Splits:
    """The parts, as numbers of documents: the same for every member."""
    stops = np.cumsum((0, *texts.sizes))
    parts = zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True)
    return {
        name: Examples(jnp.arange(a, b, dtype=jnp.int32), jnp.asarray(texts.labels[a:b]))
        for name, a, b in parts
        if a < b
    }
