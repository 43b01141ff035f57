"""Names in files of users that are numbers: spreadsheets write the same number as 1, 1.0 or 1e0.

Labels, users and items whose names are equal numbers are therefore one.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

# No leading zeros: 007 and 7 may be two codes.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def as_number(name: str) -> Decimal | None:
    """The exact number that a name represents; None if it is no number."""
    return Decimal(name) if _NUMBER.fullmatch(name) else None


def identity(name: str) -> Decimal | str:
    """The number that a name represents, else the name itself: equal for two names of the same label, user or item."""
    number = as_number(name)
    return name if number is None else number


def representatives(names: Iterable[str]) -> dict[str, str]:
    """For each name the shortest of those that have the same identity."""
    shortest: dict[Decimal | str, str] = {}
    distinct = sorted(set(names), key=lambda name: (len(name), name))
    for name in distinct:
        shortest.setdefault(identity(name), name)
    return {name: shortest[identity(name)] for name in distinct}


def sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names, sorted numerically if all are numbers (leading zeros allowed), else alphabetically."""
    distinct = set(names)
    if all(_NUMBER.fullmatch(re.sub(r"^([+-]?)0+(?=\d)", r"\1", name)) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (Decimal(name), name)))
    return tuple(sorted(distinct))


def unify(labels: list[str], order: tuple[str, ...] = ()) -> list[str]:
    """The labels with one spelling per number: that of `order`, else the shortest."""
    spelling = {identity(name): name for name in order}
    shortest = representatives(labels)
    return [spelling.get(identity(name), shortest[name]) for name in labels]
