"""The ratings of a study: what the commands that look at factors start from."""

from typing import NamedTuple

import numpy as np

from nlpfeat.analysis.ratings import predict_ratings
from nlpfeat.data.ratings.catalogue import Catalogue, user_place
from nlpfeat.data.ratings.rating_table import RatingTable
from nlpfeat.errors import UserError
from nlpfeat.models.factors import FactorTables
from nlpfeat.store.layout import StudyFolder
from nlpfeat.study.restore import Member, is_finite, restore, study_factory
from nlpfeat.sweeps.members import MemberFactory


class Ratings(NamedTuple):
    """A study of ratings, read once."""

    study: StudyFolder
    factory: MemberFactory
    table: RatingTable

    @property
    def catalogue(self) -> Catalogue:
        """Its items."""
        return Catalogue(self.table.rated.items, self.table.described.titles)

    def user(self, text: str) -> int:
        """The place of a user."""
        return user_place(self.table.rated.users, text)

    def title(self, item: int) -> str:
        """The title of an item."""
        return self.table.described.titles[item]

    @property
    def counts(self) -> np.ndarray:
        """How often each item is rated: (items,)."""
        return np.bincount(self.table.rated.item, minlength=len(self.table.rated.items))

    @property
    def means(self) -> np.ndarray:
        """The mean rating of each item: (items,)."""
        rated = self.table.rated
        return np.bincount(rated.item, rated.stars, minlength=len(rated.items)) / self.counts

    def trained(self, member: Member) -> tuple[np.ndarray, np.ndarray]:
        """How many of a member's training ratings each user and each item has: (users,), (items,)."""
        rated, train = self.table.rated, np.asarray(member.splits["train"].inputs)
        users, items = len(rated.users), len(rated.items)
        return np.bincount(rated.user[train], minlength=users), np.bincount(
            rated.item[train], minlength=items
        )

    def most_rated(self, most: int) -> np.ndarray:
        """The items rated most often, of equals the first: (at most `most`,)."""
        return np.argsort(-self.counts, kind="stable")[:most]


def read_ratings(study: StudyFolder) -> Ratings:
    """A study with its ratings read.

    Raises:
      UserError: if its inputs are no ratings, or they have changed.
    """
    if study.spec.task.views.factors is None:
        raise UserError(
            f"{study.path} is a study of {study.spec.task.name}, which has no factors: name one of ratings, such as "
            "runs/ratings_bias"
        )
    factory = study_factory(study)
    return Ratings(study, factory, factory.dataset.metadata)


def model(ratings: Ratings, wanted: dict[str, float], step: int | None) -> Member:
    """A member of the study.

    Raises:
      UserError: if there is no such member or step, or its training diverged.
    """
    member = restore(ratings.study, wanted, step, ratings.factory)
    if not is_finite(member.params):
        raise UserError(f"the training of this member diverged by step {member.step}: it predicts nothing")
    return member


def factors(ratings: Ratings, member: Member) -> FactorTables:
    """The vectors of a member."""
    task = ratings.study.spec.task
    assert task.views.factors is not None
    return task.views.factors(member.params, member.settings)


def merit(ratings: Ratings, member: Member, items: np.ndarray) -> tuple[str, np.ndarray]:
    """What it is called, and how good items are (items,).

    Their bias: how much better they are rated than their users rate others. Of models without one, the mean of what is
    predicted for all users.
    """
    bias = factors(ratings, member).item_bias
    if bias is not None:
        return "bias", bias[items]
    users = len(ratings.table.rated.users)
    pairs = np.tile(np.arange(users, dtype=np.int32), len(items)), np.repeat(items.astype(np.int32), users)
    return "mean prediction", predict_ratings(member, *pairs).reshape(len(items), users).mean(1)


def who(member: Member) -> str:
    """Such as "10 factors, seed 3, step 60"."""
    return f"{member.settings.width} factors, seed {member.settings.seed}, step {member.step}"
