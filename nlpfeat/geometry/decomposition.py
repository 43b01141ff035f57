"""One layer, step by step: rotate, scale, reflect, rotate, shift, keep the positive part."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Layer


class LayerSteps(NamedTuple):
    """weight = left @ reflection @ scaling @ right.

    `right` and `left` are rotations (determinant 1). `reflection` turns the last axis over if the weight is square
    with a negative determinant, and is the identity otherwise. Singular values fall along `scaling`. Of the
    decompositions that differ in signs, this one has the largest entry of each row of `right` positive, but for
    the last row, which makes it a rotation (and where an input axis is lost, also for the last that is not, which
    spares a reflection).
    """

    right: np.ndarray  # (in, in), V transposed
    scaling: np.ndarray  # (out, in), diagonal
    reflection: np.ndarray  # (out, out), diagonal
    left: np.ndarray  # (out, out), U
    bias: np.ndarray  # (out,)
    slope: float

    @property
    def weight(self) -> Float[np.ndarray, "out in"]:
        """The steps put together again."""
        return self.left @ self.reflection @ self.scaling @ self.right


def decompose(layer: Layer) -> LayerSteps:
    """The steps of a layer, from its singular value decomposition."""
    out, inputs = layer.weight.shape
    left, values, right = np.linalg.svd(layer.weight)
    rank = min(out, inputs)
    full = values[-1] > max(out, inputs) * np.finfo(float).eps * values[0]
    signs = np.sign(right[np.arange(inputs), np.abs(right).argmax(1)])
    signs[-1] *= np.linalg.det(right * signs[:, None])
    signs = np.where(signs < 0, -1.0, 1.0)
    right = right * signs[:, None]
    left[:, :rank] *= signs[:rank]
    reflection = np.eye(out)
    if np.linalg.det(left) < 0:
        left[:, -1] *= -1
        # that axis carries nothing where it has no singular value, or none but 0
        if out <= inputs and full:
            reflection[-1, -1] = -1
    if out < inputs and reflection[-1, -1] < 0:  # an input axis that is lost can be turned over instead
        reflection[-1, -1] = 1
        right[[out - 1, inputs - 1]] *= -1
    scaling = np.zeros((out, inputs))
    np.fill_diagonal(scaling, values)
    return LayerSteps(right, scaling, reflection, left, layer.bias, layer.slope)
