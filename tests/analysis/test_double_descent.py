"""Double descent: peaks of curves made by hand, and of a study, against a second derivation."""

import numpy as np
import pandas as pd
import pytest

from nlpfeat.analysis.double_descent import double_descent
from nlpfeat.analysis.recipe import RecipeOptions
from nlpfeat.errors import UserError
from nlpfeat.plotting.figures.double_descent import double_descent_figure, surface_figure
from nlpfeat.stats.peaks import find_peak, resolution
from nlpfeat.study.session import open_study
from tests.toys import TOYS, study, with_grid


@pytest.mark.parametrize(
    ("errors", "place", "rise", "fall"),
    [
        ([5, 3, 4, 1], 2, 1, 3),
        ([5, 4, 3, 2], 1, -1, 2),
        ([1, 9, 1, 5, 0], 1, 8, 9),
        ([1, 5, 0, 9, 1], 3, 9, 8),
        ([2, 2, 2], 1, 0, 0),
        ([5, np.nan, 3, 4, np.nan, 1], 3, 1, 3),
    ],
)
def test_peaks_by_hand(errors, place, rise, fall):
    found = find_peak(np.array(errors, float))
    assert found == (place, rise, fall)
    assert found.prominence == min(rise, fall)


def test_a_peak_against_all_triples():
    """The largest, over a point, of the smaller of the largest falls to its left and right."""
    for seed in range(50):
        errors = np.random.default_rng(seed).random(9)
        best = max(
            min(errors[j] - min(errors[:j]), errors[j] - min(errors[j + 1 :]))
            for j in range(1, len(errors) - 1)
        )
        assert find_peak(errors).prominence == pytest.approx(best)


def test_two_widths_have_no_peak():
    with pytest.raises(ValueError, match="three widths"):
        find_peak(np.array([1.0, np.nan, 2.0]))


def test_chance_differences_are_within_the_resolution():
    rng = np.random.default_rng(0)
    one, two = rng.binomial(1000, 0.4, (2, 4000)) / 1000
    assert ((one - two) > resolution(0.4, 1000)).mean() == pytest.approx(0.025, abs=0.008)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    spec = with_grid(
        TOYS["mnist1d"],
        width=(2, 3, 5, 8),
        seed=(0, 1, 2),
        label_noise=(0.0, 0.3),
        train_examples=(10, 20, 40),
    )
    made, _ = study(spec, tmp_path_factory.mktemp("noisy") / "study")
    return open_study(made.path)


def test_a_study_against_its_array(noisy):
    found = double_descent(noisy)
    last = noisy.results["accuracy"].isel(step=-1)
    assert len(found.errors) == 4 * 3 * 2 * 3
    assert found.split == "test"
    for _, row in found.errors.iterrows():
        point = {name: row[name] for name in ("width", "seed", "label_noise", "train_examples")}
        assert row["test"] == pytest.approx(1 - float(last.sel(point, method="nearest").sel(split="test")))
        assert row["fitted"] == (float(last.sel(point, method="nearest").sel(split="train")) == 1)
    curve = found.curves.set_index(["label_noise", "train_examples", "width"])
    cell = (1 - last.sel(split="test")).sel(width=5, train_examples=20).isel(label_noise=1).to_numpy()
    row = curve.loc[(found.curves["label_noise"].max(), 20, 5)]
    assert row["error"] == pytest.approx(cell.mean())
    half = 4.302653 * cell.std(ddof=1) / np.sqrt(3)  # Student's t with two degrees of freedom
    assert row["mean_high"] - row["error"] == pytest.approx(half, rel=1e-5)
    assert len(found.peaks) == 6
    for _, peak in found.peaks.iterrows():
        own = found.errors[
            (found.errors["label_noise"] == peak["label_noise"])
            & (found.errors["train_examples"] == peak["train_examples"])
        ].pivot(index="seed", columns="width", values="test")
        prominent = [find_peak(values).prominence > peak["resolution"] for values in own.to_numpy()]
        assert peak["peak_share"] == pytest.approx(np.mean(prominent))


def test_the_threshold_is_where_half_of_the_seeds_fit_from_then_on(noisy):
    found = double_descent(noisy)
    for _, peak in found.peaks.iterrows():
        rows = found.curves[
            (found.curves["label_noise"] == peak["label_noise"])
            & (found.curves["train_examples"] == peak["train_examples"])
        ]
        from_then = [
            width for width in rows["width"] if (rows[rows["width"] >= width]["fitted"] >= 0.5).all()
        ]
        assert peak["threshold_width"] == min(from_then) if from_then else np.isnan(peak["threshold_width"])


def test_early_stopping_is_no_worse_on_validation(noisy):
    at_end, stopped = double_descent(noisy), double_descent(noisy, RecipeOptions(early_stopping=True))
    assert "best step on validation" in stopped.recipe
    assert not stopped.errors["test"].equals(at_end.errors["test"])


def test_figures(noisy):
    found = double_descent(noisy)
    assert found.surface_axis == "train_examples"
    assert len(double_descent_figure(found, "units").axes) >= 6
    assert len(surface_figure(found, "train_examples", "units").axes) == 3  # two panels and a colour bar
    assert isinstance(found.curves, pd.DataFrame)


def test_what_has_no_peak_is_refused(tmp_path):
    few, _ = study(with_grid(TOYS["mnist1d"], width=(2, 3), seed=(0,)), tmp_path / "few")
    with pytest.raises(UserError, match="2 widths, and a peak needs three"):
        double_descent(open_study(few.path))
    other, _ = study(with_grid(TOYS["ratings_bias"], width=(2, 3, 4), seed=(0,)), tmp_path / "other")
    with pytest.raises(UserError, match="no accuracy"):
        double_descent(open_study(other.path))
