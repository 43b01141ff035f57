"""How hard the weights pull."""

from collections.abc import Sequence
from functools import reduce

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Layer, Network


def spectral_product(network: Network) -> float:
    """Π σ_max(W_l), over all layers: a bound on how much the network stretches any distance.

    An activation of a slope beyond ±1 stretches too, and counts.
    """
    return float(np.prod([np.linalg.norm(x.weight, 2) * max(1.0, abs(x.slope)) for x in network.layers]))


def product(layers: Sequence[Layer], units: int) -> Float[np.ndarray, "outputs units"]:
    """The weights of linear layers on `units` inputs, multiplied; the identity for none."""
    return reduce(lambda before, layer: layer.weight @ before, layers, np.eye(units))


def pulls(
    weight_in: Float[np.ndarray, "units inputs"], weight_out: Float[np.ndarray, "outputs units"]
) -> Float[np.ndarray, " units"]:
    """|w_i| |v_i| of each unit, its weights in and out: what it adds to the gradient on its side of its line.

    Their sum bounds how much the gradient can vary (Euclidean norms; the path norm of Neyshabur et al. 2015 sums over
    paths instead).
    """
    return np.linalg.norm(weight_in, axis=1) * np.linalg.norm(weight_out, axis=0)
