"""A film: scenes side by side, and its frames as figures."""

import textwrap
from dataclasses import dataclass
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nlpfeat.films.scene import Scene
from nlpfeat.plotting.style import GROUND, Theme

DPI = 100
LETTERS, SMALL_LETTERS = 13, 17.5  # of the note and of the stamp, an inch
COLUMNS = 4  # panels side by side; more go into further rows
SIDES = {1: 7.0, 2: 5.6, 3: 4.8}  # inches of a panel's side, by panels in a row


@dataclass(frozen=True)
class Film:
    """Scenes that play at once, each in a panel.

    Attributes:
      scenes: all with the same number of frames.
      titles: one a scene.
      heading: what is seen, in one line.
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
        """How many frames there are."""
        return self.scenes[0].frames


@plt.style.context([*GROUND, {"figure.constrained_layout.use": False}])
def draw(film: Film, frame: int) -> Figure:
    """A frame as a figure, whose size is the same for all frames. A pure function of the film and the number."""
    panels = len(film.scenes)
    rows = -(-panels // COLUMNS)
    columns = -(-panels // rows)
    side = SIDES.get(columns, 4.2)
    head, title, strip, gap = 0.55, 0.62, 0.95, 0.3
    row, width = title + side + strip, even(columns * (side + gap) + gap)
    note = textwrap.wrap(film.note, int((width - 2 * gap) * LETTERS))
    stamp = textwrap.wrap(film.stamp, int((width - 2 * gap) * SMALL_LETTERS))
    foot = 0.15 + 0.19 * len(note) + 0.12 * len(stamp)
    height = even(head + rows * row + foot)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor=film.theme.background)
    ink, muted = film.theme.ink, film.theme.muted
    figure.text(
        gap / width, 1 - 0.33 / height, film.heading, color=ink, fontsize=17, fontweight="bold", va="center"
    )
    for i, scene in enumerate(film.scenes):
        left = gap + (i % columns) * (side + gap)
        top = height - head - (i // columns) * row
        ax = figure.add_axes((left / width, (top - title - side) / height, side / width, side / height))
        place = (
            (left + 0.55) / width,
            (top - row + 0.3) / height,
            (side - 0.6) / width,
            (strip - 0.42) / height,
        )
        under = figure.add_axes(place)
        scene.draw(ax, under, frame, film.theme)
        figure.text(left / width, (top - 0.2) / height, film.titles[i], color=ink, fontsize=14, va="center")
        figure.text(
            left / width,
            (top - 0.46) / height,
            scene.label(frame),
            color=ink,
            fontsize=12,
            va="center",
            family="monospace",
        )
    below: dict[str, Any] = {"color": muted, "fontsize": 10.5, "va": "top", "linespacing": 1.3}
    figure.text(gap / width, (foot - 0.05) / height, "\n".join(note), **below)
    below |= {"fontsize": 6.5, "va": "bottom", "family": "monospace"}
    figure.text(gap / width, 0.05 / height, "\n".join(stamp), **below)
    return figure


def even(inches: float) -> float:
    """Inches rounded up to an even number of pixels, as video wants."""
    return float(np.ceil(inches * DPI / 2) * 2 / DPI)


@plt.style.context(GROUND)
def pixels(figure: Figure) -> np.ndarray:
    """A figure as RGB, uint8 (height, width, 3)."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3]
