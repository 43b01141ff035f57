"""Region film: the input plane over training, with its exact linear regions and decision boundary."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.films.training import draw_scores, score_line
from nlpfeat.geometry.complex import inner
from nlpfeat.geometry.decision import decision_regions
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.plotting.plane import plot_dots, plot_frame, plot_ground, plot_lines
from nlpfeat.plotting.style import Theme

NOTE = (
    "The input plane. Thin lines: where a hidden unit switches; between them the net is linear, and the pieces are "
    "counted exactly. Ground: the class that wins there. Thick lines: the exact decision boundary. Points: the training "
    "data."
)


@dataclass(frozen=True)
class RegionFilm:
    """The input plane as a net sees it, over training."""

    steps: np.ndarray  # (frames,)
    networks: tuple[Network, ...]  # one a frame
    counts: np.ndarray  # (frames,) of linear regions
    points: np.ndarray  # (n, 2)
    labels: np.ndarray  # (n,)
    window: float  # half the side of the box
    accuracy: dict[str, np.ndarray]  # split -> (frames,)

    @property
    def frames(self) -> int:
        """One for each step."""
        return len(self.steps)

    def label(self, frame: int) -> str:
        """Step, linear regions, accuracy."""
        last = list(self.accuracy)[-1]
        score = score_line(self.steps, {last: self.accuracy[last]}, frame)
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
        draw_scores(strip, self.steps, self.accuracy, frame, theme)


def film(
    networks: list[Network],
    points: np.ndarray,
    labels: np.ndarray,
    steps: np.ndarray,
    accuracy: dict[str, np.ndarray],
    window: float,
) -> RegionFilm:
    """The film of one member's training, seen in the input; see `nlpfeat.films.training.film`."""
    counts = np.array([count_regions(network, window) for network in networks])
    return RegionFilm(steps, tuple(networks), counts, points, labels, window, accuracy)
