"""Texts as sequences of word numbers, cut or padded to one length: what nets read that know the order of words."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple

import flax.struct
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from nlpfeat.config.fields import Count, Range
from nlpfeat.data.core import Dataset, Examples, Index, Params
from nlpfeat.data.text import vector_files
from nlpfeat.data.text.corpus import Corpus, corpus_notes
from nlpfeat.data.text.sources import CorpusSpec, read_corpus
from nlpfeat.data.text.tokens import NewText, Tokenize, Tokenized, filtered
from nlpfeat.data.text.vocabulary import Vocabulary

PADDING = "(padding)"
RARE = "(rare)"
_VECTORS, _ORDER = 6, 7  # streams of their own for the words without vectors, and for the order of words


@dataclass(frozen=True)
class SequenceSpec(CorpusSpec):
    """Which texts, how many of their words, and how many words of each.

    Attributes:
      vocab_size: rows of the word table. Row 0 stands for padding, the last one for all rarer words.
      length: words of a sequence: shorter texts are padded in front, of longer ones the last words are kept.
      vectors: published vectors that the word table starts from: "glove.6B.50d", or the path of such a file.
      shuffled: whether the words of a sequence are put in an order drawn by `key`: what then is lost, order was worth.
    """

    corpus: str = "imdb"
    vocab_size: Annotated[int, Range(3)] = 5000
    length: Count = 500
    vectors: str = ""
    shuffled: bool = False


class Sequence(NamedTuple):
    """A batch of sequences, padded in front by zeros."""

    words: Array | np.ndarray  # int32 (n, length)
    lengths: Array | np.ndarray  # int32 (n,), words that are no padding


@flax.struct.dataclass
class Sequences:
    """All documents without padding: those of document i lie from start[i] to start[i + 1]."""

    start: Array | np.ndarray  # int32 (documents + 1,)
    words: Array | np.ndarray  # uint16 or int32 (all,)
    length: int = flax.struct.field(pytree_node=False)


class SequenceTexts(NamedTuple):
    """What is known of the texts on the host."""

    corpus: Corpus
    vocabulary: Vocabulary
    tokenize: Tokenize
    length: int
    vectors: np.ndarray | None  # float32 (vocabulary, dimension) that the table starts from …
    found: np.ndarray | None  # (vocabulary,) … where it has them

    def read(self, text: str) -> NewText:
        """A new text: the numbers of its last words."""
        tokens = self.tokenize(text)
        said = tokens[-self.length :]
        words = [word for word in dict.fromkeys(said) if word in self.vocabulary.ids]
        return NewText(
            words=words,
            unknown=[word for word in dict.fromkeys(said) if word not in self.vocabulary.ids],
            unread=len(tokens) - len(said),
            whole=self.encode(tokens),
            without=[self.encode([token for token in tokens if token != word]) for word in words],
        )

    def alone(self, place: int) -> np.ndarray:
        """A text of one word, encoded."""
        return np.array([place], np.int32)

    def encode(self, tokens: list[str]) -> np.ndarray:
        """The last words of a document as numbers int32 (at most `length`,)."""
        rare = len(self.vocabulary.words) - 1
        return np.array([self.vocabulary.ids.get(token, rare) for token in tokens[-self.length :]], np.int32)

    def collate(self, documents: list[Any]) -> Sequence:
        """Texts as `read` gives them, as a batch."""
        return padded(documents, self.length)


def load(spec: SequenceSpec, dimension: int) -> Dataset:
    """Read the texts and number their words.

    Args:
      dimension: of the word table, which published vectors must have.

    Raises:
      UserError: if the texts or the vectors cannot be had or read, or the vectors have another dimension.
    """
    corpus = read_corpus(spec, filtered)
    vocabulary, ids = number_words(corpus.documents, corpus.labels, corpus.sizes[0], spec.vocab_size)
    arrays = sequences(corpus.documents, ids, spec.length)
    if spec.shuffled:
        arrays = shuffled(arrays, spec.key)
    notes = [*corpus_notes(corpus), *_lengths(corpus, spec.length), *_rare(vocabulary, corpus, ids)]
    vectors = found = None
    if spec.vectors:
        vectors, found = vector_files.read(spec.vectors, vocabulary.ids, len(vocabulary.words), dimension)
        notes.append(_missing(vocabulary, found, spec.vectors))
    texts = SequenceTexts(corpus, vocabulary, spec.of_new(filtered), spec.length, vectors, found)
    digest = corpus.digest(vocabulary.words, b"" if vectors is None else vectors.tobytes())
    return Dataset(arrays, texts, digest, tuple(f"{spec.name}: {note}" for note in notes))


def number_words(
    documents: Tokenized, labels: np.ndarray, train: int, rows: int
) -> tuple[Vocabulary, np.ndarray]:
    """The commonest words of the first `train` documents, by falling count, equal ones as they first appear.

    Returns:
      The vocabulary, padding first and rare words last, and the number of each distinct token (tokens,).
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


