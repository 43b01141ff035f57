"""Texts to classify as bags of words: from published reviews, or a CSV of the user, to weighted words on the device."""

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, Int
from scipy.sparse import csr_array

from nlpfeat.config.fields import Count, NonNegative, NonNegativeInt, Positive
from nlpfeat.data.core import Dataset, Examples, Index, Leaf
from nlpfeat.data.text.corpus import Corpus, unread_words
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.tokens import NewText, Tokenize
from nlpfeat.data.text.vocabulary import (
    Vocabulary,
    build,
    inverse_document_frequency,
    log_count_ratios,
)
from nlpfeat.errors import UserError

EncodedBag: TypeAlias = tuple[np.ndarray, np.ndarray]  # distinct ids int32 (k,), weights float32 (k,)


class Bag(NamedTuple):
    """A batch of documents, each word once with a weight, padded at the end by words of weight 0.

    Attributes:
      words: int32 (n, length), ids.
      weights: float32 (n, length).
      lengths: int32 (n,), distinct words without padding.
      overlap: float32 (n, documents before), where an online rule needs it: entry (i, j) is the inner product of the weights of
        document i with those of the j-th document before it in the train split.
    """

    words: Array | np.ndarray
    weights: Array | np.ndarray
    lengths: Array | np.ndarray
    overlap: Array | np.ndarray | None = None


@flax.struct.dataclass
class Bags:
    """All documents without padding, in the layout of a CSR matrix: those of document i lie from start[i] to start[i + 1].

    Attributes:
      start: int32 (documents + 1,).
      words: int32 (entries,), ids.
      weights: float32 (entries,); None if all are 1.
      overlap: float32 (documents, documents before), see `Bag`.
      longest: distinct words of the longest document.
    """

    start: Leaf
    words: Leaf
    weights: Leaf
    overlap: Leaf
    longest: int = flax.struct.field(pytree_node=False)


def bags(counts: csr_array, weights: csr_array | None = None, history: int = 0, train: int = 0) -> Bags:
    """Documents for the device.

    Args:
      counts: (documents, words), how often each document contains each word.
      weights: of the same entries; None for weights of 1.
      history: number of documents before each, itself included, with which its overlap is computed; 0 for none.
      train: number of training documents; they come first.
    """
    longest = max(int(np.diff(counts.indptr).max(initial=1)), 1)
    entries = max(counts.nnz, 1)  # a gather needs at least one
    words = np.resize(counts.indices.astype(np.int32), entries)
    values = None if weights is None else np.resize(weights.data.astype(np.float32), entries)
    ones = csr_array((np.ones(counts.nnz, np.float32), counts.indices, counts.indptr), counts.shape)
    overlap = _overlap(ones if weights is None else weights, train, history) if history else None
    return Bags(counts.indptr.astype(np.int32), words, values, overlap, longest)


def weighted(counts: csr_array, ratios: Float[np.ndarray, " words"]) -> csr_array:
    """Each word of a document weighted by its ratio, and each document scaled to Euclidean length 1: float32."""
    values, lengths = ratios[counts.indices], np.diff(counts.indptr)
    owner = np.repeat(np.arange(len(lengths)), lengths)
    norm = np.sqrt(np.bincount(owner, values.astype(float) ** 2, minlength=len(lengths)))
    values = (values / np.maximum(norm, 1e-30)[owner]).astype(np.float32)
    return csr_array((values, counts.indices, counts.indptr), counts.shape)


def _overlap(weights: csr_array, train: int, history: int) -> Float[np.ndarray, "documents history"]:
    """The overlap of each of the first `train` documents with itself and the `history` - 1 before it, cyclically."""
    overlap = np.zeros((weights.shape[0], history), np.float32)
    for first in range(0, train, 8 * history):
        block = np.arange(first, min(train, first + 8 * history))
        before = np.arange(first - history + 1, block[-1] + 1)
        products = (weights[block] @ weights[before % train].T).toarray()
        back = np.arange(len(block))[:, None] + history - 1 - np.arange(history)
        overlap[block] = np.take_along_axis(products, back, 1)
    return overlap


def batch(arrays: Bags, examples: Examples, index: Index) -> Examples:
    """The documents `examples.inputs` at `index`, as a `Bag`."""
    numbers = jnp.asarray(examples.inputs)
    targets = jnp.asarray(examples.targets)
    if index is not None:
        numbers, targets = numbers[index], targets[index]
    first, end = jnp.asarray(arrays.start)[numbers], jnp.asarray(arrays.start)[numbers + 1]
    entry = first[:, None] + jnp.arange(arrays.longest)[None]
    inside = entry < end[:, None]
    entry = jnp.where(inside, entry, 0)
    words = jnp.where(inside, jnp.asarray(arrays.words)[entry], 0)
    weights = inside.astype(jnp.float32)
    if arrays.weights is not None:
        weights = weights * jnp.asarray(arrays.weights)[entry]
    overlap = None if arrays.overlap is None else jnp.asarray(arrays.overlap)[numbers]
    return Examples(Bag(words, weights, end - first, overlap), targets)


def padded(documents: list[EncodedBag], length: int) -> Bag:
    """A batch of encoded documents, padded to `length` words."""
    rows = len(documents)
    words, weights = np.zeros((rows, length), np.int32), np.zeros((rows, length), np.float32)
    lengths = np.zeros(rows, np.int32)
    for i, (ids, values) in enumerate(documents):
        words[i, : len(ids)], weights[i, : len(ids)], lengths[i] = ids, values, len(ids)
    return Bag(words, weights, lengths)


