"""Phases, stops, losses and evaluation."""

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlpfeat.data.samplers import subsample
from nlpfeat.errors import UserError
from nlpfeat.training import step
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import accuracy
from nlpfeat.training.schedule import TrainingSpec
from tests.toys import SPIRALS, factory_of


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(1, 300), min_size=1, max_size=4),
    st.integers(1, 100),
    st.integers(1, 100),
    st.lists(st.integers(0, 1500), max_size=4),
)
def test_stops_hold_every_step_that_must_be_one(steps, record, checkpoint, snapshots):
    spec = TrainingSpec(
        steps=tuple(steps), record_every=record, checkpoint_every=checkpoint, snapshots=tuple(snapshots)
    )
    at = [stop.step for stop in spec.stops]
    assert at == sorted(set(at))
    assert (at[0], at[-1]) == (0, spec.total)
    assert max(np.diff(at)) <= record
    assert set(range(0, spec.total, record)) <= set(at)
    assert {phase.stop for phase in spec.phases} <= set(at)
    kept = {stop.step for stop in spec.stops if stop.keep}
    assert kept == {s for s in snapshots if s < spec.total} | {spec.total}
    saved = [stop.step for stop in spec.stops if stop.checkpoint]
    assert kept <= set(saved)
    assert max(np.diff([0, *saved])) <= checkpoint


def test_phases():
    spec = TrainingSpec(steps=(10, 5), lr_scales=(1.0, 0.1), frozen=(("words",), ()))
    assert [tuple(phase) for phase in spec.phases] == [(0, 10, 1.0, ("words",)), (10, 15, 0.1, ())]


def test_partition_and_merge():
    params = {"a": {"w": 1, "b": 2}, "ab": {"w": 3}}
    trained, held = step.partition(params, ("a/b", "ab"))
    assert trained == {"a": {"w": 1}}
    assert held == {"a": {"b": 2}, "ab": {"w": 3}}
    assert step.merge(trained, held) == params
    assert step.partition(params, ("a",))[0] == {"ab": {"w": 3}}
    with pytest.raises(UserError, match="did you mean 'ab'"):
        step.partition(params, ("abc",))


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 6), st.integers(2, 5), st.integers(0, 10**6))
def test_cross_entropy_and_accuracy_are_the_textbooks(n, classes, seed):
    rng = np.random.default_rng(seed)
    scores, targets = rng.normal(scale=5, size=(n, classes)).astype(np.float32), rng.integers(classes, size=n)
    expected = -np.log(np.exp(scores) / np.exp(scores).sum(1, keepdims=True))[range(n), targets]
    trace = {"scores": jax.numpy.asarray(scores)}
    np.testing.assert_allclose(cross_entropy(trace, targets), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(accuracy(trace, targets), scores.argmax(1) == targets)


def evaluated(factory, member, splits=None, **evaluation):
    """The record of a member under other settings of the evaluation."""
    task = replace(SPIRALS.task, evaluation=replace(SPIRALS.task.evaluation, **evaluation))
    data = step.Data(member.settings, (), splits or member.splits)
    return step.evaluate(step.Program(task, factory.module(8)), member.params, data)


@pytest.fixture(scope="module")
def member():
    factory = factory_of(SPIRALS)
    settings = replace(SPIRALS.settings, width=np.int32(8), seed=np.int32(0))
    return factory, factory.new_member(settings, 8)


@pytest.mark.parametrize("batch_size", [7, 30, 60, 64])
def test_evaluation_in_batches_is_that_of_the_whole(member, batch_size):
    whole = evaluated(*member)
    for name, values in evaluated(*member, batch_size=batch_size).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-6)


def test_a_record_over_a_sample_is_that_of_evenly_spread_examples(member):
    rows = np.linspace(0, 59, 25).astype(int)
    few = jax.tree.map(lambda leaf: leaf[rows], member[1].splits)
    found = evaluated(*member, indices=partial(subsample, 25), batch_size=7)
    for name, values in evaluated(*member, splits=few).items():
        np.testing.assert_allclose(values, found[name], rtol=1e-6)
    whole = evaluated(*member)
    for name, values in evaluated(*member, indices=partial(subsample, 10**6)).items():
        np.testing.assert_array_equal(values, whole[name])


def test_a_score_that_is_no_number_is_no_answer():
    """Of NaN argmax is the first class, which would be right by chance."""
    scores = jax.numpy.array([[np.nan, 1.0], [2.0, np.nan], [np.inf, 0.0], [2.0, 1.0]])
    assert accuracy({"scores": scores}, np.array([0, 0, 0, 0])).tolist() == [0, 0, 0, 1]
