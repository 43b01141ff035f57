"""Lists of items: each function gives rows, and a line that says what they are."""

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.rating_space import Ratings, factors, merit, who
from experiments.tables import print_columns
from nlpfeat.errors import UserError
from nlpfeat.factors.components import components as principal
from nlpfeat.factors.components import ends
from nlpfeat.sweeps import rate
from nlpfeat.sweeps.restore import Member
from nlpfeat.words.neighbours import cosine, nearest

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
    rows = [_row(ratings, items[i], {name: values[i]}) for i in chosen]
    return (
        rows,
        f"of the {len(items):,} most rated items those of {'highest' if end else 'lowest'} {name}, {who(member)}",
    )


def components(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """Both ends of the principal components."""
    items = ratings.most_rated(flags.most)
    found = principal(factors(ratings, member).items[items])
    rows = []
    for k, share in enumerate(found.share):
        for name, places in zip(("low", "high"), ends(found.scores[:, k], flags.count), strict=True):
            rows += [
                {"component": k + 1, "share": round(float(share), 4), "end": name}
                | _row(ratings, items[i], {"score": found.scores[i, k]})
                for i in places
            ]
    return rows, f"principal components of the factors of the {len(items):,} most rated items, {who(member)}"


def similar(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """The nearest items of one, among the most rated."""
    place, vectors = ratings.catalogue.place(flags.title), factors(ratings, member).items
    items = ratings.most_rated(flags.most)
    alike = cosine(vectors[items], vectors[place])
    rows = [
        _row(ratings, items[i], {"cosine": alike[i]})
        for i in nearest(alike, flags.count, leave_out=tuple(np.flatnonzero(items == place).tolist()))
    ]
    return rows, f"nearest to {ratings.title(place)} of the {len(items):,} most rated items, {who(member)}"


def predict(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """One prediction."""
    member, user, rated = whom(ratings, member, flags)
    place = ratings.catalogue.place(flags.item)
    value = rate.predict(member, np.array([user], np.int32), np.array([place], np.int32))[0]
    row = _row(ratings, place, {"predicted": value})
    if place in rated:
        row["rated"] = rated[place]
    elif not _seen(ratings, member)[place]:
        row["note"] = "in no training rating: what is known of it is its prior"
    return [row], f"for {_name(flags)}, {who(member)}"


def recommend(ratings: Ratings, member: Member, flags: Any) -> tuple[Rows, str]:
    """What someone has not rated, best first."""
    member, user, rated = whom(ratings, member, flags)
    items = ratings.most_rated(flags.most)
    items = items[~np.isin(items, list(rated))]
    if not len(items):
        raise UserError(f"{_name(flags)} rated each of the {flags.most:,} most rated items: raise --most")
    values = rate.predict(member, np.full(len(items), user, np.int32), items.astype(np.int32))
    rows = [_row(ratings, items[i], {"predicted": values[i]}) for i in ends(values, flags.count)[1]]
    return (
        rows,
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
        return member, place, dict(zip(rated.item[mine].tolist(), rated.stars[mine].tolist(), strict=True))
    given = {}
    for text in flags.rating:
        title, _, stars = text.rpartition("=")
        try:
            value = float(stars)
        except ValueError:
            value = float("nan")
        low, high = ratings.table.low, ratings.table.high
        if not title or not low <= value <= high:
            raise UserError(f'--rating {text!r}: write "Toy Story=4", from {low:g} to {high:g} stars')
        given[ratings.catalogue.place(title)] = value
    items = np.array(list(given), np.int32)
    fresh = rate.fold_in(ratings.study.spec.row, member, items, np.array(list(given.values()), np.float32))
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


def _row(ratings: Ratings, item: Any, values: dict[str, Any]) -> dict[str, Any]:
    rated = ratings.table.rated
    mine = rated.stars[rated.item == item]
    return {
        "title": ratings.title(int(item)),
        "item": rated.items[int(item)],
        **{name: round(float(value), 4) for name, value in values.items()},
        "ratings": len(mine),
        "mean": round(float(mine.mean()), 3),
    }


def _seen(ratings: Ratings, member: Member) -> np.ndarray:
    """Which items are in the training part."""
    rated = ratings.table.rated
    train = np.asarray(member.splits["train"].inputs)
    return np.bincount(rated.item[train], minlength=len(rated.items)) > 0


def _name(flags: Any) -> str:
    return f"user {flags.user}" if flags.user else "someone new"
