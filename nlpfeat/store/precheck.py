"""Checks of a study's folder without slow imports: mistakes are reported before JAX is imported, seconds earlier."""

import csv
from collections.abc import Iterable
from pathlib import Path

from nlpfeat.errors import UserError
from nlpfeat.store.json_files import parse_json

LARGE = 16e6  # bytes of member tables that are not read at a glance


def require_study(path: Path) -> None:
    """Check that there is a study at `path`.

    Raises:
      UserError: if not.
    """
    config = path / "config.json"
    if not config.is_file():
        lacks = f"{config} is no regular file" if config.exists() else "it has no config.json"
        raise UserError(f"{path} is not a study: {lacks}; a sweep makes one, see nlpfeat sweep --help")


def read_members(path: Path) -> list[dict[str, float]]:
    """The settings of all members ever planned in the study at `path`; empty where the tables are damaged, missing or large."""
    tables = sorted((path / "members").glob("[!.]*.csv"))
    found = []
    try:
        if sum(table.stat().st_size for table in tables) > LARGE or not all(map(Path.is_file, tables)):
            return []
        for table in tables:
            with table.open(newline="", encoding="utf-8") as file:
                rows = csv.DictReader(file)
                found += [{name: float(value) for name, value in row.items() if name != "id"} for row in rows]
    except (OSError, TypeError, ValueError, csv.Error):
        return []
    return found


def require_members(path: Path, members: list[dict[str, float]], wanted: dict[str, list[float]]) -> None:
    """Check that the study has a member for each value of each setting in `wanted`, beside the settings before it.

    Args:
      members: from `read_members`; empty: nothing is checked.
      wanted: setting -> values.


    Raises:
      UserError: from `missing_member`.
    """
    chosen = members
    for name, values in wanted.items():
        known = {member[name] for member in chosen if name in member}
        for value in values:
            if known and value not in known:
                before = {
                    other: kept[0] for other, kept in wanted.items() if other != name and len(kept) == 1
                }
                raise missing_member(path, name, value, before, known)
        chosen = [member for member in chosen if member.get(name) in values]


def missing_member(
    path: Path, name: str, value: float, others: dict[str, float], values: Iterable[float]
) -> UserError:
    """The error that a study has no member with a value of a setting.

    Args:
      name, value: the setting.
      others: settings that were chosen beside it.
      values: those that the setting has.
    """
    beside = " and ".join(f"{other} {number:g}" for other, number in others.items())
    listed = ", ".join(f"{number:g}" for number in sorted(values))
    return UserError(
        f"{path} has no member with {name} {value:g}{' and ' + beside if beside else ''}; {name} is one of {listed}"
    )


def setting_names(path: Path) -> list[str]:
    """The names of the traced settings of the study at `path`, from its config; empty if that cannot be read."""
    try:
        return list(parse_json(path / "config.json")["settings"])
    except (OSError, UserError, KeyError, TypeError):
        return []
