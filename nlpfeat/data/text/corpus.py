"""Corpora: documents cut into tokens, each with a class and a part."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import PyTree

from nlpfeat.data.core import SPLITS, Examples, Splits
from nlpfeat.data.text.tokens import Tokenize, Tokenized, take, tokenized


class LabelledTexts(NamedTuple):
    """Texts, each with a class and a part."""

    texts: list[str]
    labels: np.ndarray  # int32 (texts,), the class of each
    parts: np.ndarray  # (texts,), indices into SPLITS
    classes: tuple[str, ...]


class Corpus(NamedTuple):
    """Documents in order: those of the training part first, then validation, then test."""

    documents: Tokenized
    labels: np.ndarray  # int32 (documents,), the class of each
    parts: np.ndarray  # (documents,), indices into SPLITS
    prints: np.ndarray  # uint64 (documents,), a hash of each text as it was written
    rows: np.ndarray  # int64 (documents,), which text of its file each is, counted from 1
    classes: tuple[str, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Documents of each of SPLITS."""
        return tuple(int((self.parts == part).sum()) for part in range(len(SPLITS)))

    @property
    def prior(self) -> np.ndarray:
        """The share of each class among the training documents: (classes,)."""
        return np.bincount(self.labels[self.parts == 0], minlength=len(self.classes)) / self.sizes[0]

    def digest(self, words: tuple[str, ...], more: bytes = b"") -> str:
        """A hash of the classes, the words that are numbered, who has which label, and `more`."""
        names = "\0".join((*self.classes, *words)).encode()
        return hashlib.sha256(names + self.labels.tobytes() + repr(self.sizes).encode() + more).hexdigest()


def tokenize_corpus(given: LabelledTexts, tokenize: Tokenize) -> Corpus:
    """Texts cut into tokens."""
    documents, prints = _cut(given.texts, tokenize)
    rows = np.arange(1, len(documents) + 1)
    return Corpus(documents, given.labels, given.parts, prints, rows, given.classes)


def tokenize_unlabelled(texts: Iterable[str], tokenize: Tokenize) -> Corpus:
    """Texts without classes cut into tokens, one text in memory at a time: all of one class, all to train on."""
    documents, prints = _cut(texts, tokenize)
    nothing = np.zeros(len(documents), np.int32)
    rows = np.arange(1, len(documents) + 1)
    return Corpus(documents, nothing, nothing, prints, rows, ("text",))


def _cut(texts: Iterable[str], tokenize: Tokenize) -> tuple[Tokenized, np.ndarray]:
    """Texts as numbers of tokens, and a hash of each."""
    prints = array("Q")

    def noted() -> Iterator[str]:
        for text in texts:
            prints.append(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little"))
            yield text

    return tokenized(noted(), tokenize), np.array(prints, np.uint64)


def hold_out(corpus: Corpus, share: float, key: int) -> Corpus:
    """The corpus with a share of its training documents as a validation part, drawn by `key`, and its parts in order."""
    train = np.flatnonzero(corpus.parts == 0)
    drawn = np.random.default_rng(key).permutation(train)[: round(share * len(train))]
    parts = corpus.parts.copy()
    parts[drawn] = 1
    order = np.argsort(parts, kind="stable")
    return corpus._replace(
        documents=take(corpus.documents, order),
        labels=corpus.labels[order],
        parts=parts[order],
        prints=corpus.prints[order],
        rows=corpus.rows[order],
    )


def corpus_notes(corpus: Corpus) -> list[str]:
    """What a reader of figures should know, a line each: labels alike but for case, texts of one word, texts that stand there twice."""
    found = [*_alike(corpus.classes), *_single_words(corpus.documents)]
    train = corpus.prints[corpus.parts == 0]
    if len(train) > len(np.unique(train)):
        found.append(f"{len(train) - len(np.unique(train)):,} texts of the train part repeat another")
    for part in (1, 2):
        shared = np.intersect1d(train, corpus.prints[corpus.parts == part])
        if len(shared):
            found.append(f"{len(shared):,} texts of the {SPLITS[part]} part are in the train part, too")
    return found


def _alike(classes: tuple[str, ...]) -> list[str]:
    by_letters: dict[str, list[str]] = {}
    for name in classes:
        by_letters.setdefault(name.casefold(), []).append(name)
    groups = [", ".join(names) for names in by_letters.values() if len(names) > 1]
    told = "labels that differ in case only are classes of their own: "
    return [told + "; ".join(groups[:5]) + ("; …" if len(groups) > 5 else "")] if groups else []


def _single_words(documents: Tokenized) -> list[str]:
    word = np.array([any(map(str.isalnum, token)) for token in documents.words], bool)
    before = np.concatenate([[0], np.cumsum(word[documents.tokens])]) if len(documents.words) else np.zeros(1)
    counts = np.diff(before[documents.start])
    single, some = int((counts == 1).sum()), int((counts > 0).sum())
    if not some or 2 * single <= some:
        return []
    return [
        f"{single:,} of {some:,} texts are a single word: if their language puts no spaces between words, cut them into words first"
    ]


def make_splits(about: Any, settings: PyTree) -> Splits:
    """The parts of `about.corpus`, as numbers of documents: the same for every member."""
    corpus: Corpus = about.corpus
    stops = np.cumsum((0, *corpus.sizes))
    parts = zip(SPLITS, stops[:-1].tolist(), stops[1:].tolist(), strict=True)
    return {
        name: Examples(jnp.arange(a, b, dtype=jnp.int32), jnp.asarray(corpus.labels[a:b]))
        for name, a, b in parts
        if a < b
    }
