"""A network on the plane through three examples, with their pictures at its corners, and a walk from one to the next."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy.special import softmax

from nlpfeat.analysis.sections import Section
from nlpfeat.geometry.complex import areas
from nlpfeat.geometry.lines import END
from nlpfeat.plotting.plane import plot_ground, plot_lines
from nlpfeat.plotting.style import CLASS_COLOURS, GREY, THEMES, class_colours, house_style, set_heading

PICTURES = 7  # along a walk
SHOWN = 0.1  # a class whose probability exceeds it somewhere is labelled
LETTERS = "ABC"
THEME = THEMES["light"]


@house_style()
def section_figure(
    found: Section, shape: tuple[int, ...] | None, classes: tuple[str, ...], split: str
) -> Figure:
    """The plane on the left; on the right the walk from A to B.

    Args:
      found: from `nlpfeat.analysis.sections`.
      shape: of a picture, one or two sides; None where the inputs are no pictures.
      classes: their names.
      split: of the examples.
    """
    figure = plt.figure(figsize=(13, 6.6))
    grid = figure.add_gridspec(3, 2, width_ratios=(1.05, 1), height_ratios=(2.2, 0.5, 0.9 if shape else 0.01))
    plane = figure.add_subplot(grid[:, 0])
    _plot_plane(plane, found, shape, classes)
    walk = figure.add_subplot(grid[0, 1])
    rug = figure.add_subplot(grid[1, 1], sharex=walk)
    _plot_walk(walk, rug, found, classes)
    if shape is not None:
        strip = grid[2, 1].subgridspec(1, PICTURES, wspace=0.08)
        for number, share in enumerate(np.linspace(0, 1, PICTURES)):
            ax = figure.add_subplot(strip[number])
            _plot_picture(
                ax, found.inputs[0] + share * (found.inputs[1] - found.inputs[0]), shape, found.inputs
            )
    settings, area = found.member.settings, found.regions.box.area
    set_heading(
        figure,
        f"{found.member.task.name}, width {settings.width}, seed {settings.seed}, step {found.member.step:,}: the plane through "
        f"{split} examples {', '.join(map(str, found.examples))}.\n{len(found.regions):,} activation regions in this box, "
        f"{len(found.regions) / area:.3g} per unit of area; thin lines are their borders, thick ones the decision boundary.",
    )
    return figure


def _plot_plane(ax: Axes, found: Section, shape: tuple[int, ...] | None, classes: tuple[str, ...]) -> None:
    left, bottom, right, top = found.regions.box
    plot_ground(ax, found.decision.polygons(), found.decision.winner, THEME)
    cells = found.regions.cells
    inner = cells.sides.min(1) >= 0
    plot_lines(ax, cells.points[cells.ends[inner]], THEME.ink, 0.35, 0.45)
    plot_lines(ax, found.decision.segments(), "black", 2.2)
    corners = found.plane.coordinates
    ax.plot(*corners[[0, 1, 2, 0]].T, color=GREY, lw=1, ls=(0, (4, 3)))
    ax.scatter(*corners.T, s=90, c=class_colours(found.labels), edgecolors="black", zorder=5)
    middle = corners.mean(0)
    for letter, corner, label, picture in zip(LETTERS, corners, found.labels, found.inputs, strict=True):
        out = (corner - middle) / np.linalg.norm(corner - middle)
        text = f"{letter}: {classes[label]}"
        if shape is None:
            ax.annotate(text, corner, xytext=14 * out, textcoords="offset points", ha="center", va="center")
            continue
        side = 0.17
        at = (corner + 0.17 * out * (right - left) - [left, bottom]) / [right - left, top - bottom]
        at = np.clip(at, side / 2 + 0.01, 1 - side / 2 - 0.04)
        inset = ax.inset_axes((*(at - side / 2), side, side))
        _plot_picture(inset, picture, shape, found.inputs)
        inset.set_title(text, fontsize=9, pad=2)
    ax.set(xlim=(left, right), ylim=(bottom, top), aspect="equal")
    ax.set_xlabel("distance from A in the plane, along A to B")
    ax.grid(visible=False)
    present = np.unique(found.decision.winner)
    area, centres = areas(found.decision.cells)
    for k in present.tolist():  # colours repeat after eight classes
        own = np.flatnonzero(found.decision.winner == k)
        largest = own[np.argmax(area[own])]
        ax.text(
            float(centres[largest, 0]),
            float(centres[largest, 1]),
            classes[k],
            fontsize=15,
            color=THEME.ink,
            alpha=0.75,
            ha="center",
            va="center",
            zorder=4,
        )
    handles = [
        Patch(color=CLASS_COLOURS[k % len(CLASS_COLOURS)], alpha=THEME.fill * 2, label=classes[k])
        for k in present
    ]
    ax.legend(
        handles=handles,
        title="predicted",
        fontsize=8,
        ncols=5,
        loc="upper center",
        bbox_to_anchor=(0.5, -0.1),
    )


def _plot_walk(ax: Axes, rug: Axes, found: Section, classes: tuple[str, ...]) -> None:
    """Probabilities along the line from A to B; below, one stroke per fold."""
    lines = found.lines
    part = slice(lines.first[0], lines.first[1])
    along = lines.place[part] * lines.length[0]
    fine = np.unique(np.concatenate([lines.place[part], np.linspace(0, 1, 600)]))
    scores = np.stack([np.interp(fine, lines.place[part], column) for column in lines.scores[part].T], 1)
    chances = softmax(scores, axis=1)
    for k in np.flatnonzero(chances.max(0) > SHOWN).tolist():
        style = ("-", "--", "-.", ":")[k // len(CLASS_COLOURS) % 4]
        ax.plot(
            fine * lines.length[0],
            chances[:, k],
            style,
            color=class_colours(np.array([k]))[0],
            lw=2,
            label=classes[k],
        )
    changes = lines.switches()
    for place in changes.place[changes.line == 0] * lines.length[0]:
        for one in (ax, rug):
            one.axvline(place, color="black", lw=1.2)
    ax.set(ylim=(0, 1.02), ylabel="probability")
    ax.set_title("From A to B")
    ax.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5), title="class")
    ax.tick_params(labelbottom=False)
    rug.vlines(along[lines.unit[part] != END], 0, 1, color=GREY, lw=0.5)
    rug.set(
        yticks=[],
        xlim=(0, lines.length[0]),
        ylim=(0, 1),
        xlabel=f"distance from A; {lines.regions()[0]:,} activation regions",
    )
    rug.set_ylabel("folds", rotation=0, ha="right", va="center")
    rug.grid(visible=False)


def _plot_picture(ax: Axes, values: np.ndarray, shape: tuple[int, ...], all_inputs: np.ndarray) -> None:
    """A picture of two sides in grey, or of one as a curve, on the scale of the three examples."""
    low, high = all_inputs.min(), all_inputs.max()
    if len(shape) == 2:
        ax.imshow(values.reshape(shape), cmap="gray_r", vmin=low, vmax=high)
    else:
        ax.plot(values.reshape(-1), color="black", lw=1.2)
        ax.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.set_facecolor("white")
    for spine in ax.spines.values():
        spine.set(visible=True, color=GREY, linewidth=0.8)
