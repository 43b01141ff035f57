"""Parametrisations: how initial values and learning rates scale with the width.

In the abc-parametrisation of a network of width n, a layer computes with n^(-a) w, where w has the standard deviation n^(-b) at the
start and the learning rate η n^(-c). Which of them keep their features and their best learning rate as n grows is a matter of a, b
and c (Yang & Hu, "Tensor Programs IV: Feature learning in infinite-width neural networks", ICML 2021).

Here n is the width of a member relative to `base_width`: at the base width, all parametrisations are the same network with the same
rates. Multipliers are folded into initial values and rates, so that the parameters are those that the layers compute with: n^(-a) w
has the standard deviation n^-(a+b) and the rate η n^-(c+2a) under SGD, and η n^-(c+a) under Adam, whose steps do not depend on
the size of a gradient. For SGD this is the same training; for Adam it is up to its ε, which here does not shrink in relation to
the gradients. Weight decay applies to the folded parameters.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from nlpfeat.config.choices import PARAMETRISATIONS as NAMES
from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Params
from nlpfeat.models.roles import Role


class ByRole(NamedTuple):
    """A number for each role of a layer that has the width as a fan."""

    input: Scalar
    hidden: Scalar
    output: Scalar


class Parametrisation(NamedTuple):
    """Exponents of 1/n, as published.

    Attributes:
      name: in configs.
      multiplier: a, of the multiplier of a weight.
      initial: b, of its initial standard deviation; None for a standard deviation as the layer draws it at its own width.
      sgd, adam: c, of its learning rate. A bias has the exponents of an input layer where the fan-out of its layer is the
        width, and 0 elsewhere.
      source: of the exponents.
    """

    name: str
    multiplier: ByRole
    initial: ByRole | None
    sgd: ByRole
    adam: ByRole
    source: str


ZERO = ByRole(0, 0, 0)
PARAMETRISATIONS = (
    Parametrisation(
        "standard",
        multiplier=ZERO,
        initial=None,
        sgd=ZERO,
        adam=ZERO,
        source="the initializers of PyTorch and Keras, one learning rate",
    ),
    Parametrisation(
        "ntk",
        multiplier=ByRole(0, 0.5, 0.5),
        initial=ZERO,
        sgd=ZERO,
        adam=ByRole(0.5, 1, 0.5),
        source="Jacot et al. 2018; for Adam, the neural-tangent limit of Yang & Littwin 2023 (Tensor Programs IVb)",
    ),
    Parametrisation(
        "mean_field",
        multiplier=ByRole(0, 1, 1),
        initial=ZERO,
        sgd=ByRole(-1, -2, -1),
        adam=ZERO,
        source="Mei et al. 2018; Sirignano & Spiliopoulos 2022 for several layers, whose pre-activations start near 0",
    ),
    Parametrisation(
        "maximal_update",
        multiplier=ByRole(-0.5, 0, 0.5),
        initial=ByRole(0.5, 0.5, 0.5),
        sgd=ZERO,
        adam=ByRole(0.5, 1, 0.5),
        source="Yang & Hu 2021 for SGD; Yang et al. 2022 (Tensor Programs V), table 3, for Adam",
    ),
    Parametrisation(
        "standard_layerwise",
        multiplier=ZERO,
        initial=None,
        sgd=ByRole(-0.5, 0.5, 1),
        adam=ByRole(0, 1, 1),
        source="Everett et al. 2024, standard parametrisation with learning rates per layer, full alignment",
    ),
)
assert tuple(one.name for one in PARAMETRISATIONS) == NAMES
STANDARD = NAMES.index("standard")
# Those whose layers draw initial values at the base width, from where they are scaled.
_DRAWN_AT_BASE = np.array([one.initial is not None for one in PARAMETRISATIONS])


def initial_exponents(role: Role) -> np.ndarray:
    """The exponent of 1/n of the initial standard deviation in each parametrisation: (parametrisations,)."""
    return np.array([_initial_exponent(one, role) for one in PARAMETRISATIONS])


def _initial_exponent(one: Parametrisation, role: Role) -> float:
    if one.initial is None or role.bias:
        return 0.0
    return _of_role(one.multiplier, role) + _of_role(one.initial, role)


def rate_exponents(role: Role, *, adaptive: bool) -> np.ndarray:
    """The exponent of 1/n of the learning rate of the folded parameter in each parametrisation: (parametrisations,).

    Args:
      role: of the parameter.
      adaptive: whether the optimizer's steps do not depend on the size of the gradient, as Adam's.
    """
    return np.array([_rate_exponent(one, role, adaptive=adaptive) for one in PARAMETRISATIONS])


def _rate_exponent(one: Parametrisation, role: Role, *, adaptive: bool) -> float:
    if role.bias:  # as the weight of an input that is always 1
        role = Role(fan_in=False, fan_out=role.fan_out)
    published = one.adam if adaptive else one.sgd
    return _of_role(published, role) + (1 if adaptive else 2) * _of_role(one.multiplier, role)


def _of_role(values: ByRole, role: Role, without: float = 0.0) -> Scalar:
    """The value of a role; `without` for a layer that does not have the width as a fan."""
    if role.fan_in:
        return values.hidden if role.fan_out else values.output
    return values.input if role.fan_out else without


def drawing_width(settings: PyTree) -> Scalar:
    """The width at which the layers of a member draw their initial values: its own, or the base width."""
    at_base = jnp.asarray(_DRAWN_AT_BASE)[settings.parametrisation]
    return jnp.where(at_base, settings.base_width, settings.width)


def scale_initial(params: Params, roles: PyTree, settings: PyTree) -> Params:
    """The initial parameters of a member in its parametrisation.

    Args:
      params: as the layers draw them at `drawing_width`.
      roles: of the parameters.
      settings: `parametrisation`, `width`, `base_width`; `output_init_scale`, a factor of the weights of output layers.
    """

    def scaled(leaf: Array, role: Role) -> Array:
        factor = _power(initial_exponents(role), settings)
        output = role.fan_in and not role.fan_out and not role.bias
        return leaf * (factor * settings.output_init_scale if output else factor)

    return jax.tree.map(scaled, params, roles)


def rate_scales(roles: PyTree, settings: PyTree, *, adaptive: bool) -> PyTree:
    """The factor of the learning rate of each parameter: scalars in the tree of the roles.

    Args:
      roles: of the parameters.
      settings: `parametrisation`, `width`, `base_width`; `input_lr_scale`, `hidden_lr_scale` and `output_lr_scale`, factors
        of the rates of layers by their role.
      adaptive: see `rate_exponents`.
    """

    def scale(role: Role) -> Array:
        factors = ByRole(settings.input_lr_scale, settings.hidden_lr_scale, settings.output_lr_scale)
        return _power(rate_exponents(role, adaptive=adaptive), settings) * _of_role(factors, role, 1.0)

    return jax.tree.map(scale, roles, is_leaf=lambda leaf: isinstance(leaf, Role))


def _power(exponents: np.ndarray, settings: PyTree) -> Array:
    """n^-exponent for the parametrisation of a member; exactly 1 for an exponent of 0."""
    exponent = jnp.asarray(exponents, jnp.float32)[settings.parametrisation]
    relative = jnp.asarray(settings.width, jnp.float32) / settings.base_width
    return jnp.where(exponent == 0, 1.0, relative**-exponent)
