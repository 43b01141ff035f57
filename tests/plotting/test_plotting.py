"""Figures show what they are given: read back from the artists."""

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from nlpfeat.plotting.curves import plot_curves
from nlpfeat.plotting.style import save, stamp, width_axis, width_colours
from nlpfeat.plotting.width import describe_half, plot_measure, plot_success


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
    stamp(ax.figure, "python -m experiments.plot")
    paths = save(ax.figure, tmp_path / "accuracy-width-noise=0.1")
    assert [path.name for path in paths] == ["accuracy-width-noise=0.1.png", "accuracy-width-noise=0.1.pdf"]
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert all(path.stat().st_size > 1000 for path in paths)
