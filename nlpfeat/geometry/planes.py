"""Planes through points of an input space of any dimension."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

FLAT = 1e-9  # of the longest side: three points whose triangle is no higher lie on one line


class Plane(NamedTuple):
    """A plane with orthonormal directions, so that lengths and areas in it are those of the input space.

    Attributes:
      origin: (inputs,).
      directions: (2, inputs).
      coordinates: (points, 2), of the points that the plane was made from: in it, or projected to it.
    """

    origin: Float[np.ndarray, " inputs"]
    directions: Float[np.ndarray, "2 inputs"]
    coordinates: Float[np.ndarray, "points 2"]


def plane_through(points: ArrayLike) -> Plane:
    """The plane through three points, with the first as its origin and the second on its first axis.

        plane = nlpfeat.plane_through(images[:3])
        nlpfeat.regions(net, box, plane=plane[:2])

    Args:
      points: (3, inputs).

    Raises:
      ValueError: for another shape, numbers that are not finite, or points on one line.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or len(points) != 3 or points.shape[1] < 2:
        raise ValueError(
            f"a plane goes through three points (3, inputs) of two inputs or more; got {points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("the points contain NaN or infinity")
    first, second = points[1:] - points[0]
    longest = max(np.linalg.norm(first), np.linalg.norm(second), np.linalg.norm(second - first))
    along = np.linalg.norm(first)
    if along <= FLAT * longest or longest == 0:
        raise ValueError("the first two points are the same: they span no plane; choose other examples")
    one = first / along
    across = second - (second @ one) * one
    across -= (across @ one) * one  # once more, as the first difference may cancel
    height = np.linalg.norm(across)
    if height <= FLAT * longest:
        raise ValueError("the three points lie on one line: they span no plane; choose other examples")
    directions = np.stack([one, across / height])
    return Plane(points[0], directions, (points - points[0]) @ directions.T)


def principal_plane(points: ArrayLike) -> Plane:
    """The plane through the mean of some points along the two directions of their largest variance.

    Args:
      points: (n, inputs), three or more.

    Raises:
      ValueError: for another shape, numbers that are not finite, or points on one line.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or len(points) < 3 or points.shape[1] < 2:
        raise ValueError(
            f"principal axes need three points (n, inputs) of two inputs or more; got {points.shape}"
        )
    if not np.isfinite(points).all():
        raise ValueError("the points contain NaN or infinity")
    middle = points.mean(0)
    _, lengths, axes = np.linalg.svd(points - middle, full_matrices=False)
    if lengths[1] <= FLAT * lengths[0]:
        raise ValueError("the points lie on one line: they span no plane")
    return Plane(middle, axes[:2], (points - middle) @ axes[:2].T)
