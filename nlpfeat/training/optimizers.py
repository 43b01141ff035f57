"""Optimizers: the direction of a step, without the learning rate."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import optax
from jaxtyping import PyTree

from nlpfeat.data.core import Params


class Optimizer(NamedTuple):
    """An optimizer.

    Attributes:
      transformation: settings -> Optax transformation, without the learning rate, which `nlpfeat.training.step` applies.
      adaptive: whether the size of a step does not depend on the size of the gradient, as Adam's. It decides how a
        parametrisation scales learning rates with the width.
    """

    transformation: Callable[[PyTree], optax.GradientTransformation]
    adaptive: bool


def _adam_l2(settings: PyTree) -> optax.GradientTransformation:
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.scale_by_adam())


# Adam with the defaults of its paper, β = (.9, .999) and ε = 1e-8. Source: Kingma & Ba 2015.
adam = Optimizer(lambda settings: optax.scale_by_adam(), adaptive=True)

# Adam with L2 regularization as in PyTorch's `Adam(weight_decay=…)`: its gradient is included in the moments.
adam_l2 = Optimizer(_adam_l2, adaptive=True)

# Plain gradient descent.
sgd = Optimizer(lambda settings: optax.identity(), adaptive=False)


def _sgd_momentum(settings: PyTree) -> optax.GradientTransformation:
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.trace(settings.momentum))


# Gradient descent with momentum and L2 regularization as in PyTorch's `SGD(momentum=…, weight_decay=…)`.
sgd_momentum = Optimizer(_sgd_momentum, adaptive=False)


def adam_with_l2(*modules: str) -> Optimizer:
    """Adam on the loss plus `settings.l2` · Σ W² over the parameters of `modules`, as Keras's `l2`."""

    def mask(params: Params) -> PyTree:
        return {
            name: jax.tree.map(lambda _, regularized=name in modules: regularized, part)
            for name, part in params.items()
        }

    def transformation(settings: PyTree) -> optax.GradientTransformation:
        weight_decay = optax.masked(optax.add_decayed_weights(2 * settings.l2), mask)
        return optax.chain(weight_decay, optax.scale_by_adam())

    return Optimizer(transformation, adaptive=True)
