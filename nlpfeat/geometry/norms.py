"""How hard the weights pull."""

import numpy as np
from jaxtyping import Float

from nlpfeat.geometry.network import Network


def spectral_product(network: Network) -> float:
    """Π σ_max(W_l): a bound on how much the network stretches any distance."""
    return float(np.prod([np.linalg.norm(layer.weight, 2) for layer in network.layers]))


def pulls(
    weight_in: Float[np.ndarray, "units inputs"], weight_out: Float[np.ndarray, "outputs units"]
) -> Float[np.ndarray, " units"]:
    """|w_i| |v_i| of each unit, its weights in and out: what it adds to the gradient on its side of its line.

    The sum over units is the path norm of a network with one hidden layer.
    """
    return np.linalg.norm(weight_in, axis=1) * np.linalg.norm(weight_out, axis=0)
