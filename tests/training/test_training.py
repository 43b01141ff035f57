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
from tests.toys import SPIRALS, maker_of


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
    spec = TrainingSpec(steps=(10, 5), rates=(1.0, 0.1), frozen=(("words",), ()))
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


@pytest.mark.parametrize("piece", [7, 30, 60, 64])
def test_evaluation_in_pieces_is_the_whole(piece):
    factory = maker_of(SPIRALS)
    example = factory.example(SPIRALS.settings._replace(width=np.int32(8), seed=np.int32(0)), 8)

    def evaluated(task):
        splits = example.splits
        return step.evaluate(task, factory.module(8), example.params, example.settings, (), splits)

    whole = evaluated(SPIRALS.row)
    for name, values in evaluated(replace(SPIRALS.row, piece=piece)).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-6)


def test_a_record_over_a_sample_is_that_of_evenly_spread_examples():
    factory = maker_of(SPIRALS)
    example = factory.example(SPIRALS.settings._replace(width=np.int32(8), seed=np.int32(0)), 8)

    def evaluated(task, splits):
        return step.evaluate(task, factory.module(8), example.params, example.settings, (), splits)

    n = 60
    rows = np.linspace(0, n - 1, 25).astype(int)
    few = jax.tree.map(lambda leaf: leaf[rows], example.splits)
    found = evaluated(replace(SPIRALS.row, reading=partial(subsample, 25), piece=7), example.splits)
    for name, values in evaluated(SPIRALS.row, few).items():
        np.testing.assert_allclose(values, found[name], rtol=1e-6)
    for name, values in evaluated(
        replace(SPIRALS.row, reading=partial(subsample, 10**6)), example.splits
    ).items():
        np.testing.assert_array_equal(values, evaluated(SPIRALS.row, example.splits)[name])


def test_a_score_that_is_no_number_is_no_answer():
    """Of NaN argmax is the first class, which would be right by chance."""
    scores = jax.numpy.array([[np.nan, 1.0], [2.0, np.nan], [np.inf, 0.0], [2.0, 1.0]])
    assert accuracy({"scores": scores}, np.array([0, 0, 0, 0])).tolist() == [0, 0, 0, 1]
