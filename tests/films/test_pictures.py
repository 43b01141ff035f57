"""The main pictures, compared at a coarse scale with small copies that people have looked at.

After a deliberate change: python -m tests.films.test_pictures writes them anew; look at them before you commit them.
"""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from nlpfeat.films.film import draw, pixels
from nlpfeat.plotting.primitives import plot_categories, plot_groups, plot_layers, plot_measure, plot_success
from nlpfeat.plotting.style import BLUE, ORANGE, house_style
from tests.films.scenes import film

FOLDER = Path(__file__).parent / "pictures"
WIDTH = 120  # pixels of a copy: shapes and colours, no text
MOST = 4.0  # mean difference of 255 that fonts and versions may make


def frame(kind, number, style="light"):
    return pixels(draw(film(kind, style=style), number))


def figure(paint):
    with house_style():
        made = Figure(figsize=(6, 4), dpi=60)
        paint(made.subplots())
        return pixels(made)


def accuracy_against_width(ax):
    values = 1 - 0.5 / np.array([2, 4, 8, 16])[:, None] ** np.linspace(0.5, 1.5, 9)
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=1)
    plot_measure(ax, [2, 4, 8, 16], values, low, middle, high, label="test", colour=BLUE)


def success(ax):
    share = np.array([0.0, 0.2, 0.7, 1.0])
    plot_success(
        ax, [2, 4, 8, 16], share - 0.1, share, share + 0.1, half=(5, 6, 7), label="P", width_label="H"
    )


def groups(ax):
    plot_groups(ax, ["a", "b"], [np.linspace(1, 9, 40), np.array([2.0, np.nan, 3.0])], [ORANGE, BLUE])


def layers(ax):
    plot_layers(
        ax, np.arange(-3, 1), *np.array([[1, 2, 1, 3], [2, 3, 2, 5], [3, 4, 3, 7]]), label="", colour=BLUE
    )


def grid(ax):
    plot_categories(
        ax, np.arange(3), np.array([[0, 0.1, 0.3], [0.2, 0.4, 0.6], [0.5, 0.8, 0.9]]), label="", colour=BLUE
    )


PICTURES = {
    "training": lambda: frame("training", 3),
    "training-dark": lambda: frame("training", 1, "dark"),
    "interpolation": lambda: frame("interpolation", 2),
    "layers": lambda: frame("layers", 2),
    "regions": lambda: frame("regions", 3),
    "accuracy": lambda: figure(accuracy_against_width),
    "success": lambda: figure(success),
    "groups": lambda: figure(groups),
    "layer-norms": lambda: figure(layers),
    "grid": lambda: figure(grid),
}


def small(rgb):
    image = Image.fromarray(np.ascontiguousarray(rgb))
    return image.resize((WIDTH, WIDTH * image.height // image.width), Image.Resampling.BOX)


def difference(left, right):
    return float(np.abs(np.asarray(left, float) - np.asarray(right, float)).mean())


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_look_as_they_did(name):
    made = small(PICTURES[name]())
    with Image.open(FOLDER / f"{name}.png") as kept:
        assert made.size == kept.size
        assert difference(made, kept.convert("RGB")) < MOST


def test_another_picture_would_be_noticed():
    """The tolerance tells these pictures apart: two frames of a film, a picture from its mirror image."""
    with Image.open(FOLDER / "training.png") as kept:
        assert difference(small(frame("training", 1)), kept.convert("RGB")) > 1.5 * MOST
    with Image.open(FOLDER / "layers.png") as kept:
        mirrored = kept.convert("RGB").transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        assert difference(mirrored, kept.convert("RGB")) > MOST


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, factory in PICTURES.items():
        small(factory()).save(FOLDER / f"{name}.png", optimize=True)
