"""Convolutions over pictures of one or two dimensions, whose channels are the width.

Source: the network of one dimension in "Scaling down deep learning with MNIST-1D", Greydanus & Kobak, ICML 2024: kernels of 5, 3 and 3
positions, stride 2, padding 1, then a linear layer. Layers start as PyTorch's do.
"""

from dataclasses import dataclass
from itertools import product

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PyTree

from nlpfeat.config.fields import Count
from nlpfeat.data.core import Params
from nlpfeat.models.layers import PlainLayer
from nlpfeat.models.masking import Affine, unit_mask

PADDING = 1


@dataclass(frozen=True)
class PictureNetSpec:
    """The convolutions.

    Attributes:
      kernel_sizes: positions of each kernel along a side, first layer first.
      stride: of all of them.
    """

    kernel_sizes: tuple[Count, ...] = (5, 3, 3)
    stride: Count = 2

    def __post_init__(self) -> None:
        if not self.kernel_sizes:
            raise ValueError("kernel_sizes must name at least one kernel size, as in (5, 3, 3)")


def sides(shape: tuple[int, ...], kernel_size: int, stride: int) -> tuple[int, ...]:
    """The sides of what a convolution makes of a picture.

    Raises:
      ValueError: if the picture is smaller than the kernel.
    """
    found = tuple((side + 2 * PADDING - kernel_size) // stride + 1 for side in shape)
    if min(found) < 1:
        raise ValueError(f"a kernel of {kernel_size} positions does not fit a picture of {shape}")
    return found


def convolution_name(number: int) -> str:
    """The name of a convolution, with numbers from 1."""
    return f"convolution_{number}"


def picture_net_layers(module: PyTree, params: Params, settings: PyTree) -> list[PlainLayer]:
    """The layers of a `PictureNet` as dense ones: their units are the channels, each at all positions in turn.

    Args:
      module: a `PictureNet`, which knows the shape of a picture.
      params: at the width of the member.
    """
    shape, spec, found = module.shape, module.spec, []
    for number, kernel_size in enumerate(spec.kernel_sizes, 1):
        layer = params[convolution_name(number)]
        kernel = np.asarray(layer["weight"], np.float64)  # channels out, channels in, windows
        table = windows(shape, kernel_size, spec.stride)
        out, tap = np.nonzero(table >= 0)
        dense = np.zeros((kernel.shape[0], len(table), kernel.shape[1], int(np.prod(shape))))
        dense[:, out, :, table[out, tap]] = np.moveaxis(kernel[:, :, tap], 2, 0)
        bias = np.repeat(np.asarray(layer["bias"], np.float64), len(table))
        found.append((dense.reshape(len(bias), -1), bias, 0.0))
        shape = sides(shape, kernel_size, spec.stride)
    head = params["classes"]
    return [*found, (np.asarray(head["weight"]).reshape(len(head["bias"]), -1), head["bias"], 1.0)]


def windows(shape: tuple[int, ...], kernel_size: int, stride: int) -> Int[np.ndarray, "positions windows"]:
    """For each output and each tap of the kernel the input position, counted along the flattened picture; -1 in the padding."""
    numbers = np.pad(np.arange(np.prod(shape)).reshape(shape), PADDING, constant_values=-1)
    return np.stack([part.ravel() for part in _shifted(numbers, shape, kernel_size, stride)], 1)


def _shifted(x: PyTree, shape: tuple[int, ...], kernel_size: int, stride: int) -> list[PyTree]:
    """For each tap of the kernel the part of the padded picture, the last axes of `x`, that it sees."""
    ends = sides(shape, kernel_size, stride)
    return [
        x[(..., *(slice(i, i + stride * end, stride) for i, end in zip(tap, ends, strict=True)))]
        for tap in product(range(kernel_size), repeat=len(shape))
    ]


class PictureNet(nn.Module):
    """Convolutions with ReLU, then the class scores of all positions."""

    units: int
    classes: int
    shape: tuple[int, ...]
    spec: PictureNetSpec

    @nn.compact
    def __call__(
        self, inputs: Float[Array | np.ndarray, "n features"], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The outputs for a batch.

        Args:
          inputs: flattened pictures.
          settings: `width` is the number of channels of each convolution, at most `units`.
          train: has no effect here.

        Returns:
          "convolution_1", … (n, channels · positions) of all convolutions but the last; "features", those of the last; "scores"
          (n, classes).
        """
        n, mask = inputs.shape[0], unit_mask(self.units, settings.width)[:, None]
        x, shape, channels = jnp.asarray(inputs).T[None], self.shape, 1
        outputs, fan_in = {}, 1
        for number, kernel_size in enumerate(self.spec.kernel_sizes, 1):
            # Examples last, and the positions that a kernel sees side by side: a product of matrices.
            picture = jnp.moveaxis(x.reshape(channels, *shape, n), -1, 1)
            wide = jnp.pad(picture, ((0, 0), (0, 0), *[(PADDING, PADDING)] * len(shape)))
            seen = jnp.stack(_shifted(wide, shape, kernel_size, self.spec.stride), 1)
            seen = jnp.moveaxis(seen, 2, -1).reshape(channels, kernel_size ** len(shape), -1)
            axes = (0,) if number == 1 else (0, 1)
            layer = Affine(self.units, unit_axes=axes, name=convolution_name(number))
            active = jax.nn.relu(layer(seen, fan_in * kernel_size ** len(shape))) * mask
            shape, channels, fan_in = sides(shape, kernel_size, self.spec.stride), self.units, settings.width
            x = active.reshape(self.units, -1, n)
            outputs[convolution_name(number)] = x.reshape(-1, n).T
        outputs["features"] = outputs.pop(convolution_name(len(self.spec.kernel_sizes)))
        scores = Affine(self.classes, unit_axes=(1,), name="classes")(x, fan_in * x.shape[1])
        outputs["scores"] = scores.T
        return outputs
