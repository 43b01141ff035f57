"""One layer as a sequence of steps: rotate, scale, reflect, rotate, shift, activate."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Layer


class LayerSteps(NamedTuple):
    """weight = left @ reflection @ scaling @ right, a signed singular value decomposition.

    `right` and `left` are rotations (determinant 1). `reflection` flips the last axis if the weight is square with a
    negative determinant, and is the identity otherwise. Singular values fall along the diagonal of `scaling`.

    Signs are canonical: the largest entry of each row of `right` is positive, except in the last row, whose sign makes
    `right` a rotation. (Where an input axis is lost, the sign of the last row that is not lost is free as well, and is
    chosen so that no reflection is needed.)
    """

    right: np.ndarray  # (in, in), V transposed
    scaling: np.ndarray  # (out, in), diagonal
    reflection: np.ndarray  # (out, out), diagonal
    left: np.ndarray  # (out, out), U
    bias: np.ndarray  # (out,)
    negative_slope: float

    @property
    def weight(self) -> Float[np.ndarray, "out in"]:
        """The product of the steps."""
        return self.left @ self.reflection @ self.scaling @ self.right


def decompose(layer: Layer) -> LayerSteps:
    """The steps of a layer, from the singular value decomposition of its weight."""
    out, inputs = layer.weight.shape
    left, values, right = np.linalg.svd(layer.weight)
    rank = min(out, inputs)
    full = values[-1] > max(out, inputs) * np.finfo(float).eps * values[0]
    sign = np.sign(right[np.arange(inputs), np.abs(right).argmax(1)])
    sign[-1] *= np.linalg.det(right * sign[:, None])
    sign = np.where(sign < 0, -1.0, 1.0)
    right = right * sign[:, None]
    left[:, :rank] *= sign[:rank]
    reflection = np.eye(out)
    if np.linalg.det(left) < 0:
        left[:, -1] *= -1
        # the flipped axis carries nothing where its singular value is missing or 0
        if out <= inputs and full:
            reflection[-1, -1] = -1
    if out < inputs and reflection[-1, -1] < 0:  # flip an input axis that is lost instead
        reflection[-1, -1] = 1
        right[[out - 1, inputs - 1]] *= -1
    scaling = np.zeros((out, inputs))
    np.fill_diagonal(scaling, values)
    return LayerSteps(right, scaling, reflection, left, layer.bias, layer.negative_slope)
