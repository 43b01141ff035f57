"""Film of the input plane over training, with its exact linear regions and decision boundary."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.films.scene import Replayed, TrainingScene
from nlpfeat.geometry.complex import inner
from nlpfeat.geometry.decision import decision_regions
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.plotting.plane import plot_dots, plot_frame, plot_ground, plot_lines
from nlpfeat.plotting.style import Theme

NOTE = (
    "The input plane. Thin lines: where a hidden unit switches on or off; between them the network is linear, and these regions "
    "are counted exactly. Background: the predicted class. Thick lines: the exact decision boundary. Points: the training data."
)


@dataclass(frozen=True)
class RegionScene(TrainingScene):
    """The linear regions and decision regions at each step.

    Attributes:
      networks: one per frame.
      counts: int (frames,), linear regions in the box.
      points: (n, 2).
      labels: int (n,).
      window: half the side of the box.
    """

    networks: tuple[Network, ...]
    counts: np.ndarray
    points: np.ndarray
    labels: np.ndarray
    window: float

    def label(self, frame: int) -> str:
        """Step, accuracy on the last split, number of linear regions."""
        score = self._label(frame, tuple(self.accuracy)[-1:])
        return f"{score}  {self.counts[frame]:>{len(f'{self.counts.max():,}')},} regions"

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """The plane at a step, and the accuracy so far."""
        network = self.networks[frame]
        plot_frame(ax, self.window, theme)
        plane = decision_regions(network, self.window)
        plot_ground(ax, plane.polygons(), plane.winner, theme)
        folds = inner(plane.cells) & (plane.cells.tags >= 0) & (plane.cells.tags < network.units)
        plot_lines(ax, plane.cells.points[plane.cells.ends[folds]], theme.ink, width=0.5, alpha=0.45)
        plot_lines(ax, plane.segments(), theme.ink, width=2.4)
        plot_dots(ax, self.points, self.labels, theme, size=9)
        self.draw_accuracy(strip, frame, theme)


def region_scene(replayed: Replayed, window: float) -> RegionScene:
    """The scene of a network with 2-D input; `window` is half the side of the box."""
    steps, networks, accuracy, points, labels = replayed
    counts = np.array([count_regions(network, window) for network in networks])
    return RegionScene(steps, accuracy, tuple(networks), counts, points, labels, window)
