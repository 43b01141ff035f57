"""Pictures of the plane: points, curves, class vectors, decision regions, linear regions; and the strip below a film."""

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from nlpfeat.plotting.style import CLASS_COLOURS, Theme, class_colours, ground

ARROW = 0.85  # length of the longest class vector, as a share of half the window
NO_VALUE = "#bbbbbb"  # colour of regions whose value is NaN


def plot_frame(ax: Axes, window: float, theme: Theme) -> None:
    """An empty square [-window, window]² with a scale bar."""
    ax.set(xlim=(-window, window), ylim=(-window, window), aspect="equal", xticks=[], yticks=[])
    ax.set_facecolor(theme.background)
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set(visible=True, color=theme.faint, linewidth=1)
    bar = round_length(0.5 * window)
    left, low = -0.93 * window, -0.93 * window
    ax.plot([left, left + bar], [low, low], color=theme.ink, lw=2.5, solid_capstyle="butt", zorder=9)
    ax.text(left, low + 0.025 * window, f"{bar:g}", color=theme.ink, fontsize=12, va="bottom", zorder=9)


def round_length(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is at most `most`."""
    power = 10.0 ** np.floor(np.log10(most))
    return float(next(power * step for step in (5, 2, 1) if power * step <= most * (1 + 1e-9)))


def plot_ground(
    ax: Axes, polygons: Sequence[np.ndarray], classes: np.ndarray, theme: Theme, strength: float = 1.0
) -> None:
    """Decision regions as the ground of a picture.

    Args:
      ax: where.
      polygons: (corners, 2) each.
      classes: int (polygons,), the class that owns each.
      theme: light or dark.
      strength: 0 to 1, fades the ground in.
    """
    colours = ground(theme, classes, strength)
    ax.add_collection(
        PolyCollection(list(polygons), facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=0)
    )


def plot_turned(ax: Axes, polygons: Sequence[np.ndarray], theme: Theme) -> None:
    """Shade regions (corners, 2) that the map turns over (negative determinant)."""
    ax.add_collection(
        PolyCollection(list(polygons), facecolors=theme.ink, edgecolors="none", alpha=0.22, zorder=0.5)
    )


def plot_lines(ax: Axes, lines: np.ndarray, colour: str, width: float = 0.8, alpha: float = 1.0) -> None:
    """Curves, or segments, (lines, n, 2)."""
    ax.add_collection(LineCollection(list(lines), colors=colour, linewidths=width, alpha=alpha, zorder=1))


def plot_dots(ax: Axes, points: np.ndarray, classes: np.ndarray, theme: Theme, size: float = 14.0) -> None:
    """Points (n, 2) in the colours of their classes, int (n,); their edges make them visible on ground of the same class."""
    ax.scatter(*points.T, s=size, c=class_colours(classes), edgecolors=theme.ink, linewidths=0.3, zorder=3)


def plot_arrows(
    ax: Axes, vectors: np.ndarray, longest: float, window: float, theme: Theme, alpha: float = 1.0
) -> None:
    """Class vectors as arrows from the origin, in the colours of their classes.

    Args:
      ax: where.
      vectors: (classes, 2).
      longest: length of the vector that nearly reaches the frame.
      window: half the side of the frame.
      theme: light or dark.
      alpha: opacity.
    """
    for k, tip in enumerate(vectors * (ARROW * window / longest if longest > 0 else 0.0)):
        ax.annotate(
            "",
            xy=(float(tip[0]), float(tip[1])),
            xytext=(0.0, 0.0),
            zorder=5,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "simple,head_width=0.9,head_length=0.9,tail_width=0.28",
                "facecolor": CLASS_COLOURS[k % len(CLASS_COLOURS)],
                "edgecolor": theme.ink,
                "linewidth": 0.9,
                "alpha": alpha,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )


def plot_origin(ax: Axes, theme: Theme) -> None:
    """The two coordinate axes, along which a ReLU folds the plane."""
    ax.axhline(0, color=theme.muted, lw=1.2, ls=(0, (4, 3)), zorder=0.6)
    ax.axvline(0, color=theme.muted, lw=1.2, ls=(0, (4, 3)), zorder=0.6)


def plot_strip(ax: Axes, theme: Theme, *, xlim: tuple[float, float], ylim: tuple[float, float]) -> None:
    """The empty strip below the picture of a film, on which `plot_cursor` marks the current frame."""
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_facecolor(theme.background)
    ax.grid(visible=False)
    ax.tick_params(colors=theme.muted, labelsize=11, length=3)
    for name, spine in ax.spines.items():
        spine.set(visible=name == "bottom", color=theme.faint)


def plot_cursor(ax: Axes, x: float, theme: Theme) -> None:
    """A vertical line at the current frame of a film."""
    ax.axvline(x, color=theme.accent, lw=2, zorder=6, clip_on=False)


def plot_steps(ax: Axes, steps: Sequence[tuple[str, str]], now: int, theme: Theme) -> None:
    """The operations of a layer in a row, the current one highlighted.

    Args:
      ax: where.
      steps: (symbol, numbers) of each.
      now: index of the current one.
      theme: light or dark.
    """
    plot_strip(ax, theme, xlim=(0, len(steps)), ylim=(0, 1))
    ax.set(xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    for i, (symbol, numbers) in enumerate(steps):
        colour, weight = (theme.accent, "bold") if i == now else (theme.muted, "normal")
        for text, y, size in ((symbol, 0.72, 15), (numbers, 0.12, 10)):
            ax.text(
                i + 0.5, y, text, color=colour, fontsize=size, fontweight=weight, ha="center", va="center"
            )


def plot_faces(ax: Axes, polygons: Sequence[np.ndarray], colours: str | Sequence[str]) -> PolyCollection:
    """Fill polygons, (corners, 2) each, with one colour or one each, and fit the axes to them."""
    faces = PolyCollection(list(polygons), facecolors=colours, edgecolors="face", linewidths=0.15)
    ax.add_collection(faces)
    points = np.concatenate(list(polygons))
    (left, bottom), (right, top) = points.min(0), points.max(0)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal", xticks=[], yticks=[])
    ax.grid(visible=False)
    return faces


def plot_scale(
    ax: Axes,
    polygons: Sequence[np.ndarray],
    values: np.ndarray,
    scale: str,
    low: float | None = None,
    high: float | None = None,
) -> PolyCollection:
    """Regions coloured by a number.

    Args:
      ax: where.
      polygons: (corners, 2) each.
      values: (polygons,), such as the number of active units, by which neighbours differ, or log|det|; NaN is grey.
      scale: name of a colour map.
      low, high: its limits; None for those of the values.

    Returns:
      What a colour bar is made from.
    """
    faces = plot_faces(ax, polygons, NO_VALUE)
    colours = mpl.colormaps[scale].with_extremes(bad=NO_VALUE)
    faces.set(array=np.ma.masked_invalid(values), cmap=colours, clim=(low, high), edgecolor="face")
    return faces


def plot_classes(ax: Axes, polygons: Sequence[np.ndarray], classes: np.ndarray) -> PolyCollection:
    """Regions, polygons (corners, 2), in the colours of their classes, int (regions,)."""
    return plot_faces(ax, polygons, class_colours(classes))
