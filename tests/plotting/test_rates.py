"""The figure of learning rates by width."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from nlpfeat.plotting.figures.rates import rates_figure
from nlpfeat.stats.best_rates import best_rates
from nlpfeat.tasks.registry import TASKS

WIDTHS, RATES = np.array([2, 8, 32]), np.array([1e-3, 1e-2, 1e-1])


def drawn(medians, task, falling):
    scores = np.array(medians, float)[:, :, None] * np.ones(6)
    return rates_figure(best_rates(WIDTHS, RATES, scores, falling=falling), TASKS[task], "9 steps", 6)


def test_every_median_is_written_and_the_best_rates_are_marked():
    figure = drawn([[0.1, 0.3, 0.2], [0.5, 0.4, 0.3], [0.6, np.nan, 0.7]], "spirals_deep", falling=False)
    ax = figure.axes[0]
    written = sorted(text.get_text() for text in ax.texts)
    assert written == ["0.1", "0.2", "0.3", "0.3", "0.4", "0.5", "0.6", "0.7"]  # one has no members
    markers = {
        line.get_xdata()[0]: (line.get_marker(), line.get_ydata()[0])
        for line in ax.lines
        if len(line.get_xdata()) == 1 and line.get_marker() != "None"
    }
    assert markers[2][0] == "o"
    assert 1e-2 < markers[2][1] < 1e-1
    assert markers[8] == ("v", pytest.approx(1e-3))
    assert markers[32] == ("^", pytest.approx(1e-1))
    assert ax.get_legend() is None  # nobody diverged
    assert "fewer than two widths" in figure._suptitle.get_text()
    plt.close(figure)


def test_errors_that_diverge_are_told_and_those_that_span_decades_have_a_logarithmic_colour():
    errors = [[8.0, 1.0, np.inf], [4.0, 1.0, 500.0], [2.0, 1.0, 3.0]]
    figure = drawn(errors, "ratings_dot", falling=True)
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.texts].count("∞") == 1
    assert ax.get_legend().get_texts()[0].get_text().startswith("∞")
    norm = ax.collections[0].norm
    assert norm(np.sqrt(500.0)) == pytest.approx(0.5)
    plt.close(figure)


def test_what_learns_no_features_stands_below():
    scores = np.array([[0.1, 0.3, 0.2], [0.5, 0.4, 0.3], [0.6, 0.65, 0.7]])[:, :, None] * np.ones(6)
    baselines = {"random hidden units": {2: 0.15, 8: 0.45}, "linearized": {2: 0.12, 8: 0.4, 32: 0.5}}
    figure = rates_figure(best_rates(WIDTHS, RATES, scores), TASKS["spirals"], "9 steps", 6, baselines)
    _, random, linearized, _ = figure.axes
    assert [text.get_text() for text in random.texts] == ["0.15", "0.45"]  # none of width 32
    assert [text.get_text() for text in linearized.texts] == ["0.12", "0.4", "0.5"]
    assert [label.get_text() for label in random.get_yticklabels()] == ["random hidden units"]
    assert "grey: not run" in figure._suptitle.get_text()
    plt.close(figure)
