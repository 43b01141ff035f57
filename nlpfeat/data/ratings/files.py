"""Files of ratings: MovieLens as it is published, and any CSV of user, item and rating."""

import re
import zipfile
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from nlpfeat.data.downloads import MOVIELENS, fetch
from nlpfeat.data.tables import identity, representatives, rows, rows_of, sorted_names
from nlpfeat.errors import UserError

YEAR = re.compile(r"\s*\((\d{4})(?:[-–]\d{0,4})?\)\s*$")  # at the end of a title


class Rated(NamedTuple):
    """Ratings as they were read, in an order that does not depend on that of the file."""

    users: tuple[str, ...]  # names, numbers in their order, else by the alphabet
    items: tuple[str, ...]
    user: np.ndarray  # int32 (n,)
    item: np.ndarray  # int32 (n,)
    stars: np.ndarray  # float32 (n,)
    again: int  # ratings that repeat a pair: their mean is taken


class Described(NamedTuple):
    """What is known of the items."""

    titles: tuple[str, ...]
    genres: tuple[tuple[str, ...], ...]  # of each item, perhaps none
    unknown: int  # items of which nothing is known but their name


def movielens() -> tuple[Rated, Described]:
    """MovieLens latest-small, in the edition that is there.

    Source: Harper & Konstan, "The MovieLens datasets", TiiS 2015.

    Raises:
      UserError: if the file cannot be had, or is damaged.
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
    ratings = rows_of(
        texts["ratings"], f"{path}: ratings.csv", dict.fromkeys(("userId", "movieId", "rating"), "")
    )
    rated = collect(ratings, f"{path}: ratings.csv", "userId", "movieId", "rating")
    films = rows_of(texts["movies"], f"{path}: movies.csv", dict.fromkeys(("movieId", "title", "genres"), ""))
    return rated, describe(films, f"{path}: movies.csv", rated.items, "movieId")


def own(
    path: str, user: str, item: str, rating: str, items: str, columns: str = ""
) -> tuple[Rated, Described]:
    """A CSV of one's own, and perhaps one that tells what the items are.

    Args:
      path: UTF-8, in a form that `nlpfeat.data.table.rows` reads.
      user, item, rating: names of its columns.
      columns: those names, parted by commas, where its first line names none.
      items: a CSV with a column `item`, a column "title" and perhaps one "genres", joined by |; empty for none.

    Raises:
      UserError: naming the file, the line and the mend.
    """
    named = rows(path, {user: "user", item: "item", rating: "rating"}, columns=columns)
    rated = collect(named, path, user, item, rating)
    if not items:
        return rated, Described(rated.items, ((),) * len(rated.items), len(rated.items))
    return rated, describe(rows(items, {item: "item", "title": ""}, "items"), items, rated.items, item)


def collect(
    lines: Iterable[tuple[int, dict[str, str]]], name: str, user: str, item: str, rating: str
) -> Rated:
    """Ratings from rows with their line numbers.

    Raises:
      UserError: naming `name`, the line and the mend: no user, no item, a rating that is no number; fewer than two of
        users, items or ratings.
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
    given = _one_spelling(given)
    users, items = (sorted_names({pair[side] for pair in given}) for side in (0, 1))
    for names, column in ((users, user), (items, item)):
        if len(names) < 2:
            raise UserError(f"{name} has {len(names)} different {column}; there must be two or more")
    places = [{one: i for i, one in enumerate(names)} for names in (users, items)]
    pairs = sorted(
        (places[0][who], places[1][what], float(np.mean(stars))) for (who, what), stars in given.items()
    )
    user_ids, item_ids, stars = (np.array(column) for column in zip(*pairs, strict=True))
    again = sum(len(stars) - 1 for stars in given.values())
    return Rated(
        users, items, user_ids.astype(np.int32), item_ids.astype(np.int32), stars.astype(np.float32), again
    )


def _one_spelling(given: dict[tuple[str, str], list[float]]) -> dict[tuple[str, str], list[float]]:
    """The ratings, users and items that are equal numbers named alike."""
    users, items = (representatives(pair[side] for pair in given) for side in (0, 1))
    found: dict[tuple[str, str], list[float]] = {}
    for (who, what), stars in given.items():
        found.setdefault((users[who], items[what]), []).extend(stars)
    return found


def describe(
    lines: Iterable[tuple[int, dict[str, str]]], name: str, items: tuple[str, ...], item: str
) -> Described:
    """What the rows of a file called `name` tell of the items; those that they lack keep their number as title.

    Raises:
      UserError: if an item is described twice, each time otherwise, or none is described.
    """
    told: dict[Any, dict[str, str]] = {}
    for line, row in lines:
        mine = row[item].strip()
        known = told.setdefault(identity(mine), row)
        if known | {item: row[item]} != row:
            raise UserError(
                f"{name} line {line}: {item} {mine!r} is described twice, by different rows; remove one"
            )
    rows_told = [told.get(identity(one), {}) for one in items]
    unknown = rows_told.count({})
    if unknown == len(items):
        raise UserError(f"{name} describes none of the items that are rated, such as {item} {items[0]!r}")
    titles = tuple(row.get("title", "").strip() or one for row, one in zip(rows_told, items, strict=True))
    return Described(titles, tuple(_genres(row.get("genres", "")) for row in rows_told), unknown)


def _genres(text: str) -> tuple[str, ...]:
    """Genres joined by |; "(no genres listed)" is none."""
    parts = (part.strip() for part in text.split("|"))
    return tuple(part for part in parts if part and not part.startswith("(no "))


def year(title: str) -> float:
    """The year in brackets at the end of a title, or NaN."""
    found = YEAR.search(title)
    return float(found.group(1)) if found else float("nan")


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
