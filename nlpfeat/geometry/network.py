"""A piecewise-linear network as plain arrays: what the geometry is measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

RELU, LINEAR = 0.0, 1.0  # slopes left of zero


class Layer(NamedTuple):
    """x -> a(weight x + bias), with a(z) = z where z >= 0 and slope * z elsewhere."""

    weight: np.ndarray  # float64 (out, in)
    bias: np.ndarray  # float64 (out,)
    slope: float = RELU  # 0 is ReLU, .01 a leaky ReLU, 1 no activation


@dataclass(frozen=True, eq=False)
class Network:
    """Layers, one after another. Narrower floats are taken exactly, as float64.

    Raises:
      ValueError: for no layers, shapes that do not follow one another, NaN or infinite numbers.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not self.layers:
            raise ValueError("a network needs at least one layer; got none")
        layers = tuple(
            Layer(
                _exact(weight, f"layer {number}: the weight"),
                _exact(bias, f"layer {number}: the bias"),
                slope_of(slope),
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
        """Dimension of the input."""
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        """Dimension of the output."""
        return self.layers[-1].weight.shape[0]

    @property
    def folding(self) -> tuple[int, ...]:
        """Places of the layers that fold: those with an activation."""
        return tuple(i for i, layer in enumerate(self.layers) if layer.slope != LINEAR)

    @property
    def units(self) -> int:
        """Number of units that fold. Unit ids count through the folding layers, first layer first."""
        return sum(len(self.layers[i].bias) for i in self.folding)

    def until(self, stop: int) -> "Network":
        """The first `stop` layers."""
        return Network(self.layers[:stop])

    def __call__(self, points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n outputs"]:
        """Outputs (n, outputs) at `points` (n, inputs)."""
        return forward(self.layers, np.asarray(points, np.float64))


def _exact(numbers: Any, name: str) -> Float[np.ndarray, "..."]:
    """Numbers as float64, none of them rounded.

    Raises:
      ValueError: for what is no number, not finite, or lost in float64.
    """
    try:
        given = np.asarray(numbers)
        array = given.astype(np.float64, casting="same_kind" if given.dtype.kind in "fc" else "unsafe")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is no array of real numbers: {error}") from None
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds NaN or infinity (training diverged?); measure an earlier checkpoint")
    sizes = np.abs(array[array != 0])
    lost = given.dtype.kind in "iu" and (array.astype(object) != given.astype(object)).any()
    if (
        lost
        or (given.dtype.kind == "f" and (array != given).any())
        or (len(sizes) and not 1e-60 < sizes.min() <= sizes.max() < 1e60)
    ):
        raise ValueError(
            f"{name} holds numbers that float64 cannot take exactly, or beyond 1e±60: scale them"
        )
    return array


def forward(layers: Sequence[Layer], points: Float[np.ndarray, "n inputs"]) -> Float[np.ndarray, "n out"]:
    """Activations after `layers`; the points themselves after none."""
    values = points
    for weight, bias, slope in layers:
        values = activate(values @ weight.T + bias, slope)
    return values


def activate(values: np.ndarray, slope: float) -> np.ndarray:
    """The activation, in place where it changes anything."""
    if slope == RELU:
        return np.maximum(values, 0.0, out=values)
    if slope != LINEAR:
        np.multiply(values, slope, out=values, where=values < 0)
    return values


def mlp(weights: Sequence[Any], biases: Sequence[Any], activation: Any = RELU) -> Network:
    """A multi-layer perceptron: `activation` after every layer but the last.

    Args:
      weights: arrays (out, in), first layer first.
      biases: arrays (out,).
      activation: the slope of a leaky ReLU (0: ReLU), or a function such as `jax.nn.relu`.

    Raises:
      ValueError: for another activation, and as `Network` does.
    """
    if len(weights) != len(biases):
        raise ValueError(f"{len(weights)} weights but {len(biases)} biases: give one bias a layer")
    slope = slope_of(activation)
    last = len(weights) - 1
    return Network(
        tuple(
            Layer(w, b, LINEAR if i == last else slope)
            for i, (w, b) in enumerate(zip(weights, biases, strict=True))
        )
    )


def slope_of(activation: Any) -> float:
    """The slope left of zero of a ReLU or leaky ReLU, given as that slope or as the function itself.

    Raises:
      ValueError: if the function is not linear on either side of zero with slope 1 on the right.
    """
    if isinstance(activation, (int, float, np.number)) and not isinstance(activation, bool):
        if abs(activation) <= 1e6:
            return float(activation)
        raise ValueError(
            f"the slope of the activation is {activation}; give a number of ordinary size, 0 for ReLU"
        )
    name = getattr(activation, "__name__", repr(activation))
    refusal = (
        f"activation {name} is not piecewise linear with its one kink at 0: regions exist for ReLU and leaky ReLU "
        "only; give such a function, or its slope left of zero (0 for ReLU, 1 for none)"
    )
    if not callable(activation):
        raise ValueError(refusal)  # noqa: TRY004
    positive = np.concatenate([np.logspace(-6, 6, 49), np.linspace(0.01, 30, 300)])
    x = np.concatenate([-positive, [0.0], positive])
    try:
        result = np.asarray(activation(x))
        y = result.astype(np.float64)
    except Exception as error:  # whatever a foreign function raises on an array
        raise ValueError(refusal) from error
    if y.shape != x.shape:
        raise ValueError(refusal)
    slope = -float(y[np.flatnonzero(x == -1.0)[0]])
    single = result.dtype != np.float64
    if y[len(positive)] != 0 or not np.allclose(
        y, np.where(x > 0, x, slope * x), rtol=1e-5 if single else 1e-12, atol=0
    ):
        raise ValueError(refusal)
    # the decimal that float32 arithmetic rounded: .01 rather than .009999999776
    return float(str(np.float32(slope))) if single else slope


def slice_plane(network: Network, origin: Any, directions: Any) -> Network:
    """The network on a plane of its input space: a network with 2-D input (s, t) at origin + s u + t v.

    Args:
      network: any number of inputs.
      origin: (inputs,), a point of the plane.
      directions: (2, inputs), u and v. Unit length and a right angle keep areas and lengths true.

    Raises:
      ValueError: for other shapes, or directions that span no plane.
    """
    origin, directions = np.asarray(origin, np.float64), np.asarray(directions, np.float64)
    if origin.shape != (network.inputs,) or directions.shape != (2, network.inputs):
        raise ValueError(
            f"a plane of a {network.inputs}-dimensional input needs an origin ({network.inputs},) and two "
            f"directions (2, {network.inputs}); got {origin.shape} and {directions.shape}"
        )
    if not (np.isfinite(origin).all() and np.isfinite(directions).all()):
        raise ValueError("the plane's origin or directions hold NaN or infinity")
    if np.linalg.matrix_rank(directions) < 2:
        raise ValueError("the two directions are parallel or zero: they span no plane; choose others")
    first, *rest = network.layers
    cut = Layer(first.weight @ directions.T, first.weight @ origin + first.bias, first.slope)
    return Network((cut, *rest))
