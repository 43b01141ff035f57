"""Layer film: each layer of a net of plane-to-plane layers, step by step, with its numbers."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes

from nlpfeat.films.camera import disc_grid, extent, radius_of, windows
from nlpfeat.films.motion import Step, ease, steps, walk
from nlpfeat.films.scene import Member, owned
from nlpfeat.geometry.network import Layer
from nlpfeat.plotting.plane import (
    plot_arrows,
    plot_dots,
    plot_frame,
    plot_ground,
    plot_lines,
    plot_origin,
    plot_steps,
)
from nlpfeat.plotting.style import Theme

MOVING = 0.75  # share of a step's time in which it moves; then it rests

NOTE = (
    "Each layer W x + b is shown as what it does to the plane: rotate (Vᵀ), scale along the axes (Σ), reflect where the "
    "determinant is negative (±), rotate again (U), shift (+ b), and then multiply what is left of or below an axis "
    "(the positive part, leaky where a slope is shown). All together they are the net. Last: the class that wins, and the class vectors."
)


@dataclass(frozen=True)
class Layers:
    """The way through the layers."""

    positions: np.ndarray  # (frames,) in steps; the last step is the head
    path: list[Step]
    points: np.ndarray  # (n, 2)
    labels: np.ndarray  # (n,)
    grid: np.ndarray  # (lines, m, 2)
    head: Layer
    windows: np.ndarray  # (frames,)

    @property
    def frames(self) -> int:
        """One for each position."""
        return len(self.positions)

    @property
    def layers(self) -> int:
        """How many layers there are before the head."""
        return self.path[-1].layer

    def step(self, frame: int) -> int:
        """The step at hand: the one that moves, or rests after its move; the number of steps for the head."""
        return max(0, int(np.ceil(self.positions[frame])) - 1)

    def label(self, frame: int) -> str:
        """Which layer, which step."""
        step = self.step(frame)
        if step >= len(self.path):
            return "head: the class whose score is highest wins"
        now = self.path[step]
        return f"layer {now.layer} of {self.layers}: {now.verb} {now.numbers}"

    def draw(self, ax: Axes, strip: Axes, frame: int, theme: Theme) -> None:
        """Points and grid on their way, and the steps of the layer at hand."""
        position, window = float(self.positions[frame]), float(self.windows[frame])
        here = min(position, float(len(self.path)))
        plot_frame(ax, window, theme)
        if position > len(self.path):
            plot_ground(ax, *owned(self.head, window), theme, position - len(self.path))
        plot_origin(ax, theme)
        plot_lines(ax, walk(self.grid, self.path, here), theme.muted, alpha=0.6)
        plot_dots(ax, walk(self.points, self.path, here), self.labels, theme)
        if position > len(self.path):
            longest = float(np.linalg.norm(self.head.weight, axis=1).max())
            plot_arrows(ax, self.head.weight, longest, window, theme, position - len(self.path))
        step = self.step(frame)
        if step >= len(self.path):
            norms = ", ".join(f"{n:.3g}" for n in np.linalg.norm(self.head.weight, axis=1))
            plot_steps(strip, [("W e + b", f"class vectors of length {norms}")], 0, theme)
        else:
            layer = self.path[step].layer
            mine = [i for i, s in enumerate(self.path) if s.layer == layer]
            texts = [(self.path[i].sign, self.path[i].numbers) for i in mine]
            plot_steps(strip, texts, mine.index(step), theme)


def film(member: Member, frames: int) -> Layers:
    """The film of one net whose layers before the head are all from plane to plane.

    Args:
      member: the net and its data.
      frames: how many; the first is the input, the last the embedding with its classes.

    Raises:
      ValueError: if a layer cannot be drawn.
    """
    path, lines = steps(member.network), disc_grid(radius_of(member.points))
    time = np.linspace(0, len(path) + 1, frames)
    whole = np.minimum(np.floor(time), len(path))
    positions = whole + np.array([ease(min(1.0, t)) for t in (time - whole) / MOVING])
    reach = np.array(
        [extent(walk(member.points, path, p), walk(lines, path, p)) for p in np.minimum(positions, len(path))]
    )
    return Layers(
        positions,
        path,
        member.points,
        member.labels,
        lines,
        member.network.layers[-1],
        windows(reach, calm=frames // (2 * len(path))),
    )
