"""Text files of the user: a text file, a folder of them, or a column of a CSV, with one document in memory at a time."""

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from nlpfeat.config.files import expand_path
from nlpfeat.data import tables
from nlpfeat.data.text.labelled_files import SAMPLE, find_text_column
from nlpfeat.errors import UserError

# Characters per document at most: a longer one, such as a book without blank lines, is cut into several.
LONGEST = 2**20


def documents(path: str, column: str, columns: str = "") -> Iterator[str]:
    """The documents of a file or folder.

    The documents of a text file are separated by blank lines; a file without blank lines has one document per line. The `.txt`
    files of a folder are read in the order of their names. A CSV, TSV or file of JSON Lines has one document per row.

    Args:
      path: of the file or folder.
      column: name of the column of texts in a CSV; empty to find it.
      columns: names of the columns, separated by commas, of a CSV without a header row.

    Raises:
      UserError: if there is no such file, if it is not UTF-8 (the line is named), or if it has no such column.
    """
    where = expand_path(path)
    if where.suffix.lower() in (".csv", ".tsv", *tables.JSON_LINES):
        yield from _column(path, column, columns)
        return
    for file in _files(where):
        blank = any(not line.strip() for line in _lines(file))
        yield from _paragraphs(_lines(file)) if blank else _lines(file)


def _column(path: str, column: str, columns: str) -> Iterator[str]:
    table = tables.read_table(path, columns=columns)
    table.require({column: "text"} if column else {})
    first = list(islice(table.rows, SAMPLE))
    place = table.columns.index(column or find_text_column(table, [row for _, row in first]))
    yield from (row[place] for _, row in chain(first, table.rows))


def whole(path: str) -> list[str]:
    """The text of a file, or of each `.txt` file of a folder in the order of their names. Lines end in a line feed.

    Raises:
      UserError: as `documents`.
    """
    return ["".join(_lines(file)) for file in _files(expand_path(path))]


def _files(where: Path) -> list[Path]:
    files = sorted(where.rglob("*.txt")) if where.is_dir() else [where]
    if not files:
        raise UserError(f"config.data.path: the folder {str(where)!r} holds no .txt file")
    return files


def _paragraphs(lines: Iterable[str]) -> Iterator[str]:
    """Consecutive lines, joined up to each blank line."""
    gathered: list[str] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= LONGEST or not line.strip():
            yield "".join(gathered)
            gathered, size = [], 0
    yield "".join(gathered)


def _lines(file: Path) -> Iterator[str]:
    """The lines of a file. Lines of more than LONGEST characters are cut, at white space where possible."""
    number, rest = 1, ""
    try:
        with file.open(encoding="utf-8-sig") as text:
            while read := text.readline(LONGEST):
                line = rest + read
                complete = read.endswith("\n") or len(read) < LONGEST  # the last line may lack a line feed
                number += read.endswith("\n")
                cut = len(line) if complete else max(line.rfind(" "), line.rfind("\t")) + 1 or len(line)
                yield line[:cut]
                rest = line[cut:]
        if rest:
            yield rest
    except FileNotFoundError:
        raise UserError(f"config.data.path: no file {str(file)!r}") from None
    except UnicodeDecodeError:
        raise UserError(
            f"{file}: not UTF-8 at or after line {number}; save it as UTF-8, or fetch it again if it was cut off"
        ) from None
