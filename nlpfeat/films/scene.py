"""Scenes: the arrays of one network's film, and what scenes of several kinds have in common."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes

from nlpfeat.geometry.decision import decision_regions
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.plotting.plane import plot_cursor, plot_strip
from nlpfeat.plotting.style import SPLIT_COLOURS, Theme

MIN_GAP = 45  # pixels between two step labels below a film


@runtime_checkable
class Scene(Protocol):
    """The arrays of one network's film. A frame is a function of these and of its number."""

    @property
    def frames(self) -> int:
        """Number of frames."""
        ...

    def label(self, frame: int) -> str:
        """The position of a frame in the film, in a few words."""
        ...

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Draw a frame.

        Args:
          ax: for the picture.
          strip: below it, for the position in the film.
          frame: from 0.
          theme: light or dark.
        """
        ...


class Replayed(NamedTuple):
    """A network on the plane over training, one entry per frame."""

    steps: Int[np.ndarray, " frames"]
    networks: list[Network]
    accuracy: dict[str, Float[np.ndarray, " frames"]]  # by split
    points: Float[np.ndarray, "n 2"]  # of the train split
    labels: Int[np.ndarray, " n"]


@dataclass(frozen=True)
class TrainingScene:
    """A scene with one frame per recorded training step, and the accuracy below it.

    Attributes:
      steps: int (frames,), rising.
      accuracy: (frames,) by split.
    """

    steps: np.ndarray
    accuracy: dict[str, np.ndarray]

    @property
    def frames(self) -> int:
        """One per step."""
        return len(self.steps)

    def label(self, frame: int) -> str:
        """Step and accuracies, of constant length, so that the text does not move."""
        return self._label(frame, tuple(self.accuracy))

    def _label(self, frame: int, splits: tuple[str, ...]) -> str:
        scores = "  ".join(f"{split} {self.accuracy[split][frame]:6.1%}" for split in splits)
        return f"step {self.steps[frame]:>{len(str(self.steps[-1]))}}  {scores}"

    def draw_accuracy(self, strip: Axes, frame: int, theme: Theme) -> None:
        """Accuracy against frames up to this one, with steps as tick labels, and a cursor."""
        steps, frames = self.steps, np.arange(self.frames)
        plot_strip(strip, theme, xlim=(0, self.frames - 1), ylim=(0, 1.02))
        for (split, values), right in zip(self.accuracy.items(), (0, 52), strict=False):
            colour = theme.test if split == "test" else SPLIT_COLOURS[split]
            strip.plot(frames[: frame + 1], values[: frame + 1], color=colour, lw=2.2)
            style = {"color": colour, "fontsize": 14, "fontweight": "bold", "va": "top"}
            position = (
                (0.01, 0.98),
                (right, 0),
                "axes fraction",
                "offset points",
            )  # top left, where no curve begins
            strip.annotate(split, *position, **style)
        plot_cursor(strip, frame, theme)
        shown = [int(steps[-1])]
        for step in (
            0,
            1000,
            300,
            100,
            30,
            10,
            3000,
            10_000,
            30_000,
        ):  # earlier ones win where two would touch
            position = np.interp([step, *shown], steps, frames) / (self.frames - 1)
            if (
                step < steps[-1]
                and np.abs(position[1:] - position[0]).min() * strip.get_window_extent().width > MIN_GAP
            ):
                shown.append(step)
        strip.set_xticks(np.interp(shown, steps, frames), [str(step) for step in shown])
        strip.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])


def class_ground(head: Layer, window: float) -> tuple[list[np.ndarray], np.ndarray]:
    """The decision regions of a head in the embedding.

    Args:
      head: class vectors (classes, 2) and biases.
      window: half the side of the square.

    Returns:
      Polygons (corners, 2), and their classes (polygons,).
    """
    regions = decision_regions(Network((head,)), window)
    return regions.polygons(), regions.winner
