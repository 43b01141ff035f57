"""2 → H → d → K: move the points with one hidden layer until lines can part them.

Source: A. Canziani, Deep Learning (NYU), "spiral classification" and the lecture on features f(x).
"""

from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from nlpfeat.models.width import Affine, unit_mask
from nlpfeat.settings import Count, Settings


@dataclass(frozen=True)
class UnwarperSpec:
    """`embedding` (d): the dimension of the linear layer in which the unwarped points are drawn."""

    embedding: Count = 2


def layers(params: Any, settings: Settings) -> list[tuple[Any, Any, float]]:
    """The net as plain layers (weight (out, in), bias (out,), slope left of zero): ReLU, then linear twice."""
    slopes = {"hidden": 0.0, "embedding": 1.0, "classes": 1.0}
    return [(params[name]["weight"], params[name]["bias"], slope) for name, slope in slopes.items()]


class Unwarper(nn.Module):
    """The net of the lecture: affine, positive part, affine (the embedding), affine (the class vectors)."""

    units: int
    classes: int
    embedding: int = 2

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: Settings, *, train: bool = False
    ) -> dict[str, Array]:
        """The trace of a batch of points.

        Args:
          inputs: one array (n,) per coordinate.
          settings: `width` is the member's number of hidden units, at most `units`.
          train: has no effect here.

        Returns:
          "features" (n, units), "embedding" (n, embedding), "scores" (n, classes). They are transposed views:
          the arithmetic runs features × points.
        """
        points = jnp.stack(inputs)
        width = settings.width
        hidden = Affine(self.units, unit_axes=(0,), name="hidden")(points, len(inputs))
        features = jax.nn.relu(hidden) * unit_mask(self.units, width)[:, None]
        embedding = Affine(self.embedding, unit_axes=(1,), name="embedding")(features, width)
        scores = Affine(self.classes, name="classes")(embedding, self.embedding)
        return {"features": features.T, "embedding": embedding.T, "scores": scores.T}
