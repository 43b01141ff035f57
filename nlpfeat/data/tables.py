"""Texts from any CSV: a column of texts, a column of labels, and perhaps one that says which part a row belongs to."""

import csv
import difflib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from nlpfeat.config.files import expand_path
from nlpfeat.data.core import SPLITS
from nlpfeat.data.text.corpus import LabelledTexts
from nlpfeat.errors import UserError, nearest


def read(
    path: str,
    text: str,
    label: str,
    split: str,
    test_share: float,
    key: int,
    order: tuple[str, ...] = (),
    columns: str = "",
) -> LabelledTexts:
    """The rows of a CSV, or of a file in another form that `rows` reads.

    Args:
      path: UTF-8, with or without a byte-order mark; the first row names the columns, unless `columns` does.
      text, label: names of columns. Two or more labels.
      order: the labels in their order; empty to sort numbers as numbers, others by the alphabet.
      split: the column that says "train", "validation" or "test"; empty to draw the test part.
      test_share: the share of rows drawn as test part by `key`, where no column says it.

    Raises:
      UserError: naming the file, the line and the mend: no such column (the nearest is named), a malformed row, a
        missing label, fewer than two classes, a part that is empty.
    """
    labels, texts, parts = [], [], []
    wanted = {text: "text", label: "label"} | ({split: "split"} if split else {})
    for line, row in rows(path, wanted, columns=columns):
        if not row[label].strip():
            raise UserError(f"{path} line {line}: no {label}; fill it in or remove the row")
        labels.append(row[label].strip())
        texts.append(row[text])
        if split:
            part = row[split].strip().lower()
            if part not in SPLITS:
                raise UserError(f"{path} line {line}: {split} is {row[split]!r}; {nearest(part, SPLITS)}")
            parts.append(SPLITS.index(part))
    labels = one_spelling(labels, order)
    classes = order or sorted_names(labels)
    if order and sorted(set(labels)) != sorted(order):
        raise UserError(
            f"config.data.classes: {path} has the labels {', '.join(sorted_names(labels))}; name each of them once"
        )
    if len(classes) < 2:
        found = f"only the {label} {classes[0]!r}" if classes else "no rows"
        raise UserError(f"{path} holds {found}; there must be two classes or more")
    single = next((name for name in classes if labels.count(name) == 1), None)
    if not split:
        if single is not None:
            raise UserError(
                f"{path} has one row of {label} {single!r}: one is needed to train on and one to test on; add rows of that "
                "class, or remove it"
            )
        drawn = np.random.default_rng(key).permutation(len(texts))[: round(test_share * len(texts))]
        parts = np.isin(np.arange(len(texts)), drawn) * 2
    for place in (0, 2):
        if place not in parts:
            raise UserError(
                f"{path}: no row is in the {SPLITS[place]} part; "
                + (f"mark some in column {split}" if split else "change data.test_share, or add rows")
            )
    numbers = np.array([classes.index(name) for name in labels], np.int32)
    return LabelledTexts(texts, numbers, np.asarray(parts), classes)


def one_spelling(labels: list[str], order: tuple[str, ...] = ()) -> list[str]:
    """The labels, equal numbers spelt alike: as in `order`, else the shortest way."""
    spelt = {identity(name): name for name in order}
    short = representatives(labels)
    return [spelt.get(identity(name), short[name]) for name in labels]


def rows(
    path: str, wanted: Mapping[str, str], setting: str = "path", columns: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its first line, row) of each row of a file that is not blank.

    Fields are parted by commas; by tabs, where the name ends in .tsv, or the first line has tabs and the name does not end in .csv;
    by ::, where the first line has such and no commas; or by what a first line such as sep=; says.

    Args:
      wanted: columns that it must have, each with the setting of `config.data` that names it, empty for none.
      setting: the one that names the file.
      columns: names of the columns, parted by commas, of a file whose first line names none.

    Raises:
      UserError: naming the file, the line and the mend, if it cannot be read, or lacks a column that is wanted.
    """
    file = expand_path(path)
    try:
        whole = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"config.data.{setting}: no file {path!r}") from None
    except IsADirectoryError:
        raise UserError(f"config.data.{setting}: {path!r} is a folder; name a file") from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(f"{path} line {line}: not UTF-8; save it as UTF-8") from None
    yield from rows_of(whole, path, wanted, columns)


def rows_of(
    whole: str, path: str, wanted: Mapping[str, str], names: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """As `rows`, of the text of a file called `path`."""
    separator, skip = _separator(whole, path, names)
    reader = _reader(whole, separator, skip)
    line = 1
    try:
        columns = [name.strip() for name in (names.split(",") if names else next(reader, []))]
        for name in wanted:
            if columns.count(name) > 1:
                raise UserError(f"{path} has two columns {name!r}; rename one")
        if not wanted.keys() <= set(columns):
            raise UserError(f"{path} has {_missing(wanted, columns, named=bool(names))}")
        while True:
            line = skip + reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            if len(row) == len(columns) and any(field.strip() for field in row):
                yield line, dict(zip(columns, row, strict=True))
            elif any(field.strip() for field in row):  # spreadsheets leave blank ones
                raise UserError(
                    f"{path} line {line}: {len(row)} fields where {'config.data.columns' if names else 'the first line'} names "
                    f"{len(columns)}; "
                    "put texts that hold commas, quotes or line breaks between double quotes"
                )
    except csv.Error as error:
        problem = re.sub(r"\s+", " ", str(error))
        raise UserError(f"{path}, the row that begins on line {line}: {problem}; see to its quotes") from None


def _reader(whole: str, separator: str, skip: int) -> Any:
    """A reader of the rows after the first `skip` lines, as the csv module's."""
    csv.field_size_limit(sys.maxsize)
    lines: Any = io.StringIO(whole, newline="")
    for _ in range(skip):
        lines.readline()
    if len(separator) > 1:  # as MovieLens parts fields; nothing is quoted there
        parted = (line.replace(separator, UNIT) for line in lines)
        return csv.reader(parted, delimiter=UNIT, quoting=csv.QUOTE_NONE, strict=True)
    # spaces after a separator are no part of the field, nor do they keep a quote from opening it
    return csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)


