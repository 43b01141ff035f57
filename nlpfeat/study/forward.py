"""Asking a net for many answers, a piece at a time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.core import Examples
from nlpfeat.training.task import Task


def batched(ask: Callable[[np.ndarray], Any], count: int, size: int) -> Any:
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


def forward(
    task: Task,
    module: Any,
    params: Any,
    settings: Any,
    arrays: Any,
    examples: Examples,
    index: np.ndarray,
    names: tuple[str, ...],
) -> dict[str, np.ndarray]:
    """Parts of the trace of the examples at `index` (n,): an array (n, …) for each of `names` that the net has.

    Args:
      arrays: of the task's source.
    """
    arrays = jax.device_put(arrays)

    def ask(piece: np.ndarray) -> Any:
        return _trace(task, module, names, params, settings, arrays, examples, index[piece])

    return batched(ask, len(index), min(task.piece, len(index)))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _trace(
    task: Task,
    module: Any,
    names: tuple[str, ...],
    params: Any,
    settings: Any,
    arrays: Any,
    examples: Examples,
    index: Any,
) -> dict[str, Any]:
    batch = task.batch(arrays, examples, jnp.asarray(index))
    trace = module.apply({"params": params}, batch.inputs, settings)
    return {name: trace[name] for name in names if name in trace}


# MERGED: """What a net gives for examples of its data, a piece at a time."""
