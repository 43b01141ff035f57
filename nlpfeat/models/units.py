"""The hidden units of a network: which axes of its parameters count them, and a network of some of them.

The units of a layer may be taken in any order, as long as all parameters that know them take the same one. A network of some units
is therefore a choice of indices along a few axes, and is computed as any narrower network: at its own width, or padded.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

import jax.numpy as jnp
import numpy as np
from flax import traverse_util
from jax import Array
from jaxtyping import Bool, Float, Int, PyTree

from nlpfeat.data.core import Params
from nlpfeat.errors import UserError
from nlpfeat.models.mlp import hidden_number
from nlpfeat.models.roles import Role

# Path of a parameter, such as "hidden/weight" -> some of its axes.
Axes: TypeAlias = Mapping[str, tuple[int, ...]]


class UnitLayer(NamedTuple):
    """A layer of hidden units: the axes that count them.

    Attributes:
      into: of the weights and biases that enter the units.
      out_of: of the weights that leave them. Weights from the units of a layer to themselves are in both.
      idle: of weights that compute nothing, those of layers beyond the depth of a member.
    """

    into: Axes
    out_of: Axes
    idle: Axes = MappingProxyType({})

    @property
    def axes(self) -> Axes:
        """All of them."""
        found: dict[str, set[int]] = {}
        for part in self:
            for path, along in part.items():
                found.setdefault(path, set()).update(along)
        return {path: tuple(sorted(along)) for path, along in found.items()}


# (axes of the swept width, roles of the parameters by path, settings) -> the hidden layers, the first one first.
HiddenLayers: TypeAlias = Callable[[Axes, Mapping[str, Role], PyTree], list[UnitLayer]]


class HiddenUnits(NamedTuple):
    """What a task declares about the hidden units of its network.

    Attributes:
      layers: its layers of units, of which some may be taken.
      output: (model spec) -> the name of the network's output that holds the activations of its last layer of units.
      turned_like: (first, second) -> the second network's parameters with its linear layers turned towards the first's, without
        a change of what it computes; None where no linear layer can be turned.
    """

    layers: HiddenLayers
    turned_like: Callable[[Params, Params], Params] | None = None
    output: Callable[[PyTree], str] = lambda spec: "features"


def flat_params(params: PyTree) -> dict[str, PyTree]:
    """Path -> parameter."""
    return traverse_util.flatten_dict(params, sep="/")


def swept_axes(narrow: Params, wide: Params) -> Axes:
    """The axes of each parameter that count units of the swept width; parameters without any are left out.

    Args:
      narrow, wide: the parameters, or their shapes, at two widths.
    """
    others = flat_params(wide)
    axes = {
        path: tuple(i for i, n in enumerate(leaf.shape) if n != others[path].shape[i])
        for path, leaf in flat_params(narrow).items()
    }
    return {path: found for path, found in axes.items() if found}


def one_layer(axes: Axes, roles: Mapping[str, Role], settings: PyTree) -> list[UnitLayer]:
    """The hidden layers of a network whose width is that of one layer, or of layers side by side that are taken together.

    Parameters without roles are both: they enter the units and leave them.
    """
    into = {path: found for path, found in axes.items() if path not in roles or roles[path].fan_out}
    out_of = {
        path: found
        for path, found in axes.items()
        if path not in roles or (roles[path].fan_in and not roles[path].bias)
    }
    return [UnitLayer(into, out_of)]


def one_recurrent_layer(axes: Axes, roles: Mapping[str, Role], settings: PyTree) -> list[UnitLayer]:
    """As `one_layer`, of a network that may have several recurrent layers.

    Raises:
      UserError: if it has.
    """
    if sum(path.endswith("/recurrent") for path in axes) > 1:
        raise UserError(
            "the units of several recurrent layers are not taken layer by layer: train with model.layers=1"
        )
    return one_layer(axes, roles, settings)


def stacked_layers(linear: int = 0) -> HiddenLayers:
    """The hidden layers of `nlpfeat.models.mlp.hidden_stack`, up to the depth of the member.

    The units of layers beyond it go with those of the last.

    Args:
      linear: layers that the depth counts beside the hidden ones.
    """

    def layers(axes: Axes, roles: Mapping[str, Role], settings: PyTree) -> list[UnitLayer]:
        numbers = {path: hidden_number(path) for path in axes}
        depth = min(int(settings.depth) - linear, max(numbers.values()))
        into: list[dict[str, tuple[int, ...]]] = [{} for _ in range(depth)]
        out_of: list[dict[str, tuple[int, ...]]] = [{} for _ in range(depth)]
        idle: list[dict[str, tuple[int, ...]]] = [{} for _ in range(depth)]
        for path, number in numbers.items():
            if number > depth:
                idle[-1][path] = axes[path]
            elif number == 0:
                out_of[-1][path] = axes[path]
            else:
                into[number - 1][path] = (0,)
                if 1 in axes[path]:
                    out_of[number - 2][path] = (1,)
        return list(map(UnitLayer, into, out_of, idle))

    return layers


def take_units(
    params: Params, layers: Sequence[UnitLayer], kept: Sequence[Int[Array | np.ndarray, " k"]]
) -> Params:
    """The parameters of a network of some units, in the given order.

    Args:
      params: of a network, padded or not; those on the host stay there.
      layers: of hidden units.
      kept: indices of the units kept in each of them.
    """
    flat = flat_params(params)
    for layer, indices in zip(layers, kept, strict=True):
        for path, along in layer.axes.items():
            for axis in along:
                take = np.take if isinstance(flat[path], np.ndarray) else jnp.take
                flat[path] = take(flat[path], indices, axis)
    return traverse_util.unflatten_dict(flat, sep="/")


def balanced(params: Params, layer: UnitLayer) -> Params:
    """A network with ReLU or leaky ReLU that computes the same, with as large weights into each unit as out of it.

    Args:
      params: at the network's own width.
      layer: no weights from its units to themselves.
    """
    into, out_of = unit_rows(params, layer.into), unit_rows(params, layer.out_of)
    sizes = np.linalg.norm(into, axis=1), np.linalg.norm(out_of, axis=1)
    known = (sizes[0] > 0) & (sizes[1] > 0)
    factor = np.sqrt(np.divide(sizes[1], sizes[0], out=np.ones(len(into)), where=known))[:, None]
    factor[~known] = 1.0
    return with_unit_rows(with_unit_rows(params, layer.into, into * factor), layer.out_of, out_of / factor)


def without_unit(params: Params, layer: UnitLayer, unit: Array | int) -> Params:
    """The parameters with zeros for the weights out of a unit, which may be traced."""
    flat = flat_params(params)
    for path, along in layer.out_of.items():
        for axis in along:
            shape = [-1 if i == axis else 1 for i in range(flat[path].ndim)]
            others = jnp.arange(flat[path].shape[axis]) != unit
            flat[path] = jnp.where(others.reshape(shape), flat[path], 0.0)
    return traverse_util.unflatten_dict(flat, sep="/")


def unit_rows(params: Params, axes: Axes) -> Float[np.ndarray, "units n"]:
    """Some parameters of each unit, side by side, float64.

    Args:
      params: at the network's own width.
      axes: of these parameters.
    """
    flat = flat_params(params)
    parts = [
        np.moveaxis(np.asarray(flat[path], np.float64), axis, 0).reshape(flat[path].shape[axis], -1)
        for path, along in axes.items()
        for axis in along
    ]
    return np.concatenate(parts, axis=1)


def magnitudes(params: Params, layer: UnitLayer) -> Float[np.ndarray, " units"]:
    """The norm of the weights into each unit times that of the weights out of it.

    Neither factor means much alone: a unit with ReLU may halve one and double the other without any effect.

    Args:
      params: at the network's own width.
      layer: of the units.
    """
    norms = [np.linalg.norm(unit_rows(params, axes), axis=1) for axes in (layer.into, layer.out_of) if axes]
    return np.prod(norms, axis=0)


def with_unit_rows(params: Params, axes: Axes, rows: Float[np.ndarray, "units n"]) -> Params:
    """Parameters with other values for those of `unit_rows`, which may be of another number of units."""
    flat, before, start = flat_params(params), flat_params(params), 0
    for path, along in axes.items():
        for axis in along:
            like = np.moveaxis(np.asarray(before[path]), axis, 0).shape[1:]
            stop = start + int(np.prod(like, dtype=int))
            values = rows[:, start:stop].reshape(len(rows), *like)
            flat[path] = np.moveaxis(values, 0, axis).astype(np.float32)
            start = stop
    return traverse_util.unflatten_dict(flat, sep="/")


def merge_units(
    params: Params, layer: UnitLayer, alive: Bool[np.ndarray, " units"], kept: int
) -> tuple[Params, Int[np.ndarray, " units"]]:
    """Merge units with ReLU or leaky ReLU that fold along nearly the same line, until `kept` are left.

    Two units whose weights and biases are positive multiples of each other are one unit with the sum of their outputs: merging them
    changes nothing. Of others, those are merged first whose merging changes least: the distance of the directions of their weights
    and biases, times the smaller of their outgoing weights.

    Args:
      params: at the network's own width.
      layer: no weights from its units to themselves.
      alive: units that are active on some example; others give way without a trace.
      kept: how many units are left, at least 1.

    Returns:
      The parameters, and for each unit the place of the one that it has become a part of.
    """
    into, out_of = unit_rows(params, layer.into), unit_rows(params, layer.out_of)
    norm = np.linalg.norm(into, axis=1, keepdims=True)
    direction, output = into / np.where(norm > 0, norm, 1.0), np.where(alive[:, None], out_of * norm, 0.0)
    member = np.arange(len(into))
    left = np.ones(len(into), bool)
    for _ in range(len(into) - kept):
        size = np.linalg.norm(output, axis=1)
        squared = (direction**2).sum(1)
        apart = np.maximum(squared[:, None] + squared[None] - 2 * direction @ direction.T, 0)
        cost = np.sqrt(apart) * np.minimum(size[:, None], size[None])
        cost[~left] = cost[:, ~left] = np.inf
        np.fill_diagonal(cost, np.inf)
        first, second = sorted(divmod(int(cost.argmin()), len(into)))
        total = size[first] + size[second]
        if total > 0:
            direction[first] = (size[first] * direction[first] + size[second] * direction[second]) / total
        length = np.linalg.norm(direction[first])
        direction[first] /= length or 1.0
        output[first] += output[second]
        left[second], member[member == second] = False, first
    made = with_unit_rows(params, layer.into, direction[left])
    place = np.cumsum(left) - 1
    made = with_unit_rows(made, layer.out_of, output[left])
    return take_units(made, [UnitLayer({}, {}, layer.idle)], [np.arange(kept)]), place[member]


def swept_output(spec: PyTree) -> str:
    """The output of a network with a spec of sizes, 0 for the swept one, that holds the activations of its swept units.

    Raises:
      UserError: if several sizes are swept: their units are not the same.
    """
    names = {"embedding": "embedded", "filters": "filtered", "dense": "features", "cells": "features"}
    swept = [name for name in names if getattr(spec, name, 1) == 0]
    if len(swept) > 1:
        raise UserError(
            f"units are taken of one layer, and {' and '.join(swept)} grow together in this study"
        )
    return names[swept[0]] if swept else "features"


ONE_LAYER = HiddenUnits(one_layer)
ONE_OF_SEVERAL_LAYERS = HiddenUnits(one_layer, output=swept_output)
ONE_RECURRENT_LAYER = HiddenUnits(one_recurrent_layer)
