"""One look for all figures: colours, themes, fonts, axes and headings."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatterSciNotation

# Okabe & Ito 2008: distinguishable with any of the common colour-vision deficiencies, and in greyscale.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#666666"
CLASS_COLOURS = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#999999"]
SPLIT_COLOURS = {"train": ORANGE, "validation": GREEN, "test": BLUE}
SPLIT_MARKERS = {"train": "^", "validation": "s", "test": "o"}

STYLE: dict[str, object] = {
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
# Figures start from matplotlib's defaults, not from the user's matplotlibrc. Math text is off: two dollar signs in the name of
# a class, a word or a path would otherwise be parsed as a formula.
GROUND = ["default", {"text.parse_math": False}]


@dataclass(frozen=True)
class Theme:
    """What differs between light and dark pictures; the class colours are the same.

    Attributes:
      background: behind everything.
      ink: main text and outlines.
      muted: secondary text and grids.
      faint: frames.
      fill: share of a class's colour in the ground of its decision region.
      accent: highlights.
      test: the test split, where it is distinguished from the train split.
    """

    background: str
    ink: str
    muted: str
    faint: str
    fill: float
    accent: str
    test: str


THEMES = {
    "light": Theme("#ffffff", "#1a1a1a", "#5f6670", "#c9ced6", 0.30, "#b3123f", BLUE),
    "dark": Theme("#14171c", "#f2f2f2", "#a9b1bd", "#454c57", 0.36, "#ff6f91", "#56B4E9"),
}


def ground(theme: Theme, classes: np.ndarray, strength: float = 1.0) -> np.ndarray:
    """The ground colours (n, 3) of decision regions, by class int (n,): opaque, so that no seams show between polygons."""
    table = np.array([to_rgb(colour) for colour in CLASS_COLOURS])
    share = strength * theme.fill
    return share * table[np.asarray(classes) % len(table)] + (1 - share) * np.array(to_rgb(theme.background))


def class_colours(classes: np.ndarray) -> list[str]:
    """The colour of each class, int (n,); they repeat after eight classes."""
    return [CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in classes]


def width_colours(widths: Sequence[int]) -> list[str]:
    """A colour for each width, from dark to light along a perceptually uniform colour map."""
    return [to_hex(colour) for colour in mpl.colormaps["viridis"](np.linspace(0.0, 0.88, len(widths)))]


def width_axis(ax: Axes, widths: Sequence[int], label: str, spacing: float = 1.0) -> None:
    """A log2 axis with a tick at each width; of more than twelve, every second one is left out until they fit.

    Args:
      ax: whose horizontal axis it is.
      widths: rising.
      label: what the width counts.
      spacing: the least factor between two ticks, for narrow axes.
    """
    ax.set_xscale("log", base=2)
    shown: list[int] = []
    for width in widths:
        if not shown or width >= spacing * shown[-1]:
            shown.append(width)
    while len(shown) > 12:
        shown = shown[::-2][::-1]
    ax.set_xticks(shown, [f"{width:,}" for width in shown])
    ax.minorticks_off()
    ax.set_xlabel(label)


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Powers(LogFormatterSciNotation):
    """Powers of ten on an axis as plain text, such as 2×10³: matplotlib's are math text, which is off here."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The label of a tick."""
        text = super().__call__(x, pos).replace(r"\mathdefault", "").replace(r"\times", "×")
        text = re.sub(r"\^\{(.*?)\}", lambda power: power[1].translate(RAISED), text)
        return re.sub(r"[${}]", "", text).replace("-", "−").replace("×10⁰", "")


def log_axis(axis: Axis, linear_to: float | None = None) -> None:
    """A logarithmic axis, linear from 0 to `linear_to` if that is given."""
    vertical = axis is axis.axes.yaxis
    scale = axis.axes.set_yscale if vertical else axis.axes.set_xscale
    if linear_to is None:
        scale("log")
        axis.set_minor_formatter(Powers())
    else:
        scale("symlog", linthresh=linear_to)
    axis.set_major_formatter(Powers(linthresh=linear_to))


def set_heading(figure: Figure, text: str) -> None:
    """A heading over the whole figure; `nlpfeat.plotting.save.save_figure` breaks its lines to fit."""
    figure.suptitle(text, x=0.005, ha="left", fontsize=12)


@contextmanager
def house_style() -> Iterator[None]:
    """Draw figures in the style of this module and without windows, whatever the user's matplotlibrc and backend.

    Also a decorator of functions that make figures.
    """
    before = mpl.get_backend(auto_select=False)
    plt.switch_backend("agg")
    try:
        with plt.style.context([*GROUND, STYLE]):
            yield
    finally:
        if before is not None:
            with suppress(ImportError):  # a backend with windows where there is no display
                plt.switch_backend(before)