def sequences(documents: Tokenized, ids: np.ndarray, length: int) -> Sequences:
    """Documents for the device: the last `length` words of each, by their numbers `ids`."""
    lengths = np.minimum(np.diff(documents.start), length)
    start = np.concatenate([[0], np.cumsum(lengths)])
    place = np.arange(start[-1]) + np.repeat(documents.start[1:] - start[1:], lengths)
    kind = np.uint16 if ids.max(initial=0) < 2**16 else np.int32
    words = ids[documents.tokens[place]].astype(kind)
    return Sequences(start.astype(np.int32), words if len(words) else np.zeros(1, kind), length)


def shuffled(arrays: Sequences, key: int) -> Sequences:
    """The same words of each document in an order drawn by `key`."""
    start, words = np.asarray(arrays.start), np.asarray(arrays.words)
    owner = np.repeat(np.arange(len(start) - 1), np.diff(start))
    drawn = np.random.default_rng([key, _ORDER]).random(len(owner))
    return replace(arrays, words=words[np.lexsort((drawn, owner))] if len(owner) else words)


def batch(arrays: Sequences, examples: Examples, index: Index) -> Examples:
    """The documents whose numbers stand in `examples.inputs` at `index`, as a `Sequence`."""
    numbers, targets = jnp.asarray(examples.inputs), jnp.asarray(examples.targets)
    if index is not None:
        numbers, targets = numbers[index], targets[index]
    first, end = jnp.asarray(arrays.start)[numbers], jnp.asarray(arrays.start)[numbers + 1]
    place = end[:, None] + jnp.arange(-arrays.length, 0)[None]
    words = jnp.asarray(arrays.words)[jnp.maximum(place, 0)].astype(jnp.int32)
    return Examples(Sequence(jnp.where(place >= first[:, None], words, 0), end - first), targets)


def pretrained_embedding(texts: SequenceTexts, params: Params, settings: PyTree) -> Any:
    """The parameters with the word table set to published vectors, where there are such.

    A third of each vector; N(0, .6) / 3 for words without one, and for the row of rare words; 0 for padding. Source:
    fast.ai's lesson 5.
    """
    if texts.vectors is None or texts.found is None:
        return params
    drawn = np.random.default_rng([int(settings.seed), _VECTORS]).normal(0.0, 0.6, texts.vectors.shape)
    table = np.where(texts.found[:, None], texts.vectors, drawn) / 3
    table[0] = 0
    return {**params, "words": {"table": table.astype(np.float32)}}


def padded(documents: list[np.ndarray], length: int) -> Sequence:
    """A batch of documents int32 (at most `length`,) each."""
    words = np.zeros((len(documents), length), np.int32)
    for row, document in zip(words, documents, strict=True):
        row[length - len(document) :] = document
    return Sequence(words, np.array([len(document) for document in documents], np.int32))


def _lengths(corpus: Corpus, length: int) -> list[str]:
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


def _missing(vocabulary: Vocabulary, found: np.ndarray, name: str) -> str:
    words = slice(1, -1)
    counts = vocabulary.counts[words].sum(1)
    missing = ~found[words]
    share = counts[missing].sum() / max(counts.sum(), 1)
    examples = [vocabulary.words[1 + i] for i in np.flatnonzero(missing)[:5]]
    listed = f", such as {', '.join(examples)}" if examples else ""
    return (
        f"{missing.sum():,} of {len(missing):,} words ({missing.mean():.1%}; {share:.1%} of the text they make up) are "
        f"not in {name}{listed}"
    )
