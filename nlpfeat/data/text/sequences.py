"""Texts as sequences of word ids, truncated or padded to one length, for networks that read words in order."""

import re
from dataclasses import dataclass, replace
from typing import Annotated, NamedTuple, TypeAlias

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Int, PyTree

from nlpfeat.config.fields import Count, Range
from nlpfeat.data.core import Dataset, Examples, Index, Leaf, Params, Splits
from nlpfeat.data.text import vector_files
from nlpfeat.data.text.corpus import Corpus, unread_words
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.tokens import NewText, Tokenize, Tokenized, filtered
from nlpfeat.data.text.vocabulary import Vocabulary

PADDING = "(padding)"
RARE = "(rare)"
_VECTORS, _ORDER = 6, 7  # random streams of the words without vectors, and of the order of words
EncodedSequence: TypeAlias = Int[np.ndarray, " _"]  # int32, at most as many ids as a sequence is long


@dataclass(frozen=True)
class SequenceSpec(CorpusSpec):
    """Which texts, the size of the vocabulary, and the length of a sequence.

    Attributes:
      vocab_size: rows of the word table. Row 0 is padding; the last row is shared by all rarer words.
      length: words per sequence. Shorter texts are padded in front; of longer texts, the last words are kept.
      vectors: pretrained vectors that initialise the word table: "glove.6B.50d", or the path of a file of vectors.
      shuffled: whether the words of each sequence are shuffled (seed: `key`), to measure what their order contributes.
    """

    corpus: str = "imdb"
    vocab_size: Annotated[int, Range(3)] = 5000
    length: Count = 500
    vectors: str = ""
    shuffled: bool = False


class Sequence(NamedTuple):
    """A batch of sequences, padded with zeros in front.

    Attributes:
      words: int32 (n, length), ids.
      lengths: int32 (n,), words without padding.
    """

    words: Array | np.ndarray
    lengths: Array | np.ndarray


@flax.struct.dataclass
class Sequences:
    """Concatenated documents without padding: the words of document i lie from start[i] to start[i + 1].

    Attributes:
      start: int32 (documents + 1,), offsets.
      words: uint16 or int32 (tokens,), ids.
      length: words per sequence.
    """

    start: Leaf
    words: Leaf
    length: int = flax.struct.field(pytree_node=False)


class SequenceTexts(NamedTuple):
    """The texts on the host.

    Attributes:
      length: words per sequence.
      vectors: float32 (vocabulary, dimension), pretrained vectors, zero for words without one; None if there are none.
      has_vector: bool (vocabulary,), the words with a pretrained vector.
    """

    corpus: Corpus
    vocabulary: Vocabulary
    tokenize: Tokenize
    length: int
    vectors: np.ndarray | None
    has_vector: np.ndarray | None

    def read(self, text: str) -> NewText[EncodedSequence]:
        """A new text, encoded."""
        tokens = self.tokenize(text)
        last = tokens[-self.length :]
        words = [word for word in dict.fromkeys(last) if word in self.vocabulary.ids]
        return NewText(
            words=words,
            unknown=[word for word in dict.fromkeys(last) if word not in self.vocabulary.ids],
            unread=len(tokens) - len(last),
            whole=self.encode(tokens),
            without=[self.encode([token for token in tokens if token != word]) for word in words],
        )

    def single_word(self, word: int) -> EncodedSequence:
        """A text that consists of the word with this id, encoded."""
        return np.array([word], np.int32)

    def encode(self, tokens: list[str]) -> EncodedSequence:
        """The ids of the last words of a document: int32 (at most `length`,)."""
        rare = len(self.vocabulary.words) - 1
        return np.array([self.vocabulary.ids.get(token, rare) for token in tokens[-self.length :]], np.int32)

    def collate(self, documents: list[EncodedSequence]) -> Sequence:
        """A batch of encoded texts."""
        return padded(documents, self.length)


