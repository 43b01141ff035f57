"""Variants of a config, declared as changes of it."""

from collections.abc import Callable, Mapping
from copy import deepcopy

from ml_collections import ConfigDict

GetConfig = Callable[..., ConfigDict]


def with_variants(config: Mapping[str, object], **variants: Mapping[str, object]) -> GetConfig:
    """The `get_config` of a config file: `config` itself, and each variant by name.

    Args:
      config: nested, {"task": "spirals", "data": {"points": 200}, …}. It is the variant "full".
      variants: changes by name: {"data.points": 20} sets one key, {"data": {…}} replaces a section.

    Returns:
      variant -> ConfigDict, whose attribute `variants` holds the names of all. It raises a ValueError for another name.
    """
    known = {"full": {}, **variants}

    def get_config(variant: str = "full") -> ConfigDict:
        if variant not in known:
            raise ValueError(f"no variant {variant!r}; there are {', '.join(known)}")
        return ConfigDict(changed(config, known[variant]))

    get_config.variants = tuple(known)  # pyright: ignore[reportFunctionMemberAccess]
    return get_config


def changed(config: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """A copy of a nested config with some keys set, {"data.points": 20}, or whole sections replaced, {"data": {…}}."""
    made: dict[str, object] = deepcopy(dict(config))
    for key, value in changes.items():
        section, _, name = key.rpartition(".")
        place = made.setdefault(section, {}) if section else made
        place[name] = deepcopy(value)  # pyright: ignore[reportIndexIssue]
    return made
