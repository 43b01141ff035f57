"""Files of labelled texts: their columns, classes and given splits."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from nlpfeat.data.names import as_number, sorted_names, unify
from nlpfeat.data.tables import SPLIT, Table, holds_data, read_table, split_number, without_header
from nlpfeat.data.text.corpus import LabelledTexts, Origin
from nlpfeat.errors import UserError

# Names of columns under which texts, labels and splits are usually found; an earlier one wins.
TEXTS = (
    *(
        "text",
        "review",
        "review_text",
        "reviewtext",
        "sentence",
        "comment",
        "tweet",
        "message",
        "content",
        "body",
    ),
    *("document", "utterance", "query", "question", "description", "abstract", "headline", "title", "post"),
)
LABELS = (
    *(
        "label",
        "labels",
        "class",
        "category",
        "sentiment",
        "target",
        "polarity",
        "topic",
        "intent",
        "emotion",
    ),
    *("mood", "genre", "tag", "type", "stars", "rating", "score", "y"),
)
SAMPLE = 1000  # rows from which columns without such a name are told apart
MAX_CLASSES = 200  # of a column that is taken for labels by its contents
MAX_NUMBERS = 20  # different numbers in a column of labels, above which it may be a quantity


class Columns(NamedTuple):
    """The columns of a file of labelled texts; `split` is empty where there is none."""

    text: str
    label: str
    split: str


class _Rows(NamedTuple):
    """The rows of a file, before their labels are understood.

    Lists (rows,), but `columns` and `names`, all columns; `splits` are indices into SPLITS.
    """

    path: str
    columns: Columns
    names: tuple[str, ...]
    texts: list[str]
    labels: list[str]
    splits: list[int]
    lines: list[int]


def read(
    path: str,
    test_path: str = "",
    *,
    columns: str = "",
    encoding: str = "utf-8",
    text: str = "",
    label: str = "",
    split: str = "",
    classes: tuple[str, ...] = (),
) -> LabelledTexts:
    """The labelled texts of a file, and of a second one for the test split.

    Args:
      path: of a file that `nlpfeat.data.tables.read_table` reads.
      test_path: of a file of the same columns with the test rows; empty for none.
      columns: names of the columns, separated by commas, of a file without a header row.
      encoding: of the files.
      text, label: names of the columns of texts and labels; empty to find them by their usual names, else by their contents.
      split: name of a column of "train", "validation" and "test"; empty for the column "split", if there is one and no
        `test_path`.
      classes: the labels in their order; empty to sort numbers numerically, other labels alphabetically.

    Returns:
      The texts; all are in the train split where nothing says otherwise.

    Raises:
      UserError: for a missing column (the nearest is named), a malformed row, a missing label, labels that are a quantity,
        fewer than two classes, or a train split without rows. The file and the line are named.
    """
    if split and test_path:
        raise UserError(
            "config.data.split and config.data.test_path: rows of the test split come from a column or from a second file, not both"
        )
    table = read_table(path, "path", columns, encoding)
    whole = _rows(table, Columns(text, label, split), given=bool(test_path))
    parts = [whole]
    if test_path:
        table = read_table(test_path, "test_path", columns, encoding)
        parts.append(_rows(table, whole.columns, given=True))
    labels = unify([name for part in parts for name in part.labels], classes)
    order = _classes(path, whole.columns.label, labels, classes)
    splits = whole.splits + [2] * (len(labels) - len(whole.labels))
    if 0 not in splits:
        raise UserError(f"{path}: no row is in the train split; mark some in column {whole.columns.split}")
    if whole.columns.split and set(splits) == {0}:
        raise UserError(
            f"{path}: every row of column {whole.columns.split} is train; mark some as test, or rename the column"
        )
    places = {name: place for place, name in enumerate(order)}
    numbers = np.array([places[name] for name in labels], np.int32)
    return LabelledTexts(
        [one for part in parts for one in part.texts],
        numbers,
        np.asarray(splits),
        order,
        Origin(
            np.concatenate([np.arange(1, len(part.texts) + 1) for part in parts]),
            np.array([line for part in parts for line in part.lines], np.int64),
            np.repeat(np.arange(len(parts)), [len(part.texts) for part in parts]),
            tuple(part.path for part in parts),
        ),
        _notes(whole, Columns(text, label, split), labels, drawn=not any(splits)),
    )


def find_text_column(table: Table, rows: Sequence[Sequence[str]]) -> str:
    """The column of texts of a table: by its name, else the one with the most words.

    Args:
      table: whose column it is.
      rows: some of its rows.

    Raises:
      UserError: if the first line is a row, or no column has texts.
    """
    if not table.named and holds_data(table.columns):
        raise UserError(f"{table.path}: {without_header('text')}")
    return _by_name(table, TEXTS) or _by_words(table, rows, "text", frozenset())


class Texts(NamedTuple):
    """The rows of a file of texts without labels: fields as they are, by column, and the text of each."""

    columns: tuple[str, ...]
    rows: list[list[str]]
    texts: list[str]


def read_texts(path: str, column: str = "") -> Texts:
    """The rows of a file whose texts are to be classified; labels are not needed.

    Args:
      path: of a file that `nlpfeat.data.tables.read_table` reads.
      column: of the texts; empty to find it.

    Raises:
      UserError: if the file cannot be read, or has no such column.
    """
    table = read_table(path, "path")
    table.require({column: "text"} if column else {})
    rows = [row for _, row in table.rows]
    place = table.columns.index(column or find_text_column(table, rows[:SAMPLE]))
    return Texts(table.columns, rows, [row[place] for row in rows])


def _rows(table: Table, asked: Columns, *, given: bool) -> _Rows:
    """The rows of one file. `given`: whether all of its rows are of one split."""
    path = table.path
    wanted = {name: key for key, name in asked._asdict().items() if name}
    if "" in (asked.text, asked.label) and not table.named and holds_data(table.columns):
        raise UserError(f"{path}: {without_header('text,label')}")
    table.require(wanted)
    rows = list(table.rows)
    if not rows:
        raise UserError(f"{path} holds no rows; there must be two classes or more")
    found = _find_columns(table, [row for _, row in rows[:SAMPLE]], asked, given=given)
    table.require({name: key for key, name in found._asdict().items() if name})
    text, label, split = (table.columns.index(name) if name else None for name in found)
    assert text is not None
    assert label is not None
    splits = []
    hint = "" if asked.split else f", or rename the column {found.split}"
    for line, row in rows:
        if not row[label].strip():
            raise UserError(f"{path} line {line}: no {found.label}; fill it in or remove the row")
        splits.append(0 if split is None else split_number(path, line, found.split, row[split], hint))
    labels, texts = [row[label].strip() for _, row in rows], [row[text] for _, row in rows]
    if not any(one.strip() for one in texts):
        raise UserError(
            f"{path}: every {found.text} is empty; name the column of texts by --config.data.text"
        )
    return _Rows(path, found, table.columns, texts, labels, splits, [line for line, _ in rows])


def _find_columns(table: Table, rows: Sequence[Sequence[str]], asked: Columns, *, given: bool) -> Columns:
    split = asked.split or ("" if given else _by_name(table, (SPLIT,)))
    taken = {split, asked.label}
    text = asked.text or _by_name(table, TEXTS, taken) or _by_words(table, rows, "text", frozenset(taken))
    taken = {split, text}
    label = asked.label or _by_name(table, LABELS, taken) or _by_values(table, rows, frozenset(taken))
    if text == label:
        raise UserError(f"{table.path}: {text!r} cannot be both the text and the label; name two columns")
    return Columns(text, label, split)


def _by_name(table: Table, usual: Sequence[str], taken: set[str] | frozenset[str] = frozenset()) -> str:
    """The column with a usual name, in any case; empty if there is none."""
    for name in usual:
        fits = [one for one in table.columns if one.casefold() == name and one not in taken]
        if fits:
            return name if name in fits else fits[0]
    return ""


def _by_words(table: Table, rows: Sequence[Sequence[str]], what: str, taken: frozenset[str]) -> str:
    means = {
        name: float(np.mean([len(row[i].split()) for row in rows] or [0]))
        for i, name in enumerate(table.columns)
        if name not in taken and any(as_number(row[i].strip()) is None and row[i].strip() for row in rows)
    }
    if not means:
        raise UserError(f"{table.path} has {_choices(table, what, table.columns)}")
    longest = max(means, key=lambda name: means[name])
    rivals = [name for name, mean in means.items() if 2 * mean > means[longest]]
    # where no column has sentences, a file of two columns may hold labels of several words
    if len(rivals) > 1:
        raise UserError(f"{table.path} has {_choices(table, what, rivals)}")
    return longest


def _by_values(table: Table, rows: Sequence[Sequence[str]], taken: frozenset[str]) -> str:
    """The one column with few different values."""
    few = []
    for i, name in enumerate(table.columns):
        values = Counter(row[i].strip() for row in rows)
        if name not in taken and 2 <= len(values) <= min(MAX_CLASSES, len(rows) / 2) and "" not in values:
            few.append(name)
    if len(few) == 1:
        return few[0]
    free = [name for name in table.columns if name not in taken]
    raise UserError(f"{table.path} has {_choices(table, 'label', few or free)}")


def _choices(table: Table, what: str, names: Sequence[str]) -> str:
    quoted = ", ".join(map(repr, names[:8]))
    hint = f"--config.data.{what}={names[0]}" if names and names[0] else f"--config.data.{what}=NAME"
    if len(table.columns) < 2:
        return f"one column, {quoted}: a text and its label are needed in each row"
    return f"no column of {what}s with a usual name, and {quoted} could be it: name it, as in {hint}"


def _classes(path: str, column: str, labels: list[str], order: tuple[str, ...]) -> tuple[str, ...]:
    """The classes in order.

    Raises:
      UserError: if the labels are not those of `order`, are a quantity or nearly all different, or fewer than two.
    """
    counts = Counter(labels)
    names = sorted_names(counts)
    if order and sorted(counts) != sorted(order):
        listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
        raise UserError(f"config.data.classes: {path} has the labels {listed}; list each of them once")
    if len(names) < 2:
        raise UserError(
            f"{path} holds only the {column} {', '.join(names)!r}; there must be two classes or more"
        )
    if order:
        return order
    values = [as_number(name) for name in names]
    numbers = [value for value in values if value is not None]
    if len(numbers) == len(names) > MAX_NUMBERS:
        codes = all(value == int(value) for value in numbers)
        codes = codes and max(numbers) - min(numbers) < 2 * len(numbers) and len(labels) >= 5 * len(names)
        if not codes:
            raise UserError(
                f"{path}: {column} holds {len(names):,} different numbers, {names[0]} to {names[-1]}. Regression is not offered: name a "
                "column of classes by --config.data.label, or write classes such as low and high into this one"
            )
    if 2 * len(names) > len(labels) > 4:
        raise UserError(
            f"{path}: {column} has {len(names):,} different values in {len(labels):,} rows, which are no classes; name the column of "
            "labels by --config.data.label"
        )
    return names


def _notes(whole: _Rows, asked: Columns, labels: list[str], *, drawn: bool) -> tuple[str, ...]:
    """What a reader of figures should know. `drawn`: whether the splits are to be drawn."""
    notes, found = [], whole.columns
    guessed = [
        f"{key}s from {name!r}"
        for key, name in found._asdict().items()
        if name and not getattr(asked, key) and (name != key or key == SPLIT)
    ]
    if guessed:
        notes.append(f"{', '.join(guessed)}; other columns are named as in --config.data.label=NAME")
    counts = Counter(labels)
    if all(as_number(name) is not None for name in counts) and len(counts) > MAX_NUMBERS:
        notes.append(
            f"the {len(counts)} numbers in {found.label!r} are read as classes; regression is not offered"
        )
    single = [name for name, times in counts.items() if times == 1]
    if single and drawn:
        notes.append(
            f"{len(single):,} classes have one row, such as {single[0]!r}: it is trained on, and never tested"
        )
    empty = sum(not text.strip() for text in whole.texts)
    if empty:
        notes.append(f"{empty:,} texts are empty: they are answered by the prior")
    return tuple(notes)
