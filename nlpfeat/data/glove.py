"""Word vectors as GloVe publishes them: a text file, plain or in a zip, one word and its numbers a line."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

from nlpfeat.data.downloads import GLOVE, fetch
from nlpfeat.errors import DamagedFile, UserError


def read(name: str, wanted: Mapping[str, int], rows: int, dimension: int) -> tuple[np.ndarray, np.ndarray]:
    """The vectors of the words `wanted`, one line of the file in memory at a time.

    Args:
      name: "glove.6B.50d" and its like (the published zip), or the path of a .txt or .zip of one's own.
      wanted: word -> its row in the table.
      rows: of the table.
      dimension: that the vectors must have.

    Returns:
      The table float32 (rows, dimension), zero where nothing was found, and which rows were found (rows,).

    Raises:
      UserError: if there is no such file, its vectors have another dimension, or a line is malformed (its number is
        told); DamagedFile if the archive is truncated.
    """
    table, found = np.zeros((rows, dimension), np.float32), np.zeros(rows, bool)
    number = 0
    try:
        with _lines(name) as (path, lines):
            for number, line in enumerate(lines, 1):
                word, _, numbers = line.rstrip("\n").partition(" ")
                row = wanted.get(word)
                if row is None and number > 1:
                    continue
                vector = _vector(numbers, path, number)
                if len(vector) != dimension:
                    raise UserError(_mismatch(path, number, len(vector), dimension))
                if row is not None and not found[row]:
                    table[row], found[row] = vector, True
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        where = f" after line {number:,}" if number else ""
        raise DamagedFile(f"{name} cannot be read{where} ({error}): fetch it again") from error
    if not number:
        raise UserError(f"{name} is empty: fetch it again")
    return table, found


def _vector(numbers: str, path: str, line: int) -> np.ndarray:
    try:
        vector = np.array(numbers.split(" "), np.float32)
    except ValueError:
        raise UserError(f"{path} line {line:,}: not a word and its numbers, separated by spaces") from None
    if not np.isfinite(vector).all():
        raise UserError(f"{path} line {line:,}: a number is not finite")
    return vector


def _mismatch(path: str, line: int, found: int, asked: int) -> str:
    if line > 1:
        return f"{path} line {line:,} has {found} numbers, not {asked} as the first: it may be truncated; fetch it again"
    if found == 1 and asked > 1:
        return f"{path} begins with a header, as word2vec's text files do: remove its first line"
    return (
        f"config.data.vectors: {path} has {found} dimensions and the model asks for {asked}: set "
        f"config.model.embedding={found}, or name vectors of {asked} dimensions"
    )


@contextmanager
def _lines(name: str) -> Iterator[tuple[str, Iterator[str] | IO[str]]]:
    """The lines of a file of vectors, with what to call it."""
    published = re.fullmatch(r"glove\.6B\.(50|100|200|300)d", name)
    path = fetch(GLOVE) if published else Path(name)
    if not path.is_file():
        raise UserError(
            f"config.data.vectors: no file {name!r}; name glove.6B.50d, …100d, …200d, …300d, or a .txt or .zip of vectors"
        )
    if path.suffix.lower() != ".zip":
        with path.open(encoding="utf-8", newline="\n") as lines:
            yield str(path), lines
        return
    with zipfile.ZipFile(path) as archive:
        texts = [inner for inner in archive.namelist() if inner.endswith(".txt")]
        chosen = [inner for inner in texts if not published or Path(inner).stem == name]
        if len(chosen) != 1:
            there = ", ".join(texts) or "no .txt file"
            raise UserError(
                f"config.data.vectors: {path} holds {there}; unpack the one that you mean and name it"
            )
        with archive.open(chosen[0]) as raw:
            yield f"{path}:{chosen[0]}", io.TextIOWrapper(raw, "utf-8", newline="\n")
