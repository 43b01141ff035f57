"""Word vectors from files: as GloVe's authors publish theirs, a word and its numbers a line, and in word2vec's two formats.

word2vec's files begin with a line that tells how many vectors of which dimension follow: as text, or, in its binary format, the word,
a space, and the numbers as float32. Any of them may be compressed (.gz, .bz2, .zip): what a file is, its first bytes tell.
"""

import bz2
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.config.files import expand_path
from nlpfeat.data.downloads import GLOVE, fetch
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import DamagedFile, UserError

HEADER = re.compile(rb"(\d+) (\d+)\s*")
BUFFER = 2**16
BOM = b"\xef\xbb\xbf"
OTHERS = {  # first bytes of files that are no word vectors in a form that is read here
    b"\x93NUMPY": "an array of NumPy's, without words",
    b"\x80": "a pickle of Python's, perhaps gensim's own format: write it by save_word2vec_format",
    b"\x89HDF": "an HDF5 file",
    b"\xba\x16\x4f\x2f": "a model of fastText's: take its .vec file",
    b"\xfd7zXZ": "compressed by xz: unpack it",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
}


class Line(NamedTuple):
    """A word with its numbers, which are read when they are asked for."""

    path: str
    number: int
    word: str
    numbers: str | bytes

    def vector(self) -> np.ndarray:
        """Its numbers.

        Raises:
          UserError: if they are none.
        """
        if isinstance(self.numbers, bytes):
            vector = np.frombuffer(self.numbers, "<f4").astype(np.float32)
        else:
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
      name: "glove.6B.50d" and its like (the published zip), or the path of a file of one's own.
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
    """The words of a file, with their numbers.

    Raises:
      UserError: if there is no such file, it is empty, or no file of word vectors; DamagedFile if it is truncated.
    """
    line, read, promised = 0, 0, None
    try:
        with _opened(name) as (path, file):
            if file.peek(len(BOM)).startswith(BOM):
                file.read(len(BOM))
            for first, what in OTHERS.items():
                if file.peek(16).startswith(first):
                    raise UserError(f"{path} is {what}")
            promised = HEADER.fullmatch(file.peek(4096).split(b"\n", 1)[0])
            dimension = int(promised[2]) if promised else 0
            if promised:
                file.readline()
                line = 1
            binary = bool(promised) and _is_binary(file.peek(BUFFER)[:4096])
            for found in _binary(path, file, dimension) if binary else _text(path, file, dimension, line):
                line, read = found.number, read + 1
                yield found
                if binary and promised and read == int(promised[1]):
                    break
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:  # bz2 knows no error of its own
        if isinstance(error, OSError) and error.errno:
            raise  # of the disk, and not of the file
        where = f" after line {line:,}" if line else ""
        raise DamagedFile(f"{name} cannot be read{where} ({error}): fetch it again") from error
    if promised and read < int(promised[1]):
        raise DamagedFile(
            f"{name} holds {read:,} of the {int(promised[1]):,} vectors that its first line promises: fetch it again"
        )
    if not read:
        raise UserError(f"{name} is empty: fetch it again")


def _is_binary(start: bytes) -> bool:
    """Whether bytes are no text in any encoding: float32s hold bytes that stand for no letter."""
    return any(byte < 32 and byte not in b"\t\n\v\f\r" for byte in start)


def _text(path: str, file: Any, dimension: int, before: int) -> Iterator[Line]:
    """The lines of a text. The last fields are the numbers, the rest is the word, which may hold spaces (glove.840B has such).

    Args:
      dimension: that a header told; 0 for that of the first line.
      before: lines that were read already.
    """
    promised = dimension
    for number, raw in enumerate(file, before + 1):
        try:
            line = raw.decode("utf-8").rstrip(" \r\n")
        except UnicodeDecodeError:
            raise UserError(
                f"{path} line {number:,}: not UTF-8; if it is Latin-1, convert it: iconv -f latin1 -t utf-8"
            ) from None
        spaces = line.count(" ")
        if number == before + 1 and promised not in (0, spaces) and _are_numbers(line.split(" ")[1:]):
            raise UserError(
                f"{path}: its first line promises vectors of {promised} numbers, and line 2 has {spaces}: one of them is wrong"
            )
        dimension = dimension or spaces
        word, _, numbers = line.partition(" ")
        if spaces > dimension:
            word, *fields = line.rsplit(" ", dimension)
            numbers = " ".join(fields)
            if word != word.strip():
                raise UserError(
                    f"{path} line {number:,}: not a word and its numbers, separated by one space each"
                )
        yield Line(path, number, composed(word), numbers)


def _are_numbers(fields: list[str]) -> bool:
    try:
        return bool([float(field) for field in fields])
    except ValueError:
        return False


def _binary(path: str, file: Any, dimension: int) -> Iterator[Line]:
    """The words of word2vec's binary format; a word ends with a space, and a line feed may follow on its numbers."""
    number = 1
    while True:
        word = bytearray()
        while (byte := file.read(1)) not in (b" ", b""):
            word += byte
        numbers = file.read(4 * dimension)
        if len(numbers) < 4 * dimension:
            return
        number += 1
        yield Line(path, number, composed(word.lstrip(b"\n").decode("utf-8", "replace")), numbers)


def _broken(line: Line, found: int, asked: int) -> str:
    return f"{line.path} line {line.number:,} has {found} numbers, not {asked} as the first: it may be truncated; fetch it again"


@contextmanager
def _opened(name: str) -> Iterator[tuple[str, Any]]:
    """The bytes of a file of vectors, unpacked, with what to call it."""
    published = re.fullmatch(r"glove\.6B\.(50|100|200|300)d", name)
    path = fetch(GLOVE) if published else expand_path(name)
    if not path.is_file():
        raise UserError(
            f"no file {name!r}; name glove.6B.50d, …100d, …200d, …300d, or a file of vectors (.txt, .vec, .bin, .gz, .bz2, .zip)"
        )
    with path.open("rb", BUFFER) as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"PK"):
            with (
                zipfile.ZipFile(file) as archive,
                archive.open(_chosen(archive, path, published, name)) as inner,
            ):
                yield f"{path}:{inner.name}", _buffered(inner)
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(file) as unpacked:
                yield str(path), _buffered(unpacked)
        elif start.startswith(b"BZh"):
            with bz2.open(file) as unpacked:
                yield str(path), _buffered(unpacked)
        else:
            yield str(path), file


def _buffered(unpacked: Any) -> Any:
    return io.BufferedReader(unpacked, BUFFER)


def _chosen(archive: zipfile.ZipFile, path: Path, published: Any, name: str) -> str:
    """The one file of vectors in an archive."""
    texts = [inner for inner in archive.namelist() if inner.endswith(".txt")]
    chosen = [inner for inner in texts if not published or Path(inner).stem == name]
    if len(chosen) != 1:
        there = ", ".join(texts) or "no .txt file"
        raise UserError(f"{path} holds {there}; unpack the one that you mean and name it")
    return chosen[0]
