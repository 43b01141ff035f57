"""Ratings of items by users, in random splits that differ between seeds."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from nlpfeat.config.fields import Fraction
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Splits
from nlpfeat.data.ratings.catalogue import Catalogue, user_index
from nlpfeat.data.ratings.files import Described, Rated, RatingColumns, own, year
from nlpfeat.data.ratings.movielens import EDITIONS, UserFacts, movielens
from nlpfeat.data.tables import known_encoding
from nlpfeat.errors import did_you_mean
from nlpfeat.keys import stream


@dataclass(frozen=True)
class RatingsSpec:
    """Which ratings, and their splits. Where no column or second file names them, the seed of the member draws them.

    Attributes:
      edition: of MovieLens: "latest-small", "100k" with its five folds, or "1m"; `path` overrides it.
      path: a CSV or TSV with a header row, or a file separated by tabs or "::"; empty for MovieLens.
      test_path: of a second file with the same columns, whose ratings are the test split.
      columns: names of the columns, separated by commas, of a file without a header row.
      user, item, rating: names of the columns of users, items and ratings.
      items: path of a file that describes the items, with the column `item`, a column "title" and, optionally, genres: "genres",
        joined by |, or a column of 0 and 1 for each; empty for none.
      split: name of a column of "train", "validation" and "test"; empty for the column "split", if there is one.
      time: name of a column of times in seconds; empty for the column "timestamp", if there is one.
      facts: whether priors may know the year and the genres of items, and the facts about users that MovieLens publishes.
      item_columns: names of the columns of `items`, separated by commas, if it has no header row.
      encoding: of all files, such as latin-1.
      test_share: fraction of the ratings in a random test split; 0 to train on all of them.
      validation_share: fraction of the remaining ratings in a random validation split.
    """

    edition: str = "latest-small"
    path: str = ""
    test_path: str = ""
    columns: str = ""
    user: str = "user"
    item: str = "item"
    rating: str = "rating"
    items: str = ""
    item_columns: str = ""
    encoding: str = "utf-8"
    split: str = ""
    time: str = ""
    facts: bool = True
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.0

    def __post_init__(self) -> None:
        if not self.path and self.edition not in EDITIONS:
            raise ValueError(f"edition: no edition {self.edition!r}; {did_you_mean(self.edition, EDITIONS)}")
        if self.validation_share > 0.5 or self.test_share > 0.5:
            raise ValueError("test_share and validation_share: at most half each")
        known_encoding(self.encoding)
        if self.test_path and self.split:
            raise ValueError(
                "split and test_path: the test split is that of a column or of a second file, not both"
            )
        if (self.test_path or self.split) and not self.path:
            raise ValueError("test_path and split: they belong to files of your own; set path as well")
        if len({self.user, self.item, self.rating}) < 3:
            raise ValueError("user, item and rating: name three columns, none of them twice")
        if self.items and not self.path:
            raise ValueError(
                "items: the films of MovieLens are described already; set path as well, or leave items empty"
            )

    @property
    def name(self) -> str:
        """A name of the ratings for notes."""
        return self.path or f"MovieLens {self.edition}"

    @property
    def folds(self) -> int:
        """Number of published folds, each of them a test split of the size that `test_share` says; 0 for none."""
        folds = 0 if self.path else EDITIONS[self.edition].folds
        return folds if folds and self.test_share == 1 / folds else 0


Times: TypeAlias = dict[str, Array | np.ndarray]


class RatingArrays(NamedTuple):
    """All ratings without their values, and features of the users and items.

    Attributes:
      user, item: indices, int32 (n,).
      user_features, item_features: float32 (users, features) and (items, features), standardised.
      times: of the ratings, from `rating_times`.
    """

    user: Array | np.ndarray
    item: Array | np.ndarray
    user_features: Array | np.ndarray
    item_features: Array | np.ndarray
    times: Times


class Pairs(NamedTuple):
    """A batch of pairs of a user and an item.

    Attributes:
      user, item: indices, int32 (n,).
      user_features, item_features: of all users and items, as in `RatingArrays`.
      times: as in `RatingArrays`; None where they are unknown.
    """

    user: Array | np.ndarray
    item: Array | np.ndarray
    user_features: Array | np.ndarray
    item_features: Array | np.ndarray
    times: Times | None = None


class Features(NamedTuple):
    """Number of features of a user and of an item."""

    users: int
    items: int


class RatingTable(NamedTuple):
    """The ratings on the host.

    Attributes:
      rated: the ratings.
      described: descriptions of the items.
      drawn: how many ratings of those that the files put into the train split are drawn for train, validation and test.
      features: their number, per user and per item.
      times: number of values of each of `rating_times`.
    """

    rated: Rated
    described: Described
    drawn: tuple[int, int, int]
    features: Features
    times: tuple[tuple[str, int], ...] = ()

    @property
    def low(self) -> float:
        """The smallest rating."""
        return float(self.rated.stars.min())

    @property
    def high(self) -> float:
        """The largest rating."""
        return float(self.rated.stars.max())

    @property
    def titles(self) -> tuple[str, ...]:
        """The title of each item."""
        return self.described.titles

    @property
    def counts(self) -> np.ndarray:
        """Number of ratings per item: int (items,)."""
        return np.bincount(self.rated.item, minlength=len(self.rated.items))

    @property
    def means(self) -> np.ndarray:
        """Mean rating per item: float64 (items,)."""
        return np.bincount(self.rated.item, self.rated.stars, minlength=len(self.rated.items)) / self.counts

    def most_rated(self, max_items: int) -> np.ndarray:
        """Indices of the items with the most ratings, at most `max_items`; ties keep their order."""
        return np.argsort(-self.counts, kind="stable")[:max_items]

    def user(self, name: str) -> int:
        """The index of a user.

        Raises:
          UserError: if there is none of that name.
        """
        return user_index(self.rated.users, name)

    def item(self, text: str) -> int:
        """The index of an item, found by its title, the beginning of its title, or its number.

        Raises:
          UserError: if no item fits, or several do.
        """
        return Catalogue(self.rated.items, self.titles).index(text)


def load(spec: RatingsSpec) -> Dataset:
    """Read the ratings.

    Raises:
      UserError: if the files cannot be downloaded or read.
    """
    if spec.path:
        columns = RatingColumns(spec.user, spec.item, spec.rating, spec.split, spec.time)
        names = spec.columns, spec.item_columns, spec.encoding
        rated, described = own(spec.path, spec.test_path, columns, spec.items, *names)
        facts: UserFacts = ((),) * len(rated.users)
    else:
        rated, described, facts = movielens(spec.edition)
    fixed = np.bincount(rated.split, minlength=len(SPLITS))
    test = 0 if fixed[1:].any() else round(spec.test_share * fixed[0])
    test = max(test, 1) if spec.test_share and not fixed[1:].any() else test
    validation = 0 if fixed[1] else round(spec.validation_share * (fixed[0] - test))
    drawn = int(fixed[0]) - test - validation, validation, test
    of_users, of_items = user_features(facts), item_features(described)
    if not spec.facts:
        of_users, of_items = of_users[:, :0], of_items[:, :0]
    times, sizes = rating_times(rated)
    table = RatingTable(rated, described, drawn, Features(of_users.shape[1], of_items.shape[1]), sizes)
    names = "\0".join((*rated.users, *rated.items, *described.titles)).encode()
    when = b"" if rated.time is None else rated.time.tobytes()
    digest = hashlib.sha256(names + rated.stars.tobytes() + rated.split.tobytes() + when).hexdigest()
    arrays = RatingArrays(rated.user, rated.item, of_users, of_items, times)
    return Dataset(arrays, table, digest, _notes(spec, rated, described))


def item_features(described: Described) -> Float[np.ndarray, "items features"]:
    """The year, its square and one indicator per genre: float32 (items, features), standardised over the items."""
    years = np.array([year(title) for title in described.titles])
    known = years[~np.isnan(years)]
    years = np.where(np.isnan(years), known.mean() if len(known) else 0.0, years)
    centred = years - years.mean()
    return _features([centred, centred**2, *_indicators(described.genres)])


def user_features(facts: UserFacts) -> Float[np.ndarray, "users features"]:
    """One indicator per fact: float32 (users, features), standardised over the users."""
    indicators = _indicators(facts)
    return _features(indicators) if indicators else np.zeros((len(facts), 0), np.float32)


def _indicators(words: Sequence[tuple[str, ...]]) -> list[list[bool]]:
    """Whether each word, in alphabetical order, belongs to each row."""
    return [[word in row for row in words] for word in sorted({word for row in words for word in row})]


def _features(columns: Sequence[PyTree]) -> Float[np.ndarray, "rows columns"]:
    return standardized(np.array(columns, np.float64).T).astype(np.float32)


def standardized(table: Float[np.ndarray, "rows columns"]) -> Float[np.ndarray, "rows columns"]:
    """The columns at mean 0 and standard deviation 1; constant ones at 0."""
    return (table - table.mean(0)) / np.maximum(table.std(0), 1e-9)


ELAPSED = 10  # intervals of the time since a user's first rating
LONGEST = 2e7  # seconds, some eight months: where the last of them begins
DAY = 86_400


def rating_times(rated: Rated) -> tuple[Times, tuple[tuple[str, int], ...]]:
    """Where each rating falls in time: the user's day, and the interval since the user's first rating.

    The intervals are equal in the logarithm of the seconds. Both say when a rating was given, never its value.

    Args:
      rated: the ratings.

    Returns:
      "user_day" and "elapsed", int32 (n,), indices of the pair of a user and a day, and of the interval; and the number of
      values of each. Nothing where the ratings have no times.
    """
    if rated.time is None:
        return {}, ()
    days, day = np.unique(np.stack([rated.user, rated.time // DAY], axis=1), axis=0, return_inverse=True)
    first = np.full(len(rated.users), np.inf)
    np.minimum.at(first, rated.user, rated.time)
    seconds = np.log1p(rated.time - first[rated.user]) / np.log1p(LONGEST)
    elapsed = np.minimum((seconds * ELAPSED).astype(np.int32), ELAPSED - 1)
    times = {"user_day": day.ravel().astype(np.int32), "elapsed": elapsed}
    return times, (("user_day", len(days)), ("elapsed", ELAPSED))


def make_splits(table: RatingTable, settings: PyTree) -> Splits:
    """The splits of the files; what they leave open is drawn from the seed of the member. The inputs are indices of ratings.

    Where `settings.fold` is not 0, the test split is the published fold of that number.
    """
    train, validation, test = table.drawn
    open_to_draw = np.flatnonzero(table.rated.split == 0).astype(np.int32)
    order = jnp.asarray(open_to_draw)[
        jax.random.permutation(stream(settings.seed, "split"), train + validation + test)
    ]
    if table.rated.fold is not None:
        tested = jnp.asarray(table.rated.fold)[order] == settings.fold
        order = order[jnp.argsort(~tested, stable=True)]
    stars = jnp.asarray(table.rated.stars)
    fixed = [jnp.asarray(np.flatnonzero(table.rated.split == k).astype(np.int32)) for k in range(3)]
    chosen = {
        "train": order[test + validation :],
        "validation": jnp.concatenate([order[test : test + validation], fixed[1]]),
        "test": jnp.concatenate([order[:test], fixed[2]]),
    }
    return {name: Examples(index, stars[index]) for name, index in chosen.items() if len(index)}


def batch(arrays: RatingArrays, examples: Examples, index: Index) -> Examples:
    """The pairs of the ratings `examples.inputs` at `index`; the targets are the ratings."""
    numbers, stars = jnp.asarray(examples.inputs), jnp.asarray(examples.targets)
    if index is not None:
        numbers, stars = numbers[index], stars[index]
    arrays = jax.tree.map(jnp.asarray, arrays)
    times = {name: part[numbers] for name, part in arrays.times.items()}
    features = arrays.user_features, arrays.item_features
    pairs = Pairs(arrays.user[numbers], arrays.item[numbers], *features, times)
    return Examples(pairs, stars)


def _notes(spec: RatingsSpec, rated: Rated, described: Described) -> tuple[str, ...]:
    n, once = len(rated.stars), int((np.bincount(rated.item) == 1).sum())
    edition = {100004: ", the edition of October 2016", 100836: ", that of September 2018"}.get(n, "")
    notes = [
        f"{n:,} ratings of {len(rated.items):,} items by {len(rated.users):,} users{'' if spec.path else edition}"
    ]
    fixed = bool(rated.split.any())
    if fixed:
        sizes = np.bincount(rated.split, minlength=len(SPLITS))
        notes.append(
            "splits of the files: "
            + ", ".join(f"{n:,} {name}" for n, name in zip(sizes, SPLITS, strict=True))
        )
        for what, side, names in (("items", rated.item, rated.items), ("users", rated.user, rated.users)):
            lost = len(names) - len(np.unique(side[rated.split == 0]))
            if lost:
                notes.append(
                    f"{lost:,} {what} have no rating in the train split: the model has learned nothing of them"
                )
    elif once and spec.test_share:
        notes.append(
            f"{once:,} items are rated once: a seed whose test split holds that rating has not trained on the item"
        )
    if spec.items and described.unknown:
        notes.append(f"{described.unknown:,} of {len(rated.items):,} items are not described in {spec.items}")
    if spec.items and not any(described.genres):
        notes.append(f'no item has genres: {spec.items} has no column "genres", or it is empty')
    if rated.leaked:
        notes.append(f"{rated.leaked:,} pairs of a user and an item have ratings in more than one split")
    if rated.duplicates:
        notes.append(f"{rated.duplicates:,} ratings repeat a user and an item: their mean is taken")
    return tuple(f"{spec.name}: {note}" for note in notes)
