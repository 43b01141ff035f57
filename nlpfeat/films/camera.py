"""What a film shows when, and from how far: which steps, how large a window, which grid."""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.optimize import brentq

MARGIN = 1.12  # of the window around what is in it


def film_steps(total: int, frames: int) -> Int[np.ndarray, " frames"]:
    """Steps of training from 0 to `total`: one after another at first, then further and further apart.

    They are c (exp(a t) - 1) for t from 0 to 1, rounded, where the first two of three or more are 0 and 1. All steps, if
    there are no more than `frames`.

    Raises:
      ValueError: for fewer than two frames.
    """
    if frames < 2:
        raise ValueError(f"a film needs at least 2 frames, not {frames}")
    if total < frames:
        return np.arange(total + 1)

    def excess(a: float) -> float:  # of the first gap over one step
        return total * np.expm1(a / (frames - 1)) / np.expm1(a) - 1

    a = float(brentq(excess, 1e-9, 500.0)) if frames > 2 and excess(1e-9) > 0 else 1e-9
    t = np.linspace(0, 1, frames)
    return np.floor(total * np.expm1(a * t) / np.expm1(a) + 0.5).astype(int)


def windows(reach: Float[np.ndarray, " frames"], calm: int) -> Float[np.ndarray, " frames"]:
    """Half the side of a square window for each frame, that never cuts what is in it and moves calmly.

    Args:
      reach: the largest coordinate in each frame.
      calm: over how many frames before and after the window keeps its distance.
    """
    distance = np.log(np.maximum(reach, 1e-6))
    if calm > 1:
        distance = maximum_filter1d(distance, 2 * calm + 1, mode="nearest")
        for _ in range(2):  # together two averages reach no further than the maximum does
            distance = uniform_filter1d(distance, 2 * (calm // 2) + 1, mode="nearest")
    return MARGIN * np.exp(distance)


def disc_grid(radius: float = 1.0, lines: int = 17, points: int = 121) -> Float[np.ndarray, "lines points 2"]:
    """A square grid cut to a disc: vertical lines, then as many horizontal ones."""
    places = np.linspace(-radius, radius, lines + 2)[1:-1]
    reach = np.sqrt(radius**2 - places**2)
    along = reach[:, None] * np.linspace(-1, 1, points)
    across = np.broadcast_to(places[:, None], along.shape)
    return np.concatenate([np.stack([across, along], 2), np.stack([along, across], 2)])


def radius_of(points: Float[np.ndarray, "n 2"]) -> float:
    """The radius of the disc around the origin that holds the data, at least 1."""
    return max(1.0, float(np.linalg.norm(points, axis=1).max()))


def extent(*parts: np.ndarray) -> float:
    """The largest coordinate, seen from the origin, of points in arrays (…, 2)."""
    return max(float(np.abs(part).max(initial=0.0)) for part in parts)


def some(count: int, most: int) -> Int[np.ndarray, " shown"]:
    """Places of at most `most` of `count` points, evenly spread: more would only hide each other."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(int))
