"""Texts from any CSV: a column of texts, a column of labels, and perhaps one that says which part a row belongs to."""

import csv
import difflib
import io
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from nlpfeat.data.corpus import Labelled
from nlpfeat.data.examples import SPLITS
from nlpfeat.errors import UserError, nearest
from nlpfeat.paths import expanded


def read(
    path: str,
    text: str,
    label: str,
    split: str,
    test_share: float,
    key: int,
    order: tuple[str, ...] = (),
) -> Labelled:
    """The rows of a CSV (of a TSV, where the name ends so).

    Args:
      path: UTF-8, with or without a byte-order mark; the first row names the columns.
      text, label: names of columns. Two or more labels.
      order: the labels in their order; empty to sort numbers as numbers, others by the alphabet.
      split: the column that says "train", "validation" or "test"; empty to draw the test part.
      test_share: the share of rows drawn as test part by `key`, where no column says it.

    Raises:
      UserError: naming the file, the line and the mend: no such column (the nearest is named), a malformed row, a
        missing label, fewer than two classes, a part that is empty.
    """
    labels, texts, parts = [], [], []
    for line, row in rows(path, {text: "text", label: "label"} | ({split: "split"} if split else {})):
        if not row[label].strip():
            raise UserError(f"{path} line {line}: no {label}; fill it in or remove the row")
        labels.append(row[label].strip())
        texts.append(row[text])
        if split:
            part = row[split].strip().lower()
            if part not in SPLITS:
                raise UserError(f"{path} line {line}: {split} is {row[split]!r}; {nearest(part, SPLITS)}")
            parts.append(SPLITS.index(part))
    classes = order or tuple(sorted(set(labels), key=_rank(labels)))
    if order and sorted(set(labels)) != sorted(order):
        raise UserError(
            f"config.data.classes: {path} has the labels {', '.join(sorted(set(labels)))}; name each of them once"
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
    return Labelled(texts, numbers, np.asarray(parts), classes)


def _rank(labels: list[str]) -> Callable[[str], Any]:
    """How labels are sorted: as numbers, if all are."""
    try:
        numbers = all(math.isfinite(float(name)) for name in labels)
    except ValueError:
        numbers = False
    return (lambda name: (float(name), name)) if numbers else (lambda name: (0.0, name))


def rows(path: str, wanted: Mapping[str, str], setting: str = "path") -> Iterator[tuple[int, dict[str, str]]]:
    """(number of its first line, row) of each row of a file that is not blank.

    Args:
      wanted: columns that it must have, each with the setting of `config.data` that names it, empty for none.
      setting: the one that names the file.

    Raises:
      UserError: naming the file, the line and the mend, if it cannot be read, or lacks a column that is wanted.
    """
    file = expanded(path)
    try:
        whole = file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise UserError(f"config.data.{setting}: no file {path!r}") from None
    except IsADirectoryError:
        raise UserError(f"config.data.{setting}: {path!r} is a folder; name a file") from None
    except UnicodeDecodeError as error:
        line = file.read_bytes()[: error.start].count(b"\n") + 1
        raise UserError(f"{path} line {line}: not UTF-8; save it as UTF-8") from None
    yield from rows_of(whole, path, wanted, "\t" if file.suffix.lower() == ".tsv" else ",")


def rows_of(
    whole: str, path: str, wanted: Mapping[str, str], separator: str = ","
) -> Iterator[tuple[int, dict[str, str]]]:
    """As `rows`, of the text of a file called `path`."""
    csv.field_size_limit(sys.maxsize)
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator, strict=True)
    columns: list[str] = []
    line = 1
    try:
        columns = [name.strip() for name in next(reader, [])]
        for name in wanted:
            if columns.count(name) > 1:
                raise UserError(f"{path} has two columns {name!r}; rename one")
        if not wanted.keys() <= set(columns):
            raise UserError(f"{path} has {_missing(wanted, columns)}")
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            if len(row) == len(columns) and any(field.strip() for field in row):
                yield line, dict(zip(columns, row, strict=True))
            elif any(field.strip() for field in row):  # spreadsheets leave blank ones
                raise UserError(
                    f"{path} line {line}: {len(row)} fields where the first line names {len(columns)}; "
                    "put texts that hold commas, quotes or line breaks between double quotes"
                )
    except csv.Error as error:
        problem = re.sub(r"\s+", " ", str(error))
        raise UserError(f"{path}, the row that begins on line {line}: {problem}; see to its quotes") from None


def _missing(wanted: Mapping[str, str], columns: list[str]) -> str:
    """Which columns a file lacks, and how those that it has are named."""
    lacking = [name for name in wanted if name not in columns]
    said = "no column " + " and none ".join(map(repr, lacking))
    if not any(columns):
        return f"{said}; it is empty"
    if len(columns) == 1 and set(lacking) & set(re.split(r"[;\t|]", columns[0])):
        return f"{said}; its columns are not separated by commas: save it so, or with tabs as .tsv"
    free = [column for column in columns if column not in wanted]
    if not free:
        return f"{said}; add it"
    close = difflib.get_close_matches(lacking[0], free, n=1, cutoff=0.5) or free[:1]
    said += f"; its columns are {', '.join(columns)}: "
    setting = wanted[lacking[0]]
    return said + (f"say which by --config.data.{setting}={close[0]}" if setting else "rename one")
