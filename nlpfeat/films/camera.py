"""Which steps a film shows, the size of its window, and the grid that it deforms."""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import maximum_filter1d, uniform_filter1d
from scipy.optimize import brentq

MARGIN = 1.12  # side of the window relative to its content


def film_steps(total: int, frames: int) -> Int[np.ndarray, " frames"]:
    """Training steps from 0 to `total`: consecutive at first, then further and further apart.

    They are c (exp(a t) - 1), rounded, for t from 0 to 1, with a and c such that the first two of three or more are 0 and 1.
    All steps are shown if there are no more than `frames`.

    Raises:
      ValueError: for fewer than two frames.
    """
    if frames < 2:
        raise ValueError(f"a film needs at least 2 frames, not {frames}")
    if total < frames:
        return np.arange(total + 1)

    def excess(a: float) -> float:  # of the first gap, beyond one step
        return total * np.expm1(a / (frames - 1)) / np.expm1(a) - 1

    a = float(brentq(excess, 1e-9, 500.0)) if frames > 2 and excess(1e-9) > 0 else 1e-9
    t = np.linspace(0, 1, frames)
    return np.floor(total * np.expm1(a * t) / np.expm1(a) + 0.5).astype(int)


def windows(reach: Float[np.ndarray, " frames"], calm: int) -> Float[np.ndarray, " frames"]:
    """Half the side of a square window per frame, which contains everything and changes smoothly.

    Args:
      reach: the largest coordinate in each frame.
      calm: number of frames before and after over which the window is smoothed.
    """
    distance = np.log(np.maximum(reach, 1e-6))
    if calm > 1:
        distance = maximum_filter1d(distance, 2 * calm + 1, mode="nearest")
        for _ in range(2):  # the two averages together are no wider than the maximum filter
            distance = uniform_filter1d(distance, 2 * (calm // 2) + 1, mode="nearest")
    return MARGIN * np.exp(distance)


def disc_grid(radius: float = 1.0, lines: int = 17, points: int = 121) -> Float[np.ndarray, "lines points 2"]:
    """A square grid cut to a disc: vertical lines, then as many horizontal lines.

    Args:
      radius: of the disc.
      lines: number in each direction.
      points: along each line.
    """
    offsets = np.linspace(-radius, radius, lines + 2)[1:-1]
    reach = np.sqrt(radius**2 - offsets**2)
    along = reach[:, None] * np.linspace(-1, 1, points)
    across = np.broadcast_to(offsets[:, None], along.shape)
    return np.concatenate([np.stack([across, along], 2), np.stack([along, across], 2)])


def radius_of(points: Float[np.ndarray, "n 2"]) -> float:
    """The radius of the smallest disc around the origin that contains the points, at least 1."""
    return max(1.0, float(np.linalg.norm(points, axis=1).max()))


def extent(*parts: np.ndarray) -> float:
    """The largest absolute coordinate of points in arrays (…, 2)."""
    return max(float(np.abs(part).max(initial=0.0)) for part in parts)


def evenly_spaced(count: int, max_items: int) -> Int[np.ndarray, " shown"]:
    """Indices of at most `max_items` of `count` items, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, max_items)).round().astype(int))