def load(spec: SequenceSpec, dimension: int) -> Dataset:
    """Read and encode the texts.

    Args:
      dimension: of the word table, and of pretrained vectors.

    Raises:
      UserError: if the texts or the vectors cannot be downloaded or read, or if the vectors have another dimension.
    """
    corpus, known = read_corpus(spec, filtered)
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    arrays = sequences(corpus.documents, ids, spec.length)
    if spec.shuffled:
        arrays = shuffled(arrays, spec.key)
    notes = [*known, *_long(corpus, spec.length), *_rare(vocabulary, corpus, ids)]
    notes += unread_words(corpus, vocabulary.ids)
    vectors = has_vector = None
    if spec.vectors:
        vectors, has_vector = _vectors(spec.vectors, vocabulary, dimension)
        notes.append(_missing(vocabulary, has_vector, spec.vectors))
    tokenize = spec.tokenize_new(filtered)
    texts = SequenceTexts(corpus, vocabulary, tokenize, spec.length, vectors, has_vector)
    digest = corpus.digest(vocabulary.words, b"" if vectors is None else vectors.tobytes())
    return Dataset(arrays, texts, digest, tuple(f"{spec.name}: {note}" for note in notes))


def number_words(
    documents: Tokenized, labels: np.ndarray, train: int, rows: int
) -> tuple[Vocabulary, np.ndarray]:
    """The vocabulary of the most frequent words of the training documents.

    Words are sorted by falling count; words of equal count stay in the order of their first occurrence.

    Args:
      documents: the first `train` are the training documents.
      labels: (documents,), their classes.
      train: number of training documents.
      rows: of the word table: padding, the words, and one row for all rare words.

    Returns:
      The vocabulary, with padding first and rare words last, and the row of each distinct token: int32 (distinct tokens,).
    """
    classes, words = int(labels.max()) + 1, len(documents.words)
    end = documents.start[train]
    owner = np.repeat(labels[:train], np.diff(documents.start[: train + 1]))
    tally = np.bincount(documents.tokens[:end] * np.int64(classes) + owner, minlength=words * classes)
    counts = tally.reshape(words, classes)
    order = np.argsort(-counts.sum(1), kind="stable")
    order = order[counts[order].sum(1) > 0][: rows - 2]
    ids = np.full(words, len(order) + 1, np.int32)
    ids[order] = np.arange(1, len(order) + 1)
    rest = counts.sum(0) - counts[order].sum(0)
    names = tuple(documents.words[i] for i in order)
    known = {name: i for i, name in enumerate(names, 1)}
    table = np.concatenate([np.zeros((1, classes), np.int64), counts[order], rest[None]])
    return Vocabulary((PADDING, *names, RARE), table, known, 1), ids


_CONTRACTION = re.compile(r"(.+)(n't|'(?:s|m|d|ll|re|ve))")


