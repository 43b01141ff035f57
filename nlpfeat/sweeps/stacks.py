"""Members side by side: pytrees with a leading axis of members."""

from typing import Any

import jax
import numpy as np
import pandas as pd


def stack_settings(settings: Any, members: pd.DataFrame) -> Any:
    """The settings of members as one NamedTuple of int32 and float32 arrays (members,)."""
    kinds = {int: np.int32, float: np.float32}
    columns = {
        name: members[name].to_numpy().astype(kinds[type(value)])
        for name, value in settings._asdict().items()
    }
    return type(settings)(**columns)


def at(tree: Any, place: int) -> Any:
    """One member of a pytree with a leading axis of members."""
    return jax.tree.map(lambda leaf: leaf[place], tree)


def stack(trees: list[Any]) -> Any:
    """Members side by side: the inverse of `at`."""
    return jax.tree.map(lambda *leaves: np.stack(leaves), *trees)
