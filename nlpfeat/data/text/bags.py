"""Documents as bags of words, on the device: each holds a word once, with a weight."""

import dataclasses
from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from scipy.sparse import csr_array

from nlpfeat.config.fields import Count, NonNegative, NonNegativeInt
from nlpfeat.data.core import Dataset, Examples, Index
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.tokens import NewText, Tokenize
from nlpfeat.data.text.vocabulary import Documents, Vocabulary, build, log_count_ratios
from nlpfeat.errors import UserError


class Bag(NamedTuple):
    """A batch of documents, padded behind to one length by words of weight 0.

    `overlap[i, j]` is the product of document i with the j-th before it in the training part, Σ over words of weight ×
    weight, where an online rule needs it; else None.
    """

    words: Array | np.ndarray  # int32 (n, length)
    weights: Array | np.ndarray  # float32 (n, length)
    lengths: Array | np.ndarray  # int32 (n,), past which there is only padding
    overlap: Array | np.ndarray | None = None  # float32 (n, most)


@flax.struct.dataclass
class Bags:
    """All documents, one after another without padding: those of document i lie from start[i] to start[i + 1]."""

    start: Array | np.ndarray  # int32 (documents + 1,)
    words: Array | np.ndarray  # int32 (all,)
    weights: Array | np.ndarray | None  # float32 (all,), None for 1 each
    overlap: Array | np.ndarray | None  # float32 (documents, most)
    longest: int = flax.struct.field(pytree_node=False)  # words of the longest document


def bags(documents: Documents, *, counted: bool) -> Bags:
    """Documents for the device; weights are counts where `counted`, else 1."""
    longest = int(np.diff(documents.start).max(initial=1))
    words = documents.words if len(documents.words) else np.zeros(1, np.int32)
    counts = documents.counts if len(documents.words) else np.zeros(1)
    return Bags(documents.start, words, counts.astype(np.float32) if counted else None, None, max(longest, 1))


def weighted(documents: Documents, ratios: np.ndarray) -> Bags:
    """Documents for the device; a word weighs its ratio, and each document is scaled to length 1."""
    plain = bags(documents, counted=False)
    values = ratios[documents.words]
    owner = np.repeat(np.arange(len(documents.start) - 1), np.diff(documents.start))
    length = np.sqrt(np.bincount(owner, values.astype(float) ** 2, minlength=len(documents.start) - 1))
    values = (values / np.maximum(length, 1e-30)[owner]).astype(np.float32)
    return dataclasses.replace(plain, weights=values if len(values) else np.zeros(1, np.float32))


def with_overlap(all_bags: Bags, train: int, most: int) -> Bags:
    """The bags with the overlap of each of the first `train` documents with the `most` - 1 before it, around the end."""
    weights = np.ones(len(all_bags.words), np.float32) if all_bags.weights is None else all_bags.weights
    start = np.asarray(all_bags.start)
    rows = np.asarray(all_bags.words).max(initial=0) + 1
    matrix = csr_array(
        (np.asarray(weights)[: start[-1]], all_bags.words[: start[-1]], start), shape=(len(start) - 1, rows)
    )
    overlap = np.zeros((len(start) - 1, most), np.float32)
    for first in range(0, train, 8 * most):
        mine = np.arange(first, min(train, first + 8 * most))
        before = np.arange(first - most + 1, mine[-1] + 1)
        products = (matrix[mine] @ matrix[before % train].T).toarray()
        back = np.arange(len(mine))[:, None] + most - 1 - np.arange(most)
        overlap[mine] = np.take_along_axis(products, back, 1)
    return dataclasses.replace(all_bags, overlap=overlap)


def batch(arrays: Bags, examples: Examples, index: Index) -> Examples:
    """The documents whose numbers stand in `examples.inputs` at `index`, as a `Bag`."""
    numbers = jnp.asarray(examples.inputs)
    targets = jnp.asarray(examples.targets)
    if index is not None:
        numbers, targets = numbers[index], targets[index]
    first, end = jnp.asarray(arrays.start)[numbers], jnp.asarray(arrays.start)[numbers + 1]
    place = first[:, None] + jnp.arange(arrays.longest)[None]
    inside = place < end[:, None]
    place = jnp.where(inside, place, 0)
    words = jnp.where(inside, jnp.asarray(arrays.words)[place], 0)
    weights = inside.astype(jnp.float32)
    if arrays.weights is not None:
        weights = weights * jnp.asarray(arrays.weights)[place]
    overlap = None if arrays.overlap is None else jnp.asarray(arrays.overlap)[numbers]
    return Examples(Bag(words, weights, end - first, overlap), targets)


