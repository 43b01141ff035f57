"""Predictions of classifiers: confusion, errors and calibration, counted by hand."""

import numpy as np
import pytest

from nlpfeat.analysis.predictions import Predictions, calibration, confusion, predict_split, worst_errors
from nlpfeat.study.session import open_study
from tests.toys import TOYS, study, with_grid

GIVEN = np.array([[0.9, 0.1, 0.0], [0.2, 0.5, 0.3], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.7, 0.2, 0.1]])
FOUND = Predictions(np.array([0, 1, 2, 2, 1]), GIVEN)


def test_confusion_counts_true_against_predicted():
    assert confusion(FOUND).tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 1]]


def test_the_worst_errors_have_the_least_probability_of_the_truth():
    assert worst_errors(FOUND, 9).tolist() == [2, 4]
    assert worst_errors(FOUND, 1).tolist() == [2]


def test_calibration_of_a_calibrated_and_an_overconfident_network():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1.0, 20000)
    correct = rng.random(20000) < confidence
    probabilities = np.stack([confidence, 1 - confidence], 1)
    calibrated = calibration(Predictions(np.where(correct, 0, 1), probabilities))
    assert calibrated.size.tolist() == [2000] * 10
    assert calibrated.error < 0.02
    np.testing.assert_allclose(calibrated.confidence, np.linspace(0.525, 0.975, 10), atol=0.01)
    overconfident = calibration(Predictions(np.where(rng.random(20000) < 0.5, 0, 1), probabilities))
    assert overconfident.error == pytest.approx(0.25, abs=0.02)
    assert calibration(FOUND).size.tolist() == [5]


def test_predictions_of_a_member_are_those_of_its_record(tmp_path):
    _, dataset = study(with_grid(TOYS["imdb_dense"], width=(3,), seed=(1,)), tmp_path / "study")
    member = open_study(tmp_path / "study").restore(width=3, seed=1)
    for split in ("train", "test"):
        found = predict_split(member, split)
        assert found is not None
        np.testing.assert_allclose(found.probabilities.sum(1), 1, rtol=1e-5)
        np.testing.assert_array_equal(found.labels, member.splits[split].targets)
        recorded = dataset.accuracy.sel(width=3, seed=1, split=split).isel(step=-1)
        assert found.correct.mean() == pytest.approx(float(recorded), abs=1e-6)


def test_networks_that_predict_a_number_have_no_probabilities(tmp_path):
    study(with_grid(TOYS["reviews_mean"], width=(3,), seed=(1,)), tmp_path / "study")
    assert predict_split(open_study(tmp_path / "study").restore(width=3, seed=1), "test") is None
