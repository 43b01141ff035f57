"""The order of mini-batches: data for the training program, computed on the host."""

import numpy as np


def batch_order(examples: int, batch_size: int, seed: int, start: int, stop: int) -> np.ndarray:
    """Which examples the steps `start` … `stop - 1` see: int32 (stop - start, batch_size).

    Epoch after epoch of fresh permutations is laid end to end and cut into batches, so every example is seen
    once an epoch, a batch may straddle two, and none is dropped or padded. A pure function of its arguments:
    a run resumed at `start` sees what the uninterrupted one saw.
    """
    positions = np.arange(start * batch_size, stop * batch_size)
    epochs = positions // examples
    order = np.empty(positions.shape, np.int32)
    for epoch in np.unique(epochs):
        chosen = epochs == epoch
        permutation = np.random.default_rng([seed, int(epoch)]).permutation(examples)
        order[chosen] = permutation[positions[chosen] % examples]
    return order.reshape(-1, batch_size)


def file_order(examples: int, batch_size: int, start: int, stop: int) -> np.ndarray:
    """As `batch_order`, with the examples as they stand in the file, pass after pass."""
    return (np.arange(start * batch_size, stop * batch_size) % examples).reshape(-1, batch_size)
