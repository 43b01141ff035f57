"""Names in files: labels, users, items. Spreadsheets write one number as 1, 1.0 or 1e0; it is one name."""

import re
from collections.abc import Iterable
from decimal import Decimal

# Without zeros in front: 007 and 7 may well be two codes.
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def number(name: str) -> Decimal | None:
    """The number that a name writes, exactly; None if it writes none."""
    return Decimal(name) if _NUMBER.fullmatch(name) else None


def identity(name: str) -> Decimal | str:
    """What two names share if they mean the same: equal numbers do, other names if they are spelt alike."""
    found = number(name)
    return name if found is None else found


def representatives(names: Iterable[str]) -> dict[str, str]:
    """For each of `names` the shortest of those that mean the same."""
    shortest: dict[Decimal | str, str] = {}
    distinct = sorted(set(names), key=lambda name: (len(name), name))
    for name in distinct:
        shortest.setdefault(identity(name), name)
    return {name: shortest[identity(name)] for name in distinct}


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Distinct names by number if all are numbers, 007 too, else by the alphabet."""
    distinct = set(names)
    if all(_NUMBER.fullmatch(re.sub(r"^([+-]?)0+(?=\d)", r"\1", name)) for name in distinct):
        return tuple(sorted(distinct, key=lambda name: (Decimal(name), name)))
    return tuple(sorted(distinct))
