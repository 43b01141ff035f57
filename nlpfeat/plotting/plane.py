"""A plane with what moves in it: points, a warped grid, class vectors, and the ground that each class owns."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from nlpfeat.plotting.style import CLASS_COLOURS, Theme, ground

ARROW = 0.85  # of half the window: the longest class vector


def plot_frame(ax: Axes, window: float, theme: Theme) -> None:
    """An empty square [-window, window]² with a bar that tells its scale."""
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
    """The ground of each class, polygons (corners, 2) with an int class each; `strength` fades it in from 0 to 1."""
    colours = ground(theme, classes, strength)
    ax.add_collection(
        PolyCollection(list(polygons), facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=0)
    )


def plot_lines(ax: Axes, lines: np.ndarray, colour: str, width: float = 0.8, alpha: float = 1.0) -> None:
    """Curves (lines, n, 2)."""
    ax.add_collection(LineCollection(list(lines), colors=colour, linewidths=width, alpha=alpha, zorder=1))


def plot_dots(ax: Axes, points: np.ndarray, classes: np.ndarray, theme: Theme, size: float = 14.0) -> None:
    """Points (n, 2) in the colours of their classes, int (n,)."""
    colours = np.array(CLASS_COLOURS)[np.asarray(classes) % len(CLASS_COLOURS)]
    ax.scatter(*points.T, s=size, c=colours, edgecolors=theme.ink, linewidths=0.3, zorder=3)


def plot_arrows(
    ax: Axes, vectors: np.ndarray, longest: float, window: float, theme: Theme, alpha: float = 1.0
) -> None:
    """Class vectors (classes, 2) from the origin, in their colours; one of length `longest` nearly reaches the frame."""
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


def plot_strip(ax: Axes, theme: Theme, *, xlim: tuple[float, float], ylim: tuple[float, float]) -> None:
    """The empty strip below a picture, in which a cursor says where the film is."""
    ax.set(xlim=xlim, ylim=ylim)
    ax.set_facecolor(theme.background)
    ax.grid(visible=False)
    ax.tick_params(colors=theme.muted, labelsize=11, length=3)
    for name, spine in ax.spines.items():
        spine.set(visible=name == "bottom", color=theme.faint)


def plot_cursor(ax: Axes, x: float, theme: Theme) -> None:
    """Where the film is."""
    ax.axvline(x, color=theme.accent, lw=2, zorder=6, clip_on=False)


def plot_turned(ax: Axes, polygons: Sequence[np.ndarray], theme: Theme) -> None:
    """Pieces of the plane that lie turned over."""
    ax.add_collection(
        PolyCollection(list(polygons), facecolors=theme.ink, edgecolors="none", alpha=0.22, zorder=0.5)
    )


def plot_origin(ax: Axes, theme: Theme) -> None:
    """The two axes, which a positive part bends along."""
    ax.axhline(0, color=theme.muted, lw=1.2, ls=(0, (4, 3)), zorder=0.6)
    ax.axvline(0, color=theme.muted, lw=1.2, ls=(0, (4, 3)), zorder=0.6)


def plot_steps(ax: Axes, steps: Sequence[tuple[str, str]], now: int, theme: Theme) -> None:
    """The steps of a layer as (sign, numbers) in a row, the one at hand marked."""
    plot_strip(ax, theme, xlim=(0, len(steps)), ylim=(0, 1))
    ax.set(xticks=[], yticks=[])
    ax.spines["bottom"].set_visible(False)
    for i, (name, numbers) in enumerate(steps):
        colour, weight = (theme.accent, "bold") if i == now else (theme.muted, "normal")
        ax.text(i + 0.5, 0.72, name, color=colour, fontsize=15, fontweight=weight, ha="center", va="center")
        ax.text(
            i + 0.5, 0.12, numbers, color=colour, fontsize=10, fontweight=weight, ha="center", va="center"
        )


def plot_faces(ax: Axes, polygons: Sequence[np.ndarray], colours: Any) -> PolyCollection:
    """Fill polygons, each (corners, 2), with a colour each. Fits the axes to them."""
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
    """Regions coloured by a number (regions,) along a named colour map; NaN is grey. Give it to a colour bar.

    By pattern: the number of units on, `regions.patterns().sum(1)`, so that neighbours differ. By stretch: log|det|.
    """
    faces = plot_faces(ax, polygons, "#bbbbbb")
    colours = mpl.colormaps[scale].with_extremes(bad="#bbbbbb")
    faces.set(array=np.ma.masked_invalid(values), cmap=colours, clim=(low, high), edgecolor="face")
    return faces


def plot_classes(ax: Axes, polygons: Sequence[np.ndarray], classes: np.ndarray) -> PolyCollection:
    """Regions coloured by class, int (regions,)."""
    return plot_faces(ax, polygons, [CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in classes])


def plot_segments(ax: Axes, segments: np.ndarray, **style: Any) -> LineCollection:
    """Draw segments (n, 2, 2): fold lines, or a decision boundary."""
    return ax.add_collection(LineCollection(list(segments), **style))  # pyright: ignore[reportReturnType]


def plot_points(ax: Axes, points: np.ndarray, classes: np.ndarray) -> None:
    """Points (n, 2) by class, legible on their own class's colour."""
    colours = [CLASS_COLOURS[k % len(CLASS_COLOURS)] for k in classes]
    ax.scatter(*points.T, s=5, c=colours, edgecolors="black", linewidths=0.3)


# MERGED: """Maps of the plane: linear regions, fold lines, decision regions and boundaries."""
