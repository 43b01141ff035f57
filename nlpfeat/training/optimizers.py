"""Optimizers: settings -> an Optax transformation, without the learning rate."""

from collections.abc import Callable

import jax
import optax
from jaxtyping import PyTree

from nlpfeat.data.core import Params


def adam_l2(settings: PyTree) -> optax.GradientTransformation:
    """Adam with L2 regularization as in PyTorch's `Adam(weight_decay=…)`: its gradient is included in the moments.

    Source: Kingma & Ba 2015 with its defaults β = (.9, .999), ε = 1e-8.
    """
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.scale_by_adam())


def adam(settings: PyTree) -> optax.GradientTransformation:
    """Adam with the defaults of its paper."""
    return optax.scale_by_adam()


def adam_with_l2(*modules: str) -> Callable[[PyTree], optax.GradientTransformation]:
    """Adam on the loss plus `settings.l2` · Σ W² over the parameters of `modules`, as Keras's `l2`."""

    def mask(params: Params) -> PyTree:
        return {
            name: jax.tree.map(lambda _, regularized=name in modules: regularized, part)
            for name, part in params.items()
        }

    def optimizer(settings: PyTree) -> optax.GradientTransformation:
        weight_decay = optax.masked(optax.add_decayed_weights(2 * settings.l2), mask)
        return optax.chain(weight_decay, optax.scale_by_adam())

    return optimizer


def sgd(settings: PyTree) -> optax.GradientTransformation:
    """Plain gradient descent."""
    return optax.identity()
