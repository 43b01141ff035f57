"""Published texts are parsed once: what came out is kept beside the downloads, and read in a fraction of the time."""

import hashlib
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nlpfeat.data.corpus import Corpus
from nlpfeat.data.downloads import cache, fetch
from nlpfeat.data.published import Published
from nlpfeat.data.tokens import Tokenize, Tokenized

FORMAT = 2  # of what is kept, and of what readers and tokenizers make: another one parses anew


def kept(published: Published, tokenize: Tokenize) -> Corpus:
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
