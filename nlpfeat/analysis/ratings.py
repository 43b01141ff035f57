"""What trained factor models know of items and users: predictions, lists of items, maps."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, Int, PyTree

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Params
from nlpfeat.data.names import identity
from nlpfeat.data.ratings.files import year
from nlpfeat.data.ratings.rating_table import Pairs, RatingArrays, RatingTable
from nlpfeat.embeddings.components import components, ends
from nlpfeat.embeddings.neighbours import cosine, nearest, nearest_of, unit_length
from nlpfeat.embeddings.projections import stacked
from nlpfeat.errors import UserError
from nlpfeat.models.factors import FactorTables
from nlpfeat.study.forward import batched
from nlpfeat.study.restore import TrainedMember
from nlpfeat.tasks.registry import require_view

log = logging.getLogger(__name__)
BATCH = 4096  # pairs predicted at a time
COMPONENTS = 3  # listed by `component_items`


def rating_table(member: TrainedMember) -> RatingTable:
    """The ratings that a member learned from."""
    return member.dataset.metadata


def factor_tables(member: TrainedMember) -> FactorTables:
    """The factors of all users and items.

    Raises:
      UserError: if the member's task has none.
    """
    return require_view(member.task, "factors").tables(member.params, member.settings)


def describe_model(member: TrainedMember) -> str:
    """Such as "10 factors, seed 3, step 60"."""
    return f"{member.settings.width} factors, seed {member.settings.seed}, step {member.step}"


# Predictions


def predict_ratings(
    member: TrainedMember, user: Int[np.ndarray, " n"], item: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " n"]:
    """Predicted ratings of pairs.

    Args:
      member: of a rating task.
      user: indices of users, at least one.
      item: their items.
    """
    arrays: RatingArrays = member.dataset.arrays

    def predict(index: np.ndarray) -> Array:
        pairs = Pairs(user[index], item[index], arrays.user_features, arrays.item_features)
        return _predict(member.module, member.params, pairs, member.settings)

    return np.asarray(batched(predict, len(user), BATCH), np.float64)


@partial(jax.jit, static_argnums=0)
def _predict(module: nn.Module, params: Params, pairs: Pairs, settings: Settings) -> Array:
    outputs: PyTree = module.apply({"params": params}, pairs, settings)
    return outputs["prediction"]


class Rater(NamedTuple):
    """A user whose ratings are predicted.

    Attributes:
      member: the model that has the user's parameters.
      user: index of the user.
      rated: item -> stars, of what the user has rated.
      name: of the user in captions and messages.
    """

    member: TrainedMember
    user: int
    rated: dict[int, float]
    name: str


def known_user(member: TrainedMember, name: str) -> Rater:
    """A user of the data.

    Raises:
      UserError: if there is none of that name.
    """
    table = rating_table(member)
    index, ratings = table.user(name), table.rated
    if not _train_counts(member)[0][index]:
        log.warning(
            "no rating of user %s is in the training split: the model has learned nothing of them", name
        )
    own = ratings.user == index
    rated = dict(zip(ratings.item[own].tolist(), ratings.stars[own].tolist(), strict=True))
    return Rater(member, index, rated, f"user {name}")


# Lists of items


@dataclass(frozen=True)
class ItemOptions:
    """Which items are listed.

    Attributes:
      top_k: how many.
      max_items: only so many of the most rated items are candidates.
    """

    top_k: int = 10
    max_items: int = 2000


class ItemList(NamedTuple):
    """A list of items.

    Attributes:
      table: one row per item: title, item (its name in the data), numbers of this list, ratings and trained (ratings in all,
        and in the training split), mean rating.
      caption: what the list is.
    """

    table: pd.DataFrame
    caption: str


def items_by_quality(member: TrainedMember, options: ItemOptions = ItemOptions(), *, best: bool) -> ItemList:
    """The items of highest or lowest quality, see `item_quality`."""
    items = rating_table(member).most_rated(options.max_items)
    name, values = item_quality(member, items)
    chosen = ends(values, options.top_k)[best]
    which = "highest" if best else "lowest"
    return ItemList(
        _rows(member, items[chosen], {name: values[chosen]}),
        f"of the {len(items):,} most rated items those of {which} {name}, {describe_model(member)}",
    )


def component_items(member: TrainedMember, options: ItemOptions = ItemOptions()) -> ItemList:
    """The items at both ends of the principal components of the item factors; columns component, share and end come first.

    Raises:
      UserError: if there are fewer than three items.
    """
    items = _items(member, options.max_items, 3, "components need")
    principal = components(factor_tables(member).items[items], COMPONENTS)
    tables = []
    for k, share in enumerate(principal.share):
        for end, chosen in zip(("low", "high"), ends(principal.scores[:, k], options.top_k), strict=True):
            table = _rows(member, items[chosen], {"score": principal.scores[chosen, k]})
            columns = {"component": k + 1, "share": round(float(share), 4), "end": end}
            tables.append(pd.DataFrame(columns, table.index).join(table))
    return ItemList(
        pd.concat(tables, ignore_index=True),
        f"principal components of the factors of the {len(items):,} most rated items, {describe_model(member)}",
    )


def similar_items(member: TrainedMember, title: str, options: ItemOptions = ItemOptions()) -> ItemList:
    """The items whose factors have the largest cosine with those of one item.

    Args:
      member: of a rating task.
      title: of the item, or its number.
      options: how many are listed, and of how many.

    Raises:
      UserError: if no item fits the title, or several do.
    """
    table, vectors = rating_table(member), factor_tables(member).items
    item = table.item(title)
    note_unseen(member, [item])
    items = table.most_rated(options.max_items)
    cosines = cosine(vectors[items], vectors[item])
    near = nearest(cosines, options.top_k, leave_out=tuple(np.flatnonzero(items == item).tolist()))
    return ItemList(
        _rows(member, items[near], {"cosine": cosines[near]}),
        f"nearest to {table.titles[item]} of the {len(items):,} most rated items, {describe_model(member)}",
    )


def predicted_item(rater: Rater, title: str) -> ItemList:
    """The predicted rating of one item, clipped to the range of ratings; with the user's own rating and its split, if any.

    Args:
      rater: whose rating.
      title: of the item, or its number.

    Raises:
      UserError: if no item fits the title, or several do.
    """
    member = rater.member
    item = rating_table(member).item(title)
    note_unseen(member, [item])
    value = predict_ratings(member, np.array([rater.user], np.int32), np.array([item], np.int32))
    rows = _rows(member, np.array([item]), {"predicted": _clipped(member, value)})
    if item in rater.rated:
        rows = rows.assign(rated=rater.rated[item], split=_split(member, rater.user, item))
    return ItemList(rows, f"for {rater.name}, {describe_model(member)}")


def recommended_items(rater: Rater, options: ItemOptions = ItemOptions()) -> ItemList:
    """The items of highest predicted rating that the user has not rated.

    Args:
      rater: for whom.
      options: how many are listed, and of how many.

    Raises:
      UserError: if the user has rated all candidates.
    """
    member, rated = rater.member, rater.rated
    items = rating_table(member).most_rated(options.max_items)
    items = items[~np.isin(items, list(rated))]
    if not len(items):
        raise UserError(
            f"{rater.name} has rated each of the {options.max_items:,} most rated items: raise max_items"
        )
    values = predict_ratings(member, np.full(len(items), rater.user, np.int32), items.astype(np.int32))
    best = ends(values, options.top_k)[1]
    return ItemList(
        _rows(member, items[best], {"predicted": _clipped(member, values[best])}),
        f"for {rater.name}, who rated {len(rated)}: of the most rated items the others, {describe_model(member)}",
    )


def recommended_to_all(member: TrainedMember, options: ItemOptions = ItemOptions()) -> pd.DataFrame:
    """The items of highest predicted rating for every user, among those that the user has not rated.

    Args:
      member: of a rating task.
      options: how many are listed, and of how many.

    Returns:
      A row per user and place: "user", "place" from 1, "title", "item", "predicted".
    """
    table = rating_table(member)
    items = table.most_rated(options.max_items).astype(np.int32)
    order = np.argsort(table.rated.user, kind="stable")
    stops = np.cumsum(np.bincount(table.rated.user, minlength=len(table.rated.users)))[:-1]
    rows = []
    for user, rated in enumerate(np.split(table.rated.item[order], stops)):
        free = items[~np.isin(items, rated)]
        if not len(free):
            continue
        values = predict_ratings(member, np.full(len(free), user, np.int32), free)
        for place, i in enumerate(ends(values, options.top_k)[1], 1):
            rows.append((table.rated.users[user], place, free[i], values[i]))
    users, places, chosen, predicted = zip(*rows, strict=True) if rows else ((),) * 4
    return pd.DataFrame(
        {
            "user": users,
            "place": places,
            "title": [table.titles[item] for item in chosen],
            "item": [table.rated.items[item] for item in chosen],
            "predicted": _clipped(member, np.array(predicted)).round(4),
        }
    )


def predict_pairs(member: TrainedMember, users: Sequence[str], items: Sequence[str]) -> pd.DataFrame:
    """Predicted ratings of pairs that are named as in the data.

    For a user without training ratings the prediction is the mean over all users that have some; for an item without, the mean over
    all items; for both, the mean of the training ratings.

    Args:
      member: of a rating task.
      users, items: names, one of each per pair.

    Returns:
      One row per pair: "predicted", within the range of ratings; "known": which of them the model has learned of: "both", "user",
      "item" or "neither".
    """
    table, counts = rating_table(member), _train_counts(member)
    user, item = (
        _known(names, known, count)
        for names, known, count in zip(
            (users, items), (table.rated.users, table.rated.items), counts, strict=True
        )
    )
    trained = [np.flatnonzero(count).astype(np.int32) for count in counts]
    train = np.asarray(member.splits["train"].inputs)
    predicted = np.full(len(user), float(table.rated.stars[train].mean()))
    both = (user >= 0) & (item >= 0)
    if both.any():
        predicted[both] = predict_ratings(member, user[both], item[both])
    for side, other, everyone in ((user, item, trained[1]), (item, user, trained[0])):
        lone = (side >= 0) & (other < 0)
        means = {
            one: _mean_over(member, one, everyone, of_user=side is user)
            for one in np.unique(side[lone]).tolist()
        }
        predicted[lone] = [means[one] for one in side[lone]]
    known = np.select([both, user >= 0, item >= 0], ["both", "user", "item"], "neither")
    return pd.DataFrame({"predicted": _clipped(member, predicted).round(4), "known": known})


def _known(names: Sequence[str], known: Sequence[str], counts: np.ndarray) -> Int[np.ndarray, " n"]:
    """The indices of users or items by name, -1 for those without training ratings."""
    places = {identity(name): i for i, name in enumerate(known)}
    found = np.array([places.get(identity(name.strip()), -1) for name in names], np.int32)
    return np.where((found >= 0) & (counts[found] > 0), found, -1).astype(np.int32)


def _mean_over(member: TrainedMember, one: int, others: np.ndarray, *, of_user: bool) -> float:
    """The mean prediction of a user over items, or of an item over users."""
    repeated = np.full(len(others), one, np.int32)
    pairs = (repeated, others) if of_user else (others, repeated)
    return float(predict_ratings(member, *pairs).mean())


class Quality(NamedTuple):
    """How good items are, independently of the user.

    Attributes:
      name: what the number is.
      values: float64 (items,).
    """

    name: str
    values: Float[np.ndarray, " items"]


def item_quality(member: TrainedMember, items: Int[np.ndarray, " items"]) -> Quality:
    """The bias of items; for models without biases, their mean prediction over all users."""
    bias = factor_tables(member).item_bias
    if bias is not None:
        return Quality("bias", bias[items])
    users = len(rating_table(member).rated.users)
    pairs = np.tile(np.arange(users, dtype=np.int32), len(items)), np.repeat(items.astype(np.int32), users)
    return Quality("mean prediction", predict_ratings(member, *pairs).reshape(len(items), users).mean(1))


class ItemMap(NamedTuple):
    """The most rated items by two principal components of their factors.

    Attributes:
      table: one row per item: title, year (NaN if unknown), ratings, quality, x, y.
      quality: name of the quality.
      components: which two, counted from 1; of factors of one dimension the only one, with the items stacked on a number line.
      share: of the variance, of each.
      model: description of the member.
      neighbours: of each item those of the largest cosine, by place in the table, largest first.
    """

    table: pd.DataFrame
    quality: str
    components: tuple[int, ...]
    share: tuple[float, ...]
    model: str
    neighbours: Int[np.ndarray, "items neighbours"]


def item_map(member: TrainedMember, axes: tuple[int, int] | None = None, max_items: int = 2000) -> ItemMap:
    """The items of a member by two components, or on a number line.

    Args:
      member: of a rating task.
      axes: two different components, counted from 1; None for the first two, or a number line where there is one.
      max_items: only so many of the most rated items.

    Raises:
      UserError: if there are too few items or components.
    """
    items = _items(member, max_items, 3, "a map needs")
    vectors = factor_tables(member).items[items]
    principal = components(vectors, max(axes or (1, 2)))
    count = principal.scores.shape[1]
    if axes is not None and max(axes) > count:
        raise UserError(
            f"components {axes[0]},{axes[1]}: there are {count}, as width is {member.settings.width}"
        )
    shown = axes or ((1, 2) if count > 1 else (1,))
    table, (name, values) = rating_table(member), item_quality(member, items)
    titles = [table.titles[item] for item in items]
    places = [axis - 1 for axis in shown]
    plane = principal.scores[:, places] if len(places) == 2 else stacked(principal.scores[:, 0])
    columns = {
        "title": titles,
        "year": [year(title) for title in titles],
        "ratings": table.counts[items],
        "quality": values,
        "x": plane[:, 0],
        "y": plane[:, 1],
    }
    share = tuple(float(principal.share[place]) for place in places)
    near = nearest_of(unit_length(vectors))
    return ItemMap(pd.DataFrame(columns), name, shown, share, describe_model(member), near)


def _items(member: TrainedMember, max_items: int, least: int, what: str) -> Int[np.ndarray, " items"]:
    """The most rated items.

    Raises:
      UserError: if there are fewer than `least`.
    """
    items = rating_table(member).most_rated(max_items)
    if len(items) < least:
        raise UserError(f"{what} at least {least} items, and there are {len(items)}: raise max_items")
    return items


def _train_counts(member: TrainedMember) -> tuple[Int[np.ndarray, " users"], Int[np.ndarray, " items"]]:
    """Number of training ratings per user and per item."""
    rated, train = rating_table(member).rated, np.asarray(member.splits["train"].inputs)
    users = np.bincount(rated.user[train], minlength=len(rated.users))
    return users, np.bincount(rated.item[train], minlength=len(rated.items))


def _rows(member: TrainedMember, items: np.ndarray, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table of an `ItemList`, with a value of each of `columns` per item."""
    table, (_, trained) = rating_table(member), _train_counts(member)
    return pd.DataFrame(
        {
            "title": [table.titles[item] for item in items],
            "item": [table.rated.items[item] for item in items],
            **{name: [round(float(value), 4) for value in values] for name, values in columns.items()},
            "ratings": table.counts[items],
            "trained": trained[items],
            "mean": [round(float(value), 3) for value in table.means[items]],
        }
    )


def _clipped(member: TrainedMember, values: np.ndarray) -> np.ndarray:
    """Predictions within the range of ratings, which networks exceed."""
    return np.clip(values, rating_table(member).low, rating_table(member).high)


def _split(member: TrainedMember, user: int, item: int) -> str:
    """The split of a rating of the data; "given" for a rating of a new user."""
    rated = rating_table(member).rated
    index = np.flatnonzero((rated.user == user) & (rated.item == item))
    splits = [name for name, part in member.splits.items() if np.isin(index, np.asarray(part.inputs)).any()]
    return splits[0] if splits else "given"


def note_unseen(member: TrainedMember, items: Sequence[int]) -> None:
    """Log the items without training ratings."""
    trained = _train_counts(member)[1]
    for item in items:
        if not trained[item]:
            title = rating_table(member).titles[item]
            log.warning("%s has no training rating: the model has learned nothing of it from ratings", title)
