"""What trained factor models know of items and users: predictions, new users, lists of items, maps."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pandas as pd
from jax import Array
from jaxtyping import Float, Int, PyTree
from scipy.optimize import minimize

from nlpfeat.config.fields import Settings
from nlpfeat.data.core import Params, count, split_names
from nlpfeat.data.ratings.files import year
from nlpfeat.data.ratings.rating_table import Pairs, RatingTable
from nlpfeat.embeddings.components import components, ends
from nlpfeat.embeddings.neighbours import cosine, nearest
from nlpfeat.errors import UserError
from nlpfeat.models.factors import FactorTables
from nlpfeat.study.forward import batched
from nlpfeat.study.restore import TrainedMember
from nlpfeat.training.task import Factors, Task

log = logging.getLogger(__name__)
BATCH = 4096  # pairs predicted at a time
COMPONENTS = 3  # listed by `component_items`


def require_factors(task: Task, where: object) -> Factors:
    """The factor view of a task.

    Args:
      where: the study, for the message.

    Raises:
      UserError: if the task has none.
    """
    if task.views.factors is None:
        raise UserError(
            f"{where} is a study of {task.name}, which has no factors: name one of ratings, such as runs/ratings_bias"
        )
    return task.views.factors


def factor_tables(member: TrainedMember) -> FactorTables:
    """The factors of all users and items.

    Raises:
      UserError: if the member's task has none.
    """
    return require_factors(member.task, f"member {member.id}").tables(member.params, member.settings)


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
    features = np.asarray(member.dataset.arrays.item_features)

    def predict(index: np.ndarray) -> Array:
        pairs = Pairs(user[index], item[index], features)
        return _predict(member.module, member.params, pairs, member.settings)

    return np.asarray(batched(predict, len(user), BATCH), np.float64)


@partial(jax.jit, static_argnums=0)
def _predict(module: nn.Module, params: Params, pairs: Pairs, settings: Settings) -> Array:
    outputs: PyTree = module.apply({"params": params}, pairs, settings)
    return outputs["prediction"]


def fold_in_user(
    member: TrainedMember, item: Int[np.ndarray, " n"], stars: Float[np.ndarray, " n"]
) -> TrainedMember:
    """The member with a new user, who is its last one; all other parameters stay as they are.

    The new user's parameters minimise the sum of their squared errors under the task's new-user prior.

    Args:
      member: of a rating task.
      item: indices of the items that the new user has rated.
      stars: their ratings.
    """
    train = split_names(member.splits).index("train")
    error = float(member.record[member.task.evaluation.headline.name][train])
    new_user_prior = require_factors(member.task, f"member {member.id}").new_user_prior
    priors = new_user_prior(
        member.params, member.settings, count(member.splits["train"]), error, np.asarray(item)
    )
    users = {name: {leaf: member.params[name][leaf] for leaf in leaves} for name, leaves in priors.items()}
    start, unravel = jax.flatten_util.ravel_pytree(jax.tree.map(lambda leaf: jnp.mean(leaf, 0), users))
    new = len(jax.tree.leaves(users)[0])
    module = member.module.clone(users=new + 1)
    pairs = Pairs(np.full(len(item), new, np.int32), item, np.asarray(member.dataset.arrays.item_features))

    @jax.jit
    @jax.value_and_grad
    def cost(flat: Array) -> Array:
        row = unravel(flat)
        outputs: PyTree = module.apply({"params": _append(member.params, row)}, pairs, member.settings)
        penalties = [
            (precision * (row[name][leaf] - mean) ** 2).sum()
            for name, leaves in priors.items()
            for leaf, (mean, precision) in leaves.items()
        ]
        return ((stars - outputs["prediction"]) ** 2).sum() + sum(penalties)

    def value_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = cost(flat.astype(np.float32))
        return float(value), np.asarray(gradient, np.float64)

    result = minimize(value_and_gradient, np.asarray(start, np.float64), jac=True, method="L-BFGS-B")
    params = jax.device_get(_append(member.params, unravel(jnp.asarray(result.x, jnp.float32))))
    return replace(member, module=module, params=params)


def _append(params: Params, row: Params) -> Params:
    """Parameters with one more user. What `row` lacks, such as variances, is copied from the last user."""

    def longer(name: str, leaf: str, values: Array | np.ndarray) -> Array:
        last = row[name].get(leaf, values[-1])
        return jnp.concatenate([jnp.asarray(values), jnp.asarray(last)[None]])

    users = {name: {leaf: longer(name, leaf, v) for leaf, v in params[name].items()} for name in row}
    return params | users


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
    table = _table(member)
    index, ratings = table.user(name), table.rated
    if not _train_counts(member)[0][index]:
        log.warning(
            "no rating of user %s is in the training split: the model has learned nothing of them", name
        )
    own = ratings.user == index
    rated = dict(zip(ratings.item[own].tolist(), ratings.stars[own].tolist(), strict=True))
    return Rater(member, index, rated, f"user {name}")


def new_user(member: TrainedMember, ratings: Sequence[tuple[str, float]]) -> Rater:
    """A user who is not in the data, folded into the model.

    Args:
      member: of a rating task.
      ratings: (title or number of an item, stars).

    Raises:
      UserError: for an unknown item, one that is rated twice, or stars beyond the range of the data.
    """
    table = _table(member)
    rated: dict[int, float] = {}
    for text, stars in ratings:
        if not table.low <= stars <= table.high:
            raise UserError(f"rating {text}={stars:g}: stars must be {table.low:g} to {table.high:g}")
        item = table.item(text)
        if item in rated:
            raise UserError(f"rating {text}={stars:g}: {table.titles[item]} is rated twice; rate it once")
        rated[item] = stars
    _note_unseen(member, list(rated))
    items, stars = np.array(list(rated), np.int32), np.array(list(rated.values()), np.float32)
    return Rater(fold_in_user(member, items, stars), len(table.rated.users), rated, "someone new")


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


def items_by_quality(member: TrainedMember, options: ItemOptions, *, best: bool) -> ItemList:
    """The items of highest or lowest quality, see `item_quality`."""
    items = _table(member).most_rated(options.max_items)
    name, values = item_quality(member, items)
    chosen = ends(values, options.top_k)[best]
    which = "highest" if best else "lowest"
    return ItemList(
        _rows(member, items[chosen], {name: values[chosen]}),
        f"of the {len(items):,} most rated items those of {which} {name}, {describe_model(member)}",
    )


def component_items(member: TrainedMember, options: ItemOptions) -> ItemList:
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


def similar_items(member: TrainedMember, title: str, options: ItemOptions) -> ItemList:
    """The items whose factors have the largest cosine with those of one item.

    Args:
      member: of a rating task.
      title: of the item, or its number.
      options: how many are listed, and of how many.

    Raises:
      UserError: if no item fits the title, or several do.
    """
    table, vectors = _table(member), factor_tables(member).items
    item = table.item(title)
    _note_unseen(member, [item])
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
    item = _table(member).item(title)
    _note_unseen(member, [item])
    value = predict_ratings(member, np.array([rater.user], np.int32), np.array([item], np.int32))
    rows = _rows(member, np.array([item]), {"predicted": _clipped(member, value)})
    if item in rater.rated:
        rows = rows.assign(rated=rater.rated[item], split=_split(member, rater.user, item))
    return ItemList(rows, f"for {rater.name}, {describe_model(member)}")


def recommended_items(rater: Rater, options: ItemOptions) -> ItemList:
    """The items of highest predicted rating that the user has not rated.

    Args:
      rater: for whom.
      options: how many are listed, and of how many.

    Raises:
      UserError: if the user has rated all candidates.
    """
    member, rated = rater.member, rater.rated
    items = _table(member).most_rated(options.max_items)
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
    users = len(_table(member).rated.users)
    pairs = np.tile(np.arange(users, dtype=np.int32), len(items)), np.repeat(items.astype(np.int32), users)
    return Quality("mean prediction", predict_ratings(member, *pairs).reshape(len(items), users).mean(1))


class ItemMap(NamedTuple):
    """The most rated items by two principal components of their factors.

    Attributes:
      table: one row per item: title, year (NaN if unknown), ratings, quality, x, y.
      quality: name of the quality.
      components: which two, counted from 1.
      share: of the variance, of each.
      model: description of the member.
    """

    table: pd.DataFrame
    quality: str
    components: tuple[int, int]
    share: tuple[float, float]
    model: str


def item_map(member: TrainedMember, axes: tuple[int, int] = (1, 2), max_items: int = 2000) -> ItemMap:
    """The items of a member by two components.

    Args:
      member: of a rating task.
      axes: two different components, counted from 1.
      max_items: only so many of the most rated items.

    Raises:
      UserError: if there are too few items or components.
    """
    items = _items(member, max_items, 3, "a map needs")
    principal = components(factor_tables(member).items[items], max(axes))
    if max(axes) > principal.scores.shape[1]:
        raise UserError(
            f"components {axes[0]},{axes[1]}: there are {principal.scores.shape[1]}, as width is {member.settings.width}"
        )
    table, (name, values) = _table(member), item_quality(member, items)
    titles = [table.titles[item] for item in items]
    a, b = (axis - 1 for axis in axes)
    columns = {
        "title": titles,
        "year": [year(title) for title in titles],
        "ratings": table.counts[items],
        "quality": values,
        "x": principal.scores[:, a],
        "y": principal.scores[:, b],
    }
    share = float(principal.share[a]), float(principal.share[b])
    return ItemMap(pd.DataFrame(columns), name, axes, share, describe_model(member))


def _items(member: TrainedMember, max_items: int, least: int, what: str) -> Int[np.ndarray, " items"]:
    """The most rated items.

    Raises:
      UserError: if there are fewer than `least`.
    """
    items = _table(member).most_rated(max_items)
    if len(items) < least:
        raise UserError(f"{what} at least {least} items, and there are {len(items)}: raise max_items")
    return items


def _table(member: TrainedMember) -> RatingTable:
    return member.dataset.metadata


def _train_counts(member: TrainedMember) -> tuple[Int[np.ndarray, " users"], Int[np.ndarray, " items"]]:
    """Number of training ratings per user and per item."""
    rated, train = _table(member).rated, np.asarray(member.splits["train"].inputs)
    users = np.bincount(rated.user[train], minlength=len(rated.users))
    return users, np.bincount(rated.item[train], minlength=len(rated.items))


def _rows(member: TrainedMember, items: np.ndarray, columns: dict[str, np.ndarray]) -> pd.DataFrame:
    """The table of an `ItemList`, with a value of each of `columns` per item."""
    table, (_, trained) = _table(member), _train_counts(member)
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
    return np.clip(values, _table(member).low, _table(member).high)


def _split(member: TrainedMember, user: int, item: int) -> str:
    """The split of a rating of the data; "given" for a rating of a new user."""
    rated = _table(member).rated
    index = np.flatnonzero((rated.user == user) & (rated.item == item))
    splits = [name for name, part in member.splits.items() if np.isin(index, np.asarray(part.inputs)).any()]
    return splits[0] if splits else "given"


def _note_unseen(member: TrainedMember, items: Sequence[int]) -> None:
    """Log the items without training ratings."""
    trained = _train_counts(member)[1]
    for item in items:
        if not trained[item]:
            title = _table(member).titles[item]
            log.warning("%s has no training rating: the model has learned nothing of it from ratings", title)
