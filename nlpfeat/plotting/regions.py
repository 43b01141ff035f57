"""Maps of the plane: linear regions, fold lines, decision regions and boundaries."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection

from nlpfeat.plotting.style import CLASS_COLOURS


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
