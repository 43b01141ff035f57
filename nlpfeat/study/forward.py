"""What a network computes for examples of its data, a batch at a time."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, PyTree

from nlpfeat.data.core import Examples, Params, count
from nlpfeat.errors import UserError
from nlpfeat.study.restore import TrainedMember
from nlpfeat.tasks.registry import require_view
from nlpfeat.training.step import Data, Program

Tree = TypeVar("Tree")


def batched(function: Callable[[np.ndarray], Tree], count: int, size: int) -> Tree:
    """The results of `function` for 0 … count − 1: arrays (count, …) on the host.

    Args:
      function: indices int (size,) -> a pytree of arrays (size, …). The last batch repeats some of its indices, so that
        a program compiled for one size serves all.
      count: how many, at least 1.
      size: how many at a time.
    """
    found = []
    for start in range(0, count, size):
        kept = min(size, count - start)
        given = function(start + np.arange(size) % kept)
        found.append(jax.tree.map(lambda leaf, kept=kept: np.asarray(leaf)[:kept], given))
    return jax.tree.map(lambda *parts: np.concatenate(parts), *found)


def forward(
    program: Program, params: Params, data: Data, split: str, index: np.ndarray, names: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Outputs of the network for some examples of a split: an array (n, …) for each of `names` that it has.

    Args:
      data: of the member.
      index: int (n,), which examples.
    """
    arrays = jax.device_put(data.arrays)

    def outputs(batch: np.ndarray) -> dict[str, PyTree]:
        one = Data(data.settings, arrays, {})
        return _outputs(program, names, params, one, data.splits[split], index[batch])

    return batched(outputs, len(index), min(program.task.evaluation.batch_size, len(index)))


def hidden_activations(
    member: TrainedMember, layers: int, sample: int, on: TrainedMember | None = None
) -> list[Float[np.ndarray, "n units"]]:
    """The activations of the hidden layers of a member on training examples, the last layer last.

    Args:
      member: the network.
      layers: how many hidden layers it has.
      sample: at most so many examples; those of texts have several rows each.
      on: whose training examples; the member's own if None.

    Raises:
      UserError: if its network does not give them.
    """
    data = (on or member).data._replace(settings=member.settings)
    index = np.arange(min(count(data.splits["train"]), sample))
    last = require_view(member.task, "units").output(member.factory.spec.model)
    names = (*(f"hidden_{number}" for number in range(1, layers)), last)
    outputs = forward(member.program, member.params, data, "train", index, names)
    if set(outputs) < set(names) and member.task.views.plane is not None:
        return _folded(member, np.stack(data.splits["train"].inputs, axis=1)[index], layers)
    found = [outputs[name].reshape(-1, outputs[name].shape[-1]) for name in names if name in outputs]
    width = int(member.settings.width)
    if len(found) < layers or any(values.shape[1] != width for values in found):
        raise UserError(
            f"{member.task.name} does not give the activations of its swept units with this model"
        )
    return found


def _folded(
    member: TrainedMember, points: Float[np.ndarray, "n d"], layers: int
) -> list[Float[np.ndarray, "n units"]]:
    """The activations of the first layers of a piecewise-linear network."""
    found = []
    for weight, bias, slope in member.layers[:layers]:
        sums = points @ np.asarray(weight).T + np.asarray(bias)[None]
        points = np.where(sums >= 0, sums, slope * sums)
        found.append(points)
    return found


@partial(jax.jit, static_argnums=(0, 1))
def _outputs(
    program: Program,
    names: tuple[str, ...],
    params: Params,
    data: Data,
    examples: Examples,
    index: jax.Array | np.ndarray,
) -> dict[str, PyTree]:
    batch = program.task.data.batch(data.arrays, examples, jnp.asarray(index))
    outputs: PyTree = program.module.apply({"params": params}, batch.inputs, data.settings)
    return {name: outputs[name] for name in names if name in outputs}
