"""CSV files of users: their rows with line numbers, labelled texts, and names that are numbers.

Spreadsheets write the same number as 1, 1.0 or 1e0. Labels, users and items whose names are equal numbers are therefore one.
"""

import csv
import difflib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import numpy as np

from nlpfeat.config.files import expand_path
from nlpfeat.data.core import SPLITS
from nlpfeat.data.text.corpus import LabelledTexts
from nlpfeat.errors import UserError, did_you_mean


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
    """Labelled texts from a CSV, or from a file in another format that `rows` reads.

    Args:
      path: of a UTF-8 file, with or without a byte-order mark.
      text, label: names of the columns of texts and labels.
      split: name of a column of "train", "validation" and "test"; empty for a random test split.
      test_share: fraction of the rows in a random test split.
      key: seed of a random test split.
      order: the labels in their order; empty to sort numbers numerically, other labels alphabetically.
      columns: names of the columns, separated by commas, of a file without a header row.

    Raises:
      UserError: for a missing column (the nearest is named), a malformed row, a missing label, fewer than two classes, or an
        empty split. The file and the line are named.
    """
    labels, texts, splits = [], [], []
    required = {text: "text", label: "label"} | ({split: "split"} if split else {})
    for line, row in rows(path, required, columns=columns):
        if not row[label].strip():
            raise UserError(f"{path} line {line}: no {label}; fill it in or remove the row")
        labels.append(row[label].strip())
        texts.append(row[text])
        if split:
            name = row[split].strip().lower()
            if name not in SPLITS:
                raise UserError(
                    f"{path} line {line}: {split} is {row[split]!r}; {did_you_mean(name, SPLITS)}"
                )
            splits.append(SPLITS.index(name))
    labels = unify(labels, order)
    classes = order or sorted_names(labels)
    if order and sorted(set(labels)) != sorted(order):
        raise UserError(
            f"config.data.classes: {path} has the labels {', '.join(sorted_names(labels))}; list each of them once"
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
        test = np.random.default_rng(key).permutation(len(texts))[: round(test_share * len(texts))]
        splits = np.isin(np.arange(len(texts)), test) * 2
    for number in (0, 2):
        if number not in splits:
            raise UserError(
                f"{path}: no row is in the {SPLITS[number]} split; "
                + (f"mark some in column {split}" if split else "change data.test_share, or add rows")
            )
    numbers = np.array([classes.index(name) for name in labels], np.int32)
    return LabelledTexts(texts, numbers, np.asarray(splits), classes)


def unify(labels: list[str], order: tuple[str, ...] = ()) -> list[str]:
    """The labels with one spelling per number: that of `order`, else the shortest."""
    spelling = {identity(name): name for name in order}
    shortest = representatives(labels)
    return [spelling.get(identity(name), shortest[name]) for name in labels]


def rows(
    path: str, required: Mapping[str, str], setting: str = "path", columns: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file that are not blank, each with the number of its first line.

    Fields are separated by commas. Exceptions: tabs, if the file name ends in .tsv, or if the first line has tabs and the name
    does not end in .csv; "::", if the first line has "::" and no comma; and the character that a first line such as sep=; names.

    Args:
      path: of a UTF-8 file.
      required: names of required columns -> the key of `config.data` that sets the name; "" if it cannot be set.
      setting: the key of `config.data` that sets the path.
      columns: names of the columns, separated by commas, of a file without a header row.

    Raises:
      UserError: if the file cannot be read, or lacks a required column. The file and the line are named.
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
    yield from rows_of(whole, path, required, columns)


def rows_of(
    whole: str, path: str, required: Mapping[str, str], names: str = ""
) -> Iterator[tuple[int, dict[str, str]]]:
    """As `rows`, for text that has been read already.

    Args:
      whole: the text.
      path: its name in error messages.
      required: as in `rows`.
      names: the argument `columns` of `rows`.
    """
    separator, skip = _separator(whole, path, names)
    csv.field_size_limit(sys.maxsize)
    lines = io.StringIO(whole, newline="")
    for _ in range(skip):
        lines.readline()
    if len(separator) > 1:  # the :: of MovieLens, whose files quote nothing
        replaced = (line.replace(separator, UNIT) for line in lines)
        reader = csv.reader(replaced, delimiter=UNIT, quoting=csv.QUOTE_NONE, strict=True)
    else:  # a space after a separator is no part of the field, and does not hide an opening quote
        reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    line = 1
    try:
        columns = [name.strip() for name in (names.split(",") if names else next(reader, []))]
        for name in required:
            if columns.count(name) > 1:
                raise UserError(f"{path} has two columns {name!r}; rename one")
        if not required.keys() <= set(columns):
            raise UserError(f"{path} has {_missing(required, columns, named=bool(names))}")
        while True:
            line = skip + reader.line_num + 1
            row = next(reader, None)
            if row is None:
                return
            if len(row) == len(columns) and any(field.strip() for field in row):
                yield line, dict(zip(columns, row, strict=True))
            elif any(field.strip() for field in row):  # spreadsheets leave blank rows behind
                raise UserError(
                    f"{path} line {line}: {len(row)} fields where {'config.data.columns' if names else 'the first line'} names "
                    f"{len(columns)}; "
                    "put texts that hold commas, quotes or line breaks between double quotes"
                )
    except csv.Error as error:
        problem = re.sub(r"\s+", " ", str(error))
        raise UserError(f"{path}, the row that begins on line {line}: {problem}; see to its quotes") from None


UNIT = "\x1f"  # ASCII's unit separator


def _separator(whole: str, path: str, names: str) -> tuple[str, int]:
    """The separator of the fields, and the number of lines before the first row that declare it."""
    first = whole.split("\n", 1)[0].strip("\r")
    declared = re.fullmatch(r'"?sep=(.)"?', first.strip(" "))  # a convention of spreadsheets
    if declared:
        return declared[1], 1
    if names:
        fits = [mark for mark in ("::", "\t", ",") if first.count(mark) == names.count(",") > 0]
        if fits:
            return fits[0], 0
    suffix = path.lower().rpartition(".")[2]
    if suffix == "tsv" or ("\t" in first and suffix != "csv"):
        return "\t", 0
    return ("::" if "::" in first and "," not in first else ","), 0


def _missing(required: Mapping[str, str], columns: list[str], *, named: bool) -> str:
    """The missing columns of a file and a correction, in words.

    Args:
      named: whether the user has named the columns, so that the first line is a row.
    """
    lacking = [name for name in required if name not in columns]
    missing = "no column " + " and none ".join(map(repr, lacking))
    if not any(columns):
        return f"{missing}; it is empty"
    if len(columns) == 1 and set(lacking) & set(re.split(r"[;\t|]", columns[0])):
        return f"{missing}; its columns are not separated by commas: save it so, or with tabs as .tsv"
    if not named and _holds_data(columns):
        names = ",".join(required)
        if not all(required.values()):
            return f"{missing}: its first line must name its columns; put {names} above, in their order"
        return (
            f"{missing}: its first line must name its columns. Put the names above, or list them in their order, as in "
            f"--config.data.columns={names}"
        )
    free = [column for column in columns if column not in required]
    if not free:
        return f"{missing}; add it"
    close = difflib.get_close_matches(lacking[0], free, n=1, cutoff=0.5) or free[:1]
    setting = required[lacking[0]]
    remedy = f"name the right one, as in --config.data.{setting}={close[0]}" if setting else "rename one"
    return f"{missing}; its columns are {', '.join(columns)}: {remedy}"


def _holds_data(columns: list[str]) -> bool:
    """Whether a first line is data and no header: most of its fields are numbers, or one is a sentence but no question."""
    numbers = sum(as_number(name) is not None for name in columns)
    return 2 * numbers > len(columns) or any(
        len(name.split()) > 3 and not name.endswith("?") for name in columns
    )


# No leading zeros: 007 and 7 may be two codes.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def as_number(name: str) -> Decimal | None:
    """The exact number that a name represents; None if it is no number."""
    return Decimal(name) if _NUMBER.fullmatch(name) else None


def identity(name: str) -> Decimal | str:
    """The number that a name represents, else the name itself: equal for two names of the same label, user or item."""
    number = as_number(name)
    return name if number is None else number


def representatives(names: Iterable[str]) -> dict[str, str]:
    """For each name the shortest of those that have the same identity."""
    shortest: dict[Decimal | str, str] = {}
    distinct = sorted(set(names), key=lambda name: (len(name), name))
    for name in distinct:
        shortest.setdefault(identity(name), name)
    return {name: shortest[identity(name)] for name in distinct}


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names, sorted numerically if all are numbers (leading zeros allowed), else alphabetically."""
    distinct = set(names)
    if all(_NUMBER.fullmatch(re.sub(r"^([+-]?)0+(?=\d)", r"\1", name)) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (Decimal(name), name)))
    return tuple(sorted(distinct))
