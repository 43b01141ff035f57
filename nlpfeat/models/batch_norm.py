"""Batch normalization inserted after the dense layers of a trained network, without a change of its outputs.

Scale and offset start as the standard deviation and mean of the activations over the data, so that each inserted layer is the
identity at first. Source: Ioffe & Szegedy 2015; inserted as in fast.ai's lesson 3 (2016), into VGG-16.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.data.core import Outputs, Params
from nlpfeat.errors import UserError
from nlpfeat.models.layers import Dense
from nlpfeat.models.masking import Affine

EPSILON = 1e-3  # added to a variance, as Keras does
NORMS = "batch norm"  # name of the norms among the parameters of a `Normalized` network

# Parameters and statistics by path of the dense layer: "scale", "offset", "mean", "variance", float32 (units,) each.
Norms: TypeAlias = dict[str, dict[str, Array | np.ndarray]]
# (path of a dense layer, its output, the axis of its units) -> the output that replaces it.
Visit: TypeAlias = Callable[[str, Array, int], Array]


def through(
    module: nn.Module, params: Params, visit: Visit, *arguments: PyTree, **options: PyTree
) -> Outputs:
    """The outputs of a network whose dense layers' outputs are replaced by `visit`.

    Args:
      arguments, options: of the module.
    """

    def intercept(
        call: Callable[..., PyTree],
        args: tuple[PyTree, ...],
        kwargs: dict[str, PyTree],
        context: nn.module.InterceptorContext,
    ) -> PyTree:
        output = call(*args, **kwargs)
        if context.method_name != "__call__" or not isinstance(context.module, Affine | Dense):
            return output
        # Affine has the layout units × examples, Dense examples × units.
        axis = 0 if isinstance(context.module, Affine) else 1
        return visit("/".join(context.module.path), output, axis)

    with nn.intercept_methods(intercept):
        return module.apply({"params": params}, *arguments, **options)  # pyright: ignore[reportReturnType]


def dense_layers(module: nn.Module, params: Params, inputs: PyTree, settings: PyTree) -> list[str]:
    """The paths of the dense layers to normalize: all but the last, which computes the scores; a single layer counts.

    Raises:
      UserError: if the network has no dense layers.
    """
    paths: list[str] = []

    def visit(path: str, output: Array, axis: int) -> Array:
        paths.append(path)
        return output

    jax.eval_shape(lambda: through(module, params, visit, inputs, settings))
    distinct = list(dict.fromkeys(paths))
    if not distinct:
        raise UserError("this network has no dense layers to insert batch norm after")
    return distinct[:-1] or distinct


def statistics(
    module: nn.Module,
    params: Params,
    norms: Norms | None,
    layers: list[str],
    batches: Iterable[PyTree],
    settings: PyTree,
) -> Norms:
    """Mean and variance of the outputs of some layers, over all batches of inputs: {path: {"mean", "variance"}}.

    Args:
      norms: of a network with batch norm, whose statistics are computed anew; None before the insertion.
      layers: paths of the layers.
      batches: of inputs of the module.
    """

    @jax.jit
    def sums(params: Params, norms: Norms | None, inputs: PyTree) -> dict[str, tuple[Array, Array, Array]]:
        found = {}

        def visit(path: str, output: Array, axis: int) -> Array:
            if path not in layers:
                return output
            across = 1 - axis
            # Squares about the mean of the batch: their sum keeps its precision when the mean is large.
            mean = output.mean(across, keepdims=True)
            # examples, or examples times positions after a convolution
            size = jnp.asarray(output.shape[across])
            found[path] = jnp.squeeze(mean, across), ((output - mean) ** 2).sum(across), size
            if norms is None:
                return output
            return _normalize(output, axis, norms[path], *_batch_statistics(output, axis))

        through(module, params, visit, inputs, settings)
        return found

    total: dict[str, tuple[PyTree, PyTree, int]] = dict.fromkeys(
        layers, (0.0, 0.0, 0)
    )  # mean, squares, how many
    for inputs in batches:
        for path, part in jax.device_get(sums(params, norms, inputs)).items():
            mean, squares = (np.asarray(leaf, np.float64) for leaf in part[:2])
            old, before, count = total[path]
            size = int(part[2])
            gap, n = mean - old, count + size  # combined as in Chan, Golub & LeVeque 1979
            total[path] = old + gap * size / n, before + squares + gap**2 * count * size / n, n
    return {
        path: {"mean": np.asarray(mean, np.float32), "variance": np.asarray(squares / n, np.float32)}
        for path, (mean, squares, n) in total.items()
    }


def insert(
    module: nn.Module, params: Params, layers: list[str], batches: Iterable[PyTree], settings: PyTree
) -> Norms:
    """Norms after some layers that leave all outputs of the network unchanged.

    Args:
      layers: paths of the layers.
      batches: of inputs, over which the statistics are computed.
    """
    found = statistics(module, params, None, layers, batches, settings)
    return {
        path: {**one, "scale": np.sqrt(one["variance"] + EPSILON), "offset": one["mean"]}
        for path, one in found.items()
    }


def normalized(
    module: nn.Module, params: Params, norms: Norms, *arguments: PyTree, train: bool, **options: PyTree
) -> Outputs:
    """The outputs of a network with batch norm.

    Args:
      train: whether to normalize by the statistics of the batch, instead of the stored ones.
    """

    def visit(path: str, output: Array, axis: int) -> Array:
        if path not in norms:
            return output
        norm = norms[path]
        mean, variance = _batch_statistics(output, axis) if train else (norm["mean"], norm["variance"])
        return _normalize(output, axis, norm, mean, variance)

    return through(module, params, visit, *arguments, train=train, **options)


class Normalized(NamedTuple):
    """A network with batch norm that is applied like a module. Its parameters include the norms, under the name NORMS."""

    module: nn.Module

    def __getattr__(self, name: str) -> PyTree:
        """An attribute of the module, such as its number of units."""
        return getattr(self.module, name)

    def apply(
        self, variables: dict[str, Params], *arguments: PyTree, train: bool = False, **options: PyTree
    ) -> Outputs:
        """`normalized`, with the norms among the parameters."""
        params = dict(variables["params"])
        norms = params.pop(NORMS)
        return normalized(self.module, params, norms, *arguments, train=train, **options)


Network: TypeAlias = nn.Module | Normalized
Units: TypeAlias = Float[Array | np.ndarray, " units"]


def _batch_statistics(output: Array, axis: int) -> tuple[Units, Units]:
    """Mean and variance of each unit over the batch."""
    return output.mean(1 - axis), output.var(1 - axis)


def _normalize(
    output: Array, axis: int, norm: dict[str, Array | np.ndarray], mean: Units, variance: Units
) -> Array:
    def along(values: Units) -> Array:
        return jnp.expand_dims(jnp.asarray(values), 1 - axis)

    unit = (output - along(mean)) / jnp.sqrt(along(variance) + EPSILON)
    return unit * along(norm["scale"]) + along(norm["offset"])
