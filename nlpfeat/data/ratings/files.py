"""Files of ratings: any CSV with columns of users, items and ratings."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.data.names import identity, representatives, sorted_names
from nlpfeat.data.tables import SPLIT, Table, read_table, split_number
from nlpfeat.errors import UserError

TIME = "timestamp"  # the name of the column of times, where none is named
YEAR = re.compile(r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")  # at the end of a title


class Rated(NamedTuple):
    """Ratings, sorted by user and item: independent of the order of the file.

    Attributes:
      users, items: their names, sorted numerically if all are numbers, else alphabetically.
      user, item: their indices, int32 (n,).
      stars: the ratings, float32 (n,): the mean of ratings of one item by one user within a split.
      split: indices into SPLITS, int32 (n,); all 0 where the files name no splits.
      duplicates: number of ratings of an item that the same user has rated before, within a split.
      leaked: number of pairs of a user and an item with a rating in more than one split.
      time: seconds, float64 (n,): the mean over ratings of one item by one user; None where the file has no times.
      fold: number of the published fold in which a rating is tested, from 1, int32 (n,); None where there are no folds.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: Int[np.ndarray, " n"]
    item: Int[np.ndarray, " n"]
    stars: Float[np.ndarray, " n"]
    split: Int[np.ndarray, " n"]
    duplicates: int
    leaked: int
    time: Float[np.ndarray, " n"] | None = None
    fold: Int[np.ndarray, " n"] | None = None


class Described(NamedTuple):
    """Descriptions of the items.

    Attributes:
      titles: one per item; its name where the title is unknown.
      genres: any number per item.
      unknown: number of items without a description.
    """

    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]
    unknown: int


class RatingColumns(NamedTuple):
    """The names of the columns of a file of ratings.

    An empty `split` is that of the column "split", an empty `time` that of the column "timestamp", if there is one.
    """

    user: str = "user"
    item: str = "item"
    rating: str = "rating"
    split: str = ""
    time: str = ""


def own(
    path: str,
    test_path: str,
    columns: RatingColumns,
    items: str,
    names: str = "",
    item_names: str = "",
    encoding: str = "utf-8",
) -> tuple[Rated, Described]:
    """Ratings from a file, and optionally test ratings and descriptions of the items from others.

    Args:
      path: of a file in a format that `nlpfeat.data.tables.read_table` reads.
      test_path: of another with the same columns, whose ratings are the test split; empty for none.
      columns: their names.
      items: path of a file with the column of items, "title" and, optionally, genres: "genres" (joined by |), or a column of 0
        and 1 for each; empty for none.
      names: names of the columns of `path` and `test_path`, separated by commas, if they have no header row.
      item_names: those of `items`.
      encoding: of all files.

    Raises:
      UserError: if a file cannot be read, or a row is malformed. The file and the line are named.
    """
    given = read_ratings(read_table(path, "path", names, encoding), columns, 0 if test_path else None)
    if test_path:
        given += read_ratings(read_table(test_path, "test_path", names, encoding), columns, 2)
    rated = collect(given, path)
    if not (rated.split == 0).any():
        raise UserError(f"{path}: no rating is in the train split; mark some in the column of splits")
    if not items:
        return rated, Described(rated.items, ((),) * len(rated.items), len(rated.items))
    table = read_table(items, "items", item_names, encoding)
    table.require({columns.item: "item", "title": ""})
    return rated, describe(table.records(), items, rated.items, columns.item)


class Rating(NamedTuple):
    """A row of a file."""

    user: str
    item: str
    stars: float
    split: int
    time: float | None


def read_ratings(table: Table, columns: RatingColumns, split: int | None = None) -> list[Rating]:
    """The ratings of a file.

    Args:
      table: the file.
      columns: their names.
      split: index into SPLITS of all ratings; None for what the column of splits says.

    Raises:
      UserError: if a column is missing, or a row is malformed. The file and the line are named.
    """
    marked = columns.split if split is None else ""
    if split is None and not marked and SPLIT in table.columns:
        marked = SPLIT
    time = columns.time or (TIME if TIME in table.columns else "")
    keys = {columns.user: "user", columns.item: "item", columns.rating: "rating"}
    table.require(keys | ({marked: "split"} if marked else {}) | ({time: "time"} if time else {}))
    found, name = [], table.path
    for line, row in table.records():
        who, what = row[columns.user].strip(), row[columns.item].strip()
        for column, value in ((columns.user, who), (columns.item, what)):
            if not value:
                raise UserError(f"{name} line {line}: no {column}; fill it in or remove the row")
        own_split = split_number(name, line, marked, row[marked]) if marked else split or 0
        stars = _number(row[columns.rating], name, line, columns.rating, 1e6)
        when = _number(row[time], name, line, time, 1e15) if time else None
        found.append(Rating(who, what, stars, own_split, when))
    return found


