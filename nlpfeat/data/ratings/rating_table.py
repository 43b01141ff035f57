"""Ratings: who gave what how many stars, parted at random, anew for each seed."""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import PyTree

from nlpfeat.config.fields import Fraction
from nlpfeat.data.core import Dataset, Examples, Index, Splits
from nlpfeat.data.ratings.catalogue import Catalogue, user_place
from nlpfeat.data.ratings.files import Described, Rated, movielens, own, year
from nlpfeat.keys import stream


@dataclass(frozen=True)
class RatingsSpec:
    """Which ratings, and how they are parted: at random, by the member's seed.

    Attributes:
      path: a CSV or TSV of one's own, with a header row, or a file parted by tabs or ::; empty for MovieLens latest-small, in the edition that is there.
      columns: the names of its columns, parted by commas, where it has no header row.
      user, item, rating: its columns.
      items: a CSV that tells what the items are: a column as `item`, one "title", and perhaps one "genres", joined by |.
      test_share: the share of ratings to test on.
      validation_share: the share of the others held out to choose by.
    """

    path: str = ""
    columns: str = ""
    user: str = "user"
    item: str = "item"
    rating: str = "rating"
    items: str = ""
    test_share: Fraction = 0.2
    validation_share: Fraction = 0.0

    def __post_init__(self) -> None:
        if self.validation_share > 0.5 or not 0 < self.test_share <= 0.5:
            raise ValueError("test_share and validation_share: at most half, and some to test on")
        if len({self.user, self.item, self.rating}) < 3:
            raise ValueError("user, item and rating: three columns, not one twice")
        if self.items and not self.path:
            raise ValueError(
                "items: the films of MovieLens are described already; set path, too, or leave it empty"
            )

    @property
    def name(self) -> str:
        """What to call the ratings."""
        return self.path or "MovieLens latest-small"


class RatingArrays(NamedTuple):
    """All ratings, and what is known of the items."""

    user: Array | np.ndarray  # int32 (n,)
    item: Array | np.ndarray  # int32 (n,)
    facts: Array | np.ndarray  # float32 (items, facts): year and genres, each of mean 0 and deviation 1


class Pairs(NamedTuple):
    """A batch of users and items."""

    user: Array | np.ndarray  # int32 (n,)
    item: Array | np.ndarray  # int32 (n,)
    facts: Array | np.ndarray  # of all items, as in `Ratings`


class RatingTable(NamedTuple):
    """What is known of the ratings on the host."""

    rated: Rated
    described: Described
    sizes: tuple[int, int, int]  # ratings to train on, to choose by, to test on
    facts: int  # numbers known of each item

    @property
    def low(self) -> float:
        """The smallest rating that was given."""
        return float(self.rated.stars.min())

    @property
    def high(self) -> float:
        """The largest."""
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
        return user_place(self.rated.users, name)

    def item(self, text: str) -> int:
        """The index of an item, found by its title, the beginning of its title, or its number.

        Raises:
          UserError: if no item fits, or several do.
        """
        return Catalogue(self.rated.items, self.titles).place(text)


def load(spec: RatingsSpec) -> Dataset:
    """Read the ratings.

    Raises:
      UserError: if they cannot be had or read.
    """
    rated, described = (
        own(spec.path, spec.user, spec.item, spec.rating, spec.items, spec.columns)
        if spec.path
        else movielens()
    )
    n = len(rated.stars)
    test = max(1, round(spec.test_share * n))
    validation = round(spec.validation_share * (n - test))
    known = facts(described)
    table = RatingTable(rated, described, (n - test - validation, validation, test), known.shape[1])
    names = "\0".join((*rated.users, *rated.items, *described.titles)).encode()
    digest = hashlib.sha256(names + rated.stars.tobytes()).hexdigest()
    return Dataset(RatingArrays(rated.user, rated.item, known), table, digest, _notes(spec, rated, described))


def facts(described: Described) -> np.ndarray:
    """Year, its square, and a column a genre, float32 (items, facts), each of mean 0 and deviation 1 over the items."""
    years = np.array([year(title) for title in described.titles])
    known = years[~np.isnan(years)]
    years = np.where(np.isnan(years), known.mean() if len(known) else 0.0, years)
    centred = years - years.mean()
    genres = sorted({genre for one in described.genres for genre in one})
    has = [[genre in one for one in described.genres] for genre in genres]
    columns = np.array([centred, centred**2, *has], np.float64).T
    spread = columns.std(0)
    return ((columns - columns.mean(0)) / np.where(spread > 0, spread, 1.0)).astype(np.float32)


def make_splits(table: RatingTable, settings: PyTree) -> Splits:
    """The parts of one member, as places of ratings: at random by its seed."""
    train, validation, test = table.sizes
    order = jax.random.permutation(stream(settings.seed, "split"), train + validation + test)
    stars = jnp.asarray(table.rated.stars)
    stops = {
        "test": (0, test),
        "validation": (test, test + validation),
        "train": (test + validation, len(stars)),
    }
    return {
        name: Examples(order[a:b].astype(jnp.int32), stars[order[a:b]])
        for name, (a, b) in stops.items()
        if a < b
    }


def batch(arrays: RatingArrays, examples: Examples, index: Index) -> Examples:
    """The pairs whose places stand in `examples.inputs` at `index`, with their ratings."""
    places, stars = jnp.asarray(examples.inputs), jnp.asarray(examples.targets)
    if index is not None:
        places, stars = places[index], stars[index]
    pairs = Pairs(
        jnp.asarray(arrays.user)[places], jnp.asarray(arrays.item)[places], jnp.asarray(arrays.facts)
    )
    return Examples(pairs, stars)


def _notes(spec: RatingsSpec, rated: Rated, described: Described) -> tuple[str, ...]:
    n, once = len(rated.stars), int((np.bincount(rated.item) == 1).sum())
    edition = {100004: ", the edition of October 2016", 100836: ", that of September 2018"}.get(n, "")
    notes = [
        f"{n:,} ratings of {len(rated.items):,} items by {len(rated.users):,} users{'' if spec.path else edition}"
    ]
    if once:
        notes.append(f"{once:,} items are rated once: a seed that tests on that rating never saw them")
    if spec.items and described.unknown:
        notes.append(f"{described.unknown:,} of {len(rated.items):,} items are not described in {spec.items}")
    if spec.items and not any(described.genres):
        notes.append(f'no item has genres: none are in a column "genres" of {spec.items}')
    if rated.again:
        notes.append(f"{rated.again:,} ratings repeat a user and an item: their mean is taken")
    return tuple(f"{spec.name}: {note}" for note in notes)
