"""2 → H → d → K: move the points with one hidden layer until lines can part them.

Source: A. Canziani, Deep Learning (NYU), "spiral classification" and the lecture on features f(x).
"""

from dataclasses import dataclass
from typing import Annotated, Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import Count, Range, Settings
from nlpfeat.data.core import Params
from nlpfeat.models.masking import Affine, unit_mask


@dataclass(frozen=True)
class UnwarperSpec:
    """`embedding` (d): the dimension of the linear layer in which the unwarped points are drawn."""

    embedding: Count = 2


def layers(params: Params, settings: Settings) -> list[tuple[Any, Any, float]]:
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


@dataclass(frozen=True)
class DeepUnwarperSpec:
    """`layers`: the largest depth that a member may have; `embedding` (d): dimension of the last, linear layer."""

    layers: Annotated[int, Range(2)] = 5
    embedding: Count = 2


def hidden_name(number: int) -> str:
    """The name of the hidden layer `number`, from 1."""
    return f"hidden_{number}"


def deep_layers(params: Params, settings: PyTree) -> list[tuple[Any, Any, float]]:
    """The net as plain layers (weight (out, in), bias (out,), slope left of zero), those of its own depth only."""
    names = [hidden_name(i) for i in range(1, int(settings.depth))]
    slopes = dict.fromkeys(names, float(settings.negative_slope)) | {"embedding": 1.0, "classes": 1.0}
    return [(params[name]["weight"], params[name]["bias"], slope) for name, slope in slopes.items()]


class DeepUnwarper(nn.Module):
    """`depth` - 1 leaky layers of `width` units, then the linear embedding, then the class vectors.

    Depth, negative slope and width are traced: members of any depth up to `layers` share a program, in which a layer past
    a member's own depth passes on what it gets.
    """

    units: int
    classes: int
    layers: int
    embedding: int = 2

    @nn.compact
    def __call__(
        self, inputs: tuple[Float[Array | np.ndarray, " n"], ...], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The trace of a batch of points.

        Args:
          inputs: one array (n,) per coordinate.
          settings: `width` units a layer, at most `units`; `depth` layers up to the embedding, from 2 to `layers`;
            `negative_slope` of the activation.
          train: has no effect here.

        Returns:
          "features" (n, units) of the last hidden layer, "embedding" (n, embedding), "scores" (n, classes).
        """
        width, mask = settings.width, unit_mask(self.units, settings.width)[:, None]

        def activate(z: Array) -> Array:
            return jnp.where(z >= 0, z, settings.negative_slope * z) * mask

        points = jnp.stack(inputs)
        features = activate(Affine(self.units, unit_axes=(0,), name=hidden_name(1))(points, len(inputs)))
        for number in range(2, self.layers):
            layer = Affine(self.units, unit_axes=(0, 1), name=hidden_name(number))
            features = jnp.where(number < settings.depth, activate(layer(features, width)), features)
        embedding = Affine(self.embedding, unit_axes=(1,), name="embedding")(features, width)
        scores = Affine(self.classes, name="classes")(embedding, self.embedding)
        return {"features": features.T, "embedding": embedding.T, "scores": scores.T}


# MERGED: """2 → w → … → w → d → K: a deep net of narrow layers, so that each can be drawn.  Source: A. Canziani, Deep Learning (NYU), lecture on features: the net 2→2→2→2→2→(2)→3 with leaky ReLU. """
