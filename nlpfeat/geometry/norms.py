"""Norms of the weights that bound how fast a network can change."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Layer, Network


def spectral_product(network: Network) -> float:
    """Π σ_max(W_l) over all layers: an upper bound of the network's Lipschitz constant.

    Activations with a negative slope beyond ±1 contribute a factor too.
    """
    return float(
        np.prod([np.linalg.norm(x.weight, 2) * max(1.0, abs(x.negative_slope)) for x in network.layers])
    )


def product(layers: Sequence[Layer], units: int) -> Float[np.ndarray, "outputs units"]:
    """The product of the weights of linear layers applied to `units` inputs; the identity for no layers."""
    return reduce(lambda before, layer: layer.weight @ before, layers, np.eye(units))


def unit_path_norms(
    weight_in: Float[np.ndarray, "units inputs"], weight_out: Float[np.ndarray, "outputs units"]
) -> Float[np.ndarray, " units"]:
    """|w_i| |v_i| of each unit i of a hidden layer, of its incoming weights w and outgoing weights v.

    This is the norm of the gradient's jump across the unit's line (times 1 - negative slope); the sum over units bounds the
    variation of the gradient. Norms are Euclidean; the path norm of Neyshabur et al. 2015 sums over paths instead.
    """
    return np.linalg.norm(weight_in, axis=1) * np.linalg.norm(weight_out, axis=0)
