"""Optimizers: settings -> an Optax transformation, to be scaled by the phase's learning rate."""

from typing import Any

import jax
import optax


def adam_l2(settings: Any) -> optax.GradientTransformation:
    """Adam with L2 regularisation as PyTorch's `Adam(weight_decay=…)`: the penalty's gradient goes through the moments.

    Source: Kingma & Ba 2015 with its defaults β = (.9, .999), ε = 1e-8.
    """
    return optax.chain(optax.add_decayed_weights(settings.weight_decay), optax.scale_by_adam())


def adam(settings: Any) -> optax.GradientTransformation:
    """Adam with the defaults of its paper, as `adam_l2`."""
    return optax.scale_by_adam()


def adam_word_penalty(settings: Any) -> optax.GradientTransformation:
    """Adam on the loss and `settings.penalty` · Σ W² of the table of words, as Keras's `l2` adds it."""
    penalised = optax.masked(optax.add_decayed_weights(2 * settings.penalty), _of_words)
    return optax.chain(penalised, optax.scale_by_adam())


def _of_words(params: Any) -> Any:
    """Which parameters belong to the module "words"."""
    return {name: jax.tree.map(lambda _, mine=name == "words": mine, part) for name, part in params.items()}


def plain(settings: Any) -> optax.GradientTransformation:
    """Gradient descent without any state."""
    return optax.identity()
