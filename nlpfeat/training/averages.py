"""Averages of the parameters over training: exponential (Polyak & Juditsky 1992, as used since), or over the last steps."""

import numpy as np
from jaxtyping import Float


def average_weights(
    start: int, stop: int, total: int, decay: float, share: float
) -> Float[np.ndarray, " steps"]:
    """The weight of the parameters after each step in the running average: average + weight · (parameters − average).

    Args:
      start, stop: the steps from `start` to `stop - 1`.
      total: steps of training.
      decay: of an exponential moving average, which starts at the initial parameters; 0 for none.
      share: of the steps, at the end, over which a plain average is taken; 0 for none.

    Returns:
      float32 (stop - start,); 1 where the average is the parameters themselves.
    """
    done = np.arange(start + 1, stop + 1)
    if decay:
        return np.full(len(done), 1 - decay, np.float32)
    averaged = round(share * total)
    return (1.0 / np.maximum(1, done - (total - averaged))).astype(np.float32)
