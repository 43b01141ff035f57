"""Film of a network of plane-to-plane layers, layer by layer and step by step, with the numbers of each step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from matplotlib.axes import Axes

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.motion import Step, ease, steps, walk
from nlpfeat.films.scene import class_ground
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.plotting import plane
from nlpfeat.plotting.style import Theme

MOVING = 0.75  # fraction of a step's time in which it moves; then it rests

NOTE = (
    "Each layer W x + b as a sequence of moves of the plane: rotate (Vᵀ), scale along the axes (Σ), reflect where the determinant is "
    "negative (±), rotate again (U), shift (+ b), then multiply negative coordinates by the negative slope (0 for ReLU). Together "
    "they are the network. Last: the predicted class, and the class vectors."
)


@dataclass(frozen=True)
class LayerScene:
    """The steps through the layers.

    Attributes:
      positions: (frames,), in steps; the last step is the head.
      path: the steps.
      points: (n, 2), training points in the input.
      labels: int (n,).
      grid: (lines, m, 2), curves in the input.
      head: class vectors and biases.
      windows: (frames,), half the side of the square that is shown.
    """

    positions: np.ndarray
    path: list[Step]
    points: np.ndarray
    labels: np.ndarray
    grid: np.ndarray
    head: Layer
    windows: np.ndarray

    @property
    def frames(self) -> int:
        """One per position."""
        return len(self.positions)

    @property
    def layers(self) -> int:
        """Number of layers before the head."""
        return self.path[-1].layer

    def step(self, frame: int) -> int:
        """Index of the current step, which moves or rests after its move; the number of steps for the head."""
        return max(0, int(np.ceil(self.positions[frame])) - 1)

    def label(self, frame: int) -> str:
        """The layer and the step."""
        step = self.step(frame)
        if step >= len(self.path):
            return "head: the class of the highest score"
        now = self.path[step]
        return f"layer {now.layer} of {self.layers}: {now.verb} {now.numbers}"

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Points and grid at a position, and the steps of the current layer."""
        position, window = float(self.positions[frame]), float(self.windows[frame])
        here = min(position, float(len(self.path)))
        plane.plot_frame(ax, window, theme)
        if position > len(self.path):
            plane.plot_ground(ax, *class_ground(self.head, window), theme, position - len(self.path))
        plane.plot_origin(ax, theme)
        plane.plot_lines(ax, walk(self.grid, self.path, here), theme.muted, alpha=0.6)
        plane.plot_dots(ax, walk(self.points, self.path, here), self.labels, theme)
        if position > len(self.path):
            longest = float(np.linalg.norm(self.head.weight, axis=1).max())
            plane.plot_arrows(ax, self.head.weight, longest, window, theme, position - len(self.path))
        step = self.step(frame)
        if step >= len(self.path):
            norms = ", ".join(f"{n:.3g}" for n in np.linalg.norm(self.head.weight, axis=1))
            plane.plot_steps(strip, [("W e + b", f"class vectors of length {norms}")], 0, theme)
        else:
            layer = self.path[step].layer
            mine = [i for i, s in enumerate(self.path) if s.layer == layer]
            texts = [(self.path[i].sign, self.path[i].numbers) for i in mine]
            plane.plot_steps(strip, texts, mine.index(step), theme)


def layer_scene(
    network: Network, points: Float[np.ndarray, "n 2"], labels: Int[np.ndarray, " n"], frames: int
) -> LayerScene:
    """The scene of one network whose layers before the head all map the plane to the plane.

    Args:
      network: 2 → … → 2 → classes, its last layer the head.
      points: training points.
      labels: their classes.
      frames: number of frames; the first is the input, the last the embedding with its classes.

    Raises:
      ValueError: if a layer does not map the plane to the plane.
    """
    path, lines = steps(network), disc_grid(radius_of(points))
    time = np.linspace(0, len(path) + 1, frames)
    whole = np.minimum(np.floor(time), len(path))
    positions = whole + np.array([ease(min(1.0, t)) for t in (time - whole) / MOVING])
    reach = np.array(
        [extent(walk(points, path, p), walk(lines, path, p)) for p in np.minimum(positions, len(path))]
    )
    calm = frames // (2 * len(path))
    return LayerScene(positions, path, points, labels, lines, network.layers[-1], windows(reach, calm))
