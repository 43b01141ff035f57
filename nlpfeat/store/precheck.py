"""Checks of a study's folder without slow imports: mistakes are reported before JAX is imported, seconds earlier."""

import csv
from collections.abc import Iterable
from math import prod
from pathlib import Path
from typing import Any

from nlpfeat.config import limits
from nlpfeat.config.choices import value_text
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.store.json_files import DIGEST, is_intact, parse_json

FORMAT = 6  # of a study's files; 6 added the best constant prediction and the sizes of splits
LARGE = 16e6  # bytes of member tables that are not read at a glance


def require_study(path: Path) -> dict[str, Any]:
    """The stored config of the study at `path`: task, sections, settings, grid, numerics, hash of the data.

    Raises:
      UserError: if there is no study, or one of another format; DamagedFile if its config is damaged.
    """
    config = path / "config.json"
    if not config.is_file():
        lacks = f"{config} is no regular file" if config.exists() else "it has no config.json"
        raise UserError(f"{path} is not a study: {lacks}; a sweep makes one, see nlpfeat sweep --help")
    damaged = DamagedFile(
        f"{config} is damaged",
        f"run the sweep that made the study again, with the same config and --study={path}; it writes that file anew",
    )
    try:
        stored = parse_json(config)
    except DamagedFile:
        raise damaged from None
    sealed = DIGEST in stored
    intact, written = is_intact(stored), stored.pop("format", 1)
    if written != FORMAT:
        doubt = ", or this file is damaged, as its digest does not fit" if sealed and not intact else ""
        raise UserError(
            f"{path} is a study of format {written!s:.20}{doubt}, and this nlpfeat reads format {FORMAT}: open it with the version that "
            "wrote it, or sweep into another folder"
        )
    if not intact:
        raise damaged
    members = _grid_size(stored.get("sweep"))
    if members > limits.MEMBERS:
        raise UserError(
            f"{config} has a grid of {members:,} members, more than nlpfeat plans ({limits.MEMBERS:,})"
        )
    return stored


def _grid_size(axes: object) -> int:
    """The number of members of a stored grid, whatever a stranger has stored."""
    if not isinstance(axes, dict):
        return 0
    groups = axes.get("zip", [])
    walked = (
        [name for group in groups if isinstance(group, list) for name in group[1:]]
        if isinstance(groups, list)
        else []
    )
    return prod(
        len(values)
        for name, values in axes.items()
        if isinstance(values, list) and name != "zip" and name not in walked
    )


def read_members(path: Path) -> list[dict[str, float]]:
    """The settings of all members ever planned in the study at `path`; empty where the tables are damaged, missing or large."""
    tables = sorted((path / "members").glob("[!.]*.csv"))
    found = []
    try:
        if sum(table.stat().st_size for table in tables) > LARGE or not all(
            table.is_file() and not table.is_symlink() for table in tables
        ):
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
    beside = " and ".join(f"{other} {value_text(other, number)}" for other, number in others.items())
    listed = ", ".join(value_text(name, number) for number in sorted(values))
    return UserError(
        f"{path} has no member with {name} {value_text(name, value)}{' and ' + beside if beside else ''}; {name} is one of {listed}"
    )


def setting_names(path: Path) -> list[str]:
    """The names of the traced settings of the study at `path`.

    Raises:
      UserError: as `require_study`.
    """
    return list(require_study(path).get("settings", ()))
