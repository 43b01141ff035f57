"""Asking a net for many answers, a piece at a time."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np


def in_pieces(ask: Callable[[np.ndarray], Any], count: int, size: int) -> Any:
    """What `ask` gives for 0 … count − 1: arrays (count, …) on the host.

    Args:
      ask: from which are asked, int (size,), to a tree of arrays (size, …). The last piece repeats some of its own, so that
        a program compiled for one size serves all.
      count: how many, at least 1.
      size: how many at a time.
    """
    found = []
    for start in range(0, count, size):
        kept = min(size, count - start)
        given = ask(start + np.arange(size) % kept)
        found.append(jax.tree.map(lambda leaf, kept=kept: np.asarray(leaf)[:kept], given))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)
