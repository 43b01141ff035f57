"""The lecture's net against bare jnp, and one training step against Adam written out in NumPy."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.models.masking import crop
from nlpfeat.training.step import Program, StepScales, init_state, train_step
from tests.toys import SPIRALS, factory_of, largest_gap, trained, with_grid


@pytest.fixture(scope="module")
def example():
    return factory_of(SPIRALS).new_member(replace(SPIRALS.settings, width=np.int32(8), seed=np.int32(1)), 8)


def bare(params, inputs, targets):
    """Forward pass and mean cross-entropy, points in rows, as a textbook writes them."""
    points = jnp.stack(inputs, axis=1)
    features = jnp.maximum(points @ params["hidden"]["weight"].T + params["hidden"]["bias"][None], 0)
    embedding = features @ params["embedding"]["weight"].T + params["embedding"]["bias"][None]
    scores = embedding @ params["classes"]["weight"].T + params["classes"]["bias"][None]
    chosen = jax.nn.log_softmax(scores)[jnp.arange(len(targets)), targets]
    return -chosen.mean(), {"features": features, "embedding": embedding, "scores": scores}


def test_forward(example):
    batch = example.splits["train"]
    trace = factory_of(SPIRALS).module(8).apply({"params": example.params}, batch.inputs, example.settings)
    _, expected = bare(example.params, batch.inputs, batch.targets)
    assert set(trace) == set(expected)
    for name, values in expected.items():
        np.testing.assert_allclose(trace[name], values, atol=1e-6)


def test_gradient_and_one_adam_step(example):
    """m/(1−β1) / (√(v/(1−β2)) + ε) with g + λw as the gradient: PyTorch's Adam with weight_decay λ."""
    batch, settings = example.splits["train"], replace(example.settings, weight_decay=np.float32(0.1))
    program = Program(SPIRALS.task, factory_of(SPIRALS).module(8))
    state = init_state(program, 1, example.params, settings)
    after = train_step(program, state, settings, batch, StepScales(np.float32(1)), 0)

    gradient = jax.grad(lambda p: bare(p, batch.inputs, batch.targets)[0])(example.params)

    def step(w, g):
        w, g = np.float64(w), np.float64(g) + 0.1 * np.float64(w)
        m, v = 0.1 * g / (1 - 0.9), 0.001 * g**2 / (1 - 0.999)
        return w - 1e-3 * m / (np.sqrt(v) + 1e-8)

    assert largest_gap(after.params, jax.tree.map(step, example.params, gradient)) < 1e-6


def test_initial_weights_are_those_of_pytorchs_linear():
    """U(±1/√fan_in), weights and biases, with the true fan-in of a padded member."""
    factory = factory_of(SPIRALS)
    many = [
        factory.new_member(replace(SPIRALS.settings, width=np.int32(16), seed=np.int32(s)), 64)
        for s in range(40)
    ]
    shapes = factory.shapes(16)
    drawn = jax.tree.map(lambda *leaves: np.stack(leaves), *(crop(one.params, shapes) for one in many))
    for name, fan_in in (("hidden", 2), ("embedding", 16), ("classes", 2)):
        for leaf in drawn[name].values():
            bound = fan_in**-0.5
            assert np.abs(leaf).max() <= bound
            assert np.abs(leaf).max() > 0.9 * bound
            assert leaf.std() == pytest.approx(bound / 3**0.5, rel=0.15)


@pytest.mark.slow
def test_the_default_widths_in_one_padded_program():
    """Every width of the default study, padded to 100 beside the others, against its native twin."""
    widths = (2, 4, 8, 16, 32, 64, 100)
    _, _, together, _ = trained(with_grid(SPIRALS, width=widths, seed=(0,)), 300)
    for place, width in enumerate(widths):
        alone_make, _, alone, _ = trained(with_grid(SPIRALS, width=(width,), seed=(0,)), 300)
        shapes = alone_make.shapes(width)
        own = crop(jax.tree.map(lambda leaf, i=place: leaf[i], together.params), shapes)
        assert largest_gap(own, jax.tree.map(lambda leaf: leaf[0], alone.params)) <= 1e-5, width
