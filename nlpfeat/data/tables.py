"""Tables in files of users, with the number of the line on which each row begins: fields between separators, or JSON Lines."""

import codecs
import csv
import difflib
import io
import json
import re
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from nlpfeat.config.files import expand_path
from nlpfeat.data.core import SPLITS
from nlpfeat.data.names import as_number
from nlpfeat.errors import UserError, did_you_mean

SEPARATORS = ("\t", "::", ",", ";", "|")  # of fields; an earlier one wins where two fit equally well
UNIT = "\x1f"  # ASCII's unit separator
SPLIT = "split"  # the column that names the split of each row, where no other is named
JSON_LINES = (".jsonl", ".ndjson")


class Table(NamedTuple):
    """A file of rows.

    Attributes:
      path: of the file, for messages.
      columns: their names.
      named: whether the user named the columns, so that the file has no header row.
      rows: (number of its first line, its fields) of each row that is not blank; read once.
    """

    path: str
    columns: tuple[str, ...]
    named: bool
    rows: Iterator[tuple[int, list[str]]]

    def require(self, required: Mapping[str, str]) -> None:
        """Check that the table has some columns.

        Args:
          required: names of the columns -> the key of `config.data` that sets the name; "" if it cannot be set.

        Raises:
          UserError: if it lacks one, or has two of one name; the nearest is named.
        """
        for name in required:
            if self.columns.count(name) > 1:
                raise UserError(f"{self.path} has two columns {name!r}; rename one")
        if not required.keys() <= set(self.columns):
            raise UserError(f"{self.path} has {_missing(required, self.columns, named=self.named)}")

    def records(self) -> Iterator[tuple[int, dict[str, str]]]:
        """The rows as dicts, column -> field, each with the number of its first line."""
        for line, row in self.rows:
            yield line, dict(zip(self.columns, row, strict=True))


def read_table(path: str, setting: str = "path", columns: str = "", encoding: str = "utf-8") -> Table:
    """A file of rows, read when its rows are asked for.

    Fields are separated by the mark that occurs most often in the header: a tab, ::, a comma, a semicolon or |; or by the one
    that a first line such as sep=; names. Files that end in .jsonl hold one JSON object per line, whose keys are the columns.

    Args:
      path: of the file; UTF-8 with or without a byte-order mark.
      setting: the key of `config.data` that sets the path.
      columns: names of the columns, separated by commas, of a file without a header row.
      encoding: of the file.

    Raises:
      UserError: if the file cannot be read; as its rows are read, if one is malformed. The file and the line are named.
    """
    whole = _contents(path, setting, encoding)
    if path.lower().endswith(JSON_LINES):
        return _json_lines(whole, path)
    return table_of(whole, path, columns)


def known_encoding(name: str) -> str:
    """The name of an encoding of files.

    Raises:
      ValueError: if there is none of that name.
    """
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise ValueError(f"encoding: there is no {name!r}; such as utf-8, latin-1 or cp1252") from None


def _contents(path: str, setting: str, encoding: str) -> str:
    file = expand_path(path)
    encoding = known_encoding(encoding)
    try:
        return file.read_text("utf-8-sig" if encoding == "utf-8" else encoding)
    except FileNotFoundError:
        raise UserError(f"config.data.{setting}: no file {path!r}") from None
    except IsADirectoryError:
        raise UserError(f"config.data.{setting}: {path!r} is a folder; name a file") from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        name = "UTF-8" if encoding == "utf-8" else encoding
        raise UserError(
            f"{path} line {line}: not {name}; save it as UTF-8, or name its encoding, as in --config.data.encoding=latin-1"
        ) from None


def table_of(whole: str, path: str, names: str = "") -> Table:
    """As `read_table`, for separated fields that have been read already.

    Args:
      whole: the text.
      path: its name in error messages.
      names: the argument `columns` of `read_table`.
    """
    separator, skip = _separator(whole, names)
    csv.field_size_limit(sys.maxsize)
    lines = io.StringIO(whole, newline="")
    for _ in range(skip):
        lines.readline()
    if len(separator) > 1:  # the :: of MovieLens, whose files quote nothing
        replaced = (line.replace(separator, UNIT) for line in lines)
        reader = csv.reader(replaced, delimiter=UNIT, quoting=csv.QUOTE_NONE, strict=True)
    elif separator == "\t" and _quotes_are_literal(whole):
        reader = csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE, strict=True)
    else:  # a space after a separator is no part of the field, and does not hide an opening quote
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    try:
        columns = tuple(name.strip() for name in (names.split(",") if names else next(reader, [])))
    except csv.Error as error:
        raise _quotes(path, skip + 1, error) from None

    def fields() -> Iterator[tuple[int, list[str]]]:
        line = 1
        try:
            while True:
                line = skip + reader.line_num + 1
                row = next(reader, None)
                if row is None:
                    return
                if not any(field.strip() for field in row):  # spreadsheets leave blank rows behind
                    continue
                if len(row) != len(columns):
                    raise UserError(
                        f"{path} line {line}: {len(row)} fields where "
                        f"{'config.data.columns' if names else 'the first line'} names {len(columns)}; "
                        "put texts that hold commas, quotes or line breaks between double quotes"
                    )
                yield line, row
        except csv.Error as error:
            raise _quotes(path, line, error) from None

    return Table(path, columns, bool(names), fields())


