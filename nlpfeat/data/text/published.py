"""Published corpora: readers of their files, and a cache of the tokenized texts.

Tokenizing takes most of the time of a start, so the result is stored beside the downloads and read back in a fraction of it.
"""

import hashlib
import logging
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib.npyio import NpzFile

from nlpfeat.data.downloads import IMDB, LABELS, NIETZSCHE, REVIEWS, File, cache, fetch
from nlpfeat.data.text.corpus import (
    Corpus,
    LabelledTexts,
    numbered,
    tokenize_corpus,
    tokenize_unlabelled,
)
from nlpfeat.data.text.plain_text import documents
from nlpfeat.data.text.tokens import Tokenize, Tokenized, at_spaces, bare_words, spaced, words
from nlpfeat.errors import DamagedFile

log = logging.getLogger(__name__)


def reviews() -> LabelledTexts:
    """Trask's 25,000 reviews: the first 24,000 to train on, the last 1,000 to test on.

    Source: A. Trask, "Sentiment classification & how to frame problems for a neural network". The texts are those of the train
    half of `imdb`.

    Raises:
      UserError: if the files cannot be downloaded; DamagedFile if they do not belong together.
    """
    texts = fetch(REVIEWS).read_text("utf-8").split("\n")
    names = fetch(LABELS).read_text("utf-8").split()
    if len(texts) not in (len(names), len(names) + 1) or set(names) != {"positive", "negative"}:
        raise DamagedFile(
            f"{fetch(REVIEWS)} has {len(texts) - 1} lines and {fetch(LABELS)} {len(names)}: fetch both again"
        )
    labels = np.array([name == "positive" for name in names], np.int32)
    test = min(1000, len(names) // 4)
    splits = np.where(np.arange(len(names)) < len(names) - test, 0, 2)
    return LabelledTexts(texts[: len(names)], labels, splits, ("negative", "positive"))


def imdb() -> LabelledTexts:
    """The Large Movie Review Dataset with its official split: 25,000 reviews to train on, 25,000 to test on.

    Negative and positive reviews alternate, in the order of their numbers. Source: Maas et al., ACL 2011.

    Raises:
      UserError: if the archive cannot be downloaded; DamagedFile if it cannot be read.
    """
    found: dict[str, list[tuple[int, int, str]]] = {"train": [], "test": []}
    for (half, kind, number), text in _archived(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt"):
        found[half].append((int(number), int(kind == "pos"), text))
    if not (found["train"] and found["test"]):
        raise _no_reviews()
    rows = [row for half in found.values() for row in sorted(half)]
    splits = np.repeat([0, 2], [len(found["train"]), len(found["test"])])
    labels = np.array([label for _, label, _ in rows], np.int32)
    return LabelledTexts([text for _, _, text in rows], labels, splits, ("negative", "positive"))


def imdb_texts() -> Iterator[str]:
    """The 75,000 reviews of the same dataset outside its test half, 50,000 of them unlabelled, in the order of the archive.

    Raises:
      UserError, DamagedFile: as `imdb`.
    """
    empty = True
    for _, text in _archived(r"aclImdb/train/(neg|pos|unsup)/\d+_\d+\.txt"):
        empty = False
        yield text
    if empty:
        raise _no_reviews()


def nietzsche() -> Iterator[str]:
    """The paragraphs of a book by Nietzsche, the text of fast.ai's lesson and of a Keras example.

    Raises:
      UserError: if the file cannot be downloaded.
    """
    return documents(str(fetch(NIETZSCHE)), "")


def _archived(pattern: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """(groups of `pattern`, text) of each review whose name in the archive matches `pattern`.

    The archive is compressed as a whole, so it is read in one pass, with one review in memory. Links are skipped.
    """
    path = fetch(IMDB)
    try:
        with tarfile.open(path) as archive:
            for entry in archive:
                match = re.fullmatch(pattern, entry.name)
                file = archive.extractfile(entry) if match and entry.isreg() else None
                archive.members.clear()  # pyright: ignore[reportAttributeAccessIssue]  # one object per entry read so far
                if match and file:
                    yield match.groups(), file.read().decode("utf-8")
    except (tarfile.TarError, zlib.error, EOFError, OSError, UnicodeDecodeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error}): delete it and fetch it again") from error


def _no_reviews() -> DamagedFile:
    return DamagedFile(f"{fetch(IMDB)} holds no reviews under aclImdb/: fetch it again from {IMDB.urls[0]}")


def unchanged(text: str) -> str:
    """The text itself."""
    return text


class Published(NamedTuple):
    """A published corpus.

    Attributes:
      read: reads and tokenizes its files.
      tokenize: the tokenizer of its authors.
      normalize: brings new text into the form of its texts.
    """

    name: str
    files: tuple[File, ...]
    read: Callable[[Tokenize], Corpus]
    tokenize: Tokenize
    normalize: Callable[[str], str]


# Corpora with labels, by name.
CORPORA = {
    one.name: one
    for one in (
        Published(
            "reviews",
            (REVIEWS, LABELS),
            lambda tokenize: tokenize_corpus(reviews(), tokenize),
            at_spaces,
            spaced,
        ),
        Published("imdb", (IMDB,), lambda tokenize: tokenize_corpus(imdb(), tokenize), words, unchanged),
    )
}
# Corpora without labels.
UNLABELLED = {
    one.name: one
    for one in (
        Published(
            "imdb_texts",
            (IMDB,),
            lambda tokenize: tokenize_unlabelled(imdb_texts(), tokenize),
            bare_words,
            unchanged,
        ),
        Published(
            "nietzsche",
            (NIETZSCHE,),
            lambda tokenize: tokenize_unlabelled(nietzsche(), tokenize),
            bare_words,
            unchanged,
        ),
    )
}


FORMAT = 3  # of the cached files: to be raised whenever a reader or a tokenizer changes


def cached_corpus(published: Published, tokenize: Tokenize) -> Corpus:
    """A published corpus, tokenized by `tokenize`: from the cache, if its files have not changed since.

    Raises:
      UserError: as `fetch` and as the reader of the corpus.
    """
    path = _path(published, tokenize)
    try:
        with np.load(path) as stored:
            return _corpus(stored)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        corpus = published.read(tokenize)  # not cached, or the cached file is damaged
    try:
        _write(path, corpus)
    except OSError as error:
        log.warning("%s cannot be written (%s): texts are parsed anew each time", path.parent, error.strerror)
    return corpus


def _path(published: Published, tokenize: Tokenize) -> Path:
    """The cached file: its name depends on the corpus, on the size and date of its files, and on the tokenizer."""
    sources = [fetch(file) for file in published.files]
    stamps = [(str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns) for path in sources]
    name = hashlib.sha256(repr((FORMAT, published.name, stamps, tokenize.__qualname__)).encode()).hexdigest()[
        :16
    ]
    return cache() / "parsed" / f"{published.name}-{name}.npz"


def _write(path: Path, corpus: Corpus) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(
                file,
                start=corpus.documents.start,
                tokens=corpus.documents.tokens,
                words=_bytes(corpus.documents.words),
                labels=corpus.labels,
                splits=corpus.splits,
                hashes=corpus.hashes,
                rows=corpus.origin.rows,
                classes=_bytes(corpus.classes),
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _corpus(stored: NpzFile) -> Corpus:
    documents = Tokenized(_names(stored["words"]), stored["start"], stored["tokens"])
    arrays = {name: stored[name] for name in ("labels", "splits", "hashes")}
    return Corpus(documents, **arrays, origin=numbered(stored["rows"]), classes=_names(stored["classes"]))


def _bytes(names: tuple[str, ...]) -> np.ndarray:
    """Names without line breaks, as bytes."""
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _names(stored: np.ndarray) -> tuple[str, ...]:
    """The inverse of `_bytes`."""
    return tuple(stored.tobytes().decode().split("\n"))
