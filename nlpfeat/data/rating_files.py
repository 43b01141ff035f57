"""Files of ratings: MovieLens as it is published, and any CSV of user, item and rating."""

import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlpfeat.data.downloads import MOVIELENS, fetch
from nlpfeat.data.table import rows, rows_of
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
    ratings = rows_of(texts["ratings"], f"{path}: ratings.csv", ["userId", "movieId", "rating"])
    rated = collect(ratings, f"{path}: ratings.csv", "userId", "movieId", "rating")
    films = rows_of(texts["movies"], f"{path}: movies.csv", ["movieId", "title", "genres"])
    return rated, describe(films, rated.items, "movieId")


def own(path: str, user: str, item: str, rating: str, items: str) -> tuple[Rated, Described]:
    """A CSV of one's own, and perhaps one that tells what the items are.

    Args:
      path: UTF-8, with a header row; a TSV where the name ends so.
      user, item, rating: names of its columns.
      items: a CSV with a column `item`, a column "title" and perhaps one "genres", joined by |; empty for none.

    Raises:
      UserError: naming the file, the line and the mend.
    """
    rated = collect(rows(Path(path), [user, item, rating]), path, user, item, rating)
    if not items:
        return rated, Described(rated.items, ((),) * len(rated.items))
    return rated, describe(rows(Path(items), [item, "title"]), rated.items, item)


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
    users, items = (_sorted({pair[side] for pair in given}) for side in (0, 1))
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


def describe(lines: Iterable[tuple[int, dict[str, str]]], items: tuple[str, ...], item: str) -> Described:
    """What rows tell of the items; those that they do not name keep their number as title."""
    told = {row[item].strip(): row for _, row in lines}
    titles, genres = [], []
    for name in items:
        row = told.get(name, {})
        titles.append(row.get("title", "").strip() or name)
        genres.append(tuple(g for g in row.get("genres", "").split("|") if g and not g.startswith("(no ")))
    return Described(tuple(titles), tuple(genres))


def year(title: str) -> float:
    """The year in brackets at the end of a title, or NaN."""
    found = YEAR.search(title)
    return float(found.group(1)) if found else float("nan")


def _number(text: str, name: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise UserError(f"{name} line {line}: {column} {text.strip()!r} is no number; write it as 3.5")
    return value


def _sorted(names: set[str]) -> tuple[str, ...]:
    """By number if all are whole numbers, else by the alphabet."""
    numbers = all(re.fullmatch(r"[+-]?\d+", name) for name in names)
    return tuple(sorted(names, key=(lambda name: (int(name), name)) if numbers else (lambda name: (0, name))))