def collect(given: Sequence[Rating], name: str) -> Rated:
    """Ratings by user and item, with one spelling per number.

    Args:
      given: one by one.
      name: of the file, for error messages.

    Raises:
      UserError: if there are fewer than two users or items.
    """
    if not given:
        raise UserError(f"{name} has no rows")
    spelling = representatives(one.user for one in given), representatives(one.item for one in given)
    users, items = (sorted_names(spelling[side].values()) for side in (0, 1))
    for names, what in ((users, "users"), (items, "items")):
        if len(names) < 2:
            raise UserError(f"{name} has {len(names)} different {what}; there must be two or more")
    places = [{one: i for i, one in enumerate(names)} for names in (users, items)]
    stars: dict[tuple[int, int, int], list[float]] = {}
    times: dict[tuple[int, int, int], list[float]] = {}
    for who, what, value, split, time in given:
        key = places[0][spelling[0][who]], places[1][spelling[1][what]], split
        stars.setdefault(key, []).append(value)
        if time is not None:
            times.setdefault(key, []).append(time)
    user, item, split = np.array(sorted(stars), np.int32).T
    pairs = len({key[:2] for key in stars})
    return Rated(
        users,
        items,
        user,
        item,
        np.array([np.mean(stars[key]) for key in sorted(stars)], np.float32),
        split,
        sum(len(values) - 1 for values in stars.values()),
        len(stars) - pairs,
        np.array([np.mean(times[key]) for key in sorted(stars)]) if times else None,
    )


def describe(
    lines: Iterable[tuple[int, dict[str, str]]], name: str, items: tuple[str, ...], item: str
) -> Described:
    """Descriptions of items from the rows of a file. The title of an item without a row is its name.

    Args:
      lines: (line number, row by column) of each row.
      name: of the file, for error messages.
      items: the names of the items that are rated.
      item: name of the column of items.

    Raises:
      UserError: if two rows describe an item differently, or no row describes an item that is rated.
    """
    by_item: dict[Decimal | str, dict[str, str]] = {}
    for line, row in lines:
        current = row[item].strip()
        known = by_item.setdefault(identity(current), row)
        if known | {item: row[item]} != row:
            raise UserError(
                f"{name} line {line}: {item} {current!r} is described twice, by different rows; remove one"
            )
    descriptions = [by_item.get(identity(one), {}) for one in items]
    unknown = descriptions.count({})
    if unknown == len(items):
        raise UserError(f"{name} describes none of the items that are rated, such as {item} {items[0]!r}")
    titles = tuple(row.get("title", "").strip() or one for row, one in zip(descriptions, items, strict=True))
    indicators = _indicators(list(by_item.values()), {item, "title", "genres"})
    genres = tuple(
        (*_genres(row.get("genres", "")), *(name for name in indicators if row.get(name, "").strip() == "1"))
        for row in descriptions
    )
    return Described(titles, genres, unknown)


def _indicators(descriptions: Sequence[dict[str, str]], others: set[str]) -> list[str]:
    """The columns of 0 and 1, each of which stands for a genre."""
    names = [name for name in descriptions[0] if name not in others]
    return [name for name in names if {row[name].strip() for row in descriptions} == {"0", "1"}]


def _genres(text: str) -> tuple[str, ...]:
    """The genres of a text that joins them by |; "(no genres listed)" gives none."""
    parts = (part.strip() for part in text.split("|"))
    return tuple(part for part in parts if part and not part.startswith("(no "))


def year(title: str) -> float:
    """The year in brackets at the end of a title; NaN if there is none."""
    match = YEAR.search(title)
    return float(match.group(1)) if match else float("nan")


def _number(text: str, name: str, line: int, column: str, limit: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if "_" in text or not abs(value) < limit:  # Python reads 1_0 as ten
        below = "a million" if limit == 1e6 else f"{limit:g}"
        raise UserError(
            f"{name} line {line}: {column} {text.strip()!r} is no number below {below}; write it as 3.5"
        )
    return value
