"""The role of a parameter: which of the fans of its layer is the swept width.

A parametrisation scales initial values and learning rates by powers of the width, with an exponent for each role. Layers declare
the roles of their parameters where they create them; a network has a role for every parameter if all of its layers do.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

import flax.linen as nn
import jax
from flax import struct
from jax import Array
from jaxtyping import PyTree

from nlpfeat.data.core import Leaf

Initializer: TypeAlias = Callable[..., Array]


class Role(NamedTuple):
    """Which fans of a layer grow with the width.

    A layer with a swept fan-out only is an input layer, as is an embedding; with both, a hidden layer; with a swept fan-in only,
    an output layer.

    Attributes:
      fan_in, fan_out: whether this fan is the swept width.
      bias: whether the parameter is the bias of the layer.
    """

    fan_in: bool
    fan_out: bool
    bias: bool = False


class WithRole(struct.PyTreeNode, nn.meta.AxisMetadata[Array]):
    """A parameter with its role, as `module.init` returns it. `nn.meta.unbox` removes the roles."""

    value: Leaf
    role: Role = struct.field(pytree_node=False)

    def unbox(self) -> Leaf:
        """The parameter."""
        return self.value

    def replace_boxed(self, val: PyTree) -> "WithRole":
        """Another parameter of the same role."""
        return self.replace(value=val)

    def add_axis(self, index: int, params: Mapping[object, object]) -> "WithRole":
        """Unchanged: a role does not depend on the axes of a parameter."""
        return self

    def remove_axis(self, index: int, params: Mapping[object, object]) -> "WithRole":
        """Unchanged."""
        return self


def with_role(initializer: Initializer, *, fan_in: bool, fan_out: bool, bias: bool = False) -> Initializer:
    """An initializer whose parameter has a role; `nn.Module.param` returns the parameter without it.

    Args:
      fan_in, fan_out: whether this fan of the layer is the swept width.
      bias: whether the parameter is a bias.
    """
    role = Role(fan_in, fan_out, bias)
    return lambda *arguments: WithRole(initializer(*arguments), role)  # pyright: ignore[reportReturnType]


def roles_of(boxed: PyTree) -> dict[str, PyTree] | None:
    """The roles of all parameters: a nested dict; None if one of them has no role.

    Args:
      boxed: the parameters as `module.init` returns them, arrays or shapes.
    """

    def boxes(leaf: object) -> bool:
        return isinstance(leaf, WithRole)

    leaves = jax.tree.leaves(boxed, is_leaf=boxes)
    if not all(map(boxes, leaves)):
        return None
    return jax.tree.map(lambda leaf: leaf.role, boxed, is_leaf=boxes)
