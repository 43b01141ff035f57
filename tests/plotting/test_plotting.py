"""Figures show what they are given: read back from the artists."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from nlpfeat.parallel import process_pool
from nlpfeat.plotting.figures.predictions import plot_confusion
from nlpfeat.plotting.plane import plot_classes, plot_dots, plot_lines, plot_scale
from nlpfeat.plotting.primitives import (
    describe_half,
    plot_curves,
    plot_measure,
    plot_medians,
    plot_share,
    plot_success,
)
from nlpfeat.plotting.save import save_all, save_figure
from nlpfeat.plotting.style import (
    CLASS_COLOURS,
    GREY,
    THEMES,
    house_style,
    log_axis,
    width_axis,
    width_colours,
)


@pytest.fixture
def ax():
    figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def test_every_seed_is_a_point_and_the_median_a_line(ax):
    values = np.array([[0.1, 0.2, np.nan], [0.7, 0.8, 0.9]])
    plot_measure(
        ax, [2, 8], values, *np.nanquantile(values, (0.25, 0.5, 0.75), axis=1), label="test", colour="b"
    )
    points, median = ax.get_lines()
    np.testing.assert_array_equal(np.sort(points.get_ydata()), np.sort(values.ravel()))
    assert median.get_ydata().tolist() == pytest.approx([0.15, 0.8])
    assert median.get_xdata().tolist() == [2, 8]
    assert (np.abs(np.log2(points.get_xdata().reshape(2, 3) / [[2], [8]])) < 0.3).all()


def test_curves_hold_every_seed(ax):
    values = np.arange(12.0).reshape(3, 4)
    plot_curves(
        ax,
        np.arange(4),
        values,
        values[0],
        values[1],
        values[2],
        colour="b",
        label="x",
        title="t",
        phases=[2],
    )
    lines = ax.get_lines()
    assert [line.get_ydata().tolist() for line in lines[:3]] == values.tolist()
    assert lines[3].get_ydata().tolist() == values[1].tolist()
    assert lines[4].get_xdata()[0] == 2


def test_success_shows_intervals_and_half_width(ax):
    plot_success(
        ax,
        [2, 4, 8],
        np.zeros(3),
        np.array([0, 0.5, 1]),
        np.ones(3),
        half=(3.0, 4.0, 5.0),
        label="P",
        width_label="units",
    )
    assert any("H50 = 4" in text.get_text() for text in ax.get_legend().get_texts())
    assert ax.get_xlabel() == "units"


@pytest.mark.parametrize(
    ("half", "words"),
    [
        ((3.0, 4.0, 5.0), "H50 = 4  (95 %: 3 to 5)"),
        ((3.0, 4.0, np.inf), "H50 = 4  (95 %: 3 to > 8)"),
        ((np.inf,) * 3, "H50 > 8"),
        ((0, 0, 0), "H50 < 2"),
    ],
)
def test_half_width_in_words(half, words):
    assert describe_half(half, [2, 8]) == words


def test_crowded_width_axes_keep_the_largest(ax):
    width_axis(ax, range(1, 101), "units")
    ticks = ax.get_xticks()
    assert len(ticks) <= 12
    assert ticks[-1] == 100
    assert len({tuple(c) for c in width_colours(range(7))}) == 7


def test_figures_are_written_whole_and_stamped(ax, tmp_path):
    paths = save_figure(ax.figure, tmp_path / "accuracy-width-noise=0.1", "nlpfeat plot")
    assert [path.name for path in paths] == ["accuracy-width-noise=0.1.png", "accuracy-width-noise=0.1.pdf"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert all(path.stat().st_size > 1000 for path in paths)


def test_other_processes_write_the_same_figures(tmp_path):
    def figures(folder):
        for number in range(3):
            with house_style():
                figure, ax = plt.subplots()
                ax.plot([1, 10 + number])
                log_axis(ax.yaxis)
            yield figure, tmp_path / folder / str(number)

    before = plt.get_fignums()
    here = list(save_all(figures("here"), "nlpfeat plot", None))
    with process_pool() as pool:
        there = list(save_all(figures("there"), "nlpfeat plot", pool))
    assert [[path.name for path in paths] for paths in there] == [
        ["0.png", "0.pdf"],
        ["1.png", "1.pdf"],
        ["2.png", "2.pdf"],
    ]
    for one, other in zip(here, there, strict=True):
        assert one[0].read_bytes() == other[0].read_bytes()
    assert plt.get_fignums() == before


def test_a_figure_has_the_pixels_that_matplotlib_saves(tmp_path):
    with house_style():
        figure, ax = plt.subplots()
        ax.plot([1, 10])
        figure.supxlabel("nlpfeat plot", fontsize=6.5, color=GREY, x=0.005, ha="left", family="monospace")
        figure.savefig(tmp_path / "matplotlib.png", dpi=160)
        figure, ax = plt.subplots()
        ax.plot([1, 10])
    png, _ = save_figure(figure, tmp_path / "ours", "nlpfeat plot")
    ours, theirs = Image.open(png), Image.open(tmp_path / "matplotlib.png")
    assert np.array_equal(ours, theirs)
    assert ours.info["dpi"] == theirs.info["dpi"]


SQUARES = [np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]), np.array([[1.0, 0], [2, 0], [2, 1], [1, 1]])]


def test_classes_have_colours_of_their_own(ax):
    faces = plot_classes(ax, SQUARES, np.array([0, 3]))
    colours = faces.get_facecolor()
    assert len({tuple(colour) for colour in colours}) == 2
    assert mpl.colors.to_hex(colours[1]) == CLASS_COLOURS[3].lower()
    assert ax.get_xlim() == (0, 2)
    assert ax.get_aspect() == 1


def test_what_has_no_number_is_grey(ax):
    faces = plot_scale(ax, SQUARES, np.array([np.nan, 2.0]), "RdBu_r", -6, 6)
    assert faces.get_array().mask.tolist() == [True, False]
    assert faces.get_array()[1] == 2
    assert faces.get_clim() == (-6, 6)
    ax.figure.canvas.draw()
    assert mpl.colors.to_hex(faces.get_facecolor()[0]) == "#bbbbbb"


def test_segments_and_points(ax):
    plot_lines(ax, np.array([[[0.0, 0], [1, 1]]]), "black")
    assert ax.collections[-1].get_segments()[0].tolist() == [[0, 0], [1, 1]]
    plot_dots(ax, np.array([[0.5, 0.2], [1.5, 0.1]]), np.array([0, 1]), THEMES["light"])
    assert ax.collections[-1].get_offsets().tolist() == [[0.5, 0.2], [1.5, 0.1]]


def test_medians_over_training(ax):
    values = np.arange(6.0).reshape(2, 3)
    plot_medians(ax, np.array([0, 10, 200]), values - 1, values, values + 1, widths=[2, 8])
    assert [line.get_ydata().tolist() for line in ax.get_lines()] == values.tolist()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["2", "8"]


def test_a_share_has_its_interval(ax):
    plot_share(
        ax, [2, 8], np.array([0.1, 0.6]), np.array([0.2, 0.7]), np.array([0.5, 0.8]), label="x", colour="b"
    )
    (bars,) = ax.containers
    assert bars.lines[0].get_ydata().tolist() == [0.2, 0.7]
    segments = bars.lines[2][0].get_segments()
    np.testing.assert_allclose([segment[:, 1] for segment in segments], [[0.1, 0.5], [0.6, 0.8]])


def test_text_of_others_is_drawn_as_it_stands(tmp_path):
    """Two dollars make no formula, on a logarithmic axis, too, whose powers are letters."""
    with house_style():
        figure, axes = plt.subplots()
        axes.plot([1e-3, 1e3], [1, 2], label="$\\frac$")
        axes.set_title("$5 to $10")
        axes.legend()
        log_axis(axes.xaxis)
        paths = save_figure(figure, tmp_path / "dollars", "--study=p$x$y")
    assert all(path.stat().st_size > 3000 for path in paths)
    shown = [label.get_text() for label in axes.get_xticklabels()]
    assert {"10⁻²", "10²"} <= set(shown)
    assert not any("$" in text for text in shown)


def test_headings_stay_within_their_figure(tmp_path):
    with house_style():
        figure, axes = plt.subplots(1, 2, figsize=(6, 3))
        axes[0].set_title(
            "a title that is a good deal longer than the half of the figure that it stands over, and goes on"
        )
        stamp = "nlpfeat plot --study=runs/a_study_of_a_long_name --at depth=5" + " --at noise=0.1" * 12
        heading = "and a heading that is longer than the whole of the figure " * 3
        save_figure(figure, tmp_path / "long", stamp, heading)
        renderer = FigureCanvasAgg(figure).get_renderer()  # saved figures are closed
        for text in (axes[0]._left_title, figure._suptitle, figure._supxlabel):
            assert text.get_window_extent(renderer).x1 <= figure.bbox.x1
            assert "\n" in text.get_text()


def test_many_classes_are_shown_by_colour_and_the_confused_ones_named(ax):
    counts = np.eye(150, dtype=int) * 9
    counts[7, 3], counts[2, 9] = 5, 4
    plot_confusion(ax, counts, [f"class {i}" for i in range(150)])
    assert not ax.texts
    assert len(ax.get_xticks()) == 0
    assert "class 7 predicted as class 3: 5\nclass 2 predicted as class 9: 4" in ax.get_xlabel()
    ax.clear()
    plot_confusion(ax, counts[:3, :3], ["a", "b", "c"])
    assert len(ax.texts) == 9
