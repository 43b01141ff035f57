"""The toy model of superposition: n features → m dimensions → n features, by one matrix and its transpose.

x' = ReLU(Wᵀ W x + b). Source: Elhage et al. 2022, "Toy models of superposition".
"""

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.data.core import Outputs
from nlpfeat.data.sparse_features import sparse
from nlpfeat.models.masking import uniform_per_unit, unit_mask
from nlpfeat.models.roles import with_role


@dataclass(frozen=True)
class SparseAutoencoderSpec:
    """No static settings: the width is a traced one."""


class SparseAutoencoder(nn.Module):
    """The vectors of features start U(±√(3 / n)), so that their expected length is √(m / n)."""

    units: int
    features: int

    @nn.compact
    def __call__(
        self, inputs: Float[Array | np.ndarray, "n features"], settings: PyTree, *, train: bool = False
    ) -> Outputs:
        """The outputs for a batch.

        Args:
          inputs: uniform numbers in [0, 1).
          settings: `width` is the number of dimensions, `sparsity` the share of features that are zero, `importance_decay` the factor of
            the importance from each feature to the next.
          train: has no effect here.

        Returns:
          "inputs" (n, features), the features; "features" (n, units), the code; "prediction" (n, features); "importance" (features,).
        """
        scale = (3 / self.features) ** 0.5

        def draw(key: Array) -> Array:
            return scale * uniform_per_unit(key, (self.features, self.units), (1,))

        vectors = self.param("vectors", with_role(draw, fan_in=False, fan_out=True))
        bias = self.param("bias", nn.initializers.zeros, (self.features,))
        vectors = jnp.asarray(vectors) * unit_mask(self.units, settings.width)[None]
        x = sparse(inputs, settings.sparsity)
        code = x @ vectors
        prediction = jax.nn.relu(code @ vectors.T + jnp.asarray(bias)[None])
        importance = settings.importance_decay ** jnp.arange(self.features, dtype=jnp.float32)
        weights = jnp.broadcast_to(importance, x.shape)
        return {"inputs": x, "features": code, "prediction": prediction, "importance": weights}


def weighted_error(outputs: Outputs, targets: PyTree) -> Float[Array, " n"]:
    """Σ importance · (x − x')², over the features of an example."""
    return (outputs["importance"] * (outputs["inputs"] - outputs["prediction"]) ** 2).sum(-1)


def error_and_size(outputs: Outputs, targets: PyTree) -> Float[Array, "n 2"]:
    """The weighted error, and that of predicting zero."""
    size = (outputs["importance"] * outputs["inputs"] ** 2).sum(-1)
    return jnp.stack([weighted_error(outputs, targets), size], axis=-1)


def error_share(means: Float[Array, " 2"]) -> Float[Array, ""]:
    """The error in units of that of predicting zero."""
    return means[0] / jnp.maximum(means[1], 1e-30)
