"""How good predictions of ratings and lists of recommendations are, beside plain baselines."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from nlpfeat.analysis.ratings import predict_ratings, rating_table
from nlpfeat.data.core import split_names
from nlpfeat.errors import UserError
from nlpfeat.study.restore import TrainedMember

RESAMPLES = 1000  # of users, for intervals
DAMPING_USERS, DAMPING_ITEMS, SWEEPS = 15.0, 10.0, 10  # of the baseline of biases, as in Surprise


@dataclass(frozen=True)
class RatingEvaluationOptions:
    """How recommendations are judged.

    Attributes:
      top_k: length of a list.
      relevant: the least rating of a relevant item; None for three quarters of the range, which are four stars of one to five.
      split: on which; empty for the last one.
    """

    top_k: int = 10
    relevant: float | None = None
    split: str = ""


class RatingEvaluation(NamedTuple):
    """A model and its baselines on one split.

    Attributes:
      table: a row per model: "model"; "rmse", "mae", "recall" and "ndcg", each with "_low" and "_high", the 95 % interval by
        resampling users. Recall and NDCG are those of the first `top_k` of all items that a user has not rated in the train split,
        averaged over users with a relevant item in the split; errors of a ranking without ratings are NaN.
      split: on which.
      users: with a relevant item.
      relevant: the least rating of a relevant item.
    """

    table: pd.DataFrame
    split: str
    users: int
    relevant: float


def evaluate_ratings(
    member: TrainedMember, options: RatingEvaluationOptions = RatingEvaluationOptions()
) -> RatingEvaluation:
    """The errors and the recommendations of a member, of the mean rating, of biases, and of the most rated items.

        nlpfeat.evaluate_ratings(nlpfeat.open_study("runs/ratings_bayes").restore(width=50, seed=0)).table

    Args:
      member: of a rating task.
      options: how recommendations are judged.

    Raises:
      UserError: if the study has no such split, or no user has a relevant item in it.
    """
    split = options.split or split_names(member.splits)[-1]
    if split not in member.splits or split == "train":
        raise UserError(
            f"split: {split!r} is no held-out split of the study; it has {', '.join(member.splits)}"
        )
    table = rating_table(member)
    low, high = table.low, table.high
    relevant = low + 0.75 * (high - low) if options.relevant is None else options.relevant
    train, held = (np.asarray(member.splits[name].inputs) for name in ("train", split))
    rated = table.rated
    sizes = len(rated.users), len(rated.items)
    mean = float(rated.stars[train].mean())
    user_bias, item_bias = _biases(rated.user[train], rated.item[train], rated.stars[train] - mean, sizes)
    counts = np.bincount(rated.item[train], minlength=sizes[1]).astype(float)
    every = np.arange(sizes[1], dtype=np.int32)

    def model(user: int) -> np.ndarray:
        return predict_ratings(member, np.full(sizes[1], user, np.int32), every)

    def biases(user: int) -> np.ndarray:
        return np.clip(mean + user_bias[user] + item_bias, low, high)

    models = {
        f"{member.task.name}, width {member.settings.width}": Scorer(
            np.clip(predict_ratings(member, rated.user[held], rated.item[held]), low, high), model
        ),
        "biases of users and items": Scorer(
            np.clip(mean + user_bias[rated.user[held]] + item_bias[rated.item[held]], low, high), biases
        ),
        "mean rating": Scorer(np.full(len(held), mean), lambda user: np.zeros(sizes[1])),
        "most rated": Scorer(None, lambda user: counts),
    }
    seen = _lists(rated.user[train], rated.item[train], sizes[0])
    good = rated.stars[held] >= relevant
    wanted = _lists(rated.user[held][good], rated.item[held][good], sizes[0])
    users = [user for user, items in wanted.items() if len(items)]
    if not users:
        raise UserError(f"relevant: no rating of the {split} split is {relevant:g} or more: lower it")
    rows = [
        _row(name, scorer, rated.user[held], rated.stars[held], users, seen, wanted, options.top_k)
        for name, scorer in models.items()
    ]
    return RatingEvaluation(pd.DataFrame(rows), split, len(users), relevant)


class Scorer(NamedTuple):
    """What a model says.

    Attributes:
      predicted: ratings (n,) of the split; None for a ranking without ratings.
      scores: user -> a score of each item (items,), the best highest; equal scores are in random order.
    """

    predicted: Float[np.ndarray, " n"] | None
    scores: Callable[[int], Float[np.ndarray, " items"]]


def _biases(
    user: Int[np.ndarray, " n"],
    item: Int[np.ndarray, " n"],
    rest: Float[np.ndarray, " n"],
    sizes: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:
    """Damped biases of users and of items, by alternating least squares."""
    users, items = np.zeros(sizes[0]), np.zeros(sizes[1])
    counts = [np.bincount(side, minlength=n) for side, n in zip((user, item), sizes, strict=True)]
    for _ in range(SWEEPS):
        items = np.bincount(item, rest - users[user], minlength=sizes[1]) / (DAMPING_ITEMS + counts[1])
        users = np.bincount(user, rest - items[item], minlength=sizes[0]) / (DAMPING_USERS + counts[0])
    return users, items


def _lists(user: Int[np.ndarray, " n"], item: Int[np.ndarray, " n"], users: int) -> dict[int, np.ndarray]:
    order = np.argsort(user, kind="stable")
    parts = np.split(item[order], np.cumsum(np.bincount(user, minlength=users))[:-1])
    return dict(enumerate(parts))


def _row(
    name: str,
    scorer: Scorer,
    user: np.ndarray,
    stars: np.ndarray,
    users: list[int],
    seen: dict[int, np.ndarray],
    wanted: dict[int, np.ndarray],
    top_k: int,
) -> dict[str, float | str]:
    row: dict[str, float | str] = {"model": name}
    absent = np.full(3, np.nan)
    if scorer.predicted is None:
        found = {"rmse": absent, "mae": absent}
    else:
        error = stars - scorer.predicted
        found = {
            "rmse": np.sqrt(_resampled(user, error**2)),
            "mae": _resampled(user, np.abs(error)),
        }
    ties = np.random.default_rng(0)
    quality = np.array([_quality(scorer.scores(one), seen[one], wanted[one], top_k, ties) for one in users])
    found |= {"recall": _resampled(np.arange(len(users)), quality[:, 0])}
    found |= {"ndcg": _resampled(np.arange(len(users)), quality[:, 1])}
    for measure, (low, middle, high) in found.items():
        row |= {measure: float(middle), f"{measure}_low": float(low), f"{measure}_high": float(high)}
    return row


def _quality(
    scores: np.ndarray, seen: np.ndarray, wanted: np.ndarray, top_k: int, ties: np.random.Generator
) -> tuple[float, float]:
    """Recall and NDCG of the first `top_k` items that are not `seen`."""
    open_items = np.setdiff1d(np.arange(len(scores)), np.setdiff1d(seen, wanted))
    best = open_items[np.lexsort((ties.random(len(open_items)), -scores[open_items]))[:top_k]]
    hits, gains = np.isin(best, wanted), 1 / np.log2(np.arange(2, len(best) + 2))
    return hits.sum() / len(wanted), float((gains * hits).sum() / gains[: len(wanted)].sum())


def _resampled(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The mean of values with its 95 % interval by resampling groups: (low, mean, high)."""
    groups, place = np.unique(group, return_inverse=True)
    sums, counts = np.bincount(place, values), np.bincount(place)
    chosen = np.random.default_rng(0).integers(len(groups), size=(RESAMPLES, len(groups)))
    low, high = np.quantile(sums[chosen].sum(1) / counts[chosen].sum(1), (0.025, 0.975))
    return np.array([low, values.mean(), high])
