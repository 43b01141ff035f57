"""Test sets for word vectors: analogies, and word pairs with similarity ratings."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nlpfeat.errors import UserError


class Question(NamedTuple):
    """An analogy, first : second :: third : fourth, in a named section of its file."""

    section: str
    words: tuple[str, str, str, str]


class Pair(NamedTuple):
    """Two words and the mean rating of their similarity by people."""

    words: tuple[str, str]
    score: float


def questions(path: Path) -> list[Question]:
    """The analogies of a file: four words per line. A line that begins with ":" names a section.

    Raises:
      UserError: if the file cannot be read, if a line does not have four words (its number is named), or if there is none.
    """
    section, found = "", []
    for number, line in _lines(path):
        if line.startswith(":"):
            section = line[1:].strip()
            continue
        words = line.split()
        if len(words) != 4:
            raise UserError(
                f"{path} line {number}: {len(words)} words where an analogy has four, as in: man woman king queen"
            )
        found.append(Question(section, (words[0], words[1], words[2], words[3])))
    if not found:
        raise UserError(f"{path} holds no analogies: write one per line, as in: man woman king queen")
    return found


def read_pairs(path: str | Path) -> list[Pair]:
    """The word pairs of a file: `word1 word2 score` per line, separated by tabs, commas or semicolons, else by spaces.

    Lines that begin with "#", a header line and further columns are ignored.

    Raises:
      UserError: if the file cannot be read, or if a line is no such pair (its number is named).
    """
    path, found = Path(path), []
    for index, (number, line) in enumerate(_lines(path)):
        separator = next((mark for mark in "\t,;" if mark in line), None)
        fields = [field.strip() for field in line.split(separator)]
        score = _number(fields[2]) if len(fields) > 2 else None
        if score is not None and all(fields[:2]):
            found.append(Pair((fields[0], fields[1]), score))
        elif index or len(fields) < 3:
            raise UserError(f"{path} line {number}: not two words and a number, as in: tiger cat 7.35")
    if not found:
        raise UserError(f"{path} holds no pairs: write one per line, as in: tiger cat 7.35")
    return found


def _number(text: str) -> float | None:
    """The finite number that a text represents, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are neither blank nor a comment, with their numbers."""
    number = 0
    try:
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip() and not re.match(r"\s*#", line):
                    yield number, line.strip()
    except FileNotFoundError:
        raise UserError(f"no file {str(path)!r}") from None
    except IsADirectoryError:
        raise UserError(f"{str(path)!r} is a folder; name a file") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not UTF-8 after line {number}; save it as UTF-8") from None
