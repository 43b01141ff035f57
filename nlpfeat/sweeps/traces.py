"""What a net gives for examples of its data, a piece at a time."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from nlpfeat.data.examples import Examples
from nlpfeat.sweeps.pieces import in_pieces
from nlpfeat.training.task import Task


def traces(
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

    return in_pieces(ask, len(index), min(task.piece, len(index)))


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
