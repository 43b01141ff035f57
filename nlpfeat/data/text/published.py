"""Published texts, as their authors' files hold them."""

import hashlib
import os
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.data.downloads import IMDB, LABELS, NIETZSCHE, REVIEWS, File, cache, fetch
from nlpfeat.data.text.corpus import Corpus, LabelledTexts, tokenize_corpus, tokenize_unlabelled
from nlpfeat.data.text.plain_text import documents
from nlpfeat.data.text.tokens import Tokenize, Tokenized, at_spaces, bare_words, spaced, words
from nlpfeat.errors import DamagedFile


def reviews() -> LabelledTexts:
    """Trask's 25,000 reviews: training the first 24,000, test the last 1,000.

    Source: A. Trask, "Sentiment classification & how to frame problems for a neural network"; the texts are the train
    half of `imdb`.

    Raises:
      UserError: if the files cannot be had; DamagedFile if they do not belong together.
    """
    texts = fetch(REVIEWS).read_text("utf-8").split("\n")
    names = fetch(LABELS).read_text("utf-8").split()
    if len(texts) not in (len(names), len(names) + 1) or set(names) != {"positive", "negative"}:
        raise DamagedFile(
            f"{fetch(REVIEWS)} has {len(texts) - 1} lines and {fetch(LABELS)} {len(names)}: fetch both again"
        )
    labels = np.array([name == "positive" for name in names], np.int32)
    last = min(1000, len(names) // 4)
    parts = np.where(np.arange(len(names)) < len(names) - last, 0, 2)
    return LabelledTexts(texts[: len(names)], labels, parts, ("negative", "positive"))


def imdb() -> LabelledTexts:
    """The Large Movie Review Dataset, its own halves: 25,000 reviews to train on, 25,000 to test on.

    Negative and positive ones take turns, in order of their numbers. Source: Maas et al., ACL 2011.

    Raises:
      UserError: if the archive cannot be had; DamagedFile if it cannot be read.
    """
    found: dict[str, list[tuple[int, int, str]]] = {"train": [], "test": []}
    for (half, kind, number), text in _archived(r"aclImdb/(train|test)/(neg|pos)/(\d+)_\d+\.txt"):
        found[half].append((int(number), int(kind == "pos"), text))
    if not (found["train"] and found["test"]):
        raise _no_reviews()
    rows = [row for half in found.values() for row in sorted(half)]
    parts = np.repeat([0, 2], [len(found["train"]), len(found["test"])])
    labels = np.array([label for _, label, _ in rows], np.int32)
    return LabelledTexts([text for _, _, text in rows], labels, parts, ("negative", "positive"))


def imdb_texts() -> Iterator[str]:
    """The 75,000 reviews of the same dataset that are not its test half, 50,000 of them without a label, one at a time.

    In the order of the archive. Raises as `imdb`.
    """
    some = False
    for _, text in _archived(r"aclImdb/train/(neg|pos|unsup)/\d+_\d+\.txt"):
        some = True
        yield text
    if not some:
        raise _no_reviews()


def nietzsche() -> Iterator[str]:
    """The paragraphs of a book of Nietzsche's, which fast.ai's lesson and the examples of Keras learn to write.

    Raises:
      UserError: if the file cannot be had.
    """
    return documents(str(fetch(NIETZSCHE)), "")


def _archived(pattern: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The reviews whose names in the archive match `pattern`: (its groups, the text), one at a time.

    A file is read when its entry passes: the archive is compressed as a whole. Links are no reviews, wherever they lead.
    """
    path = fetch(IMDB)
    try:
        with tarfile.open(path) as opened:
            archive: Any = opened
            for entry in archive:
                member = re.fullmatch(pattern, entry.name)
                file = archive.extractfile(entry) if member and entry.isreg() else None
                archive.members.clear()  # the list of what has passed, which would hold an object a review
                if member and file:
                    yield member.groups(), file.read().decode("utf-8")
    except (tarfile.TarError, zlib.error, EOFError, OSError, UnicodeDecodeError) as error:
        raise DamagedFile(f"{path} cannot be read ({error}): delete it and fetch it again") from error


def _no_reviews() -> DamagedFile:
    return DamagedFile(f"{fetch(IMDB)} holds no reviews under aclImdb/: fetch it again from {IMDB.urls[0]}")


def unchanged(text: str) -> str:
    """The text."""
    return text


class Published(NamedTuple):
    """A corpus: its files and their reader; how its texts are cut into words; how new text is written as they are."""

    name: str
    files: tuple[File, ...]
    read: Callable[[Tokenize], Corpus]
    tokenize: Tokenize
    write: Callable[[str], str]


# The published corpora with labels, by name, …
CORPORA = {
    one.name: one
    for one in (
        Published(
            "reviews", (REVIEWS, LABELS), lambda cut_by: tokenize_corpus(reviews(), cut_by), at_spaces, spaced
        ),
        Published("imdb", (IMDB,), lambda cut_by: tokenize_corpus(imdb(), cut_by), words, unchanged),
    )
}
# … and those without.
UNLABELLED = {
    one.name: one
    for one in (
        Published(
            "imdb_texts", (IMDB,), lambda by: tokenize_unlabelled(imdb_texts(), by), bare_words, unchanged
        ),
        Published(
            "nietzsche", (NIETZSCHE,), lambda by: tokenize_unlabelled(nietzsche(), by), bare_words, unchanged
        ),
    )
}


FORMAT = 2  # of what is kept, and of what readers and tokenizers make: another one parses anew


def cached_corpus(published: Published, tokenize: Tokenize) -> Corpus:
    """A published corpus cut by `tokenize`, from what was kept of the last time, if its files are the same still.

    Raises:
      UserError: as `fetch`, and as the reader of the corpus.
    """
    path = _path(published, tokenize)
    try:
        with np.load(path) as stored:
            return _corpus(stored)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        corpus = published.read(tokenize)  # not there, or damaged
    try:
        _write(path, corpus)
    except OSError as error:
        print(
            f"note: nothing could be kept in {path.parent} ({error.strerror}): texts are parsed anew each time",
            file=sys.stderr,
        )
    return corpus


def _path(published: Published, tokenize: Tokenize) -> Path:
    """Where it is kept: named by the corpus, the files as they stand, and how they are cut."""
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
                parts=corpus.parts,
                prints=corpus.prints,
                rows=corpus.rows,
                classes=_bytes(corpus.classes),
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _corpus(stored: Any) -> Corpus:
    documents = Tokenized(_names(stored["words"]), stored["start"], stored["tokens"])
    labels, parts, prints, rows = (stored[name] for name in ("labels", "parts", "prints", "rows"))
    return Corpus(documents, labels, parts, prints, rows, _names(stored["classes"]))


def _bytes(names: tuple[str, ...]) -> np.ndarray:
    """Names, none of which holds a line break, as bytes."""
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _names(stored: np.ndarray) -> tuple[str, ...]:
    """The inverse of `_bytes`."""
    return tuple(stored.tobytes().decode().split("\n"))


# MERGED: """Published texts are parsed once: what came out is kept beside the downloads, and read in a fraction of the time."""
