"""The networks of a page's unwarper as numbers."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from nlpfeat.report.web_page import as_array


class Axis(NamedTuple):
    """A setting in which the networks differ: one slider."""

    name: str
    values: Sequence[float]  # rising

    @property
    def label(self) -> str:
        """On the page."""
        return self.name.replace("_", " ")


class Recipe(NamedTuple):
    """How the page trains a network: Adam with L2 on all points at one rate."""

    rate: float
    decay: float


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
      recipe: by which the page can train it; None where it cannot train it as the study did.
    """

    id: str
    at: tuple[int, ...]
    steps: int
    shapes: list[tuple[int, int]]
    negative_slopes: list[float]
    offset: int
    points: int
    recipe: Recipe | None = None


class Nets(NamedTuple):
    """The networks of a study's unwarper.

    Attributes:
      axes: the settings in which they differ.
      step_lists: lists of steps, rising; several networks share one.
      nets: the networks.
      parameters: float32, of all networks.
      points: sets of training points (n, 2) with the class of each (n,); several networks share one.
      radius: of the disc in which the grid of the input plane lies.
      start: indices on the axes of the networks that the two views show at first.
    """

    axes: list[Axis]
    step_lists: list[list[int]]
    nets: list[Net]
    parameters: Float[np.ndarray, " parameters"]
    points: list[tuple[Float[np.ndarray, "n 2"], Int[np.ndarray, " n"]]]
    radius: float
    start: tuple[tuple[int, ...], tuple[int, ...]]

    def as_data(self) -> dict[str, object]:
        """As the page's script reads them."""
        return {
            "axes": [{"name": axis.name, "label": axis.label, "values": list(axis.values)} for axis in self.axes],
            "step_lists": self.step_lists,
            "nets": [
                {
                    "id": net.id, "at": net.at, "steps": net.steps, "shapes": net.shapes, "activations": net.negative_slopes,
                    "offset": net.offset, "points": net.points,
                    "recipe": None if net.recipe is None else net.recipe._asdict(),
                }
                for net in self.nets
            ],
            "parameters": as_array(self.parameters, "f4"),
            "points": [
                {
                    "x": as_array(points[:, 0], "f8"), "y": as_array(points[:, 1], "f8"), "labels": as_array(labels, "u1"),
                }
                for points, labels in self.points
            ],
            "radius": self.radius,
            "start": self.start,
        }  # fmt: skip
