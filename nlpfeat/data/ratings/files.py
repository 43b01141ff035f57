"""Files of ratings: the published MovieLens, and any CSV with columns of users, items and ratings."""

import re
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.data.downloads import MOVIELENS, fetch
from nlpfeat.data.names import identity, representatives, sorted_names
from nlpfeat.data.tables import rows, table_of
from nlpfeat.errors import UserError

YEAR = re.compile(r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")  # at the end of a title


class Rated(NamedTuple):
    """Ratings, sorted by user and item: independent of the order of the file.

    Attributes:
      users, items: their names, sorted numerically if all are numbers, else alphabetically.
      user, item: their indices, int32 (n,).
      stars: the ratings, float32 (n,): the mean of ratings of one item by one user.
      duplicates: number of ratings of an item that the same user has rated before.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    user: Int[np.ndarray, " n"]
    item: Int[np.ndarray, " n"]
    stars: Float[np.ndarray, " n"]
    duplicates: int


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


def movielens() -> tuple[Rated, Described]:
    """MovieLens latest-small, in the edition on this machine.

    Source: Harper & Konstan, "The MovieLens datasets", TiiS 2015.

    Raises:
      UserError: if the file cannot be downloaded, or is damaged.
    """
    path = fetch(MOVIELENS)
    try:
        with zipfile.ZipFile(path) as archive:
            texts = {
                name: archive.read(f"ml-latest-small/{name}.csv").decode("utf-8-sig")
                for name in ("ratings", "movies")
            }
    except (zipfile.BadZipFile, KeyError, UnicodeDecodeError, EOFError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): fetch it again") from None
    ratings = table_of(texts["ratings"], f"{path}: ratings.csv")
    ratings.require(dict.fromkeys(("userId", "movieId", "rating"), ""))
    rated = collect(ratings.records(), ratings.path, "userId", "movieId", "rating")
    films = table_of(texts["movies"], f"{path}: movies.csv")
    films.require(dict.fromkeys(("movieId", "title", "genres"), ""))
    return rated, describe(films.records(), films.path, rated.items, "movieId")


def own(
    path: str, user: str, item: str, rating: str, items: str, columns: str = ""
) -> tuple[Rated, Described]:
    """Ratings from a CSV, and optionally descriptions of the items from another.

    Args:
      path: of a file in a format that `nlpfeat.data.tables.rows` reads.
      user, item, rating: names of its columns.
      items: path of a CSV with the columns `item`, "title" and, optionally, "genres" (joined by |); empty for none.
      columns: names of the columns of `path`, separated by commas, if it has no header row.

    Raises:
      UserError: if a file cannot be read, or a row is malformed. The file and the line are named.
    """
    named = rows(path, {user: "user", item: "item", rating: "rating"}, columns=columns)
    rated = collect(named, path, user, item, rating)
    if not items:
        return rated, Described(rated.items, ((),) * len(rated.items), len(rated.items))
    return rated, describe(rows(items, {item: "item", "title": ""}, "items"), items, rated.items, item)


def collect(
    lines: Iterable[tuple[int, dict[str, str]]], name: str, user: str, item: str, rating: str
) -> Rated:
    """Ratings from the rows of a file.

    Args:
      lines: (line number, row by column) of each row.
      name: of the file, for error messages.
      user, item, rating: names of the columns.

    Raises:
      UserError: if a user or an item is missing, if a rating is no number, or if there are fewer than two users or items.
    """
    given: dict[tuple[str, str], list[float]] = {}
    for line, row in lines:
        who, what = row[user].strip(), row[item].strip()
        for column, value in ((user, who), (item, what)):
            if not value:
                raise UserError(f"{name} line {line}: no {column}; fill it in or remove the row")
        given.setdefault((who, what), []).append(_number(row[rating], name, line, rating))
    if not given:
        raise UserError(f"{name} has no rows")
    given = _unify(given)
    users, items = (sorted_names({pair[side] for pair in given}) for side in (0, 1))
    for names, column in ((users, user), (items, item)):
        if len(names) < 2:
            raise UserError(f"{name} has {len(names)} different {column}; there must be two or more")
    indices = [{one: i for i, one in enumerate(names)} for names in (users, items)]
    pairs = sorted(
        (indices[0][who], indices[1][what], float(np.mean(stars))) for (who, what), stars in given.items()
    )
    user_ids, item_ids, stars = (np.array(column) for column in zip(*pairs, strict=True))
    duplicates = sum(len(stars) - 1 for stars in given.values())
    return Rated(
        users,
        items,
        user_ids.astype(np.int32),
        item_ids.astype(np.int32),
        stars.astype(np.float32),
        duplicates,
    )


def _unify(given: dict[tuple[str, str], list[float]]) -> dict[tuple[str, str], list[float]]:
    """The ratings by user and item, with one spelling per number."""
    users, items = (representatives(pair[side] for pair in given) for side in (0, 1))
    unified: dict[tuple[str, str], list[float]] = {}
    for (who, what), stars in given.items():
        unified.setdefault((users[who], items[what]), []).extend(stars)
    return unified


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
    return Described(titles, tuple(_genres(row.get("genres", "")) for row in descriptions), unknown)


def _genres(text: str) -> tuple[str, ...]:
    """The genres of a text that joins them by |; "(no genres listed)" gives none."""
    parts = (part.strip() for part in text.split("|"))
    return tuple(part for part in parts if part and not part.startswith("(no "))


def year(title: str) -> float:
    """The year in brackets at the end of a title; NaN if there is none."""
    match = YEAR.search(title)
    return float(match.group(1)) if match else float("nan")


def _number(text: str, name: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if "_" in text or not abs(value) < 1e6:  # Python reads 1_0 as ten
        raise UserError(
            f"{name} line {line}: {column} {text.strip()!r} is no number below a million; write it as 3.5"
        )
    return value
