"""Files of word vectors: the text format of GloVe, and the text and binary formats of word2vec.

A line of text is a word and its numbers. A file of word2vec begins with a line that gives the number of vectors and their
dimension; in the binary format, each vector is the word, a space, and the numbers as float32. A file may be compressed (.gz,
.bz2, .zip). Its first bytes decide its format.
"""

import bz2
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.config.files import expand_path
from nlpfeat.data.downloads import GLOVE, fetch
from nlpfeat.data.text.tokens import composed
from nlpfeat.errors import DamagedFile, UserError

HEADER = re.compile(rb"(\d{1,12}) (\d{1,6})\s*")
BUFFER = 2**16
LONGEST_LINE = 2**20  # bytes: a word and 50,000 numbers
BOM = b"\xef\xbb\xbf"
OTHERS = {  # first bytes of files in formats that are not supported
    b"\x93NUMPY": "an array of NumPy's, without words",
    b"\x80": "a pickle of Python's, perhaps gensim's own format: write it by save_word2vec_format",
    b"\x89HDF": "an HDF5 file",
    b"\xba\x16\x4f\x2f": "a model of fastText's: take its .vec file",
    b"\xfd7zXZ": "compressed by xz: unpack it",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: unpack it",
    b"7z\xbc\xaf": "a 7z archive: unpack it",
}


class Line(NamedTuple):
    """A word and its numbers, which are parsed only when `vector` is called.

    Attributes:
      path, number: of the file and the line, for error messages.
    """

    path: str
    number: int
    word: str
    numbers: str | bytes

    def vector(self) -> Float[np.ndarray, " d"]:
        """The numbers: float32 (d,).

        Raises:
          UserError: if they are no numbers, or not finite.
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
    """The vectors of some words. One line of the file is in memory at a time.

    Args:
      name: "glove.6B.50d", or another dimension of the published GloVe; or the path of a file.
      wanted: word -> its row in the table.
      rows: of the table.
      dimension: required dimension of the vectors.

    Returns:
      The table float32 (rows, dimension), zero for words that the file lacks, and which rows were found, bool (rows,).

    Raises:
      UserError: if there is no such file, if its vectors have another dimension, or if a line is malformed (its number is
        named); DamagedFile if the file is truncated.
    """
    table, found = np.zeros((rows, dimension), np.float32), np.zeros(rows, bool)
    for number, line in enumerate(_words(name)):
        row = wanted.get(line.word)
        if row is None and number:
            continue
        vector = line.vector()
        if len(vector) != dimension:
            raise UserError(
                _broken(line, len(vector), dimension)
                if number
                else f"config.data.vectors: {line.path} has {len(vector)} dimensions and the model asks for {dimension}: set "
                f"config.model.embedding={len(vector)}, or name vectors of {dimension} dimensions"
            )
        if row is not None and not found[row]:
            table[row], found[row] = vector, True
    return table, found


def first(name: str, rows: int) -> tuple[tuple[str, ...], np.ndarray]:
    """The first distinct words of a file and their vectors.

    Args:
      name: as in `read`.
      rows: number of words; 0 for all.

    Returns:
      The words, and their vectors float32 (words, d).

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
    """Write vectors in the text format of word2vec, without loss of float32 precision.

    Args:
      vectors: (words, d).

    Raises:
      UserError: if a word is empty or contains white space, which the format cannot represent.
    """
    unfit = next((word for word in words if not word or word.split() != [word]), None)
    if unfit is not None:
        raise UserError(f"the word {unfit!r} cannot be written: words of this format contain no white space")
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f"{len(words)} {vectors.shape[1]}\n")
        for word, vector in zip(words, vectors.astype(np.float32).tolist(), strict=True):
            file.write(f"{word} {' '.join(f'{x:.9g}' for x in vector)}\n")


