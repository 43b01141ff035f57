"""Networks that map points of the plane to an embedding in which lines separate the classes.

`Unwarper` is 2 → H → d → K, with one hidden layer. `DeepUnwarper` is 2 → w → … → w → d → K, with layers narrow enough to draw. Source:
A. Canziani, Deep Learning (NYU), "spiral classification" and the lecture on features f(x); the deep network is the lecture's
2→2→2→2→2→(2)→3 with leaky ReLU.
"""

from dataclasses import dataclass
from typing import Annotated

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import scipy  # whose submodules load when they are used
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import Count, Range, Settings
from nlpfeat.data.core import Params
from nlpfeat.models.layers import PlainLayer
from nlpfeat.models.masking import Affine, unit_mask
from nlpfeat.models.mlp import hidden_layers, hidden_stack


@dataclass(frozen=True)
class UnwarperSpec:
    """`embedding` (d): dimension of the linear layer in which the transformed points are drawn."""

    embedding: Count = 2


def layers(module: nn.Module, params: Params, settings: Settings) -> list[PlainLayer]:
    """The layers of an `Unwarper`: one with ReLU, then two linear ones."""
    slopes = {"hidden": 0.0, "embedding": 1.0, "classes": 1.0}
    return [(params[name]["weight"], params[name]["bias"], slope) for name, slope in slopes.items()]


def turned_like(first: Params, second: Params) -> Params:
    """The second network with its embedding turned, or mirrored, so that its class vectors lie nearest to the first network's.

    The embedding is linear, so that the class vectors turned as much give the same scores (orthogonal Procrustes problem).
    """
    vectors = np.asarray(second["classes"]["weight"], np.float64)
    turn, _ = scipy.linalg.orthogonal_procrustes(vectors, np.asarray(first["classes"]["weight"], np.float64))
    embedding = {name: (turn.T @ leaf).astype(np.float32) for name, leaf in second["embedding"].items()}
    classes = {**second["classes"], "weight": (vectors @ turn).astype(np.float32)}
    return {**second, "embedding": embedding, "classes": classes}


class Unwarper(nn.Module):
    """The network of the lecture: affine, ReLU, affine (the embedding), affine (the class vectors)."""

    units: int
    classes: int
    embedding: int = 2

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: Settings, *, train: bool = False
    ) -> dict[str, Array]:
        """The outputs for a batch of points.

        Args:
          inputs: one array (n,) per coordinate.
          settings: `width` is the member's number of hidden units, at most `units`.
          train: has no effect here.

        Returns:
          "features" (n, units), "embedding" (n, embedding), "scores" (n, classes): transposed, as the computation has the
          layout features × points.
        """
        points = jnp.stack(inputs)
        width = settings.width
        hidden = Affine(self.units, unit_axes=(0,), name="hidden")(points, len(inputs))
        features = jax.nn.relu(hidden) * unit_mask(self.units, width)[:, None]
        embedding = Affine(self.embedding, unit_axes=(1,), name="embedding")(features, width)
        scores = Affine(self.classes, name="classes")(embedding, self.embedding)
        return {"features": features.T, "embedding": embedding.T, "scores": scores.T}


@dataclass(frozen=True)
class DeepUnwarperSpec:
    """`layers`: the largest depth of a member. `embedding` (d): dimension of the linear layer."""

    layers: Annotated[int, Range(2)] = 5
    embedding: Count = 2


def deep_layers(module: nn.Module, params: Params, settings: PyTree) -> list[PlainLayer]:
    """The layers of a `DeepUnwarper`, up to the depth of the member."""
    hidden = hidden_layers(params, int(settings.depth) - 1, float(settings.negative_slope))
    linear = [(params[name]["weight"], params[name]["bias"], 1.0) for name in ("embedding", "classes")]
    return [*hidden, *linear]


class DeepUnwarper(nn.Module):
    """`depth` - 1 layers of `width` units with leaky ReLU, then the linear embedding, then the class vectors.

    Depth, negative slope and width are traced. Members of every depth up to `layers` share a program, in which the layers beyond
    the depth of a member are the identity.
    """

    units: int
    classes: int
    layers: int
    embedding: int = 2

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The outputs for a batch of points.

        Args:
          inputs: one array (n,) per coordinate.
          settings: `width`, the units per layer, at most `units`; `depth`, the number of layers up to the embedding, from 2 to
            `layers`; `negative_slope` of the activation.
          train: has no effect here.

        Returns:
          "features" (n, units) of the last hidden layer, "embedding" (n, embedding), "scores" (n, classes).
        """
        width = settings.width
        features = hidden_stack(
            jnp.stack(inputs), self.units, self.layers - 1, width, settings.depth - 1, settings.negative_slope
        )[-1]
        embedding = Affine(self.embedding, unit_axes=(1,), name="embedding")(features, width)
        scores = Affine(self.classes, name="classes")(embedding, self.embedding)
        return {"features": features.T, "embedding": embedding.T, "scores": scores.T}
