"""Variants of a config, declared as changes to it."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from types import MappingProxyType

from ml_collections import ConfigDict

GetConfig = Callable[..., ConfigDict]

# The variant `own` of a classifier of texts: what a file of the user decides is left to `nlpfeat.tasks.fit`.
FITTED: Mapping[str, object] = MappingProxyType(
    {
        "fit_to_data": True,
        "data": {},
        "training": {},
        "settings": {},
        "sweep": {"width": (2, 8, 32), "seed": (0, 1, 2)},
    }
)


def with_variants(config: Mapping[str, object], **variants: Mapping[str, object]) -> GetConfig:
    """The function `get_config` of a config file.

    Args:
      config: nested, {"task": "spirals", "data": {"points": 200}, …}: the variant "full".
      variants: the changes of each other variant: {"data.points": 20} sets one key, {"data": {…}} replaces a section.

    Returns:
      A function from the name of a variant to a ConfigDict, which raises a ValueError for an unknown name. Its attribute
      `variants` lists the names.
    """
    known = {"full": {}, **variants}

    def get_config(variant: str = "full") -> ConfigDict:
        if variant not in known:
            raise ValueError(f"no variant {variant!r}; there are {', '.join(known)}")
        return ConfigDict(changed(config, known[variant]))

    get_config.variants = tuple(known)  # pyright: ignore[reportFunctionMemberAccess]
    return get_config


def changed(config: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """A copy of a nested config with keys set, {"data.points": 20}, or whole sections replaced, {"data": {…}}."""
    copy: dict[str, object] = deepcopy(dict(config))
    for key, value in changes.items():
        section, _, name = key.rpartition(".")
        target = copy.setdefault(section, {}) if section else copy
        target[name] = deepcopy(value)  # pyright: ignore[reportIndexIssue]
    return copy
