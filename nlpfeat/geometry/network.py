"""A piecewise-linear network as plain arrays, on which the geometry is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike

RELU, LINEAR = 0.0, 1.0  # negative slopes: of ReLU, and of no activation


class Layer(NamedTuple):
    """x -> a(weight @ x + bias), where a(z) = z for z >= 0 and negative_slope * z for z < 0."""

    weight: np.ndarray  # float64 (out, in)
    bias: np.ndarray  # float64 (out,)
    negative_slope: float = RELU  # 0 is ReLU, .01 a leaky ReLU, 1 no activation


@dataclass(frozen=True, eq=False)
class Network:
    """Layers in sequence. Narrower floats are converted to float64 exactly.

    Raises:
      ValueError: if there is no layer, shapes do not fit, or numbers are NaN, infinite or not exact in float64.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network needs at least one layer; got none")
        layers = tuple(
            Layer(
                _exact(weight, f"layer {number}: the weight"),
                _exact(bias, f"layer {number}: the bias"),
                negative_slope_of(slope),
            )
            for number, (weight, bias, slope) in enumerate(self.layers, 1)
        )
        object.__setattr__(self, "layers", layers)
        inputs = None
        for number, (weight, bias, _) in enumerate(layers, 1):
            if weight.ndim != 2 or bias.shape != weight.shape[:1] or 0 in weight.shape:
                raise ValueError(
                    f"layer {number}: weight {weight.shape} and bias {bias.shape} do not fit; "
                    "expected (out, in) and (out,), none of them 0 (transpose weights stored as in x out)"
                )
            if inputs is not None and weight.shape[1] != inputs:
                raise ValueError(
                    f"layer {number} takes {weight.shape[1]} inputs but layer {number - 1} gives {inputs}; "
                    "weights are (out, in): transpose those stored as in x out"
                )
            inputs = weight.shape[0]

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.layers[-1].weight.shape[0]

    @property
    def folding(self) -> tuple[int, ...]:
        """Indices of the folding layers: those with an activation."""
        return tuple(i for i, layer in enumerate(self.layers) if layer.negative_slope != LINEAR)

    @property
    def units(self) -> int:
        """Number of units in the folding layers. Unit ids count through these layers, first layer first."""
        return sum(len(self.layers[i].bias) for i in self.folding)

    def until(self, stop: int) -> "Network":
        """The network of the first `stop` layers."""
        return Network(self.layers[:stop])

    def active(self, points: Float[np.ndarray, "n inputs"]) -> Bool[np.ndarray, "n units"]:
        """Which units of the folding layers are active, their sum positive, at each of `points` (n, inputs)."""
        values, found = np.asarray(points, np.float64), [np.zeros((len(points), 0), bool)]
        for weight, bias, negative_slope in self.layers:
            sums = values @ weight.T + bias
            if negative_slope != LINEAR:
                found.append(sums > 0)
            values = activate(sums, negative_slope)
        return np.concatenate(found, 1)

    def __call__(self, points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n outputs"]:
        """Outputs (n, outputs) at `points` (n, inputs)."""
        return forward(self.layers, np.asarray(points, np.float64))


def _exact(numbers: object, name: str) -> Float[np.ndarray, "..."]:
    """The numbers as float64, none of them rounded.

    Raises:
      ValueError: if they are no real numbers, not finite, or not exact in float64.
    """
    try:
        given = np.asarray(numbers)
        array = given.astype(np.float64, casting="same_kind" if given.dtype.kind in "fc" else "unsafe")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not an array of real numbers: {error}") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{name} contains NaN or infinity (training diverged?); use an earlier checkpoint")
    sizes = np.abs(array[array != 0])
    lost = given.dtype.kind in "iu" and (array.astype(object) != given.astype(object)).any()
    if (
        lost
        or (given.dtype.kind == "f" and (array != given).any())
        or (len(sizes) and not 1e-60 < sizes.min() <= sizes.max() < 1e60)
    ):
        raise ValueError(
            f"{name} contains numbers that are not exact in float64, or beyond 1e±60: scale them"
        )
    return array


