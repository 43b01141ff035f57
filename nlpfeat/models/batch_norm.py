"""Batch norm inserted after the dense layers of a trained net, without changing an output.

Scale and offset are set from the deviation and mean of the activations over the data, so at first the new layers undo
themselves. Source: Ioffe & Szegedy 2015; the insertion after fast.ai's lesson 3 (2016), which did so to VGG-16.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from nlpfeat.data.core import Params
from nlpfeat.errors import UserError
from nlpfeat.models.layers import Dense
from nlpfeat.models.masking import Affine

EPSILON = 1e-3  # added to a variance, as Keras does
NORMS = "batch norm"  # where the norms stand among the parameters of a `Normalized` net

# Of each layer by its path: {"scale", "offset", "mean", "variance"}, float32 (units,) each.
Norms = dict[str, dict[str, Any]]
Visit = Callable[
    [str, Array, int], Array
]  # (path of a dense layer, what it gave, the axis of its units) -> what it gives


def through(
    module: nn.Module, params: Params, visit: Visit, *arguments: Any, **options: Any
) -> dict[str, Array]:
    """The trace of a net whose dense layers' results pass through `visit`."""

    def intercept(call: Any, args: Any, kwargs: Any, context: nn.module.InterceptorContext) -> Any:
        given = call(*args, **kwargs)
        if context.method_name != "__call__" or not isinstance(context.module, Affine | Dense):
            return given
        # Affine lays features out before examples, Dense after them.
        axis = 0 if isinstance(context.module, Affine) else 1
        return visit("/".join(context.module.path), given, axis)

    with nn.intercept_methods(intercept):
        trace: Any = module.apply({"params": params}, *arguments, **options)
    return trace


def dense_layers(module: nn.Module, params: Params, inputs: PyTree, settings: PyTree) -> list[str]:
    """The paths of the dense layers that batch norm goes after: all but the last, which gives the scores; or it alone.

    Raises:
      UserError: if the net has none.
    """
    paths: list[str] = []

    def visit(path: str, given: Array, axis: int) -> Array:
        paths.append(path)
        return given

    jax.eval_shape(lambda: through(module, params, visit, inputs, settings))
    found = list(dict.fromkeys(paths))
    if not found:
        raise UserError("this net has no dense layers to insert batch norm after")
    return found[:-1] or found


def statistics(
    module: nn.Module,
    params: Params,
    norms: Norms | None,
    layers: list[str],
    batches: Iterable[Any],
    settings: PyTree,
) -> Norms:
    """Mean and variance of what the layers give, over all batches of inputs: {path: {"mean", "variance"}}.

    Args:
      norms: the batch norm that is there already, whose own statistics are renewed; None before it is inserted.
    """

    @jax.jit
    def sums(params: Params, norms: Norms | None, inputs: PyTree) -> dict[str, tuple[Array, Array]]:
        seen = {}

        def visit(path: str, given: Array, axis: int) -> Array:
            if path not in layers:
                return given
            across = 1 - axis
            # Squares about the mean of the batch: their sum loses nothing when the mean is large.
            mean = given.mean(across, keepdims=True)
            seen[path] = jnp.squeeze(mean, across), ((given - mean) ** 2).sum(across)
            return given if norms is None else _normalize(given, axis, norms[path], *_batch(given, axis))

        through(module, params, visit, inputs, settings)
        return seen

    count, total = 0, dict.fromkeys(layers, (0.0, 0.0))
    for inputs in batches:
        size = jax.tree.leaves(inputs)[0].shape[0]
        for path, part in jax.device_get(sums(params, norms, inputs)).items():
            mean, squares = (np.asarray(leaf, np.float64) for leaf in part)
            old, before = total[path]
            gap, n = mean - old, count + size  # Chan, Golub & LeVeque 1979
            total[path] = old + gap * size / n, before + squares + gap**2 * count * size / n
        count += size
    return {
        path: {"mean": np.float32(mean), "variance": np.float32(squares / count)}
        for path, (mean, squares) in total.items()
    }


def insert(
    module: nn.Module, params: Params, layers: list[str], batches: Iterable[Any], settings: PyTree
) -> Norms:
    """Batch norm after the layers, of the activations over `batches` of inputs: with it, every output is what it was."""
    found = statistics(module, params, None, layers, batches, settings)
    return {
        path: {**one, "scale": np.sqrt(one["variance"] + EPSILON), "offset": one["mean"]}
        for path, one in found.items()
    }


def normalized(
    module: nn.Module, params: Params, norms: Norms, *arguments: Any, train: bool, **options: Any
) -> dict[str, Array]:
    """The trace of a net with batch norm: by the statistics of the batch in training, by those kept otherwise."""

    def visit(path: str, given: Array, axis: int) -> Array:
        if path not in norms:
            return given
        kept = norms[path]
        mean, variance = _batch(given, axis) if train else (kept["mean"], kept["variance"])
        return _normalize(given, axis, kept, mean, variance)

    return through(module, params, visit, *arguments, train=train, **options)


class Normalized(NamedTuple):
    """A net with batch norm, applied and trained like any module: its parameters are the net's, and the norms in `NORMS`."""

    module: nn.Module

    def __getattr__(self, name: str) -> Any:
        """What a task asks of its module, such as its number of units."""
        return getattr(self.module, name)

    def apply(self, variables: Any, *arguments: Any, train: bool = False, **options: Any) -> dict[str, Array]:
        """`normalized`, with the norms among the parameters."""
        params = dict(variables["params"])
        norms = params.pop(NORMS)
        return normalized(self.module, params, norms, *arguments, train=train, **options)


def _batch(given: Array, axis: int) -> tuple[Float[Array, " units"], Float[Array, " units"]]:
    return given.mean(1 - axis), given.var(1 - axis)


def _normalize(given: Array, axis: int, norm: dict[str, Any], mean: Any, variance: Any) -> Array:
    def along(values: Any) -> Array:
        return jnp.expand_dims(jnp.asarray(values), 1 - axis)

    unit = (given - along(mean)) / jnp.sqrt(along(variance) + EPSILON)
    return unit * along(norm["scale"]) + along(norm["offset"])
