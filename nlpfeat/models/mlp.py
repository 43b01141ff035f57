"""Multi-layer perceptrons on inputs of any dimension: D → H → … → H → (d) → K.

There are `depth` hidden layers of `width` units, then, where the model has one, a linear bottleneck of d dimensions that can be drawn,
then the class scores. Width, depth, d and the slope of the activation are traced, so that networks of all of them share a program.
"""

from dataclasses import dataclass
from typing import Annotated

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Float, PyTree

from nlpfeat.config.fields import NonNegativeInt, Range
from nlpfeat.data.core import Params
from nlpfeat.models.layers import PlainLayer
from nlpfeat.models.masking import Affine, unit_mask


@dataclass(frozen=True)
class MlpSpec:
    """The sizes that all members of a study share.

    Attributes:
      layers: the largest number of hidden layers of a member.
      bottleneck: the largest dimension of the linear layer before the class scores; 0 for no such layer.
    """

    layers: Annotated[int, Range(1)] = 2
    bottleneck: NonNegativeInt = 0


def hidden_name(number: int) -> str:
    """The name of a hidden layer, with numbers from 1."""
    return f"hidden_{number}"


def hidden_number(path: str) -> int:
    """The number of the hidden layer of a parameter, such as "hidden_2/weight"; 0 for one of another layer."""
    name, _, number = path.partition("/")[0].partition("_")
    return int(number) if name == "hidden" and number else 0


def hidden_layers(params: Params, depth: int, negative_slope: float) -> list[PlainLayer]:
    """The hidden layers of a network of `hidden_stack`."""
    found = [params[hidden_name(number)] for number in range(1, depth + 1)]
    return [(layer["weight"], layer["bias"], negative_slope) for layer in found]


def hidden_stack(
    x: Float[Array, "inputs n"],
    units: int,
    layers: int,
    width: ArrayLike,
    depth: ArrayLike,
    negative_slope: ArrayLike,
) -> list[Float[Array, "units n"]]:
    """The activations of hidden layers, called within a Flax module; those beyond `depth` are the identity.

    Args:
      x: inputs, in the layout features × examples.
      units: the padded width.
      layers: hidden layers of the program.
      width, depth: units and hidden layers of the member.
      negative_slope: of the activation: 0 for ReLU.
    """
    mask = unit_mask(units, width)[:, None]

    def activate(z: Array) -> Array:
        return jnp.where(z >= 0, z, negative_slope * z) * mask

    found = [activate(Affine(units, unit_axes=(0,), name=hidden_name(1))(x, x.shape[0]))]
    for number in range(2, layers + 1):
        layer = Affine(units, unit_axes=(0, 1), name=hidden_name(number))
        before = found[-1]
        found.append(jnp.where(jnp.asarray(number) <= depth, activate(layer(before, width)), before))
    return found


def mlp_layers(module: nn.Module, params: Params, settings: PyTree) -> list[PlainLayer]:
    """The layers of an `Mlp`, up to the depth of the member; the bottleneck with its dimensions in use."""
    found = hidden_layers(params, int(settings.depth), float(settings.negative_slope))
    head = params["classes"]["weight"]
    if "bottleneck" in params:
        weight, bias = (params["bottleneck"][name] for name in ("weight", "bias"))
        used = int(settings.bottleneck)
        found.append((weight[:used], bias[:used], 1.0))
        head = head[:, :used]
    return [*found, (head, params["classes"]["bias"], 1.0)]


class Mlp(nn.Module):
    """`depth` hidden layers of `width` units, a linear bottleneck or none, class scores."""

    units: int
    classes: int
    layers: int
    bottleneck: int = 0

    @nn.compact
    def __call__(
        self, inputs: Float[Array | np.ndarray, "n inputs"], settings: PyTree, *, train: bool = False
    ) -> dict[str, Array]:
        """The outputs for a batch.

        Args:
          inputs: (n, inputs).
          settings: `width`, the units per layer, at most `units`; `depth`, the number of hidden layers, at most `layers`;
            `negative_slope` of the activation; `bottleneck`, the dimensions of the bottleneck in use, if there is one.
          train: has no effect here.

        Returns:
          "hidden_1", … (n, units) of the hidden layers but the last; "features" (n, units) of the last; "embedding" (n, bottleneck),
          where there is one; "scores" (n, classes).
        """
        width = settings.width
        x = jnp.asarray(inputs).T
        hidden = hidden_stack(x, self.units, self.layers, width, settings.depth, settings.negative_slope)
        outputs = {hidden_name(number): one.T for number, one in enumerate(hidden[:-1], 1)}
        outputs["features"] = hidden[-1].T
        last, fan_in = hidden[-1], width
        if self.bottleneck:
            layer = Affine(self.bottleneck, unit_axes=(1,), name="bottleneck")
            last = layer(last, width) * unit_mask(self.bottleneck, settings.bottleneck)[:, None]
            fan_in = settings.bottleneck
            outputs["embedding"] = last.T
        axes = () if self.bottleneck else (1,)
        outputs["scores"] = Affine(self.classes, unit_axes=axes, name="classes")(last, fan_in).T
        return outputs
