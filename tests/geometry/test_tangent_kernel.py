"""The tangent kernel and the linearized network, against automatic differentiation and scikit-learn."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from nlpfeat.geometry.measures import Sample, linearized_accuracy, measure
from nlpfeat.geometry.network import LINEAR, Layer, Network
from nlpfeat.geometry.tangent_kernel import (
    LinearizedNetwork,
    alignment,
    fit_linearized,
    label_kernel,
    tangent_kernel,
)

RNG = np.random.default_rng(0)


def network(sizes, slope):
    """Random layers of these sizes; the last two are linear."""
    count = len(sizes) - 1
    return Network(
        tuple(
            Layer(RNG.normal(size=(b, a)), RNG.normal(size=b), LINEAR if i >= count - 2 else slope)
            for i, (a, b) in enumerate(pairwise(sizes))
        )
    )


def outputs(layers, slopes, point):
    """The same network in JAX, at one point."""
    values = point
    for (weight, bias), slope in zip(layers, slopes, strict=True):
        sums = weight @ values + bias
        values = jnp.where(sums > 0, sums, slope * sums)
    return values


@pytest.mark.parametrize(("sizes", "slope"), [((2, 6, 2, 3), 0.0), ((2, 3, 4, 3, 2, 4), 0.1)])
def test_the_kernel_is_that_of_automatic_differentiation(sizes, slope):
    net, points = network(sizes, slope), RNG.normal(size=(7, 2))
    layers = [(jnp.asarray(weight), jnp.asarray(bias)) for weight, bias, _ in net.layers]
    slopes = [layer.negative_slope for layer in net.layers]

    def gradients(point):
        tree = jax.jacrev(outputs)(layers, slopes, jnp.asarray(point))
        return np.concatenate([np.asarray(leaf).reshape(sizes[-1], -1) for leaf in jax.tree.leaves(tree)], 1)

    rows = np.stack([gradients(point) for point in points])
    expected = np.einsum("ikp,jkp->ij", rows, rows)
    np.testing.assert_allclose(tangent_kernel(net, points), expected, rtol=2e-4, atol=1e-3)


def test_the_linearized_network_is_the_first_order_expansion():
    net, points = network((2, 5, 2, 3), 0.0), RNG.normal(size=(9, 2))
    step = tuple(
        Layer(RNG.normal(size=w.shape), RNG.normal(size=b.shape), slope) for w, b, slope in net.layers
    )
    small = 1e-6
    moved = Network(
        tuple(
            Layer(w + small * dw, b + small * db, slope)
            for (w, b, slope), (dw, db, _) in zip(net.layers, step, strict=True)
        )
    )
    change = LinearizedNetwork(net, step)(points) - net(points)
    np.testing.assert_allclose(change, (moved(points) - net(points)) / small, rtol=1e-3, atol=1e-4)
    still = LinearizedNetwork(net, tuple(Layer(0 * w, 0 * b, slope) for w, b, slope in net.layers))
    np.testing.assert_array_equal(still(points), net(points))


def test_a_linear_network_is_fitted_as_by_logistic_regression():
    """One layer with weights of zero: its gradients are the points, and a 1 for the bias."""
    points, labels = RNG.normal(size=(60, 2)), RNG.integers(3, size=60)
    labels[:3] = range(3)
    net = Network((Layer(np.zeros((3, 2)), np.zeros(3), LINEAR),))
    extended = np.concatenate([points, np.ones((60, 1))], 1)
    centred = np.kron(extended, np.eye(3) - 1 / 3)
    mean = np.trace(centred.T @ centred) / 60 / 9  # of the eigenvalues that the ridge is relative to
    (found,) = fit_linearized(net, points, labels, ridges=(0.01,))
    rival = LogisticRegression(C=1 / (0.01 * mean * 60), fit_intercept=False, tol=1e-10, max_iter=1000)
    rival.fit(extended, labels)
    scores = found(points)
    probabilities = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    np.testing.assert_allclose(probabilities, rival.predict_proba(extended), atol=2e-5)


def test_a_smaller_ridge_fits_better():
    net, points = network((2, 20, 2, 3), 0.0), RNG.normal(size=(80, 2))
    labels = (points[:, 0] > 0).astype(int) + (points[:, 1] > 0.5)

    def loss(found):
        scores = found(points)
        return np.mean(np.log(np.exp(scores - scores[np.arange(80), labels][:, None]).sum(1)))

    losses = [loss(found) for found in fit_linearized(net, points, labels, ridges=(1, 1e-2, 1e-4))]
    assert losses[0] > losses[1] > losses[2]


def test_alignment():
    first = RNG.normal(size=(6, 6))
    kernel = first @ first.T
    assert alignment(kernel, 3 * kernel + 5) == pytest.approx(1)  # scale, and what centring removes
    labels = np.array([0, 0, 1, 1])
    other = np.array([0, 1, 0, 1])
    assert alignment(label_kernel(labels), label_kernel(labels)) == pytest.approx(1)
    assert alignment(label_kernel(labels), label_kernel(other)) == pytest.approx(0)
    assert np.isnan(alignment(np.ones((4, 4)), kernel[:4, :4]))


def three_bars(count, seed):
    """Three classes side by side along x."""
    points = np.random.default_rng(seed).uniform(-1, 1, (count, 2))
    return points, np.digitize(points[:, 0], [-0.33, 0.33])


def test_accuracy_is_judged_on_fresh_points_and_needs_validation():
    points = {name: three_bars(90, i)[0] for i, name in enumerate(("train", "validation", "test"))}
    labels = {name: three_bars(90, i)[1] for i, name in enumerate(("train", "validation", "test"))}
    net = network((2, 12, 2, 3), 0.0)
    sample = Sample(points, labels, np.zeros((0, 0, 2)), 1.1)
    train, validation, test = linearized_accuracy(net, sample)
    assert min(train, validation, test) > 0.8
    fresh = sample._replace(fresh={"test": (points["test"], (labels["test"] + 1) % 3)})
    assert linearized_accuracy(net, fresh)[2] < 0.2
    without = sample._replace(
        points={"train": points["train"], "test": points["test"]},
        labels={"train": labels["train"], "test": labels["test"]},
    )
    assert np.isnan(linearized_accuracy(net, without)).all()


def test_measures_of_learning_by_hand():
    """Two units that switch at x = ±.5, and a third that is dead; the first layer has moved by half, the others not at all."""
    head = Layer(np.eye(3, 2), np.zeros(3), LINEAR)
    embedding = Layer(np.eye(2, 3), np.zeros(2), LINEAR)
    hidden = Layer(np.array([[1.0, 0], [1.0, 0], [0, 0]]), np.array([-0.5, 0.5, -1.0]))
    first = Layer(2 * hidden.weight, 2 * hidden.bias)
    points = {name: three_bars(60, i)[0] for i, name in enumerate(("train", "validation", "test"))}
    labels = {name: three_bars(60, i)[1] for i, name in enumerate(("train", "validation", "test"))}
    line = np.stack([np.linspace(-1, 1, 100), np.zeros(100)], 1)
    curves = np.stack([line, 0.6 * line, line / 3])
    found = measure(
        Network((hidden, embedding, head)),
        Network((first, embedding, head)),
        Sample(points, labels, curves, 1.1),
    )
    assert found["dead_units"] == 1
    assert found["dead_share"] == pytest.approx(1 / 3)
    assert found["occupied_regions"].tolist() == [3, 3, 3]
    assert found["folds_crossed"].tolist() == [2, 2, 0]
    assert found["weight_movement"] == pytest.approx([0.5, 0, 0])
    assert 0 < found["kernel_change"] < 1
    assert np.isnan(found["linearized_accuracy"]).all()  # only before training
    assert (found["hidden_probe_accuracy"] >= found["embedding_probe_accuracy"] - 0.05).all()
    start = measure(*[Network((first, embedding, head))] * 2, Sample(points, labels, curves, 1.1))
    assert start["kernel_change"] == pytest.approx(0)
    assert start["weight_movement"].tolist() == [0, 0, 0]
    assert (start["linearized_accuracy"] > 0.8).all()
