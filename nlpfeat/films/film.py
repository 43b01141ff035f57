"""A film: scenes side by side, and its frames as figures."""

import textwrap
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import PyTree
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nlpfeat.films.scene import Scene
from nlpfeat.plotting.style import GROUND, Theme

DPI = 100
NOTE_SIZE, LABEL_SIZE, TITLE_SIZE, HEADING_SIZE = (
    13,
    17,
    19,
    21,
)  # points: read from the last row, a line is a fortieth of the height
NOTE_DENSITY, STAMP_DENSITY = 10.4, 17.5  # characters per inch
MONOSPACED = 0.605  # width over font size of a monospaced character
COLUMNS = 4  # panels side by side; more panels go into further rows
SIDES = {1: 7.0, 2: 5.6, 3: 4.8}  # inches of a panel's side, by the number of columns


@dataclass(frozen=True)
class Film:
    """Scenes that play at once, each in a panel.

    Attributes:
      scenes: all with the same number of frames.
      titles: one per scene.
      heading: one line.
      note: how to read it.
      stamp: command, commit and config.
      theme: light or dark.
    """

    scenes: tuple[Scene, ...]
    titles: tuple[str, ...]
    heading: str
    note: str
    stamp: str
    theme: Theme

    @property
    def frames(self) -> int:
        """Number of frames."""
        return self.scenes[0].frames


@plt.style.context([*GROUND, {"figure.constrained_layout.use": False}])
def draw(film: Film, frame: int) -> Figure:
    """A frame as a figure, of equal size for all frames: a pure function of the film and the number."""
    panels = len(film.scenes)
    rows = -(-panels // COLUMNS)
    columns = -(-panels // rows)
    side = SIDES.get(columns, 4.2)
    head, title, strip, gap = 0.62, 0.8, 1.0, 0.3
    row, width = title + side + strip, even(columns * (side + gap) + gap)
    note = textwrap.wrap(film.note, int((width - 2 * gap) * NOTE_DENSITY))
    stamp = textwrap.wrap(film.stamp, int((width - 2 * gap) * STAMP_DENSITY))
    foot = 0.15 + 0.24 * len(note) + 0.12 * len(stamp)
    height = even(head + rows * row + foot)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=film.theme.background)
    ink, muted = film.theme.ink, film.theme.muted

    def box(left: float, bottom: float, wide: float, high: float) -> tuple[float, float, float, float]:
        return left / width, bottom / height, wide / width, high / height  # of inches

    def write(x: float, y: float, text: str, size: float, va: str = "center", **style: PyTree) -> None:
        style.setdefault("color", ink)
        figure.text(x / width, y / height, text, fontsize=size, va=va, **style)

    write(
        gap,
        height - 0.36,
        film.heading,
        fitting(film.heading, HEADING_SIZE, width - 2 * gap),
        fontweight="bold",
    )
    for i, scene in enumerate(film.scenes):
        left = gap + (i % columns) * (side + gap)
        top = height - head - (i // columns) * row
        ax = figure.add_axes(box(left, top - title - side, side, side))
        below = figure.add_axes(box(left + 0.55, top - row + 0.3, side - 0.6, strip - 0.42))
        scene.draw(ax, below, frame, film.theme)
        write(left, top - 0.22, film.titles[i], fitting(film.titles[i], TITLE_SIZE, side))
        label = scene.label(frame)
        write(left, top - 0.56, label, fitting(label, LABEL_SIZE, side), family="monospace")
    write(gap, foot - 0.05, "\n".join(note), NOTE_SIZE, "top", color=muted, linespacing=1.3)
    write(gap, 0.05, "\n".join(stamp), 6.5, "bottom", color=muted, linespacing=1.3, family="monospace")
    return figure


def fitting(text: str, size: float, inches: float) -> float:
    """The size in points at which a text fits a width, at most `size`."""
    return min(size, 72 * inches / (MONOSPACED * max(1, len(text))))


def even(inches: float) -> float:
    """Inches rounded up to an even number of pixels, as required by video codecs."""
    return float(np.ceil(inches * DPI / 2) * 2 / DPI)


@plt.style.context(GROUND)
def pixels(figure: Figure) -> np.ndarray:
    """A figure as RGB, uint8 (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
