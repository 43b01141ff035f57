"""What a scene of every kind has: points with their classes, a window a frame, and lines of text."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.geometry.decision import decision_regions
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.plotting.style import Theme

DOTS = 750  # points shown at most


@runtime_checkable
class Scene(Protocol):
    """The arrays of one net's film. A frame is a function of them and of its number."""

    @property
    def frames(self) -> int:
        """How many frames there are."""
        ...

    def label(self, frame: int) -> str:
        """Where the film is, in a few words."""
        ...

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Draw a frame: the plane in `ax`, and below it where in the film we are."""
        ...


@dataclass(frozen=True)
class Member:
    """One trained net, and the data that a film shows of it."""

    network: Network  # 2 → … → K, the last layer its head
    points: np.ndarray  # (n, 2)
    labels: np.ndarray  # (n,)

    @property
    def embedding(self) -> Network:
        """All but the head."""
        return self.network.until(len(self.network.layers) - 1)


def owned(head: Layer, window: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Which class owns which part of the embedding's window: polygons (corners, 2) and classes (polygons,)."""
    regions = decision_regions(Network((head,)), window)
    return regions.polygons(), regions.winner