def by_length(arrays: Bags, examples: Examples) -> Int[Array, " n"]:
    """The indices (n,) of all documents, sorted by length, so that evaluation batches need little padding."""
    numbers = jnp.asarray(examples.inputs)
    start = jnp.asarray(arrays.start)
    return jnp.argsort(start[numbers + 1] - start[numbers])


@dataclass(frozen=True)
class BagSpec(CorpusSpec):
    """Which texts, and the weights of their words.

    Attributes:
      ngrams: length of the longest n-grams in the vocabulary.
      min_count: words must occur more often than this in the train split.
      polarity: minimal magnitude of the polarity of a word, Trask's of the published reviews, of other files the largest
        `class_polarity`. Words too rare for a polarity are kept.
      counts: whether the weight of a word is its count in the text, instead of 1.
      naive_bayes: whether the weight of a word is its log-count ratio, with each text scaled to length 1.
      smoothing: added to the numbers of documents of which log-count ratios are made: less of it trusts rare words more.
      idf: whether log-count ratios are multiplied by the inverse document frequency, which serves many classes.
    """

    ngrams: Count = 1
    min_count: NonNegativeInt = 0
    polarity: NonNegative = 0.0
    counts: bool = False
    naive_bayes: bool = False
    smoothing: Positive = 1.0
    idf: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.counts and self.naive_bayes:
            raise ValueError("counts and naive_bayes: choose one of them as the weight of a word")
        if self.idf and not self.naive_bayes:
            raise ValueError("idf: it multiplies log-count ratios; set naive_bayes as well")


@dataclass(frozen=True)
class CountedBagSpec(BagSpec):
    """As `BagSpec`, with the count of a word as its weight."""

    counts: bool = True


@dataclass(frozen=True)
class NaiveBayesSpec(BagSpec):
    """As `BagSpec`, with n-grams of up to three words weighted by their log-count ratios."""

    corpus: str = "imdb"
    ngrams: Count = 3
    min_count: NonNegativeInt = 2
    naive_bayes: bool = True


class BagTexts(NamedTuple):
    """The texts on the host.

    Attributes:
      counted: whether the weight of a word is its count.
      ratios: float32 (words,), the weights of the words, if they are log-count ratios.
    """

    corpus: Corpus
    vocabulary: Vocabulary
    tokenize: Tokenize
    counted: bool
    ratios: np.ndarray | None

    def read(self, text: str) -> NewText[EncodedBag]:
        """A new text, encoded."""
        tokens = self.tokenize(text)
        ids, counts = self.vocabulary.encode(tokens)
        weights = counts.astype(np.float32) if self.counted else np.ones(len(ids), np.float32)
        if self.ratios is not None:
            weights = self.ratios[ids]
        distinct = [word for word in dict.fromkeys(tokens) if word.strip()]
        return NewText(
            words=[self.vocabulary.words[i] for i in ids],
            unknown=[word for word in distinct if word not in self.vocabulary.ids],
            unread=0,
            whole=self._scaled(ids, weights),
            without=[self._scaled(np.delete(ids, i), np.delete(weights, i)) for i in range(len(ids))],
        )

    def single_word(self, word: int) -> EncodedBag:
        """A text that consists of the word with this id, encoded."""
        weight = 1.0 if self.ratios is None else self.ratios[word]
        return self._scaled(np.array([word], np.int32), np.array([weight], np.float32))

    def _scaled(self, ids: np.ndarray, weights: np.ndarray) -> EncodedBag:
        length = np.linalg.norm(weights) if self.ratios is not None else 1.0
        return ids, weights / (length or 1.0)

    def collate(self, documents: list[EncodedBag]) -> Bag:
        """A batch of encoded texts, padded to a power of two: each length needs a compiled program."""
        longest = max(len(ids) for ids, _ in documents)
        return padded(documents, 2 ** max(6, (longest - 1).bit_length()))


def load(spec: BagSpec, history: int = 0) -> Dataset:
    """Read, tokenize and encode the texts.

    Args:
      history: number of documents, itself and those before it, with which the overlap of each is computed; 0 for none.

    Raises:
      UserError: if the texts cannot be downloaded or read, or no word is left in the vocabulary.
    """
    corpus, known = read_corpus(spec, spec.tokenize)
    sizes = corpus.sizes
    vocabulary, counts = build(
        corpus.documents,
        corpus.labels,
        sizes[0],
        spec.ngrams,
        spec.min_count,
        spec.polarity,
        by_rates=bool(spec.path),
    )
    if not vocabulary.words:
        raise UserError(
            f"no word of the {sizes[0]} training texts is left: lower config.data.min_count ({spec.min_count}) or "
            f"config.data.polarity ({spec.polarity:g})"
        )
    ratios = None
    if spec.naive_bayes:
        train = counts[: sizes[0]]
        ratios = log_count_ratios(train, corpus.labels[: sizes[0]], spec.smoothing)
        ratios = ratios * inverse_document_frequency(train) if spec.idf else ratios
    weights = weighted(counts, ratios) if ratios is not None else counts if spec.counts else None
    arrays = bags(counts, weights, history, sizes[0])
    texts = BagTexts(corpus, vocabulary, spec.tokenize_new(spec.tokenize), spec.counts, ratios)
    notes = tuple(f"{spec.name}: {note}" for note in (*known, *unread_words(corpus, vocabulary.ids)))
    return Dataset(arrays, texts, corpus.digest(vocabulary.words), notes)