def forward(layers: Sequence[Layer], points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n out"]:
    """Activations after `layers`; the points themselves for no layers."""
    values = points
    for weight, bias, negative_slope in layers:
        values = activate(values @ weight.T + bias, negative_slope)
    return values


def activate(values: np.ndarray, negative_slope: float) -> np.ndarray:
    """Apply the activation in place, and return the values."""
    if negative_slope == RELU:
        return np.maximum(values, 0.0, out=values)
    if negative_slope != LINEAR:
        np.multiply(values, negative_slope, out=values, where=values < 0)
    return values


def mlp(weights: Sequence[object], biases: Sequence[object], activation: object = RELU) -> Network:
    """A multi-layer perceptron: `activation` after every layer except the last.

    Args:
      weights: arrays (out, in), first layer first.
      biases: arrays (out,).
      activation: the negative slope of a leaky ReLU (0: ReLU), or a function such as `jax.nn.relu`.

    Raises:
      ValueError: for any other activation, and as `Network`.
    """
    if len(weights) != len(biases):
        raise ValueError(f"{len(weights)} weights but {len(biases)} biases: give one bias per layer")
    negative_slope = negative_slope_of(activation)
    last = len(weights) - 1
    return Network(
        tuple(
            Layer(w, b, LINEAR if i == last else negative_slope)  # pyright: ignore[reportArgumentType]
            for i, (w, b) in enumerate(zip(weights, biases, strict=True))
        )
    )


def negative_slope_of(activation: object) -> float:
    """The negative slope of a ReLU or leaky ReLU, given as that number or as the function itself.

    Raises:
      ValueError: if the function is not linear on both sides of zero with slope 1 on the right.
    """
    if isinstance(activation, (int, float, np.number)) and not isinstance(activation, bool):
        if abs(activation) <= 1e6:
            return float(activation)
        raise ValueError(
            f"the negative slope of the activation is {activation}; give a finite number of moderate size, 0 for ReLU"
        )
    name = getattr(activation, "__name__", repr(activation))
    refusal = (
        f"activation {name} is not piecewise linear with its only kink at 0: regions exist for ReLU and leaky ReLU "
        "only; give such a function, or its negative slope (0 for ReLU, 1 for no activation)"
    )
    if not callable(activation):
        raise ValueError(refusal)  # noqa: TRY004
    positive = np.concatenate([np.logspace(-6, 6, 49), np.linspace(0.01, 30, 300)])
    x = np.concatenate([-positive, [0.0], positive])
    try:
        result = np.asarray(activation(x))
        y = result.astype(np.float64)
    except Exception as error:  # a foreign function may raise anything
        raise ValueError(refusal) from error
    if y.shape != x.shape:
        raise ValueError(refusal)
    negative_slope = -float(y[np.flatnonzero(x == -1.0)[0]])
    single = result.dtype != np.float64
    if y[len(positive)] != 0 or not np.allclose(
        y, np.where(x > 0, x, negative_slope * x), rtol=1e-5 if single else 1e-12, atol=0
    ):
        raise ValueError(refusal)
    # undo the rounding of float32 arithmetic: .01 instead of .009999999776
    return float(str(np.float32(negative_slope))) if single else negative_slope


def slice_plane(network: Network, origin: ArrayLike, directions: ArrayLike) -> Network:
    """The network restricted to a plane of its input space: input (s, t) is the point origin + s u + t v.

    Args:
      network: with any number of inputs.
      origin: (inputs,), a point of the plane.
      directions: (2, inputs), u and v. Orthonormal directions preserve areas and lengths.

    Raises:
      ValueError: for other shapes, numbers that are not finite, or directions that span no plane.
    """
    origin, directions = np.asarray(origin, np.float64), np.asarray(directions, np.float64)
    if origin.shape != (network.inputs,) or directions.shape != (2, network.inputs):
        raise ValueError(
            f"a plane of a {network.inputs}-dimensional input needs an origin ({network.inputs},) and two "
            f"directions (2, {network.inputs}); got {origin.shape} and {directions.shape}"
        )
    if not (np.isfinite(origin).all() and np.isfinite(directions).all()):
        raise ValueError("origin or directions contain NaN or infinity")
    if np.linalg.matrix_rank(directions) < 2:
        raise ValueError("the two directions are parallel or zero: they span no plane; choose others")
    first, *rest = network.layers
    cut = Layer(first.weight @ directions.T, first.weight @ origin + first.bias, first.negative_slope)
    return Network((cut, *rest))
