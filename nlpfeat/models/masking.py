"""Masked width: members of several widths share one program, and each trains as its native twin does.

Three rules make that true, and every model of the package follows them:

1. Weights are drawn per unit, so that unit i starts the same at every width.
2. The scale of a draw is the true fan-in (the member's width), not the padded one.
3. A unit past the width is masked in every forward pass. Zero weights alone would not do: the sigmoid of zero
   is not zero.

Units occupy the first places of an axis of their own in every parameter (gates and filter positions get other
axes), so cropping a padded member to its width is a slice.
"""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax.extend.random import threefry_2x32
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float

from nlpfeat.data.core import Params
from nlpfeat.errors import UserError


def unit_mask(units: int, width: ArrayLike) -> Float[Array, " units"]:
    """float32 (units,): 1 for the member's own units, 0 for the padding."""
    return (jnp.arange(units) < width).astype(jnp.float32)


def uniform_per_unit(key: Array, shape: Sequence[int], unit_axes: Sequence[int] = ()) -> Array:
    """U(-1, 1) of `shape`, where an entry depends on its own units' places and never on how many there are.

    JAX's counter-based generator hashes the key with an entry's place in row-major order, so a draw with the
    units on the first axis is a prefix of every longer one. A second unit axis gets a key for each unit.

    Args:
      key: one random key.
      shape: the padded shape.
      unit_axes: the axes of `shape` that count units.
    """
    if len(unit_axes) > 1:
        axis = max(unit_axes)
        rest = [length for i, length in enumerate(shape) if i != axis]
        keys = jax.vmap(jax.random.fold_in, (None, 0))(key, jnp.arange(shape[axis]))
        others = [other for other in unit_axes if other != axis]
        draws = jax.vmap(lambda unit_key: uniform_per_unit(unit_key, rest, others))(keys)
        return jnp.moveaxis(draws, 0, axis)
    axis = unit_axes[0] if unit_axes else 0
    units_first = (shape[axis], *(length for i, length in enumerate(shape) if i != axis))
    return jnp.moveaxis(jax.random.uniform(key, units_first, minval=-1.0), 0, axis)


class Affine(nn.Module):
    """W x + b of a batch laid out features × examples, as the lecture writes it.

    Points lie along the last, contiguous axis: with the handful of features that spirals have, XLA on CPU is
    some three times faster this way than with examples × features. Initial weights and biases are
    U(±1/√fan_in), the default of PyTorch's Linear.

    Attributes:
      outputs: rows of W.
      unit_axes: which axes of W (outputs, inputs) count units of the swept width.
    """

    outputs: int
    unit_axes: tuple[int, ...] = ()

    @nn.compact
    def __call__(self, x: Float[Array, "inputs n"], fan_in: ArrayLike) -> Float[Array, "outputs n"]:
        """(inputs, n) -> (outputs, n); `fan_in` is the true number of inputs, which may be traced."""
        bound = jax.lax.rsqrt(jnp.asarray(fan_in, jnp.float32))

        def draw(shape: Sequence[int], unit_axes: Sequence[int]) -> Any:
            return lambda key: bound * uniform_per_unit(key, shape, unit_axes)

        weight = self.param("weight", draw((self.outputs, x.shape[0]), self.unit_axes))
        bias = self.param("bias", draw((self.outputs,), [a for a in self.unit_axes if a == 0]))
        return weight @ x + bias[:, None]


def keep_mask(
    key: Array, shape: Sequence[int], keep: ArrayLike, unit_axis: int | None = None
) -> Bool[Array, "..."]:
    """Which entries of an array of `shape` stay, a share `keep` of them, by draws as `uniform_per_unit` makes them.

    Their places are spelled out instead of moving the axis of units: XLA finishes a draw anew in every place of the way
    back that reads it, and reading it across its order took half of a convolution's step.
    """
    first = unit_axis or 0
    axes = [first, *(axis for axis in range(len(shape)) if axis != first)]
    place, stride = jnp.zeros(shape, jnp.uint32), 1
    for axis in reversed(axes):
        place += np.uint32(stride) * jax.lax.broadcasted_iota(jnp.uint32, shape, axis)
        stride *= shape[axis]
    # As jax.random.bits does for fewer than 2**32 numbers, of which jax.random.uniform takes the 23 highest bits.
    words = threefry_2x32(jax.random.key_data(key), jnp.stack([jnp.zeros_like(place), place]))
    return ((words[0] ^ words[1]) >> 9).astype(jnp.float32) < jnp.asarray(keep) * 2.0**23


class Dropout(nn.Module):
    """Zeros a share `rate`, which may be traced, and scales the rest by 1/(1 - rate). Key stream: "dropout".

    Attributes:
      swept: whether the last axis counts swept units: then the mask is drawn per unit.
      shared: axes along which one draw serves all: the positions, to drop whole columns of an embedding.
    """

    swept: bool = False
    shared: tuple[int, ...] = ()

    @nn.compact
    def __call__(
        self, x: Float[Array | np.ndarray, "..."], rate: ArrayLike, *, train: bool
    ) -> Float[Array, "..."]:
        """An array of the same shape; the identity unless `train`."""
        if not train:
            return jnp.asarray(x)
        keep = 1.0 - jnp.asarray(rate, jnp.float32)
        shape = [1 if axis in self.shared else n for axis, n in enumerate(x.shape)]
        kept = keep_mask(self.make_rng("dropout"), shape, keep, x.ndim - 1 if self.swept else None)
        return jnp.where(kept, x / jnp.maximum(keep, 1e-6), 0.0)


def crop(params: Params, native: Any) -> Any:
    """The member's own part of padded parameters.

    Args:
      params: pytree of arrays as trained, padded to a bucket's width.
      native: the same tree of arrays or shapes at the member's width.

    Raises:
      UserError: if a native axis is longer than the padded one; both are named.
    """

    def slice_leaf(path: Any, leaf: Any, like: Any) -> Any:
        if leaf.ndim != len(like.shape) or any(n > p for n, p in zip(like.shape, leaf.shape, strict=True)):
            raise UserError(
                f"parameter {jax.tree_util.keystr(path)} is {' x '.join(map(str, leaf.shape))} here, "
                f"too narrow for the {' x '.join(map(str, like.shape))} asked for: the widths differ"
            )
        return leaf[tuple(slice(n) for n in like.shape)]

    return jax.tree_util.tree_map_with_path(slice_leaf, params, native)