UNIT = "\x1f"  # ASCII's unit separator


def _separator(whole: str, path: str, names: str) -> tuple[str, int]:
    """What parts the fields of a file, whose columns `names` may name, and how many lines say so before the first row."""
    first = whole.split("\n", 1)[0].strip("\r")
    said = re.fullmatch(r'"?sep=(.)"?', first.strip(" "))  # as spreadsheets are told
    if said:
        return said[1], 1
    if names:
        fits = [mark for mark in ("::", "\t", ",") if first.count(mark) == names.count(",") > 0]
        if fits:
            return fits[0], 0
    suffix = path.lower().rpartition(".")[2]
    if suffix == "tsv" or ("\t" in first and suffix != "csv"):
        return "\t", 0
    return ("::" if "::" in first and "," not in first else ","), 0


def _missing(wanted: Mapping[str, str], columns: list[str], *, named: bool) -> str:
    """Which columns a file lacks, and how those that it has are named."""
    lacking = [name for name in wanted if name not in columns]
    said = "no column " + " and none ".join(map(repr, lacking))
    if not any(columns):
        return f"{said}; it is empty"
    if len(columns) == 1 and set(lacking) & set(re.split(r"[;\t|]", columns[0])):
        return f"{said}; its columns are not separated by commas: save it so, or with tabs as .tsv"
    if not named and _holds_data(columns):
        names = ",".join(wanted)
        if not all(wanted.values()):
            return f"{said}: its first line must name its columns; put {names} above, in their order"
        return (
            f"{said}: its first line must name its columns. Put the names above, or say them in their order, as in "
            f"--config.data.columns={names}"
        )
    free = [column for column in columns if column not in wanted]
    if not free:
        return f"{said}; add it"
    close = difflib.get_close_matches(lacking[0], free, n=1, cutoff=0.5) or free[:1]
    said += f"; its columns are {', '.join(columns)}: "
    setting = wanted[lacking[0]]
    return said + (f"say which by --config.data.{setting}={close[0]}" if setting else "rename one")


def _holds_data(columns: list[str]) -> bool:
    """Whether a first line is one of the rows, and names nothing: most of it is numbers, or it holds a sentence and no question."""
    numbers = sum(as_number(name) is not None for name in columns)
    return 2 * numbers > len(columns) or any(
        len(name.split()) > 3 and not name.endswith("?") for name in columns
    )


# Without zeros in front: 007 and 7 may well be two codes.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def as_number(name: str) -> Decimal | None:
    """The number that a name writes, exactly; None if it writes none."""
    return Decimal(name) if _NUMBER.fullmatch(name) else None


def identity(name: str) -> Decimal | str:
    """What two names share if they mean the same: equal numbers do, other names if they are spelt alike."""
    found = as_number(name)
    return name if found is None else found


def representatives(names: Iterable[str]) -> dict[str, str]:
    """For each of `names` the shortest of those that mean the same."""
    shortest: dict[Decimal | str, str] = {}
    distinct = sorted(set(names), key=lambda name: (len(name), name))
    for name in distinct:
        shortest.setdefault(identity(name), name)
    return {name: shortest[identity(name)] for name in distinct}


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names by number if all are numbers, 007 too, else by the alphabet."""
    distinct = set(names)
    if all(_NUMBER.fullmatch(re.sub(r"^([+-]?)0+(?=\d)", r"\1", name)) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (Decimal(name), name)))
    return tuple(sorted(distinct))


# MERGED: """Names in files: labels, users, items. Spreadsheets write one number as 1, 1.0 or 1e0; it is one name."""
