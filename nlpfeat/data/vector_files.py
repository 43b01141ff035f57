"""Word vectors as text, plain or in a zip, one word and its numbers a line: as GloVe's authors publish theirs, and word2vec's.

A file of word2vec's begins with a line that tells how many vectors of which dimension follow.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from nlpfeat.data.downloads import GLOVE, fetch
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.paths import expanded


class Line(NamedTuple):
    """A word's line."""

    path: str
    number: int
    word: str
    numbers: str

    def vector(self) -> np.ndarray:
        """Its numbers.

        Raises:
          UserError: if they are none.
        """
        try:
            vector = np.array(self.numbers.split(" "), np.float32)
        except ValueError:
            raise UserError(
                f"{self.path} line {self.number:,}: not a word and its numbers, separated by spaces"
            ) from None
        if not np.isfinite(vector).all():
            raise UserError(f"{self.path} line {self.number:,}: a number is not finite")
        return vector


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
        told); DamagedFile if it is truncated.
    """
    table, found = np.zeros((rows, dimension), np.float32), np.zeros(rows, bool)
    for place, line in enumerate(_words(name)):
        row = wanted.get(line.word)
        if row is None and place:
            continue
        vector = line.vector()
        if len(vector) != dimension:
            raise UserError(
                _broken(line, len(vector), dimension)
                if place
                else f"config.data.vectors: {line.path} has {len(vector)} dimensions and the model asks for {dimension}: set "
                f"config.model.embedding={len(vector)}, or name vectors of {dimension} dimensions"
            )
        if row is not None and not found[row]:
            table[row], found[row] = vector, True
    return table, found


def first(name: str, rows: int) -> tuple[tuple[str, ...], np.ndarray]:
    """The first words of a file that are not repeated, `rows` of them or as many as it has; 0 for all: (words, float32 (n, d)).

    Raises:
      UserError, DamagedFile: as `read`.
    """
    found: dict[str, np.ndarray] = {}
    dimension = 0
    for line in _words(name):
        if line.word not in found:
            vector = line.vector()
            dimension = dimension or len(vector)
            if len(vector) != dimension:
                raise UserError(_broken(line, len(vector), dimension))
            found[line.word] = vector
            if len(found) == rows:
                break
    return tuple(found), np.stack(list(found.values()))


def write(path: Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write vectors (words, d) as word2vec's text format has them: no digit of a float32 is lost.

    Raises:
      UserError: if a word holds white space, or is empty: the format has no way to write it.
    """
    unfit = next((word for word in words if not word or word.split() != [word]), None)
    if unfit is not None:
        raise UserError(f"the word {unfit!r} cannot be written: words of this format hold no white space")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, vector in zip(words, vectors.astype(np.float32).tolist(), strict=True):
            file.write(f"{word} {' '.join(f'{x:.9g}' for x in vector)}\n")


def _words(name: str) -> Iterator[Line]:
    """The lines of a file that hold a word.

    Raises:
      UserError: if there is no such file, or it is empty; DamagedFile if it is truncated.
    """
    promised, number, read = -1, 0, 0
    try:
        with _lines(name) as (path, lines):
            for number, line in enumerate(lines, 1):
                if number == 1 and re.fullmatch(r"\d+ \d+\s*", line):
                    promised = int(line.split()[0])
                    continue
                word, _, numbers = line.rstrip(" \r\n").partition(" ")
                read += 1
                yield Line(path, number, word, numbers)
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError) as error:
        where = f" after line {number:,}" if number else ""
        raise DamagedFile(f"{name} cannot be read{where} ({error}): fetch it again") from error
    if read < promised:
        raise DamagedFile(
            f"{name} holds {read:,} of the {promised:,} vectors that its first line promises: fetch it again"
        )
    if not read:
        raise UserError(f"{name} is empty: fetch it again")


def _broken(line: Line, found: int, asked: int) -> str:
    return f"{line.path} line {line.number:,} has {found} numbers, not {asked} as the first: it may be truncated; fetch it again"


@contextmanager
def _lines(name: str) -> Iterator[tuple[str, Iterator[str] | IO[str]]]:
    """The lines of a file of vectors, with what to call it."""
    published = re.fullmatch(r"glove\.6B\.(50|100|200|300)d", name)
    path = fetch(GLOVE) if published else expanded(name)
    if not path.is_file():
        raise UserError(
            f"no file {name!r}; name glove.6B.50d, …100d, …200d, …300d, or a .txt or .zip of vectors"
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
            raise UserError(f"{path} holds {there}; unpack the one that you mean and name it")
        with archive.open(chosen[0]) as raw:
            yield f"{path}:{chosen[0]}", io.TextIOWrapper(raw, "utf-8", newline="\n")
