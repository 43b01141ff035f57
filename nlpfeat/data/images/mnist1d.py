"""MNIST-1D: ten shapes of one dimension, padded, moved, scaled, sheared and blurred, forty numbers each.

Source: Greydanus & Kobak, "Scaling down deep learning with MNIST-1D", ICML 2024; their generator, version of 2024, is reproduced number
by number from the same random numbers, here for all examples at once.
"""

import numpy as np
import scipy  # whose submodules load when they are used
from jaxtyping import Float, Int

CLASSES = 10
LENGTH = 40  # numbers per example
TEMPLATE = 12  # points of a template
PADDING = (36, 60)  # zeros appended to it, at least and at most
SCALE = 0.4  # range of the factor of the amplitude, about 1
MAX_SHIFT = 48  # positions
CORRELATED_NOISE, BLUR = 0.25, 2.0  # of the padding: standard deviation before the blur, and of the blur
NOISE = 0.02  # standard deviation, of all positions
SHEAR = 0.75  # range of the slope, about 0
NOT_ZERO = 1e-8  # added to a template, so that only padding is exactly 0

# One row per digit.
_TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)


def templates() -> Float[np.ndarray, "10 12"]:
    """The shape of each digit: mean 0 and standard deviation 1, moved to start at 0, over 6."""
    centred = _TEMPLATES - _TEMPLATES.mean(1, keepdims=True)
    unit = centred / centred.std(1, keepdims=True)
    return (unit - unit[:, :1]) / 6


def mnist1d(examples: int, seed: int = 42) -> tuple[Float[np.ndarray, "n 40"], Int[np.ndarray, " n"]]:
    """Examples in random order, with equally many of each class.

    Args:
      examples: rounded down to a multiple of ten. The examples of one number are no part of those of a larger one.
      seed: of NumPy's legacy generator, 42 in the published data.

    Returns:
      Inputs float64 (n, 40), with mean 0 and standard deviation 1 over all of them, and labels 0 … 9.
    """
    random = np.random.RandomState(seed)
    per_class = examples // CLASSES
    n, wide = per_class * CLASSES, TEMPLATE + PADDING[1]
    padding, shift = np.empty(n, int), np.empty(n, int)
    scale, slope = np.empty(n), np.empty(n)
    noise = np.empty((2, n, wide))
    for i in range(n):  # in the order in which the authors draw
        padding[i] = PADDING[0] + int(random.rand() * (PADDING[1] - PADDING[0] + 1))
        scale[i] = 1 + SCALE * (random.rand() - 0.5)
        shift[i] = random.choice(MAX_SHIFT)
        noise[0, i], noise[1, i] = random.randn(wide), random.randn(wide)
        slope[i] = SHEAR * (random.rand() - 0.5)
    order = random.permutation(n)

    labels = np.repeat(np.arange(CLASSES), per_class)
    shapes = templates()[labels] + NOT_ZERO
    x = np.empty((n, wide))
    for padded in np.unique(padding):
        own = padding == padded
        x[own] = _resample(np.pad(shapes[own], ((0, 0), (0, padded))), wide)
    x *= scale[:, None]
    x = np.take_along_axis(x, (np.arange(wide) - shift[:, None]) % wide, 1)
    x = (
        np.where(x != 0, x, scipy.ndimage.gaussian_filter1d(CORRELATED_NOISE * noise[0], BLUR))
        + NOISE * noise[1]
    )
    x = _resample(x - slope[:, None] * np.linspace(-0.5, 0.5, wide), LENGTH)[order]
    return (x - x.mean()) / x.std(), labels[order]


def _resample(x: Float[np.ndarray, "n length"], length: int) -> Float[np.ndarray, "n length_"]:
    """Linear interpolation at `length` evenly spaced positions."""
    places = np.linspace(0, x.shape[1] - 1, length)
    before = np.minimum(places.astype(int), x.shape[1] - 2)
    share = places - before
    return x[:, before] * (1 - share) + x[:, before + 1] * share
