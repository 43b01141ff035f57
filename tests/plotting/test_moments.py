"""Several measures against width, each at several moments; the share that succeeds against several notions of size."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis.width import curve_of_scores
from nlpfeat.plotting.figures.moments import Panel, moments_figure
from nlpfeat.plotting.figures.success import Sized, success_figure
from nlpfeat.tasks.registry import TASKS


def measures(factor, widths=(2, 8)):
    """Four seeds, of which one is not there; the separable share differs by split."""
    coords = {"width": list(widths), "seed": [0, 1, 2, 3], "split": ["train", "test"]}
    seeds = np.array([1.0, 2.0, 3.0, np.nan])
    rough = factor * np.array(widths)[:, None] * seeds
    return xr.Dataset(
        {
            "roughness": (("width", "seed"), rough),
            "separable": (("width", "seed", "split"), np.stack([rough, 2 * rough], -1)),
        },
        coords,
    )


def test_a_panel_per_measure_and_a_line_per_moment():
    parts = {"early": measures(1.0), "late": measures(10.0, (2, 8, 32))}
    panels = [
        Panel("roughness", "roughness", "TV", logarithmic=True),
        Panel("separable", "share", "of seeds"),
    ]
    figure = moments_figure(parts, panels, "hidden units H", "heading")
    rough, share, empty = figure.axes
    assert [line.get_ydata().tolist() for line in rough.lines] == [[4, 16], [40, 160, 640]]
    assert share.lines[0].get_ydata().tolist() == [8, 32]  # the last split
    assert (rough.get_yscale(), share.get_yscale(), share.get_ylim()[0]) == ("log", "linear", 0)
    assert not empty.axison
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["early", "late"]
    plt.close(figure)


def test_the_same_recipes_against_two_notions_of_size():
    criterion = TASKS["spirals"].evaluation.criterion
    coords = {"split": ["train", "test"], "width": [2, 8, 32], "seed": range(8)}
    final = np.zeros((2, 3, 8))
    final[:, 1, :4] = final[:, 2] = 1.0
    curve = curve_of_scores(
        xr.DataArray(final, coords, ("split", "width", "seed")), criterion.metric, criterion
    )
    assert [share.estimate for share in curve.shares] == [0, 0.5, 1]
    assert curve.half.estimate == pytest.approx(8, rel=0.01)
    sized = [Sized({"a": curve}, "units"), Sized({"a": curve._replace(widths=[10, 40, 160])}, "parameters")]
    figure = success_figure(sized, "heading")
    assert [ax.get_xlabel() for ax in figure.axes] == ["units", "parameters"]
    assert [ax.get_xlim()[1] > 100 for ax in figure.axes] == [False, True]
    plt.close(figure)
