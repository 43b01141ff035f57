"""Corpora: tokenized documents, each with a class and a split."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int, PyTree, UInt64

from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.text.tokens import Tokenize, Tokenized, take, tokenized


class LabelledTexts(NamedTuple):
    """Texts with classes and splits.

    Attributes:
      labels: int32 (texts,), indices into `classes`.
      splits: (texts,), indices into SPLITS.
    """

    texts: list[str]
    labels: Int[np.ndarray, " texts"]
    splits: Int[np.ndarray, " texts"]
    classes: tuple[str, ...]


class Corpus(NamedTuple):
    """Documents in the order of their splits: train, validation, test.

    Attributes:
      labels: int32 (documents,), indices into `classes`.
      splits: (documents,), indices into SPLITS.
      hashes: uint64 (documents,), of the texts.
      rows: int64 (documents,), number of each text in its file, from 1.
    """

    documents: Tokenized
    labels: Int[np.ndarray, " documents"]
    splits: Int[np.ndarray, " documents"]
    hashes: UInt64[np.ndarray, " documents"]
    rows: Int[np.ndarray, " documents"]
    classes: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of documents of each of SPLITS."""
        return tuple(int((self.splits == number).sum()) for number in range(len(SPLITS)))

    @property
    def prior(self) -> Float[np.ndarray, " classes"]:
        """The fraction of each class among the training documents: (classes,)."""
        return np.bincount(self.labels[self.splits == 0], minlength=len(self.classes)) / self.sizes[0]

    def take(self, order: Int[np.ndarray, " n"]) -> "Corpus":
        """The documents with the indices `order` (n,), in that order."""
        return self._replace(
            documents=take(self.documents, order),
            labels=self.labels[order],
            splits=self.splits[order],
            hashes=self.hashes[order],
            rows=self.rows[order],
        )

    def digest(self, words: tuple[str, ...], more: bytes = b"") -> str:
        """A hash of the classes, the words of the vocabulary, the labels, the sizes of the splits, and `more`."""
        names = "\0".join((*self.classes, *words)).encode()
        return hashlib.sha256(names + self.labels.tobytes() + repr(self.sizes).encode() + more).hexdigest()


def tokenize_corpus(given: LabelledTexts, tokenize: Tokenize) -> Corpus:
    """The corpus of some labelled texts."""
    documents, hashes = _tokenize(given.texts, tokenize)
    rows = np.arange(1, len(documents) + 1)
    return Corpus(documents, given.labels, given.splits, hashes, rows, given.classes)


def tokenize_unlabelled(texts: Iterable[str], tokenize: Tokenize) -> Corpus:
    """The corpus of texts without labels: all of one class, all in the train split. One text is in memory at a time."""
    documents, hashes = _tokenize(texts, tokenize)
    zeros = np.zeros(len(documents), np.int32)
    rows = np.arange(1, len(documents) + 1)
    return Corpus(documents, zeros, zeros, hashes, rows, ("text",))


def _tokenize(texts: Iterable[str], tokenize: Tokenize) -> tuple[Tokenized, UInt64[np.ndarray, " n"]]:
    """Tokenized texts, and a hash of each text."""
    hashes = array("Q")

    def hashed() -> Iterator[str]:
        for text in texts:
            hashes.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
            yield text

    return tokenized(hashed(), tokenize), np.array(hashes, np.uint64)


def hold_out(corpus: Corpus, share: float, key: int) -> Corpus:
    """Move random training documents to the validation split, and sort the documents by split.

    Args:
      share: fraction of the training documents.
      key: seed of the choice.
    """
    train = np.flatnonzero(corpus.splits == 0)
    splits = corpus.splits.copy()
    splits[np.random.default_rng(key).permutation(train)[: round(share * len(train))]] = 1
    return corpus._replace(splits=splits).take(np.argsort(splits, kind="stable"))


def corpus_notes(corpus: Corpus) -> list[str]:
    """Peculiarities, one line each: labels that differ in case only, texts of one word, duplicate texts."""
    notes = [*_same_but_for_case(corpus.classes), *_single_words(corpus.documents)]
    train = corpus.hashes[corpus.splits == 0]
    if len(train) > len(np.unique(train)):
        notes.append(f"{len(train) - len(np.unique(train)):,} texts of the train split repeat another")
    for number in (1, 2):
        shared = np.intersect1d(train, corpus.hashes[corpus.splits == number])
        if len(shared):
            notes.append(f"{len(shared):,} texts of the {SPLITS[number]} split are also in the train split")
    return notes


def _same_but_for_case(classes: tuple[str, ...]) -> list[str]:
    by_folded: dict[str, list[str]] = {}
    for name in classes:
        by_folded.setdefault(name.casefold(), []).append(name)
    groups = [", ".join(names) for names in by_folded.values() if len(names) > 1]
    note = "labels that differ in case only are separate classes: "
    return [note + "; ".join(groups[:5]) + ("; …" if len(groups) > 5 else "")] if groups else []


def _single_words(documents: Tokenized) -> list[str]:
    word = np.array([any(map(str.isalnum, token)) for token in documents.words], bool)
    before = np.concatenate([[0], np.cumsum(word[documents.tokens])]) if len(documents.words) else np.zeros(1)
    counts = np.diff(before[documents.start])
    single, nonempty = int((counts == 1).sum()), int((counts > 0).sum())
    if not nonempty or 2 * single <= nonempty:
        return []
    return [
        f"{single:,} of {nonempty:,} texts are a single word: if their language puts no spaces between words, segment them first"
    ]


@runtime_checkable
class HasCorpus(Protocol):
    """The metadata of a dataset of texts."""

    @property
    def corpus(self) -> Corpus:
        """The texts."""
        ...


def make_splits(texts: HasCorpus, settings: PyTree) -> Splits:
    """The splits of the corpus, the same for all members. The inputs are indices of documents."""
    corpus = texts.corpus
    stops = np.cumsum((0, *corpus.sizes)).tolist()
    return {
        name: Examples(jnp.arange(a, b, dtype=jnp.int32), jnp.asarray(corpus.labels[a:b]))
        for name, a, b in zip(SPLITS, stops[:-1], stops[1:], strict=True)
        if a < b
    }
