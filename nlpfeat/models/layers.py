"""Layers for sequences. Each of their sizes can be the swept width: see `nlpfeat.models.masking`.

Initial values are those of Keras 1: weights Glorot-uniform, biases zero, embeddings U(±.05).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from flax.linen.initializers import zeros_init
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from nlpfeat.models.masking import Dropout, uniform_per_unit, unit_mask
from nlpfeat.models.roles import with_role

# Weight (outputs, inputs), bias (outputs,), slope of the activation for negative values (1 for none).
PlainLayer: TypeAlias = tuple[Array | np.ndarray, Array | np.ndarray, float]


class Size(NamedTuple):
    """The size of an axis of units.

    Attributes:
      units: in the arrays, padding included.
      true: units of the member, at the beginning of the axis.
      swept: whether the size is the swept width.
    """

    units: int
    true: ArrayLike
    swept: bool

    def mask(self, x: Array | np.ndarray) -> Array:
        """`x` (…, units) with zeros in place of the padding."""
        x = jnp.asarray(x)
        return (
            x
            if not self.swept
            else x * unit_mask(self.units, self.true).reshape((1,) * (x.ndim - 1) + (self.units,))
        )


def size(spec_units: int, units: int, width: ArrayLike) -> Size:
    """The size of a layer.

    Args:
      spec_units: units in the spec of the model; 0 stands for the swept width.
      units: the padded width.
      width: of the member.
    """
    return Size(units, width, True) if spec_units == 0 else fixed(spec_units)


def fixed(units: int) -> Size:
    """A size that is not swept."""
    return Size(units, units, False)


def one_is_swept(*sizes: int) -> None:
    """Check that a size of a spec is 0, which stands for the swept width.

    Raises:
      ValueError: if none is.
    """
    if 0 not in sizes:
        raise ValueError("no layer has the swept width: set one of the sizes, such as embedding, to 0")


def glorot(
    shape: Sequence[int], unit_axes: Sequence[int], fan_in: ArrayLike, fan_out: ArrayLike
) -> Callable[[Array], Array]:
    """An initializer, key -> U(±√(6 / (fan_in + fan_out))), drawn per unit. Source: Glorot & Bengio 2010, eq. 16.

    Args:
      shape: of the weights, padding included.
      unit_axes: axes of `shape` that count units of the swept width.
      fan_in, fan_out: without padding.
    """

    def draw(key: Array) -> Array:
        bound = jnp.sqrt(6.0 / (jnp.asarray(fan_in, jnp.float32) + jnp.asarray(fan_out, jnp.float32)))
        return bound * uniform_per_unit(key, shape, unit_axes)

    return draw


def axes_of(sizes: Sequence[Size]) -> tuple[int, ...]:
    """The axes whose size is the swept width."""
    return tuple(axis for axis, one in enumerate(sizes) if one.swept)


class Embedding(nn.Module):
    """A table of word vectors. Dropout, if any, drops a word at all its occurrences in a batch.

    Attributes:
      rows: number of ids.
      size: of a vector.
      init_scale: vectors start U(±init_scale). The default is that of Keras 1.
    """

    rows: int
    size: Size
    init_scale: float = 0.05

    @nn.compact
    def __call__(
        self, words: Int[Array | np.ndarray, "*positions"], word_dropout: ArrayLike | None, *, train: bool
    ) -> Float[Array, "*positions units"]:
        """The vectors of some ids.

        Args:
          words: ids, of words or of anything else.
          word_dropout: dropout rate of words; None for no dropout layer.
          train: whether to apply dropout.
        """
        shape = (self.rows, self.size.units)
        axes = axes_of([_ROWS, self.size])
        draw = with_role(
            lambda key: self.init_scale * uniform_per_unit(key, shape, axes),
            fan_in=False,
            fan_out=self.size.swept,
        )
        table = self.size.mask(jnp.asarray(self.param("table", draw)))
        if word_dropout is not None:
            ones = Dropout(name="words")(jnp.ones(self.rows), word_dropout, train=train)
            table = table * ones[:, None]
        return table[words]


_ROWS = fixed(0)


class Dense(nn.Module):
    """W · x + b over all axes of x but the first.

    Attributes:
      inputs: sizes of these axes.
      outputs: size of the output.
    """

    inputs: tuple[Size, ...]
    outputs: Size

    @nn.compact
    def __call__(self, x: Float[Array | np.ndarray, "n ..."]) -> Float[Array, "n outputs"]:
        """(n, *inputs) -> (n, outputs), zero in the padding."""
        sizes = (*self.inputs, self.outputs)
        fan_in = jnp.prod(jnp.stack([jnp.asarray(one.true, jnp.float32) for one in self.inputs]))
        shape = [one.units for one in sizes]
        fans = {"fan_in": any(one.swept for one in self.inputs), "fan_out": self.outputs.swept}
        draw = glorot(shape, axes_of(sizes), fan_in, self.outputs.true)
        weight = self.param("weight", with_role(draw, **fans))
        bias = self.param("bias", with_role(zeros_init(), **fans, bias=True), (self.outputs.units,))
        # A product of matrices: the gradient of one over several axes would need a transposed copy.
        product = x.reshape(x.shape[0], -1) @ jnp.asarray(weight).reshape(-1, self.outputs.units)
        return self.outputs.mask(product + bias[None])


class Convolution(nn.Module):
    """One-dimensional convolution over positions, with "same" padding; an odd zero of padding is at the end."""

    kernel_size: int
    inputs: Size
    filters: Size

    @nn.compact
    def __call__(self, x: Float[Array | np.ndarray, "n length inputs"]) -> Float[Array, "n length filters"]:
        """(n, length, inputs) -> (n, length, filters), zero in the padding of filters."""
        sizes = (fixed(self.kernel_size), self.inputs, self.filters)
        fans = [self.kernel_size * jnp.asarray(one.true, jnp.float32) for one in (self.inputs, self.filters)]
        role = {"fan_in": self.inputs.swept, "fan_out": self.filters.swept}
        draw = glorot([one.units for one in sizes], axes_of(sizes), *fans)
        weight = self.param("weight", with_role(draw, **role))
        bias = self.param("bias", with_role(zeros_init(), **role, bias=True), (self.filters.units,))
        flat = jnp.asarray(weight).reshape(-1, self.filters.units)
        product = convolve(jnp.asarray(x), flat, self.kernel_size)
        return self.filters.mask(product + bias[None, None])


def convolve(
    x: Float[Array, "n length inputs"], weight: Float[Array, "window filters"], kernel_size: int
) -> Float[Array, "n length filters"]:
    """The convolution of the positions of each example, with "same" padding.

    It is a product of matrices over windows: XLA's convolution on CPU is about a hundred times slower inside of a loop, such as
    that over training steps. There examples are computed one after another, so that the windows of each stay in a core's cache,
    and are made again for the gradient.
    """

    def one_by_one(x: Array, weight: Array) -> Array:
        return jax.lax.map(jax.checkpoint(lambda one: convolve_at_once(one[None], weight, kernel_size)[0]), x)

    def at_once(x: Array, weight: Array) -> Array:
        return convolve_at_once(x, weight, kernel_size)

    return jax.lax.platform_dependent(x, weight, cpu=one_by_one, default=at_once)


def convolve_at_once(
    x: Float[Array, "n length inputs"], weight: Float[Array, "window filters"], kernel_size: int
) -> Float[Array, "n length filters"]:
    """The same by one product over the windows of all examples."""
    windows = unfold(x, kernel_size)
    return (windows.reshape(-1, len(weight)) @ weight).reshape(*x.shape[:2], -1)


def unfold(
    x: Float[Array | np.ndarray, "n length inputs"], kernel_size: int
) -> Float[Array, "n length window"]:
    """The concatenated inputs of the `kernel_size` positions around each position, with "same" padding."""
    before = (kernel_size - 1) // 2
    return jnp.concatenate(shifted(x, before, kernel_size - 1 - before), axis=2)


def shifted(x: Float[Array | np.ndarray, "n length ..."] | Array, before: int, behind: int) -> list[Array]:
    """What stands from `before` places before each position to `behind` places behind it: arrays like `x`, zero beyond its ends."""
    wide = jnp.pad(x, ((0, 0), (before, behind)) + ((0, 0),) * (x.ndim - 2))
    return [wide[:, i : i + x.shape[1]] for i in range(before + 1 + behind)]


def max_pool(x: Float[Array | np.ndarray, "n length units"], size: int) -> Float[Array, "n positions units"]:
    """The maxima over consecutive blocks of `size` positions; an incomplete block at the end is dropped."""
    positions = x.shape[1] // size
    windows = jnp.asarray(x[:, : size * positions]).reshape(x.shape[0], positions, size, x.shape[2])
    # By halves: its backward pass is ten times as fast as that of a maximum along an axis.
    while windows.shape[2] > 1:
        half = windows.shape[2] // 2
        first, second, rest = jnp.split(windows, [half, 2 * half], axis=2)
        windows = jnp.concatenate([jnp.maximum(first, second), rest], axis=2)
    return windows[:, :, 0]


def class_scores(outputs: Float[Array | np.ndarray, "n outputs"]) -> Float[Array, "n classes"]:
    """Class scores, the arguments of a softmax. One output z becomes (0, z), so that the second class has probability σ(z)."""
    if outputs.shape[1] > 1:
        return jnp.asarray(outputs)
    return jnp.concatenate([jnp.zeros_like(outputs), outputs], axis=1)


def outputs_of(classes: int) -> Size:
    """The outputs of a classifier: one for two classes, else one per class."""
    return fixed(1 if classes == 2 else classes)
