"""Training film: the embedding at each step, with the warped input grid, class vectors, and what each class owns."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.scene import owned
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.plotting.plane import (
    plot_arrows,
    plot_cursor,
    plot_dots,
    plot_frame,
    plot_ground,
    plot_lines,
    plot_strip,
)
from nlpfeat.plotting.style import SPLIT_COLOURS, Theme

APART = 45  # pixels between two steps that are written below

NOTE = (
    "Points: training data where the net puts them, in its 2-D embedding. Lines: the square grid of the input, "
    "moved along. Ground: the class that wins there. Arrows: class vectors, to a scale of their own. Bar: a length in "
    "the embedding, as the view backs away while it grows."
)


@dataclass(frozen=True)
class Training:
    """The embedding over training."""

    steps: np.ndarray  # (frames,)
    points: np.ndarray  # (frames, n, 2)
    grid: np.ndarray  # (frames, lines, m, 2)
    heads: tuple[Layer, ...]  # one a frame: class vectors (K, 2) and their biases
    longest: float  # of all class vectors of the film
    labels: np.ndarray  # (n,)
    windows: np.ndarray  # (frames,)
    accuracy: dict[str, np.ndarray]  # split -> (frames,)

    @property
    def frames(self) -> int:
        """One for each step."""
        return len(self.steps)

    def label(self, frame: int) -> str:
        """Step and accuracy."""
        return score_line(self.steps, self.accuracy, frame)

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """The embedding at a step, and the accuracy so far."""
        window = float(self.windows[frame])
        plot_frame(ax, window, theme)
        plot_ground(ax, *owned(self.heads[frame], window), theme)
        plot_lines(ax, self.grid[frame], theme.muted, alpha=0.55)
        plot_dots(ax, self.points[frame], self.labels, theme)
        plot_arrows(ax, self.heads[frame].weight, self.longest, window, theme)
        draw_scores(strip, self.steps, self.accuracy, frame, theme)


def film(
    networks: list[Network],
    points: np.ndarray,
    labels: np.ndarray,
    steps: np.ndarray,
    accuracy: dict[str, np.ndarray],
) -> Training:
    """The film of one member's training.

    Args:
      networks: the net at each step, with a 2-D embedding before its head.
      points: (n, 2), their labels (n,).
      steps: (frames,), one for each network.
      accuracy: split -> (frames,).
    """
    lines = disc_grid(radius_of(points))
    moved, grids = [], []
    for network in networks:
        embed = network.until(len(network.layers) - 1)
        moved.append(embed(points))
        grids.append(embed(lines.reshape(-1, 2)).reshape(lines.shape))
    reach = np.array([extent(p, g) for p, g in zip(moved, grids, strict=True)])
    return Training(
        steps,
        np.array(moved, np.float32),
        np.array(grids, np.float32),
        tuple(network.layers[-1] for network in networks),
        max(float(np.linalg.norm(network.layers[-1].weight, axis=1).max()) for network in networks),
        labels,
        windows(reach, calm=len(steps) // 50),
        accuracy,
    )


def score_line(steps: np.ndarray, accuracy: dict[str, np.ndarray], frame: int) -> str:
    """Step and accuracies, always equally long, so that the text stands still."""
    scores = "  ".join(f"{split} {values[frame]:6.1%}" for split, values in accuracy.items())
    return f"step {steps[frame]:>{len(str(steps[-1]))}}  {scores}"


def draw_scores(
    strip: Axes, steps: np.ndarray, accuracy: dict[str, np.ndarray], frame: int, theme: Theme
) -> None:
    """Accuracy against frames, with the steps written below, and the cursor."""
    plot_strip(strip, theme, xlim=(0, len(steps) - 1), ylim=(0, 1.02))
    for (split, values), right in zip(accuracy.items(), (0, 42), strict=False):
        colour = theme.test if split == "test" else SPLIT_COLOURS[split]
        strip.plot(np.arange(frame + 1), values[: frame + 1], color=colour, lw=2.2)
        name = {"color": colour, "fontsize": 12, "fontweight": "bold", "va": "top"}  # where no curve begins
        strip.annotate(split, (0.01, 0.98), (right, 0), "axes fraction", textcoords="offset points", **name)
    plot_cursor(strip, frame, theme)
    shown = [int(steps[-1])]
    for step in (0, 1000, 300, 100, 30, 10, 3000, 10_000, 30_000):  # the first of them where two would touch
        place = np.interp([step, *shown], steps, np.arange(len(steps))) / (len(steps) - 1)
        if step < steps[-1] and np.abs(place[1:] - place[0]).min() * strip.get_window_extent().width > APART:
            shown.append(step)
    strip.set_xticks(np.interp(shown, steps, np.arange(len(steps))), [str(step) for step in shown])
    strip.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