def _words(name: str) -> Iterator[Line]:
    """The words of a file and their numbers.

    Raises:
      UserError: if there is no such file, if it is empty, or if it is no file of word vectors; DamagedFile if it is truncated.
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
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:  # bz2 raises OSError for damage
        if isinstance(error, OSError) and error.errno:
            raise  # an error of the disk
        where = f" after line {line:,}" if line else ""
        raise DamagedFile(f"{name} cannot be read{where} ({error}): fetch it again") from error
    if promised and read < int(promised[1]):
        raise DamagedFile(
            f"{name} holds {read:,} of the {int(promised[1]):,} vectors that its first line promises: fetch it again"
        )
    if not read:
        raise UserError(f"{name} is empty: fetch it again")


def _is_binary(start: bytes) -> bool:
    """Whether bytes contain control characters, as float32 numbers do, and no text in any encoding does."""
    return any(byte < 32 and byte not in b"\t\n\v\f\r" for byte in start)


def _text(path: str, file: io.BufferedReader, dimension: int, before: int) -> Iterator[Line]:
    """The lines of a text file. The last fields are the numbers, the rest is the word, which may contain spaces (glove.840B).

    Args:
      path: name of the file in error messages.
      dimension: from the header; 0 without a header, for that of the first line.
      before: number of lines already read.
    """
    promised = dimension
    for number, raw in enumerate(iter(partial(file.readline, LONGEST_LINE + 1), b""), before + 1):
        if len(raw) > LONGEST_LINE:
            raise UserError(
                f"{path} line {number:,}: more than {LONGEST_LINE:,} bytes, which no word and its numbers take: it is no file of vectors"
            )
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


def _binary(path: str, file: io.BufferedReader, dimension: int) -> Iterator[Line]:
    """The words of a file in the binary format. A space ends a word; a line feed may follow its numbers."""
    number = 1
    while True:
        word = bytearray()
        while (byte := file.read(1)) not in (b" ", b""):
            word += byte
            if len(word) > LONGEST_LINE:
                raise UserError(
                    f"{path} vector {number:,}: its word has more than {LONGEST_LINE:,} bytes: it is no file of vectors"
                )
        numbers = file.read(4 * dimension)
        if len(numbers) < 4 * dimension:
            return
        number += 1
        yield Line(path, number, composed(word.lstrip(b"\n").decode("utf-8", "replace")), numbers)


def _broken(line: Line, found: int, dimension: int) -> str:
    return f"{line.path} line {line.number:,} has {found} numbers, not {dimension} as the first: it may be truncated; fetch it again"


@contextmanager
def _opened(name: str) -> Iterator[tuple[str, io.BufferedReader]]:
    """A file of vectors: its name in error messages, and its decompressed bytes."""
    published = re.fullmatch(r"glove\.6B\.(50|100|200|300)d", name)
    path = fetch(GLOVE) if published else expand_path(name)
    if not path.is_file():
        raise UserError(
            f"no file {name!r}; name glove.6B.50d, …100d, …200d, …300d, or a file of vectors (.txt, .vec, .bin, .gz, .bz2, .zip)"
        )
    with path.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"PK"):
            with (
                zipfile.ZipFile(file) as archive,
                archive.open(_chosen(archive, path, name if published else None)) as inner,
            ):
                yield f"{path}:{inner.name}", io.BufferedReader(inner, BUFFER)  # pyright: ignore[reportArgumentType]
        elif start.startswith(b"\x1f\x8b"):
            with gzip.open(file) as unpacked:
                yield str(path), io.BufferedReader(unpacked, BUFFER)
        elif start.startswith(b"BZh"):
            with bz2.open(file) as unpacked:
                yield str(path), io.BufferedReader(unpacked, BUFFER)
        else:
            yield str(path), file


def _chosen(archive: zipfile.ZipFile, path: Path, stem: str | None) -> str:
    """The name of the text file in an archive, or of the one called `stem` among several."""
    texts = [inner for inner in archive.namelist() if inner.endswith(".txt")]
    chosen = [inner for inner in texts if stem in (None, Path(inner).stem)]
    if len(chosen) != 1:
        listed = ", ".join(texts) or "no .txt file"
        raise UserError(f"{path} holds {listed}; unpack the one that you mean and name it")
    return chosen[0]
