"""Film of the embedding over training, with the warped input grid, class vectors and decision regions."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.scene import Replayed, TrainingScene, class_ground
from nlpfeat.geometry.network import Layer
from nlpfeat.plotting.plane import plot_arrows, plot_dots, plot_frame, plot_ground, plot_lines
from nlpfeat.plotting.style import Theme

NOTE = (
    "Points: training data in the 2-D embedding of the network. Lines: the square grid of the input, mapped to the embedding. "
    "Background: the predicted class. Arrows: class vectors, on a scale of their own. Bar: a length in the embedding; the view "
    "zooms out as the embedding grows."
)


@dataclass(frozen=True)
class EmbeddingScene(TrainingScene):
    """The embedding at each step.

    Attributes:
      points: (frames, n, 2).
      grid: (frames, lines, m, 2).
      heads: one per frame: class vectors (classes, 2) and biases.
      longest: the largest norm of a class vector in any frame.
      labels: int (n,).
      windows: (frames,), half the side of the square that is shown.
    """

    points: np.ndarray
    grid: np.ndarray
    heads: tuple[Layer, ...]
    longest: float
    labels: np.ndarray
    windows: np.ndarray

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """The embedding at a step, and the accuracy so far."""
        window = float(self.windows[frame])
        plot_frame(ax, window, theme)
        plot_ground(ax, *class_ground(self.heads[frame], window), theme)
        plot_lines(ax, self.grid[frame], theme.muted, alpha=0.55)
        plot_dots(ax, self.points[frame], self.labels, theme)
        plot_arrows(ax, self.heads[frame].weight, self.longest, window, theme)
        self.draw_accuracy(strip, frame, theme)


def embedding_scene(replayed: Replayed) -> EmbeddingScene:
    """The scene of a network with a 2-D embedding before its head."""
    lines = disc_grid(radius_of(replayed.points))
    embeddings = [network.until(len(network.layers) - 1) for network in replayed.networks]
    points = [embed(replayed.points) for embed in embeddings]
    grids = [embed(lines.reshape(-1, 2)).reshape(lines.shape) for embed in embeddings]
    heads = tuple(network.layers[-1] for network in replayed.networks)
    reach = np.array([extent(p, g) for p, g in zip(points, grids, strict=True)])
    return EmbeddingScene(
        replayed.steps,
        replayed.accuracy,
        points=np.array(points, np.float32),
        grid=np.array(grids, np.float32),
        heads=heads,
        longest=max(float(np.linalg.norm(head.weight, axis=1).max()) for head in heads),
        labels=replayed.labels,
        windows=windows(reach, calm=len(heads) // 50),
    )
