"""Masked width: members of different widths share a program, padded to its largest width.

A padded member trains exactly as it would at its own width, because every model follows three rules:

1. Initial weights are drawn per unit, so that unit i starts with the same weights at every width.
2. Initial weights are scaled by the true fan-in, from the width of the member and not the padded width.
3. Padded units are masked in every forward pass. Zero weights are not enough, as the sigmoid of zero is not zero.

The units of a layer have an axis of their own in every parameter, with the padding at its end. Gates and kernel positions are
other axes. The parameters of a padded member are therefore cropped to its width by slicing.
"""

import math
from collections.abc import Callable, Sequence
from functools import reduce

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Bool, Float, PyTree, UInt32

from nlpfeat.data.core import Params
from nlpfeat.errors import UserError
from nlpfeat.models.roles import with_role


def unit_mask(units: int, width: ArrayLike) -> Float[Array, " units"]:
    """float32 (units,): 1 for the units of the member, 0 for the padding."""
    return (jnp.arange(units) < width).astype(jnp.float32)


def uniform_per_unit(key: Array, shape: Sequence[int], unit_axes: Sequence[int] = ()) -> Array:
    """U(-1, 1) of `shape`, where an entry depends on the indices of its units, but not on the number of units.

    JAX's counter-based generator hashes the key with the row-major index of an entry. A draw with units on the first axis is
    therefore a prefix of every longer draw. For a second axis of units, each unit has its own key.

    Args:
      key: random key.
      shape: padding included.
      unit_axes: axes of `shape` that count units of the swept width.
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


FEW = 8  # inputs or outputs, up to which a layer is computed without products of matrices


@jax.custom_vjp
def affine(
    weight: Float[Array, "outputs inputs"], bias: Float[Array, " outputs"], x: Float[Array, "inputs n"]
) -> Float[Array, "outputs n"]:
    """W x + b, (outputs, n), fast for few inputs or few outputs too.

    With few inputs, W x is a sum of outer products, and with few outputs so is Wᵀ g: XLA computes them together with the
    activations around them, in one pass. Over few inputs or outputs, the gradient of W is a product of a matrix and a vector
    for each of them, several times faster than the product of matrices. Forward-mode derivatives are not defined.
    """
    if len(x) <= FEW:
        return _sum_of_outer(weight.T, x) + bias[:, None]
    return weight @ x + bias[:, None]


def _sum_of_outer(columns: Float[Array, "few units"], rows: Float[Array, "few n"]) -> Float[Array, "units n"]:
    products = [column[:, None] * row[None] for column, row in zip(columns, rows, strict=True)]
    return reduce(jnp.add, products)


def _affine_forward(weight: Array, bias: Array, x: Array) -> tuple[Array, tuple[Array, Array]]:
    return affine(weight, bias, x), (weight, x)


def _affine_backward(residuals: tuple[Array, Array], gradient: Array) -> tuple[Array, Array, Array]:
    weight, x = residuals
    outputs, inputs = weight.shape
    if inputs <= min(FEW, outputs):
        of_weight = jnp.stack([gradient @ row for row in x], axis=1)
    elif outputs <= FEW:
        of_weight = jnp.stack([x @ row for row in gradient])
    else:
        of_weight = gradient @ x.T
    of_x = _sum_of_outer(weight, gradient) if outputs <= FEW else weight.T @ gradient
    return of_weight, gradient.sum(1), of_x


affine.defvjp(_affine_forward, _affine_backward)


class Affine(nn.Module):
    """W x + b for batches in the layout features × examples.

    The examples lie on the last, contiguous axis. With few features, as in spirals, XLA on CPU is about three times faster than
    in the layout examples × features. Initial weights and biases are U(±1/√fan_in), as in PyTorch's Linear.

    Attributes:
      outputs: rows of W.
      unit_axes: axes of W (outputs, inputs, …) that count units of the swept width.
    """

    outputs: int
    unit_axes: tuple[int, ...] = ()

    @nn.compact
    def __call__(
        self, x: Float[Array, "inputs *positions n"], fan_in: ArrayLike
    ) -> Float[Array, "outputs n"]:
        """(inputs, …, n) -> (outputs, n), over all axes but the last. `fan_in`, without padding, may be traced."""
        bound = jax.lax.rsqrt(jnp.asarray(fan_in, jnp.float32))

        def draw(shape: Sequence[int], unit_axes: Sequence[int]) -> Callable[[Array], Array]:
            return lambda key: bound * uniform_per_unit(key, shape, unit_axes)

        fans = {"fan_in": 1 in self.unit_axes, "fan_out": 0 in self.unit_axes}
        weight = self.param("weight", with_role(draw((self.outputs, *x.shape[:-1]), self.unit_axes), **fans))
        draw_bias = draw((self.outputs,), [a for a in self.unit_axes if a == 0])
        bias = self.param("bias", with_role(draw_bias, **fans, bias=True))
        rows = jnp.asarray(x).reshape(-1, x.shape[-1])
        return affine(jnp.asarray(weight).reshape(self.outputs, -1), jnp.asarray(bias), rows)


def keep_mask(
    key: Array, shape: Sequence[int], keep: ArrayLike, unit_axis: int | None = None
) -> Bool[Array, "..."]:
    """A random mask of `shape` with a fraction `keep` of ones, drawn as by `uniform_per_unit`.

    The counters of the generator are computed explicitly, instead of moving the axis of units of a draw. XLA recomputes the draw
    wherever the backward pass reads it, and reading it transposed took half of the time of a convolution's training step.

    Args:
      key: random key.
      keep: probability of a one.
      unit_axis: axis of `shape` that counts units of the swept width, if any.
    """
    first = unit_axis or 0
    axes = [first, *(axis for axis in range(len(shape)) if axis != first)]
    strides = {axis: math.prod(shape[other] for other in axes[i + 1 :]) for i, axis in enumerate(axes)}

    def draw(counter: Array, rest: Sequence[int]) -> Array:
        for axis in rest:
            one = [n if a == axis else 1 for a, n in enumerate(shape)][len(shape) - len(rest) :]
            counter += np.uint32(strides[axis]) * jnp.arange(shape[axis], dtype=jnp.uint32).reshape(one)
        # jax.random.uniform uses the 23 highest bits.
        bits = _threefry(jax.random.key_data(key), counter) >> 9
        return bits.astype(jnp.float32) < jnp.asarray(keep) * 2.0**23

    def at_once() -> Array:
        return draw(jnp.uint32(0), range(len(shape)))

    def row_by_row() -> Array:
        starts = np.uint32(strides[0]) * jnp.arange(shape[0], dtype=jnp.uint32)
        return jax.lax.map(lambda start: draw(start, range(1, len(shape))), starts)

    if len(shape) < 3:
        return at_once()
    # On a CPU, XLA would draw a large mask again wherever it is read. The result of a loop is stored.
    return jax.lax.platform_dependent(cpu=row_by_row, default=at_once)


def _threefry(key: UInt32[Array, "2"], counter: UInt32[Array, "..."]) -> UInt32[Array, "..."]:
    """The random bits of some counters, as JAX's generator draws them: Threefry-2x32 (Salmon et al. 2011) of (0, counter).

    JAX's own is a loop on CPU, each round of which writes both words and copies them. Written out, XLA computes all rounds of an
    entry in registers.
    """
    keys = (key[0], key[1], key[0] ^ key[1] ^ np.uint32(0x1BD11BDA))
    first, second = jnp.full_like(counter, keys[0]), counter + keys[1]
    for turn in range(5):
        for rotation in ((13, 15, 26, 6), (17, 29, 16, 24))[turn % 2]:
            first += second
            second = first ^ (second << rotation | second >> 32 - rotation)
        first += keys[(turn + 1) % 3]
        second += keys[(turn + 2) % 3] + np.uint32(turn + 1)
    return first ^ second


class Dropout(nn.Module):
    """Sets a random fraction of the entries to zero and scales the others by 1/(1 - rate). Random stream: "dropout".

    Attributes:
      swept: whether the last axis counts units of the swept width; the mask is then drawn per unit.
      shared: axes along which the mask is constant, such as positions, to drop whole dimensions of an embedding.
    """

    swept: bool = False
    shared: tuple[int, ...] = ()

    @nn.compact
    def __call__(
        self, x: Float[Array | np.ndarray, "..."], rate: ArrayLike, *, train: bool
    ) -> Float[Array, "..."]:
        """An array of the same shape.

        Args:
          rate: fraction of zeros, which may be traced. No random numbers are drawn for a rate that is the Python number 0.
          train: the layer is the identity otherwise.
        """
        if not train or (isinstance(rate, float) and rate == 0.0):
            return jnp.asarray(x)
        keep = 1.0 - jnp.asarray(rate, jnp.float32)
        shape = [1 if axis in self.shared else n for axis, n in enumerate(x.shape)]
        kept = keep_mask(self.make_rng("dropout"), shape, keep, x.ndim - 1 if self.swept else None)
        return jnp.where(kept, x / jnp.maximum(keep, 1e-6), 0.0)


def crop(params: Params, native: Params) -> Params:
    """Remove the padding from the parameters of a member.

    Args:
      params: padded to the width of a bucket.
      native: the same tree at the width of the member, of arrays or shapes.

    Raises:
      UserError: if a native axis is longer than the padded one; both are named.
    """

    def slice_leaf(path: jax.tree_util.KeyPath, leaf: PyTree, like: PyTree) -> PyTree:
        if leaf.ndim != len(like.shape) or any(n > p for n, p in zip(like.shape, leaf.shape, strict=True)):
            raise UserError(
                f"parameter {jax.tree_util.keystr(path)} is {' x '.join(map(str, leaf.shape))}, "
                f"too narrow for {' x '.join(map(str, like.shape))}: the widths differ"
            )
        return leaf[(..., *(slice(n) for n in like.shape))]

    return jax.tree_util.tree_map_with_path(slice_leaf, params, native)


def pad(params: Params, padded: Params) -> Params:
    """The parameters of a member with zeros in the padding: the inverse of `crop`.

    Args:
      params: at the width of the member, on the host.
      padded: the same tree at the width of a bucket, of arrays or shapes.
    """

    def fill(leaf: PyTree, like: PyTree) -> np.ndarray:
        return np.pad(leaf, [(0, m - n) for n, m in zip(leaf.shape, like.shape, strict=True)])

    return jax.tree.map(fill, params, padded)
