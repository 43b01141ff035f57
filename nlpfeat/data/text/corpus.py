"""Corpora: tokenized documents, each with a class and a split."""

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int, PyTree, UInt64

from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.holdout import held_out_fold, held_out_share
from nlpfeat.data.text.tokens import Tokenize, Tokenized, take, tokenized


class LabelledTexts(NamedTuple):
    """Texts with classes and splits.

    Attributes:
      labels: int32 (texts,), indices into `classes`.
      splits: (texts,), indices into SPLITS.
      origin: of each text; None for texts that are numbered in their order.
      notes: what a reader of figures should know of the file, one line each.
    """

    texts: list[str]
    labels: Int[np.ndarray, " texts"]
    splits: Int[np.ndarray, " texts"]
    classes: tuple[str, ...]
    origin: "Origin | None" = None
    notes: tuple[str, ...] = ()


class Origin(NamedTuple):
    """Where texts come from.

    Attributes:
      rows: int64 (texts,), number of each text in its file, from 1, without the header.
      lines: int64 (texts,), number of the line of the file on which it begins.
      file: int64 (texts,), indices into `files`.
      files: their names; empty for a published corpus.
    """

    rows: Int[np.ndarray, " texts"]
    lines: Int[np.ndarray, " texts"]
    file: Int[np.ndarray, " texts"]
    files: tuple[str, ...] = ("",)

    def take(self, order: Int[np.ndarray, " n"]) -> "Origin":
        """The origin of the texts with the indices `order` (n,), in that order."""
        return Origin(self.rows[order], self.lines[order], self.file[order], self.files)


def numbered(rows: Int[np.ndarray, " texts"]) -> Origin:
    """The origin of texts that are known by their numbers alone."""
    return Origin(rows, rows, np.zeros(len(rows), np.int64))


class Corpus(NamedTuple):
    """Documents in the order of their splits: train, validation, test.

    Attributes:
      labels: int32 (documents,), indices into `classes`.
      splits: (documents,), indices into SPLITS.
      hashes: uint64 (documents,), of the texts.
      origin: of each text.
    """

    documents: Tokenized
    labels: Int[np.ndarray, " documents"]
    splits: Int[np.ndarray, " documents"]
    hashes: UInt64[np.ndarray, " documents"]
    origin: Origin
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
            origin=self.origin.take(order),
        )

    def digest(self, words: tuple[str, ...], more: bytes = b"") -> str:
        """A hash of the classes, the words of the vocabulary, the labels, the sizes of the splits, and `more`."""
        names = "\0".join((*self.classes, *words)).encode()
        return hashlib.sha256(names + self.labels.tobytes() + repr(self.sizes).encode() + more).hexdigest()


def tokenize_corpus(given: LabelledTexts, tokenize: Tokenize) -> Corpus:
    """The corpus of some labelled texts."""
    documents, hashes = _tokenize(given.texts, tokenize)
    origin = given.origin or numbered(np.arange(1, len(documents) + 1))
    return Corpus(documents, given.labels, given.splits, hashes, origin, given.classes)


def tokenize_unlabelled(texts: Iterable[str], tokenize: Tokenize) -> Corpus:
    """The corpus of texts without labels: all of one class, all in the train split. One text is in memory at a time."""
    documents, hashes = _tokenize(texts, tokenize)
    zeros = np.zeros(len(documents), np.int32)
    origin = numbered(np.arange(1, len(documents) + 1))
    return Corpus(documents, zeros, zeros, hashes, origin, ("text",))


def _tokenize(texts: Iterable[str], tokenize: Tokenize) -> tuple[Tokenized, UInt64[np.ndarray, " n"]]:
    """Tokenized texts, and a hash of each text."""
    hashes = array("Q")

    def hashed() -> Iterator[str]:
        for text in texts:
            hashes.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
            yield text

    return tokenized(hashed(), tokenize), np.array(hashes, np.uint64)


def by_split(corpus: Corpus) -> Corpus:
    """The documents sorted by split, those of a split in the order of the file."""
    return corpus.take(np.argsort(corpus.splits, kind="stable"))


def hold_out(corpus: Corpus, split: int, share: float, key: int) -> Corpus:
    """Move random training documents to another split, see `nlpfeat.data.holdout.held_out_share`.

    Args:
      split: index into SPLITS.
      share: fraction of the training documents.
      key: seed of the choice.
    """
    train = corpus.splits == 0
    return _move(corpus, held_out_share(corpus.hashes[train], corpus.labels[train], share, key, split), split)


def hold_out_fold(corpus: Corpus, fold: int, folds: int, key: int) -> Corpus:
    """Move one of `folds` parts of the training documents, alike in their classes, to the validation split."""
    train = corpus.splits == 0
    return _move(corpus, held_out_fold(corpus.hashes[train], corpus.labels[train], fold, folds, key, 1), 1)


def _move(corpus: Corpus, held: Bool[np.ndarray, " train"], split: int) -> Corpus:
    splits = corpus.splits.copy()
    splits[np.flatnonzero(splits == 0)[held]] = split
    return by_split(corpus._replace(splits=splits))


def corpus_notes(corpus: Corpus) -> list[str]:
    """Peculiarities, one line each: labels that differ in case only, texts of one word, duplicate texts."""
    notes = [*_same_but_for_case(corpus.classes), *_single_words(corpus.documents)]
    train = corpus.hashes[corpus.splits == 0]
    if len(train) > len(np.unique(train)):
        notes.append(f"{len(train) - len(np.unique(train)):,} texts of the train split repeat another")
    for number in (1, 2):
        shared = np.isin(corpus.hashes[corpus.splits == number], train).sum()
        if shared:
            notes.append(f"{shared:,} texts of the {SPLITS[number]} split are also in the train split")
    pairs = np.unique(np.stack([corpus.hashes, corpus.labels.astype(np.uint64)], 1), axis=0)
    differing = len(pairs) - len(np.unique(corpus.hashes))
    if differing:
        notes.append(f"{differing:,} texts occur with more than one label")
    return notes


def unread_words(corpus: Corpus, vocabulary: Collection[str]) -> list[str]:
    """What share of the words of the test split, or else of the validation split, a vocabulary lacks: one line, or none."""
    split = 2 if corpus.sizes[2] else 1
    documents = take(corpus.documents, np.flatnonzero(corpus.splits == split))
    if not len(documents.tokens):
        return []
    known = np.array([word in vocabulary for word in documents.words], bool)
    share = 1 - known[documents.tokens].mean()
    return (
        [f"{share:.1%} of the words of the {SPLITS[split]} split are not in the vocabulary"] if share else []
    )


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
