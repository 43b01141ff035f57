"""Optimizers: settings -> an Optax transformation, to be scaled by the phase's learning rate."""

from typing import Any

import optax


def adam_l2(settings: Any) -> optax.GradientTransformation:
    """Adam with L2 regularisation as PyTorch's `Adam(weight_decay=…)`: the penalty's gradient goes through the moments.

    Source: Kingma & Ba 2015 with its defaults β = (.9, .999), ε = 1e-8.
    """
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.scale_by_adam())


def plain(settings: Any) -> optax.GradientTransformation:
    """Gradient descent without any state."""
    return optax.identity()
