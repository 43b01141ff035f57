"""The networks of a page's unwarper as numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Axis(NamedTuple):
    """A setting in which the networks differ: one slider."""

    name: str
    values: Sequence[float]  # rising


class Net(NamedTuple):
    """One network on the plane.

    Attributes:
      id: of the member.
      at: its index on each axis.
      steps: index into `Nets.step_lists` of the steps that it has parameters for.
      shapes: (out, in) of each layer.
      negative_slopes: slope of each layer's activation for negative inputs.
      offset: of its first parameter in `Nets.parameters`: by step, then by layer, the weight row by row before the bias.
      points: index into `Nets.points` of its training points.
    """

    id: str
    at: tuple[int, ...]
    steps: int
    shapes: list[tuple[int, int]]
    negative_slopes: list[float]
    offset: int
    points: int


class Nets(NamedTuple):
    """The networks of a study's unwarper.

    Attributes:
      axes: the settings in which they differ.
      step_lists: lists of steps, rising; several networks share one.
      nets: the networks.
      parameters: float32, of all networks.
      points: sets of training points (n, 2) with the class of each (n,); several networks share one.
      grid: (lines, m, 2), a grid of the input plane.
      window: half the side of the square of the input plane that is shown.
      start: indices on the axes of the networks that the two views show at first.
    """

    axes: list[Axis]
    step_lists: list[list[int]]
    nets: list[Net]
    parameters: Float[np.ndarray, " parameters"]
    points: list[tuple[Float[np.ndarray, "n 2"], Int[np.ndarray, " n"]]]
    grid: Float[np.ndarray, "lines m 2"]
    window: float
    start: tuple[tuple[int, ...], tuple[int, ...]]
