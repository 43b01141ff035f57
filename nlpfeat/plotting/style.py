"""One look for all figures: colours, fonts, and the stamp that says where a figure comes from."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.ticker import LogFormatterSciNotation

# Okabe & Ito 2008: told apart by people with any of the common colour-vision deficiencies, and in grey.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
CLASS_COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#999999"]
SPLIT_COLOURS = {"train": ORANGE, "validation": GREEN, "test": BLUE}
SPLIT_MARKERS = {"train": "^", "validation": "s", "test": "o"}

STYLE: dict[str, Any] = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e5e5e5",
    "axes.axisbelow": True,
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
}
# Figures start from matplotlib's own defaults, whatever a person's matplotlibrc says. Text is drawn as it stands: two dollars in
# a class's name, a word or a path would else be taken for a formula.
GROUND = ["default", {"text.parse_math": False}]


@dataclass(frozen=True)
class Theme:
    """What differs between light and dark pictures; the class colours are the same."""

    background: str
    ink: str
    muted: str  # secondary text, grids
    faint: str  # frames
    fill: float  # share of a class's colour in the ground that it owns
    accent: str  # what a picture wants to be seen first
    test: str  # the test part, where it is told from the training part


THEMES = {
    "light": Theme("#ffffff", "#1a1a1a", "#5f6670", "#c9ced6", 0.30, "#b3123f", BLUE),
    "dark": Theme("#14171c", "#f2f2f2", "#a9b1bd", "#454c57", 0.36, "#ff6f91", "#56B4E9"),
}


def ground(theme: Theme, classes: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """The colours (n, 3) of the ground that classes own, int (n,): opaque, so that no seams show between faces."""
    table = np.array([to_rgb(colour) for colour in CLASS_COLOURS])
    share = strength * theme.fill
    return share * table[np.asarray(classes) % len(table)] + (1 - share) * np.array(to_rgb(theme.background))


def width_colours(widths: Sequence[int]) -> list[str]:
    """A colour for each width, dark to light along one perceptual scale."""
    return [to_hex(colour) for colour in mpl.colormaps["viridis"](np.linspace(0.0, 0.88, len(widths)))]


def width_axis(ax: Axes, widths: Sequence[int], label: str) -> None:
    """A log2 axis with a tick at each width (every other one where they crowd)."""
    ax.set_xscale("log", base=2)
    shown = list(widths)
    while len(shown) > 12:
        shown = shown[::-2][::-1]
    ax.set_xticks(shown, [str(width) for width in shown])
    ax.minorticks_off()
    ax.set_xlabel(label)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Powers(LogFormatterSciNotation):
    """Powers of ten on an axis in letters, such as 2×10³: matplotlib's own are formulas, and text is none here."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick."""
        text = super().__call__(x, pos).replace(r"\mathdefault", "").replace(r"\times", "×")
        text = re.sub(r"\^\{(.*?)\}", lambda power: power[1].translate(RAISED), text)
        return re.sub(r"[${}]", "", text).replace("-", "−").replace("×10⁰", "")


def log_axis(axis: Axis, linear_to: float | None = None) -> None:
    """A logarithmic axis; given `linear_to`, one that is linear from 0 to there."""
    vertical = axis is axis.axes.yaxis
    scale = axis.axes.set_yscale if vertical else axis.axes.set_xscale
    if linear_to is None:
        scale("log")
        axis.set_minor_formatter(Powers())
    else:
        scale("symlog", linthresh=linear_to)
    axis.set_major_formatter(Powers(linthresh=linear_to))


@contextmanager
def house_style() -> Iterator[None]:
    """Figures as this file says, without a window, whatever a person's own matplotlibrc and backend say."""
    before = mpl.get_backend(auto_select=False)
    plt.switch_backend("agg")
    try:
        with plt.style.context([*GROUND, STYLE]):
            yield
    finally:
        if before is not None:
            with suppress(ImportError):  # one with windows, where there are none
                plt.switch_backend(before)
