"""The nets of a page, as numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Axis(NamedTuple):
    """A setting in which the nets differ."""

    name: str
    values: Sequence[float]  # rising


class Net(NamedTuple):
    """One net of the plane."""

    id: str
    at: tuple[int, ...]  # its place on each axis
    steps: int  # which of the lists of steps it has parameters for
    shapes: list[tuple[int, int]]  # (out, in) of each layer
    slopes: list[float]  # of each layer's activation left of zero
    start: int  # of its numbers: step after step, layer after layer, weight row by row and bias
    points: int  # which of the sets of points are its own


class Nets(NamedTuple):
    """The nets of a page.

    Attributes:
      axes: what the sliders move along.
      steps_of: lists of steps, rising, each those of several nets.
      numbers: float32, the parameters of all.
      points: sets of training points (n, 2), with the class of each (n,).
      grid: (lines, m, 2), a grid of the input plane.
      window: half the side of the input's box.
      start: the first net of either view, as places on the axes.
    """

    axes: list[Axis]
    steps_of: list[list[int]]
    nets: list[Net]
    numbers: np.ndarray
    points: list[tuple[np.ndarray, np.ndarray]]
    grid: np.ndarray
    window: float
    start: tuple[tuple[int, ...], tuple[int, ...]]