def split_number(path: str, line: int, column: str, field: str, hint: str = "") -> int:
    """The index into SPLITS of the split that a row names, in any case.

    Args:
      path: of the file, for messages.
      line: on which the row begins.
      column: that names the split.
      field: of the row in that column.
      hint: what else could be done about another name, at the end of the message.

    Raises:
      UserError: for another name.
    """
    name = field.strip().lower()
    if name not in SPLITS:
        raise UserError(f"{path} line {line}: {column} is {field!r}; {did_you_mean(name, SPLITS)}{hint}")
    return SPLITS.index(name)


def _quotes(path: str, line: int, error: csv.Error) -> UserError:
    problem = re.sub(r"\s+", " ", str(error))
    return UserError(f"{path}, the row that begins on line {line}: {problem}; see to its quotes")


def _quotes_are_literal(whole: str) -> bool:
    """Whether the quotes of a file with tabs belong to its texts: some field opens with one and does not close with one.

    Not where rows go on over several lines, which only quotes allow.
    """
    if '"' not in whole:
        return False
    lines = [line for line in whole.split("\n") if line.strip()]
    if len({line.count("\t") for line in lines}) > 1:
        return False
    fields = (field.strip() for line in lines for field in line.split("\t"))
    return any(field.startswith('"') and (len(field) == 1 or not field.endswith('"')) for field in fields)


def _separator(whole: str, names: str) -> tuple[str, int]:
    """The separator of the fields, and the number of lines before the first row that declare it."""
    first = re.split(r"[\r\n]", whole, maxsplit=1)[0]
    declared = re.fullmatch(r'"?sep=(.)"?', first.strip(" "))  # a convention of spreadsheets
    if declared:
        return declared[1], 1
    if names:
        fits = [mark for mark in SEPARATORS if first.count(mark) == names.count(",") > 0]
        if fits:
            return fits[0], 0
    bare = re.sub(r'"[^"]*"', "", first)
    most = max(SEPARATORS, key=bare.count)
    return (most if most in bare else ","), 0


def _json_lines(whole: str, path: str) -> Table:
    """A file of JSON objects, one per line. A key that some of them lack, or a value of null, is an empty field."""
    objects: list[tuple[int, dict[str, object]]] = []
    for line, text in enumerate(whole.split("\n"), 1):
        if not text.strip():
            continue
        try:
            value = json.loads(text)
        except json.JSONDecodeError as error:
            raise UserError(f"{path} line {line}: no JSON ({error.msg}); write one object per line") from None
        if not isinstance(value, dict):
            raise UserError(
                f'{path} line {line}: no JSON object; write one per line, as in {{"text": …, "label": …}}'
            )
        objects.append((line, value))
    columns = tuple(dict.fromkeys(key for _, one in objects for key in one))

    def fields() -> Iterator[tuple[int, list[str]]]:
        for line, one in objects:
            yield line, [_field(one.get(key)) for key in columns]

    return Table(path, columns, named=False, rows=fields())


def _field(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _missing(required: Mapping[str, str], columns: tuple[str, ...], *, named: bool) -> str:
    """The missing columns of a file and a correction, in words.

    Args:
      named: whether the user has named the columns, so that the first line is a row.
    """
    lacking = [name for name in required if name not in columns]
    missing = "no column " + " and none ".join(map(repr, lacking))
    if not any(columns):
        return f"{missing}; it is empty"
    if not named and holds_data(columns):
        names = ",".join(required)
        if not all(required.values()):
            return f"{missing}: its first line must name its columns; put {names} above, in their order"
        return f"{missing}: {without_header(names)}"
    free = [column for column in columns if column not in required]
    if not free:
        return f"{missing}; add it"
    close = difflib.get_close_matches(lacking[0], free, n=1, cutoff=0.5) or free[:1]
    setting = required[lacking[0]]
    remedy = f"name the right one, as in --config.data.{setting}={close[0]}" if setting else "rename one"
    return f"{missing}; its columns are {', '.join(columns)}: {remedy}"


def without_header(names: str) -> str:
    """What to do about a file whose first line is a row, in words."""
    return (
        "its first line must name its columns. Put the names above, or list them in their order, as in "
        f"--config.data.columns={names}"
    )


def holds_data(columns: tuple[str, ...]) -> bool:
    """Whether a first line is data and no header: most of its fields are numbers, or one is a sentence but no question."""
    numbers = sum(as_number(name) is not None for name in columns)
    return 2 * numbers > len(columns) or any(
        len(name.split()) > 3 and not name.endswith("?") for name in columns
    )
