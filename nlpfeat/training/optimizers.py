"""Optimizers: settings -> an Optax transformation, to be scaled by the phase's learning rate."""

from collections.abc import Callable
from typing import Any

import jax
import optax
from jaxtyping import PyTree

from nlpfeat.data.core import Params


def adam_l2(settings: PyTree) -> optax.GradientTransformation:
    """Adam with L2 regularisation as PyTorch's `Adam(weight_decay=…)`: the penalty's gradient goes through the moments.

    Source: Kingma & Ba 2015 with its defaults β = (.9, .999), ε = 1e-8.
    """
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.scale_by_adam())


def adam(settings: PyTree) -> optax.GradientTransformation:
    """Adam with the defaults of its paper, as `adam_l2`."""
    return optax.scale_by_adam()


def adam_with_l2(*modules: str) -> Callable[[Any], optax.GradientTransformation]:
    """Adam on the loss and `settings.l2` · Σ W² of the parameters of `modules`, as Keras's `l2` adds it."""

    def theirs(params: Params) -> Any:
        return {
            name: jax.tree.map(lambda _, mine=name in modules: mine, part) for name, part in params.items()
        }

    def optimizer(settings: PyTree) -> optax.GradientTransformation:
        penalty = optax.masked(optax.add_decayed_weights(2 * settings.l2), theirs)
        return optax.chain(penalty, optax.scale_by_adam())

    return optimizer


def sgd(settings: PyTree) -> optax.GradientTransformation:
    """Gradient descent without any state."""
    return optax.identity()