def padded(documents: list[tuple[np.ndarray, np.ndarray]], length: int) -> Bag:
    """Documents (ids, weights) as a batch."""
    rows = len(documents)
    words, weights = np.zeros((rows, length), np.int32), np.zeros((rows, length), np.float32)
    lengths = np.zeros(rows, np.int32)
    for i, (ids, shares) in enumerate(documents):
        words[i, : len(ids)], weights[i, : len(ids)], lengths[i] = ids, shares, len(ids)
    return Bag(words, weights, lengths)


def by_length(all_bags: Bags, examples: Examples) -> Array:
    """The order in which documents of like length follow one another (n,): together they need little padding."""
    numbers = jnp.asarray(examples.inputs)
    start = jnp.asarray(all_bags.start)
    return jnp.argsort(start[numbers + 1] - start[numbers])


@dataclass(frozen=True)
class BagSpec(CorpusSpec):
    """Which texts, and which of their words.

    Attributes:
      ngrams: the longest run of words that counts as a word of its own.
      min_count: words must be seen more often than this in the training part …
      polarity: … and have at least this polarity in size, unless they are too rare to have one.
      counts: whether a word weighs as often as it stands there, or once.
      naive_bayes: whether it weighs by its log-count ratio instead, each text scaled to length 1.
    """

    ngrams: Count = 1
    min_count: NonNegativeInt = 0
    polarity: NonNegative = 0.0
    counts: bool = False
    naive_bayes: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.counts and self.naive_bayes:
            raise ValueError("counts and naive_bayes: a word weighs by one of them")


@dataclass(frozen=True)
class CountedBagSpec(BagSpec):
    """As `TextSpec`, a word weighing as often as it stands there."""

    counts: bool = True


@dataclass(frozen=True)
class NaiveBayesSpec(BagSpec):
    """As `TextSpec`, runs of up to three words weighing by their log-count ratios."""

    corpus: str = "imdb"
    ngrams: Count = 3
    min_count: NonNegativeInt = 2
    naive_bayes: bool = True


class BagTexts(NamedTuple):
    """What is known of texts on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    tokenize: Tokenize
    counted: bool
    ratios: np.ndarray | None  # float32 (words,), what each word weighs; None where it weighs its count, or 1

    def read(self, text: str) -> NewText:
        """A new text: its words, each with its weight."""
        tokens = self.tokenize(text)
        ids, counts = self.vocabulary.encode(tokens)
        weights = counts.astype(np.float32) if self.counted else np.ones(len(ids), np.float32)
        if self.ratios is not None:
            weights = self.ratios[ids]
        said = [word for word in dict.fromkeys(tokens) if word.strip()]
        return NewText(
            words=[self.vocabulary.words[i] for i in ids],
            unknown=[word for word in said if word not in self.vocabulary.ids],
            unread=0,
            whole=self._scaled(ids, weights),
            without=[self._scaled(np.delete(ids, i), np.delete(weights, i)) for i in range(len(ids))],
        )

    def alone(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """A text of one word, encoded."""
        weight = 1.0 if self.ratios is None else self.ratios[place]
        return self._scaled(np.array([place], np.int32), np.array([weight], np.float32))

    def _scaled(self, ids: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        length = np.linalg.norm(weights) if self.ratios is not None else 1.0
        return ids, weights / (length or 1.0)

    def collate(self, documents: list[Any]) -> Bag:
        """Texts as `read` gives them, as a batch, padded to one of few lengths: each is a program."""
        longest = max(len(ids) for ids, _ in documents)
        return padded(documents, 2 ** max(6, (longest - 1).bit_length()))


def load(spec: BagSpec, most: int = 0) -> Dataset:
    """Read, cut, count and encode the texts.

    Args:
      most: with how many documents before it the overlap of each is wanted (and with itself); 0 for none.

    Raises:
      UserError: if the texts cannot be had or read, or no word is left.
    """
    corpus = read_corpus(spec, spec.tokenize)
    sizes = corpus.sizes
    vocabulary, documents = build(
        corpus.documents, corpus.labels, sizes[0], spec.ngrams, spec.min_count, spec.polarity
    )
    if not vocabulary.words:
        raise UserError(
            f"no word of the {sizes[0]} training texts is left: lower config.data.min_count ({spec.min_count}) or "
            f"config.data.polarity ({spec.polarity:g})"
        )
    ratios = (
        log_count_ratios(documents, corpus.labels[: sizes[0]], len(vocabulary.words))
        if spec.naive_bayes
        else None
    )
    arrays = bags(documents, counted=spec.counts) if ratios is None else weighted(documents, ratios)
    arrays = with_overlap(arrays, sizes[0], most) if most else arrays
    texts = BagTexts(corpus, vocabulary, spec.of_new(spec.tokenize), spec.counts, ratios)
    notes = tuple(f"{spec.name}: {note}" for note in corpus_notes(corpus))
    return Dataset(arrays, texts, corpus.digest(vocabulary.words), notes)


# MERGED: """Texts to classify: from published reviews or a CSV of one's own to bags of words on the device."""
