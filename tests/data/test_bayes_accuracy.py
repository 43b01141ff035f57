"""The accuracy of the Bayes classifier of spirals."""

import jax
import numpy as np
import pytest

from nlpfeat.data.points.spirals import SpiralSpec, bayes_accuracy, spirals


@pytest.mark.parametrize(
    ("arms", "inner", "noise"), [(5, 0.2, 0.2), (3, 0.0, 0.5), (5, 0.2, 1.0), (2, 0.5, 2.5), (1, 0.2, 0.5)]
)
def test_the_true_posterior_is_right_as_often(arms, inner, noise):
    """A million points, each given to the arm of largest density at its radius and angle."""
    spec = SpiralSpec(arms, 1_000_000 // arms, inner)
    (x, y), arm = spirals(spec, jax.random.key(0), noise)
    x, y, arm = (np.asarray(each, np.float64) for each in (x, y, arm))
    apart = np.hypot(x, y) > 1e-3  # where angles are exact enough
    t = (np.hypot(x, y) - inner) / (1 - inner)
    density = np.zeros((arms, len(x)))
    for k in range(arms):
        off = np.arctan2(x, y) - (2 * t + k) * 2 * np.pi / arms
        for turn in range(-8, 9):
            density[k] += np.exp(-(((off + turn * 2 * np.pi) / noise) ** 2) / 2)
    share = (density.argmax(0) == arm)[apart].mean()
    expected = bayes_accuracy(spec, noise)
    error = np.sqrt(expected * (1 - expected) / apart.sum())
    assert abs(share - expected) <= 4 * error


@pytest.mark.parametrize("noise", [0.3, 1.0, 3.0, 50.0])
def test_the_fourier_series_of_a_wrapped_normal_agrees(noise):
    n = np.arange(1, 200)
    for arms in (1, 2, 3, 5):
        series = (
            1 / arms + (2 / (n * np.pi) * np.sin(n * np.pi / arms) * np.exp(-((n * noise) ** 2) / 2)).sum()
        )
        assert bayes_accuracy(SpiralSpec(arms), noise) == pytest.approx(series, abs=1e-12)


def test_limits():
    assert bayes_accuracy(SpiralSpec(5), 0.2) == pytest.approx(0.9983, abs=5e-5)
    assert bayes_accuracy(SpiralSpec(5), 0.0) == 1.0
    assert bayes_accuracy(SpiralSpec(5), 1e-9) == 1.0
    assert bayes_accuracy(SpiralSpec(1), 3.0) == pytest.approx(1.0, abs=1e-12)
    assert bayes_accuracy(SpiralSpec(5), 1e6) == pytest.approx(0.2, abs=1e-12)
