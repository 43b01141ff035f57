"""The tangent kernel of a network, and the linear model that it stands for.

The kernel tells how a small step on the weights that changes the outputs at one point changes them at another:
Θ(x, x′) = Σ_k ⟨∂f_k(x)/∂θ, ∂f_k(x′)/∂θ⟩ over weights and biases, as they are stored. If the kernel stays what it was at the start, the
network learns as a linear model of its initial gradients does (Jacot, Gabriel & Hongler 2018: lazy training); if it turns towards
the labels, features are learned.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import log_softmax

from nlpfeat.geometry.network import LINEAR, Layer, Network, activate
from nlpfeat.geometry.newton import Objective, minimise
from nlpfeat.geometry.scatter import Labels

# Of the linear model, over the mean eigenvalue of the features' Gram matrix; falling, each fit starts from the one before.
RIDGES = (1e-2, 1e-4, 1e-6)
_ROWS = 1024  # points per pass: their activations fit the cache of a core


class Signals(NamedTuple):
    """What a layer contributes to the gradient of the outputs at some points.

    Attributes:
      inputs: (n, in), of the layer.
      slopes: (n, outputs, out), the derivative of each output by each sum of the layer.
    """

    inputs: np.ndarray
    slopes: np.ndarray


def signals(network: Network, points: Float[np.ndarray, "n inputs"]) -> list[Signals]:
    """Those of each layer, first layer first."""
    inputs, derivatives = _traced(network, points)
    outward = np.broadcast_to(np.eye(network.outputs), (len(points), network.outputs, network.outputs))
    found = []
    for layer, into, derivative in zip(
        reversed(network.layers), reversed(inputs), reversed(derivatives), strict=True
    ):
        slopes = outward * derivative[:, None] if layer.negative_slope != LINEAR else outward
        found.append(Signals(into, slopes))
        outward = slopes @ layer.weight
    return found[::-1]


def _traced(
    network: Network, points: Float[np.ndarray, "n inputs"]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each layer, its inputs (n, in) and the derivatives of its activations (n, out)."""
    values, inputs, derivatives = np.asarray(points, np.float64), [], []
    for weight, bias, negative_slope in network.layers:
        inputs.append(values)
        sums = values @ weight.T + bias
        # 0 at a sum of 0, as JAX has it for ReLU
        derivatives.append(np.where(sums > 0, 1.0, negative_slope))
        values = activate(sums, negative_slope)
    return inputs, derivatives


