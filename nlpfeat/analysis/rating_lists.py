"""Lists of items: each function gives rows, and a line that says what they are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from nlpfeat.analysis.ratings import fold_in_user, predict_ratings
from nlpfeat.cli.tables import print_columns, warn
from nlpfeat.embeddings.components import components as principal
from nlpfeat.embeddings.components import ends
from nlpfeat.embeddings.neighbours import cosine, nearest
from nlpfeat.errors import UserError
from nlpfeat.study.ratings import Ratings, factors, merit, who
from nlpfeat.study.restore import Member

Rows = list[dict[str, Any]]


def top(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """The items of the highest bias."""
    return _by_merit(ratings, member, flags, 1)


def bottom(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """Those of the lowest."""
    return _by_merit(ratings, member, flags, 0)


def _by_merit(ratings: Ratings, member: Member, flags: Any, end: int) -> tuple[Rows, str]:
    items = ratings.most_rated(flags.most)
    name, values = merit(ratings, member, items)
    chosen = ends(values, flags.count)[end]
    return (
        _rows(ratings, member, items[chosen], {name: values[chosen]}),
        f"of the {len(items):,} most rated items those of {'highest' if end else 'lowest'} {name}, {who(member)}",
    )


def components(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """Both ends of the principal components."""
    items = ratings.most_rated(flags.most)
    if len(items) < 3:
        raise UserError(f"components need three items, and there are {len(items)}: raise --most")
    found = principal(factors(ratings, member).items[items])
    rows = []
    for k, share in enumerate(found.share):
        for name, places in zip(("low", "high"), ends(found.scores[:, k], flags.count), strict=True):
            told = _rows(ratings, member, items[places], {"score": found.scores[places, k]})
            rows += [{"component": k + 1, "share": round(float(share), 4), "end": name} | row for row in told]
    return rows, f"principal components of the factors of the {len(items):,} most rated items, {who(member)}"


def similar(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """The nearest items of one, among the most rated."""
    place, vectors = ratings.catalogue.place(flags.title), factors(ratings, member).items
    _warn_of_cold(ratings, member, [place])
    items = ratings.most_rated(flags.most)
    alike = cosine(vectors[items], vectors[place])
    near = nearest(alike, flags.count, leave_out=tuple(np.flatnonzero(items == place).tolist()))
    return (
        _rows(ratings, member, items[near], {"cosine": alike[near]}),
        f"nearest to {ratings.title(place)} of the {len(items):,} most rated items, {who(member)}",
    )


def predict(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """One prediction, within the range of ratings."""
    member, user, rated = whom(ratings, member, flags)
    place = ratings.catalogue.place(flags.item)
    _warn_of_cold(ratings, member, [place])
    value = predict_ratings(member, np.array([user], np.int32), np.array([place], np.int32))
    (row,) = _rows(ratings, member, np.array([place]), {"predicted": _within(ratings, value)})
    if place in rated:
        row["rated"] = rated[place]
        row["part"] = _part(ratings, member, user, place)
    return [row], f"for {_name(flags)}, {who(member)}"


def recommend(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """What someone has not rated, best first."""
    member, user, rated = whom(ratings, member, flags)
    items = ratings.most_rated(flags.most)
    items = items[~np.isin(items, list(rated))]
    if not len(items):
        raise UserError(f"{_name(flags)} rated each of the {flags.most:,} most rated items: raise --most")
    values = predict_ratings(member, np.full(len(items), user, np.int32), items.astype(np.int32))
    best = ends(values, flags.count)[1]
    return (
        _rows(ratings, member, items[best], {"predicted": _within(ratings, values[best])}),
        f"for {_name(flags)}, who rated {len(rated)}: of the most rated items the others, {who(member)}",
    )


LISTS: dict[str, Callable[[Ratings, Member, Any], tuple[Rows, str]]] = {
    "top": top,
    "bottom": bottom,
    "components": components,
    "similar": similar,
    "predict": predict,
    "recommend": recommend,
}


def whom(ratings: Ratings, member: Member, flags: Any) -> tuple[Member, int, dict[int, float]]:
    """The member that knows the user asked for, the user's place, and what the user rated."""
    rated = ratings.table.rated
    if flags.user:
        place = ratings.user(flags.user)
        mine = rated.user == place
        if not ratings.trained(member)[0][place]:
            warn(f"no rating of user {flags.user} is in the training part: nothing was learned of them")
        return member, place, dict(zip(rated.item[mine].tolist(), rated.stars[mine].tolist(), strict=True))
    given: dict[int, float] = {}
    for text in flags.rating:
        title, _, stars = text.rpartition("=")
        try:
            value = float(stars)
        except ValueError:
            value = float("nan")
        low, high = ratings.table.low, ratings.table.high
        if not title or not low <= value <= high:
            raise UserError(f'--rating {text!r}: write "Toy Story=4", from {low:g} to {high:g} stars')
        place = ratings.catalogue.place(title)
        if place in given:
            raise UserError(f"--rating {text!r}: {ratings.title(place)} is rated twice; rate it once")
        given[place] = value
    _warn_of_cold(ratings, member, list(given))
    items = np.array(list(given), np.int32)
    fresh = fold_in_user(ratings.study.spec.task, member, items, np.array(list(given.values()), np.float32))
    return fresh, len(rated.users), given


def print_rows(rows: Rows, note: str) -> None:
    """Rows for people."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {
        name: [
            f"{row[name]:.3f}" if isinstance(row.get(name), float) else str(row.get(name, "")) for row in rows
        ]
        for name in names
    }
    print_columns(columns, note)


def _rows(ratings: Ratings, member: Member, items: np.ndarray, told: dict[str, np.ndarray]) -> Rows:
    """What is known of items, and numbers of each of them."""
    counts, means, (_, trained) = ratings.counts, ratings.means, ratings.trained(member)
    return [
        {
            "title": ratings.title(item),
            "item": ratings.table.rated.items[item],
            **{name: round(float(values[i]), 4) for name, values in told.items()},
            "ratings": int(counts[item]),
            "trained": int(trained[item]),
            "mean": round(float(means[item]), 3),
        }
        for i, item in enumerate(items.tolist())
    ]


def _within(ratings: Ratings, values: np.ndarray) -> np.ndarray:
    """Predictions cut to the range of ratings: nets go beyond it."""
    return np.clip(values, ratings.table.low, ratings.table.high)


def _part(ratings: Ratings, member: Member, user: int, item: int) -> str:
    """In which part of the data a known rating of a member is; that of someone new is in none."""
    rated = ratings.table.rated
    places = np.flatnonzero((rated.user == user) & (rated.item == item))
    parts = [name for name, part in member.splits.items() if np.isin(places, np.asarray(part.inputs)).any()]
    return parts[0] if parts else "given"


def _warn_of_cold(ratings: Ratings, member: Member, items: list[int]) -> None:
    _, trained = ratings.trained(member)
    for item in items:
        if not trained[item]:
            warn(f"{ratings.title(item)} has no training rating: nothing was learned of it from ratings")


def _name(flags: Any) -> str:
    return f"user {flags.user}" if flags.user else "someone new"
