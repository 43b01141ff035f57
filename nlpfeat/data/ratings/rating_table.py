"""Ratings of items by users, in random splits that differ between seeds."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree

from nlpfeat.config.fields import Fraction
from nlpfeat.data.core import SPLITS, Dataset, Examples, Index, Splits
from nlpfeat.data.ratings.catalogue import Catalogue, user_index
from nlpfeat.data.ratings.files import Described, Rated, RatingColumns, movielens, own, year
from nlpfeat.data.tables import known_encoding
from nlpfeat.keys import stream


@dataclass(frozen=True)
class RatingsSpec:
    """Which ratings, and their splits. Where no column or second file names them, the seed of the member draws them.

    Attributes:
      path: a CSV or TSV with a header row, or a file separated by tabs or "::"; empty for MovieLens latest-small.
      test_path: of a second file with the same columns, whose ratings are the test split.
      columns: names of the columns, separated by commas, of a file without a header row.
      user, item, rating: names of the columns of users, items and ratings.
      items: path of a file that describes the items, with the column `item`, a column "title" and, optionally, genres: "genres",
        joined by |, or a column of 0 and 1 for each; empty for none.
      split: name of a column of "train", "validation" and "test"; empty for the column "split", if there is one.
      item_columns: names of the columns of `items`, separated by commas, if it has no header row.
      encoding: of all files, such as latin-1.
      test_share: fraction of the ratings in a random test split; 0 to train on all of them.
      validation_share: fraction of the remaining ratings in a random validation split.
    """

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
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.0

    def __post_init__(self) -> None:
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
        return self.path or "MovieLens latest-small"


class RatingArrays(NamedTuple):
    """All ratings without their values, and features of the items.

    Attributes:
      user, item: indices, int32 (n,).
      item_features: year and genres, float32 (items, features), standardised.
    """

    user: Array | np.ndarray
    item: Array | np.ndarray
    item_features: Array | np.ndarray


class Pairs(NamedTuple):
    """A batch of pairs of a user and an item.

    Attributes:
      user, item: indices, int32 (n,).
      item_features: of all items, as in `RatingArrays`.
    """

    user: Array | np.ndarray
    item: Array | np.ndarray
    item_features: Array | np.ndarray


class RatingTable(NamedTuple):
    """The ratings on the host.

    Attributes:
      rated: the ratings.
      described: descriptions of the items.
      drawn: how many ratings of those that the files put into the train split are drawn for train, validation and test.
      features: number of features per item.
    """

    rated: Rated
    described: Described
    drawn: tuple[int, int, int]
    features: int

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
    rated, described = (
        own(
            spec.path,
            spec.test_path,
            RatingColumns(spec.user, spec.item, spec.rating, spec.split),
            spec.items,
            spec.columns,
            spec.item_columns,
            spec.encoding,
        )
        if spec.path
        else movielens()
    )
    fixed = np.bincount(rated.split, minlength=len(SPLITS))
    test = 0 if fixed[1:].any() else round(spec.test_share * fixed[0])
    test = max(test, 1) if spec.test_share and not fixed[1:].any() else test
    validation = 0 if fixed[1] else round(spec.validation_share * (fixed[0] - test))
    drawn = int(fixed[0]) - test - validation, validation, test
    features = item_features(described)
    table = RatingTable(rated, described, drawn, features.shape[1])
    names = "\0".join((*rated.users, *rated.items, *described.titles)).encode()
    digest = hashlib.sha256(names + rated.stars.tobytes() + rated.split.tobytes()).hexdigest()
    arrays = RatingArrays(rated.user, rated.item, features)
    return Dataset(arrays, table, digest, _notes(spec, rated, described))


def item_features(described: Described) -> Float[np.ndarray, "items features"]:
    """The year, its square and one indicator per genre: float32 (items, features), standardised over the items."""
    years = np.array([year(title) for title in described.titles])
    known = years[~np.isnan(years)]
    years = np.where(np.isnan(years), known.mean() if len(known) else 0.0, years)
    centred = years - years.mean()
    genres = sorted({genre for one in described.genres for genre in one})
    has = [[genre in one for one in described.genres] for genre in genres]
    columns = np.array([centred, centred**2, *has], np.float64).T
    deviation = columns.std(0)
    return ((columns - columns.mean(0)) / np.where(deviation > 0, deviation, 1.0)).astype(np.float32)


def make_splits(table: RatingTable, settings: PyTree) -> Splits:
    """The splits of the files; what they leave open is drawn from the seed of the member. The inputs are indices of ratings."""
    train, validation, test = table.drawn
    open_to_draw = np.flatnonzero(table.rated.split == 0).astype(np.int32)
    order = jnp.asarray(open_to_draw)[
        jax.random.permutation(stream(settings.seed, "split"), train + validation + test)
    ]
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
    user, item, features = map(jnp.asarray, arrays)
    pairs = Pairs(user[numbers], item[numbers], features)
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
