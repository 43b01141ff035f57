"""The lesson's spreadsheet of ratings: the users and items with most ratings, of whose table the page solves the factors."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.data.ratings.rating_table import RatingTable
from nlpfeat.report.web_page import as_array

SIDE, FACTORS = 15, 5  # users, items; numbers of each, as in the lesson


class Spreadsheet(NamedTuple):
    """A dense part of a table of ratings.

    Attributes:
      users, items: names and titles.
      ratings: NaN where there is none.
    """

    users: list[str]
    items: list[str]
    ratings: Float[np.ndarray, "users items"]

    def as_data(self) -> dict[str, object]:
        """As the page's script reads it."""
        return {
            "users": self.users,
            "items": self.items,
            "ratings": as_array(self.ratings, "f4"),
            "factors": FACTORS,
        }


def spreadsheet(table: RatingTable, side: int = SIDE) -> Spreadsheet:
    """The ratings that the users with most ratings gave to the items with most ratings.

    Args:
      table: of ratings.
      side: users and items, at most.
    """
    rated = table.rated
    users = np.argsort(-np.bincount(rated.user, minlength=len(rated.users)), kind="stable")[:side]
    items = table.most_rated(side)
    ratings = np.full((len(users), len(items)), np.nan, np.float32)
    row, column = (np.full(size, -1) for size in (len(rated.users), len(rated.items)))
    row[users], column[items] = np.arange(len(users)), np.arange(len(items))
    here = (row[rated.user] >= 0) & (column[rated.item] >= 0)
    ratings[row[rated.user[here]], column[rated.item[here]]] = rated.stars[here]
    return Spreadsheet([rated.users[u] for u in users], [table.titles[i] for i in items], ratings)
