"""Batch norm inserted into nets of every task: no output changes, and it is batch norm."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.errors import UserError
from nlpfeat.models import batch_norm
from nlpfeat.tasks.registry import TASKS
from tests.toys import TOYS, factory_of

WITHOUT = {
    "reviews_bag",
    "reviews_mean",
    "eleven_lines",
    "ratings_dot",
    "ratings_bias",
    "ratings_bayes",
    "windows_noise",
}  # have no dense layers, or such with weights of their own kind


def built(name):
    """A net of width 6 with weights that are not small, and batches of its inputs."""
    toy = TOYS[name]
    factory = factory_of(toy)
    settings = replace(toy.settings, width=np.int32(6), seed=np.int32(0))
    example = factory.new_member(settings, 6)
    rng = np.random.default_rng(0)
    params = jax.tree.map(
        lambda leaf: leaf + 0.3 * rng.normal(size=leaf.shape).astype(np.float32), example.params
    )
    train = example.splits["train"]
    count = len(train.targets)
    index = [np.arange(0, count // 3), np.arange(count // 3, count)]
    batches = [toy.task.data.batch(factory.dataset.arrays, train, i).inputs for i in index]
    return factory.module(6), params, settings, batches


@pytest.mark.parametrize(
    "name",
    [
        "imdb_dense",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in sorted(set(TASKS) - WITHOUT - {"imdb_dense"})
        ),
    ],
)
def test_inserted_it_changes_no_output(name):
    module, params, settings, batches = built(name)
    layers = batch_norm.dense_layers(module, params, batches[0], settings)
    norms = batch_norm.insert(module, params, layers, batches, settings)
    assert sorted(norms) == sorted(layers)
    for inputs in batches:
        before = module.apply({"params": params}, inputs, settings)
        after = batch_norm.normalized(module, params, norms, inputs, settings, train=False)
        assert before.keys() == after.keys()
        for left, right in zip(before.values(), after.values(), strict=True):
            np.testing.assert_allclose(left, right, rtol=1e-5, atol=1e-5 * max(1, np.abs(left).max()))


@pytest.mark.parametrize(
    "name",
    [
        "reviews_bag",
        *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(WITHOUT - {"reviews_bag"})),
    ],
)
def test_nets_without_dense_layers_are_refused(name):
    module, params, settings, batches = built(name)
    with pytest.raises(UserError, match="no dense layers"):
        batch_norm.dense_layers(module, params, batches[0], settings)


def test_in_training_the_batch_is_normalized():
    """Whatever mean and scale the layer's weights have, the next sees the norm's offset and scale."""
    module, params, settings, batches = built("spirals")
    layers = batch_norm.dense_layers(module, params, batches[0], settings)
    norms = batch_norm.insert(module, params, layers, batches, settings)
    assert layers == ["hidden", "embedding"]
    seen = {}

    def record(path, given, axis):
        seen[path] = np.asarray(given)
        return given

    stretched = {**params, "embedding": jax.tree.map(lambda leaf: 5 * leaf + 1, params["embedding"])}
    batch_norm.through(module, stretched, record, batches[1], settings)
    trace = batch_norm.normalized(module, stretched, norms, batches[1], settings, train=True)
    found = np.asarray(trace["embedding"])
    norm = norms["embedding"]
    np.testing.assert_allclose(found.mean(0), norm["offset"], atol=1e-4)
    np.testing.assert_allclose(found.std(0), norm["scale"], rtol=1e-2)
    assert not np.allclose(seen["embedding"].mean(1), norm["offset"], atol=1e-2)


@pytest.mark.parametrize(
    ("name", "layer", "axis"), [("imdb_dense", "dense", 0), ("mnist1d_conv", "convolution_1", 1)]
)
def test_statistics_over_batches_are_those_of_all(name, layer, axis):
    """Of a convolution, over examples and positions."""
    module, params, settings, batches = built(name)
    kept = []

    def record(path, given, units):
        kept.append((path, np.asarray(given, np.float64)))
        return given

    for inputs in batches:
        batch_norm.through(module, params, record, inputs, settings)
    whole = np.concatenate([given for path, given in kept if path == layer], axis)
    found = batch_norm.statistics(module, params, None, [layer], batches, settings)[layer]
    np.testing.assert_allclose(found["mean"], whole.mean(axis), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found["variance"], whole.var(axis), rtol=1e-4)
