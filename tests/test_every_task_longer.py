"""The long forms of `test_every_task.py`: hundreds of steps, more widths, and what needs further programs of each row."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.data.core import count, split_names
from nlpfeat.models.masking import crop
from nlpfeat.sweeps.members import stack_settings, tree_index
from nlpfeat.training.step import Data, Program, evaluate
from tests.toys import factory_of, largest_gap, trained, with_grid

pytestmark = pytest.mark.slow


def native(factory, state, table, place):
    """A member's own parameters out of a padded bucket."""
    shapes = factory.shapes(int(table["width"].iloc[place]))
    return crop(tree_index(state.params, place), shapes)


def test_padded_trains_as_native(toy):
    """The same member, alone at its own width and padded to 13, agrees after 300 steps."""
    # A norm turns a vector of two units that passes close to zero: there rounding grows tenfold in 50 steps.
    widths = (3, 5, 8) if toy.task.name == "char_transformer" else (1, 3, 8)
    wide_make, wide_table, padded, padded_record = trained(
        with_grid(toy, width=widths, seed=(4,)), 300, units=13
    )
    for place, width in enumerate(widths):
        factory, table, alone, record = trained(with_grid(toy, width=(width,), seed=(4,)), 300)
        assert table.index[0] == wide_table.index[place]
        ours, theirs = native(wide_make, padded, wide_table, place), native(factory, alone, table, 0)
        assert [leaf.shape[1:] for leaf in jax.tree.leaves(padded)] != [
            leaf.shape[1:] for leaf in jax.tree.leaves(alone)
        ]
        assert largest_gap(ours, theirs) <= 1e-5
        assert largest_gap(record["loss"][0], padded_record["loss"][place]) <= 1e-5


def test_member_alone_equals_member_in_a_sweep(toy):
    spec = with_grid(toy, width=(2, 5, 8), seed=(0, 1, 2))
    factory, table, together, _ = trained(spec, 100)
    for place in (0, 4, 8):
        row = table.iloc[place]
        one = with_grid(toy, width=(int(row["width"]),), seed=(int(row["seed"]),))
        alone_make, alone_table, alone, _ = trained(one, 100)
        assert alone_table.index[0] == row.name
        gap = largest_gap(native(factory, together, table, place), native(alone_make, alone, alone_table, 0))
        assert gap <= 1e-5


def test_one_device_equals_two(toy):
    _, _, two, _ = trained(toy, 50)
    _, _, one, _ = trained(toy, 50, devices=jax.devices()[:1])
    assert largest_gap(one.params, two.params) <= 1e-5


def test_trace_holds_answers_and_metrics_are_their_means(toy):
    factory = factory_of(toy)
    example = factory.new_member(replace(toy.settings, width=np.int32(8), seed=np.int32(0)), 8)
    data = Data(example.settings, factory.dataset.arrays, example.splits)

    def whole(split):
        batch = toy.task.data.batch(factory.dataset.arrays, example.splits[split], None)
        return factory.module(8).apply(
            {"params": example.params}, batch.inputs, example.settings
        ), batch.targets

    trace, targets = whole("train")
    n = count(example.splits["train"])
    assert all(leaf.shape[0] == n for leaf in jax.tree.leaves(trace))
    if "scores" in trace and toy.task.evaluation.kind == "classification":
        assert trace["scores"].shape == (n, int(targets.max()) + 1)
    for metric in toy.task.recorded:
        assert metric.fn(trace, targets).shape == (n,)
    record = evaluate(Program(toy.task, factory.module(8)), example.params, data)
    for i, split in enumerate(split_names(example.splits)):
        trace, targets = whole(split)
        if (
            "scores" in trace and trace["scores"].ndim == 2
        ):  # nets of characters: tests/models/test_recurrent.py
            right = np.argmax(trace["scores"], 1)
            assert record["accuracy"][i] == pytest.approx(np.mean(right == targets))
        elif "prediction" in trace:  # windows are held to loops in tests/models/test_window_nets.py
            errors = (np.asarray(trace["prediction"]) - np.asarray(targets)) ** 2
            assert float(record["squared_error"][i]) == pytest.approx(errors.mean(), rel=1e-5)


def test_training_lowers_the_loss(toy):
    spec = with_grid(toy, width=(8,), seed=(0, 1, 2))
    factory, table, _, before = trained(spec, 0)
    _, _, _, after = trained(spec, 300)
    splits = factory.make_splits(tree_index(stack_settings(spec.settings, table), 0))
    train = split_names(splits).index("train")
    assert (after["loss"][:, train] < before["loss"][:, train]).all()
