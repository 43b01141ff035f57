"""The published MovieLens: latest-small, 100K with its five folds, and 1M.

Source: Harper & Konstan, "The MovieLens datasets: history and context", TiiS 2015.
"""

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nlpfeat.data.downloads import MOVIELENS, MOVIELENS_1M, MOVIELENS_100K, File, fetch
from nlpfeat.data.names import identity
from nlpfeat.data.ratings.files import Described, Rated, RatingColumns, collect, describe, read_ratings
from nlpfeat.data.tables import table_of
from nlpfeat.errors import UserError

FOLDS = 5
_GENRES = (
    "unknown,Action,Adventure,Animation,Children,Comedy,Crime,Documentary,Drama,Fantasy,Film-Noir,Horror,Musical,Mystery,"
    "Romance,Sci-Fi,Thriller,War,Western"
)

UserFacts = tuple[
    tuple[str, ...], ...
]  # of each user, any number of facts in words, such as "25-34" or "writer"


class MovieLens(NamedTuple):
    """Ratings, descriptions of the films, and facts about the users."""

    rated: Rated
    described: Described
    facts: UserFacts


class Edition(NamedTuple):
    """A published edition.

    Attributes:
      read: reads its archive.
      folds: number of published folds; 0 for none.
    """

    file: File
    read: Callable[[dict[str, str], str], MovieLens]
    members: tuple[str, ...]
    folds: int = 0


def _latest_small(texts: dict[str, str], path: str) -> MovieLens:
    columns = RatingColumns("userId", "movieId", "rating", time="timestamp")
    rated = collect(read_ratings(table_of(texts["ratings.csv"], f"{path}: ratings.csv"), columns), path)
    films = table_of(texts["movies.csv"], f"{path}: movies.csv")
    films.require(dict.fromkeys(("movieId", "title", "genres"), ""))
    described = describe(films.records(), films.path, rated.items, "movieId")
    return MovieLens(rated, described, ((),) * len(rated.users))


def _100k(texts: dict[str, str], path: str) -> MovieLens:
    table = table_of(texts["u.data"], f"{path}: u.data", "user,item,rating,timestamp")
    rated = collect(read_ratings(table, RatingColumns()), path)
    tests = [
        set(zip(*_columns(texts[f"u{fold}.test"], "\t")[:2], strict=True)) for fold in range(1, FOLDS + 1)
    ]
    pairs = [(rated.users[u], rated.items[i]) for u, i in zip(rated.user, rated.item, strict=True)]
    fold = np.array([sum(k for k, test in enumerate(tests, 1) if pair in test) for pair in pairs], np.int32)
    if (
        sum(map(len, tests)) != len(pairs)
        or (np.bincount(fold, minlength=FOLDS + 1)[1:] * FOLDS != len(pairs)).any()
    ):
        raise UserError(f"{path}: u1.test to u5.test are not five equal parts of u.data: fetch it again")
    names = f"item,title,date,video,url,{_GENRES}"
    films = table_of(texts["u.item"].replace("|", "\t"), f"{path}: u.item", names)
    described = describe(films.records(), films.path, rated.items, "item")
    number, age, gender, occupation, _ = _columns(texts["u.user"], "|")
    facts = zip(map(_decade, age), gender, occupation, strict=True)
    return MovieLens(
        rated._replace(fold=fold), described, _in_order(dict(zip(number, facts, strict=True)), rated)
    )


def _1m(texts: dict[str, str], path: str) -> MovieLens:
    table = table_of(texts["ratings.dat"], f"{path}: ratings.dat", "user,item,rating,timestamp")
    rated = collect(read_ratings(table, RatingColumns()), path)
    films = table_of(texts["movies.dat"], f"{path}: movies.dat", "item,title,genres")
    described = describe(films.records(), films.path, rated.items, "item")
    number, gender, age, occupation, _ = _columns(texts["users.dat"], "::")
    facts = zip((f"age {a}" for a in age), gender, (f"occupation {o}" for o in occupation), strict=True)
    return MovieLens(rated, described, _in_order(dict(zip(number, facts, strict=True)), rated))


EDITIONS = {
    "latest-small": Edition(MOVIELENS, _latest_small, ("ratings.csv", "movies.csv")),
    "100k": Edition(
        MOVIELENS_100K,
        _100k,
        ("u.data", "u.item", "u.user", *(f"u{fold}.test" for fold in range(1, FOLDS + 1))),
        FOLDS,
    ),
    "1m": Edition(MOVIELENS_1M, _1m, ("ratings.dat", "movies.dat", "users.dat")),
}


def movielens(name: str) -> MovieLens:
    """An edition of MovieLens, from the file on this machine.

    Args:
      name: one of `EDITIONS`.

    Raises:
      UserError: if the file cannot be downloaded, or is damaged.
    """
    edition = EDITIONS[name]
    path = fetch(edition.file)
    try:
        with zipfile.ZipFile(path) as archive:
            folder = Path(edition.file.name).stem
            texts = {one: _decoded(archive.read(f"{folder}/{one}")) for one in edition.members}
        return edition.read(texts, str(path))
    except (zipfile.BadZipFile, KeyError, ValueError, EOFError, OSError) as error:
        raise UserError(f"{path} cannot be read ({error}): fetch it again") from None


def _decoded(contents: bytes) -> str:
    """UTF-8, or Latin-1, in which the older editions have their titles."""
    try:
        return contents.decode("utf-8-sig")
    except UnicodeDecodeError:
        return contents.decode("latin-1")


def _columns(text: str, separator: str) -> list[tuple[str, ...]]:
    return list(zip(*(line.split(separator) for line in text.splitlines()), strict=True))


def _decade(age: str) -> str:
    return f"age {10 * (int(age) // 10)}"


def _in_order(facts: dict[str, tuple[str, ...]], rated: Rated) -> UserFacts:
    """The facts of each user, in the order of the ratings."""
    by_user = {identity(user): known for user, known in facts.items()}
    return tuple(by_user.get(identity(user), ()) for user in rated.users)