def _vectors(name: str, vocabulary: Vocabulary, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """As `nlpfeat.data.text.vector_files.read`. A contraction that the file lacks is the sum of its two parts.

    GloVe's tokenizer, Stanford's, cuts contractions in two: don't is do n't there, and one word here.
    """
    rows, wanted, parts = len(vocabulary.words), dict(vocabulary.ids), {}
    for word, row in vocabulary.ids.items():
        match = _CONTRACTION.fullmatch(word)
        if match:
            # New rows after those of the vocabulary, which has two that no word names: padding and rare words.
            parts[row] = [wanted.setdefault(part, len(wanted) + 2) for part in match.groups()]
    table, found = vector_files.read(name, wanted, len(wanted) + 2, dimension)
    for row, both in parts.items():
        if not found[row] and found[both].all():
            table[row], found[row] = table[both].sum(0), True
    return table[:rows], found[:rows]


def sequences(documents: Tokenized, ids: np.ndarray, length: int) -> Sequences:
    """Documents for the device: the last `length` words of each, with `ids` of the distinct tokens."""
    lengths = np.minimum(np.diff(documents.start), length)
    start = np.concatenate([[0], np.cumsum(lengths)])
    index = np.arange(start[-1]) + np.repeat(documents.start[1:] - start[1:], lengths)
    dtype = np.uint16 if ids.max(initial=0) < 2**16 else np.int32
    words = ids[documents.tokens[index]].astype(dtype)
    return Sequences(start.astype(np.int32), words if len(words) else np.zeros(1, dtype), length)


def shuffled(arrays: Sequences, key: int) -> Sequences:
    """The documents with their words shuffled, with the seed `key`."""
    start, words = np.asarray(arrays.start), np.asarray(arrays.words)
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    rank = np.random.default_rng([key, _ORDER]).random(len(owner))
    return replace(arrays, words=words[np.lexsort((rank, owner))] if len(owner) else words)


def batch(arrays: Sequences, examples: Examples, index: Index) -> Examples:
    """The documents `examples.inputs` at `index`, as a `Sequence`."""
    numbers, targets = jnp.asarray(examples.inputs), jnp.asarray(examples.targets)
    if index is not None:
        numbers, targets = numbers[index], targets[index]
    first, end = jnp.asarray(arrays.start)[numbers], jnp.asarray(arrays.start)[numbers + 1]
    position = end[:, None] + jnp.arange(-arrays.length, 0)[None]
    words = jnp.asarray(arrays.words)[jnp.maximum(position, 0)].astype(jnp.int32)
    return Examples(Sequence(jnp.where(position >= first[:, None], words, 0), end - first), targets)


def pretrained_embedding(texts: SequenceTexts, params: Params, settings: PyTree, splits: Splits) -> Params:
    """The parameters with the word table set to pretrained vectors, if the texts have some.

    Pretrained vectors are divided by 3. Words without a vector, and the row of rare words, start N(0, .6) / 3; padding is 0.
    Source: fast.ai's lesson 5.

    Args:
      texts: metadata of the dataset.
      params: as the module draws them.
      settings: of the member, whose seed draws the missing vectors.
      splits: have no effect here.
    """
    if texts.vectors is None or texts.has_vector is None:
        return params
    drawn = np.random.default_rng([int(settings.seed), _VECTORS]).normal(0.0, 0.6, texts.vectors.shape)
    table = np.where(texts.has_vector[:, None], texts.vectors, drawn) / 3
    table[0] = 0
    return {**params, "words": {"table": table.astype(np.float32)}}


def padded(documents: list[EncodedSequence], length: int) -> Sequence:
    """A batch of encoded documents, padded in front to `length` words."""
    words = np.zeros((len(documents), length), np.int32)
    for row, document in zip(words, documents, strict=True):
        row[length - len(document) :] = document
    return Sequence(words, np.array([len(document) for document in documents], np.int32))


def _long(corpus: Corpus, length: int) -> list[str]:
    longer = np.diff(corpus.documents.start) > length
    if not longer.any():
        return []
    return [
        f"{longer.sum():,} of {len(longer):,} texts are longer than {length} words: their last {length} are read"
    ]


def _rare(vocabulary: Vocabulary, corpus: Corpus, ids: np.ndarray) -> list[str]:
    rare = int((ids == len(vocabulary.words) - 1).sum())
    if not rare:
        return []
    share = (ids[corpus.documents.tokens] == len(vocabulary.words) - 1).mean()
    return [f"{rare:,} of {len(ids):,} words share the row of rare ones: {share:.1%} of the text"]


def _missing(vocabulary: Vocabulary, has_vector: np.ndarray, name: str) -> str:
    words = slice(1, -1)  # without padding and rare words
    counts = vocabulary.counts[words].sum(1)
    missing = ~has_vector[words]
    share = counts[missing].sum() / max(counts.sum(), 1)
    examples = [vocabulary.words[1 + i] for i in np.flatnonzero(missing)[:5]]
    listed = f", such as {', '.join(examples)}" if examples else ""
    return (
        f"{missing.sum():,} of {len(missing):,} words ({missing.mean():.1%}; {share:.1%} of the text they make up) are "
        f"not in {name}{listed}"
    )
