"""The network of "A neural network in 11 lines of Python": sigmoid layers without biases, on four examples.

`iterate` is the loop of the essay in float64, with all intermediate values by name. `ElevenLines` is its network of two layers, as
a module with a hidden width that can be swept. Source: A. Trask, 2015.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.models.masking import uniform_per_unit, unit_mask
from nlpfeat.models.roles import with_role

Matrix: TypeAlias = Float[np.ndarray, "_ _"]  # inputs × outputs
Trace: TypeAlias = dict[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class ElevenLinesSpec:
    """No static settings: the width is a traced one."""


class ElevenLines(nn.Module):
    """Columns → H sigmoids → 1 sigmoid. Weights start U(-1, 1)."""

    units: int

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The outputs for a batch.

        Args:
          inputs: one array (n,) per column.
          settings: `width` is the member's number of hidden units.
          train: has no effect here.

        Returns:
          "features" (n, units); "output" (n, 1), before the sigmoid; "scores" (n, 2).
        """
        rows = jnp.stack(inputs, axis=1)
        draw_first = with_role(uniform_per_unit, fan_in=False, fan_out=True)
        draw_second = with_role(uniform_per_unit, fan_in=True, fan_out=False)
        first = jnp.asarray(self.param("first", draw_first, (rows.shape[1], self.units), (1,)))
        second = jnp.asarray(self.param("second", draw_second, (self.units, 1), (0,)))
        features = jax.nn.sigmoid(rows @ first) * unit_mask(self.units, settings.width)[None]
        output = features @ second
        return {
            "features": features,
            "output": output,
            "scores": jnp.concatenate([jnp.zeros_like(output), output], axis=1),
        }


def first_weights(seed: int, shapes: list[tuple[int, int]]) -> list[Matrix]:
    """The initial weights of the essay, layer by layer: U(-1, 1) from NumPy's legacy generator.

    Args:
      shapes: (inputs, outputs) of each layer.
    """
    generator = np.random.RandomState(seed)
    return [2 * generator.random_sample(shape) - 1 for shape in shapes]


def iterate(
    inputs: Float[np.ndarray, "n columns"],
    targets: Float[np.ndarray, " n"],
    weights: list[Matrix],
) -> Iterator[Trace]:
    """The intermediate values of each iteration, without end: weights, products, sigmoids, errors, slopes, deltas, new weights.

    Forward, l = σ(l_before W) for each layer; backward, delta = error · l (1 - l) and W += l_beforeᵀ delta. The error of the last
    layer is y - l; that of an earlier layer is delta · Wᵀ of the layer after it. If there are several layers, the names of the
    values contain the number of their layer.

    Args:
      inputs: the first layer, l0.
      targets: y.
      weights: one matrix per layer; the last has one output.
    """
    weights = [w.copy() for w in weights]
    while True:
        trace, values = {}, [inputs]
        tag = [f"{i + 1}" if len(weights) > 1 else "" for i in range(len(weights))]
        for i, weight in enumerate(weights):
            total = values[-1] @ weight
            values.append(1 / (1 + np.exp(-total)))
            trace[f"W{tag[i]} before"] = weight.copy()
            trace[f"l{i} W{tag[i]}"] = total
            trace[f"l{i + 1} = σ(l{i} W{tag[i]})"] = values[-1]
        error = targets[:, None] - values[-1]
        deltas: list[np.ndarray] = []
        for i in reversed(range(len(weights))):
            slope = values[i + 1] * (1 - values[i + 1])
            delta = error * slope
            formula = f"y - l{i + 1}" if i == len(weights) - 1 else f"delta{tag[i + 1]} W{tag[i + 1]}ᵀ"
            trace |= {formula: error, f"l{i + 1}(1 - l{i + 1})": slope, f"delta{tag[i]}": delta}
            deltas.insert(0, delta)
            error = delta @ weights[i].T
        for i, delta in enumerate(deltas):
            weights[i] = weights[i] + values[i].T @ delta
            trace[f"W{tag[i]} after"] = weights[i].copy()
        yield trace
