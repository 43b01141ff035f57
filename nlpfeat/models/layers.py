"""Layers of nets that read sequences, each with any of its sizes swept: masked, and drawn per unit (`nlpfeat.models.width`).

Weights start as Keras 1 draws them: Glorot-uniform, biases zero, embeddings U(±.05).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, Int

from nlpfeat.models.masking import Dropout, uniform_per_unit, unit_mask


class Size(NamedTuple):
    """How many units an axis has: `units` in the arrays, of which the first `true` are the member's own."""

    units: int
    true: ArrayLike
    swept: bool

    def mask(self, x: Any) -> Any:
        """`x` (…, units) with zeros past the true size."""
        if not self.swept:
            return x
        return x * unit_mask(self.units, self.true).reshape((1,) * (x.ndim - 1) + (self.units,))


def size(asked: int, units: int, width: ArrayLike) -> Size:
    """The size of a layer for which a spec asks `asked` units; 0 makes it the swept one, as wide as the member."""
    return Size(units, width, True) if asked == 0 else Size(asked, asked, False)


def one_is_swept(*sizes: int) -> None:
    """Check that the width counts something.

    Raises:
      ValueError: if no size is 0.
    """
    if 0 not in sizes:
        raise ValueError("no size is left to the width: set embedding, filters or dense to 0")


def glorot(shape: Sequence[int], unit_axes: Sequence[int], fan_in: ArrayLike, fan_out: ArrayLike) -> Any:
    """U(±√(6 / (fan_in + fan_out))), drawn per unit. Source: Glorot & Bengio 2010, eq. 16."""

    def draw(key: Array) -> Array:
        bound = jnp.sqrt(6.0 / (jnp.asarray(fan_in, jnp.float32) + jnp.asarray(fan_out, jnp.float32)))
        return bound * uniform_per_unit(key, shape, unit_axes)

    return draw


def axes_of(sizes: Sequence[Size]) -> tuple[int, ...]:
    """Which of the axes count swept units."""
    return tuple(axis for axis, one in enumerate(sizes) if one.swept)


class Embedding(nn.Module):
    """A table of word vectors, looked up; in training whole words are dropped: those types, wherever they stand."""

    rows: int
    size: Size

    @nn.compact
    def __call__(
        self, words: Int[Array | np.ndarray, "*places"], word_dropout: ArrayLike | None, *, train: bool
    ) -> Float[Array, "*places units"]:
        """Numbers of words, or of anything else, -> their vectors; `word_dropout` None drops nothing, and draws nothing."""
        shape = (self.rows, self.size.units)
        table = self.param(
            "table", lambda key: 0.05 * uniform_per_unit(key, shape, axes_of([_ROWS, self.size]))
        )
        table = self.size.mask(jnp.asarray(table))
        if word_dropout is not None:
            ones = Dropout(name="words")(jnp.ones(self.rows), word_dropout, train=train)
            table = table * ones[:, None]
        return table[words]


_ROWS = Size(0, 0, False)


class Dense(nn.Module):
    """W · x + b over all axes of x but the first.

    Attributes:
      inputs: the sizes of those axes.
      outputs: the size of the result.
    """

    inputs: tuple[Size, ...]
    outputs: Size

    @nn.compact
    def __call__(self, x: Float[Array | np.ndarray, "n ..."]) -> Float[Array, "n outputs"]:
        """(n, *inputs) -> (n, outputs), zero past the true size."""
        sizes = (*self.inputs, self.outputs)
        fan_in = jnp.prod(jnp.stack([jnp.asarray(one.true, jnp.float32) for one in self.inputs]))
        shape = [one.units for one in sizes]
        weight = self.param("weight", glorot(shape, axes_of(sizes), fan_in, self.outputs.true))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.outputs.units,))
        # As matrices: a product over several axes would have its gradient transposed by a copy.
        found = x.reshape(x.shape[0], -1) @ jnp.asarray(weight).reshape(-1, self.outputs.units)
        return self.outputs.mask(found + bias[None])


class Convolution(nn.Module):
    """One-dimensional convolution over positions, as long as its input ("same": one zero more behind than in front)."""

    kernel_size: int
    inputs: Size
    filters: Size

    @nn.compact
    def __call__(self, x: Float[Array | np.ndarray, "n length inputs"]) -> Float[Array, "n length filters"]:
        """(n, length, inputs) -> (n, length, filters), zero past the true number of filters."""
        sizes = (Size(self.kernel_size, self.kernel_size, False), self.inputs, self.filters)
        fans = [self.kernel_size * jnp.asarray(one.true, jnp.float32) for one in (self.inputs, self.filters)]
        weight = self.param("weight", glorot([one.units for one in sizes], axes_of(sizes), *fans))
        bias = self.param("bias", nn.initializers.zeros_init(), (self.filters.units,))
        # One product over the words in a filter's reach: XLA's own convolution on CPU is some hundred times slower inside
        # a loop, where every step of training is.
        reach = side_by_side(x, self.kernel_size)
        flat = jnp.asarray(weight).reshape(-1, self.filters.units)
        # As matrices, as in `Dense`.
        found = (reach.reshape(-1, reach.shape[2]) @ flat).reshape(*x.shape[:2], -1)
        return self.filters.mask(found + bias[None, None])


def side_by_side(
    x: Float[Array | np.ndarray, "n length inputs"], kernel_size: int
) -> Float[Array, "n length wide"]:
    """The inputs of `taps` positions around each, one after another; zeros beyond the ends, one more behind than in front."""
    before = (kernel_size - 1) // 2
    wide = jnp.pad(x, ((0, 0), (before, kernel_size - 1 - before), (0, 0)))
    return jnp.concatenate([wide[:, tap : tap + x.shape[1]] for tap in range(kernel_size)], axis=2)


def max_pool(x: Float[Array | np.ndarray, "n length units"], size: int) -> Float[Array, "n places units"]:
    """The largest of each `size` positions; what is left over at the end is left out."""
    places = x.shape[1] // size
    windows = jnp.asarray(x[:, : size * places]).reshape(x.shape[0], places, size, x.shape[2])
    while windows.shape[2] > 1:  # by halves: on the way back ten times as fast as a maximum along an axis
        half = windows.shape[2] // 2
        larger = jnp.maximum(windows[:, :, :half], windows[:, :, half : 2 * half])
        windows = jnp.concatenate([larger, windows[:, :, 2 * half :]], axis=2)
    return windows[:, :, 0]


def class_scores(outputs: Float[Array | np.ndarray, "n outputs"]) -> Float[Array, "n classes"]:
    """Scores whose softmax is the net's answer: of one output z, (0, z), which makes the second class's share σ(z)."""
    if outputs.shape[1] > 1:
        return jnp.asarray(outputs)
    return jnp.concatenate([jnp.zeros_like(outputs), outputs], axis=1)


def outputs_of(classes: int) -> Size:
    """One output for two classes, else one a class."""
    count = 1 if classes == 2 else classes
    return Size(count, count, False)
