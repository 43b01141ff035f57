"""The network of "A neural network in 11 lines of Python": sigmoid layers without biases, on four rows.

`iterate` is the essay's loop itself, in float64, with every intermediate named; `ElevenLines` is its two-layer form as
a model whose hidden width can be swept. Source: A. Trask, 2015.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.models.masking import uniform_per_unit, unit_mask

Matrix = Float[np.ndarray, "_ _"]  # inputs × outputs
Trace = dict[str, Float[np.ndarray, "..."]]


@dataclass(frozen=True)
class ElevenLinesSpec:
    """Nothing is left to choose: the width is a traced setting."""


class ElevenLines(nn.Module):
    """columns → H sigmoids → 1 sigmoid; weights start U(-1, 1)."""

    units: int

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The trace of a batch.

        Args:
          inputs: one array (n,) a column.
          settings: `width` is the member's number of hidden units.
          train: has no effect here.

        Returns:
          "features" (n, units); "output" (n, 1), before the sigmoid; "scores" (n, 2).
        """
        rows = jnp.stack(inputs, axis=1)
        first: Any = self.param("first", uniform_per_unit, (rows.shape[1], self.units), (1,))
        second: Any = self.param("second", uniform_per_unit, (self.units, 1), (0,))
        features = jax.nn.sigmoid(rows @ first) * unit_mask(self.units, settings.width)[None]
        output = features @ second
        return {
            "features": features,
            "output": output,
            "scores": jnp.concatenate([jnp.zeros_like(output), output], axis=1),
        }


def first_weights(seed: int, shapes: list[tuple[int, int]]) -> list[Matrix]:
    """The essay's draws, layer after layer: U(-1, 1) from NumPy's legacy generator."""
    generator = np.random.RandomState(seed)
    return [2 * generator.random_sample(shape) - 1 for shape in shapes]


def iterate(
    inputs: Float[np.ndarray, "n columns"],
    targets: Float[np.ndarray, " n"],
    weights: list[Matrix],
) -> Iterator[Trace]:
    """One trace an iteration, for ever: weights before, sums, sigmoids, errors, slopes, deltas, weights after.

    l = σ(l_before W), layer after layer; delta = error · l (1 - l); W += l_beforeᵀ delta. The error of the last layer is
    y - l, that of one before it delta · Wᵀ of the next. Names carry the number of their layer where there are several.

    Args:
      inputs: the first layer, l0.
      targets: y.
      weights: one matrix a layer; the last has one output.
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
            about = f"y - l{i + 1}" if i == len(weights) - 1 else f"delta{tag[i + 1]} W{tag[i + 1]}ᵀ"
            trace |= {about: error, f"l{i + 1}(1 - l{i + 1})": slope, f"delta{tag[i]}": delta}
            deltas.insert(0, delta)
            error = delta @ weights[i].T
        for i, delta in enumerate(deltas):
            weights[i] = weights[i] + values[i].T @ delta
            trace[f"W{tag[i]} after"] = weights[i].copy()
        yield trace