def tangent_kernel(network: Network, points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n n"]:
    """Θ at `points`, summed over the outputs."""
    count = len(points)
    kernel = np.zeros((count, count))
    for inputs, slopes in signals(network, points):
        flat = slopes.reshape(count, -1)
        kernel += (inputs @ inputs.T + 1) * (flat @ flat.T)  # the 1 is that of the bias
    return kernel


def alignment(first: Float[np.ndarray, "n n"], second: Float[np.ndarray, "n n"]) -> float:
    """The cosine between two centred kernels: 1 for equal ones, whatever their scale; NaN if one is constant.

    Source: Cortes, Mohri & Rostamizadeh 2012, centred kernel alignment; for linear kernels, CKA (Kornblith et al. 2019).
    """
    one, two = _centred(first), _centred(second)
    size = np.linalg.norm(one) * np.linalg.norm(two)
    return float((one * two).sum() / size) if size > 0 else np.nan


def _centred(kernel: Float[np.ndarray, "n n"]) -> Float[np.ndarray, "n n"]:
    rows = kernel - kernel.mean(0)
    return rows - rows.mean(1, keepdims=True)


def label_kernel(labels: Labels) -> Float[np.ndarray, "n n"]:
    """1 for two points of one class, else 0."""
    return (labels[:, None] == labels).astype(float)


class LinearizedNetwork(NamedTuple):
    """The first-order expansion of a network in its weights: what it would be if learning did not change its kernel.

    Attributes:
      network: at whose weights it is expanded.
      step: one layer per layer of the network: by how much its weights and biases are changed.
    """

    network: Network
    step: tuple[Layer, ...]

    def __call__(self, points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n classes"]:
        """Outputs (n, classes) at `points` (n, inputs)."""
        points = np.asarray(points, np.float64)
        chunks = [points[at : at + _ROWS] for at in range(0, len(points), _ROWS)] or [points]
        return np.concatenate([self._outputs(chunk) for chunk in chunks])

    def _outputs(self, values: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n classes"]:
        change = np.zeros_like(values)
        for layer, step in zip(self.network.layers, self.step, strict=True):
            sums = values @ layer.weight.T + layer.bias
            change = change @ layer.weight.T + values @ step.weight.T + step.bias
            change *= np.where(sums > 0, 1.0, layer.negative_slope)
            values = activate(sums, layer.negative_slope)
        return values + change


def fit_linearized(
    network: Network, points: Float[np.ndarray, "n inputs"], labels: Labels, ridges: Sequence[float] = RIDGES
) -> list[LinearizedNetwork]:
    """Train the linearized network: the smallest mean cross-entropy with a ridge on the change of the weights.

    The problem is convex. It is solved by Newton's method.

    Args:
      network: its outputs are the classes.
      points, labels: of the training split.
      ridges: over the mean eigenvalue of the features' Gram matrix, falling.

    Returns:
      One linearized network per ridge.
    """
    start = network(points)
    count, classes = start.shape
    hot = np.eye(classes)[labels]
    jacobian = _jacobian(network, points)
    # a softmax ignores the mean
    centred = (jacobian - jacobian.mean(1, keepdims=True)).reshape(count * classes, -1)
    mean = max(float((centred**2).sum() / count / centred.shape[1]), np.finfo(float).tiny)
    models, weights = [], np.zeros(centred.shape[1])
    for ridge in ridges:
        weights = minimise(_objective(network, points, jacobian, start, hot, ridge * mean), weights)
        models.append(LinearizedNetwork(network, _as_layers(network, weights)))
    return models


def _objective(
    network: Network,
    points: Float[np.ndarray, "n inputs"],
    jacobian: Float[np.ndarray, "n classes parameters"],
    start: Float[np.ndarray, "n classes"],
    hot: Float[np.ndarray, "n classes"],
    strength: float,
) -> Objective:
    """The mean cross-entropy of the linearized network and a ridge, by the change of its weights."""
    count = len(start)
    into, derivatives = _traced(network, points)

    def outputs(weights: np.ndarray) -> np.ndarray:
        """Their change, layer by layer: a tenth of a product with the Jacobian."""
        change = np.zeros((count, network.inputs))
        for layer, step, inputs, derivative in zip(
            network.layers, _as_layers(network, weights), into, derivatives, strict=True
        ):
            change = change @ layer.weight.T + inputs @ step.weight.T + step.bias
            if layer.negative_slope != LINEAR:
                change *= derivative
        return change

    def back(change: np.ndarray) -> np.ndarray:
        """The gradient by the weights of outputs that weigh as much."""
        parts = []
        for layer, inputs, derivative in zip(
            network.layers[::-1], into[::-1], derivatives[::-1], strict=True
        ):
            sums = change if layer.negative_slope == LINEAR else change * derivative
            parts += [sums.sum(0), (sums.T @ inputs).ravel()]
            change = sums @ layer.weight
        return np.concatenate(parts[::-1])

    def value(weights: np.ndarray) -> tuple[float, np.ndarray]:
        logs = log_softmax(start + outputs(weights), axis=1)
        return -(hot * logs).sum() / count + strength * (weights @ weights) / 2, np.exp(logs)

    def gradient(weights: np.ndarray, chance: np.ndarray) -> np.ndarray:
        return back((chance - hot) / count) + strength * weights

    def product(chance: np.ndarray, vector: np.ndarray) -> np.ndarray:
        change = chance * outputs(vector)
        return back((change - chance * change.sum(1, keepdims=True)) / count) + strength * vector

    def hessian(chance: np.ndarray) -> np.ndarray:
        rows = jacobian - (chance[:, None] @ jacobian)
        rows *= np.sqrt(chance / count)[..., None]
        rows = rows.reshape(-1, rows.shape[-1])
        return rows.T @ rows + strength * np.eye(rows.shape[1])

    return Objective(value, gradient, product, hessian, jacobian.shape[-1] // 10)


def _jacobian(
    network: Network, points: Float[np.ndarray, "n inputs"]
) -> Float[np.ndarray, "n outputs parameters"]:
    """The derivative of each output at each point by each weight and bias, layer after layer."""
    parts = []
    for inputs, slopes in signals(network, points):
        weights = slopes[..., None] * inputs[:, None, None]
        parts += [weights.reshape(len(inputs), network.outputs, -1), slopes]
    return np.concatenate(parts, 2)


def _as_layers(network: Network, numbers: Float[np.ndarray, " parameters"]) -> tuple[Layer, ...]:
    """Numbers in the order of `_jacobian`, in the shapes of the network's layers."""
    found, start = [], 0
    for weight, bias, negative_slope in network.layers:
        middle, stop = start + weight.size, start + weight.size + bias.size
        found.append(Layer(numbers[start:middle].reshape(weight.shape), numbers[middle:stop], negative_slope))
        start = stop
    return tuple(found)
