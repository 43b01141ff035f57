"""Each member at one moment of its training, by hand."""

import numpy as np
import pytest

from nlpfeat.analysis import time
from nlpfeat.errors import UserError
from nlpfeat.store.results import (
    counts_in_words,
    diverged_count,
    recipe,
    scores,
    unconverged_count,
    unreached_count,
)
from nlpfeat.tasks.registry import TASKS
from tests.analysis.arrays import array

DEEP = TASKS["spirals_deep"]
METRIC = DEEP.evaluation.headline


def with_losses(losses, steps, **axes):
    """An array of one width, a seed for each row of training losses; accuracies on all splits are a tenth of the step."""
    dataset = array(width=[4], seed=list(range(len(losses))), step=steps, **axes)
    dataset["loss"][:] = np.array(losses, float)[None, :, :, None]
    dataset["accuracy"][:] = np.array(steps)[:, None] / 10
    return dataset


def final(dataset, split="test"):
    """The scores of all seeds at their moment."""
    return scores(dataset.isel(step=-1), METRIC).sel(split=split, width=4).to_numpy().tolist()


def test_a_recorded_step():
    dataset = with_losses([[2, 1, 0.5]], [0, 10, 20])
    found = time.at_step(dataset, 10)
    assert found.step.to_numpy().tolist() == [10]
    assert found.accuracy.dims == dataset.accuracy.dims
    assert final(found) == [1.0]
    assert recipe(found) == "learning rate 0.001, at step 10 of 20"
    assert time.is_reduced(found)
    assert not time.is_reduced(dataset)
    with pytest.raises(UserError, match="no record at step 13; the nearest recorded steps are 10 and 20"):
        time.at_step(dataset, 13)
    with pytest.raises(UserError, match="nearest recorded step is 20"):
        time.at_step(dataset, 30)


def test_equal_loss_is_interpolated_and_failures_are_told_apart():
    """log2 of the loss falls from 2 to 0 in 20 steps, then from 0 to -3; seed 1 stays above, seed 2 diverges, seed 3 does so later."""
    steps = [0, 20, 50]
    dataset = with_losses([[4, 1, 0.125], [4, 3, 2], [4, 3, np.nan], [4, 1, np.inf]], steps)
    found = time.at_loss(dataset, 2.0)
    assert found.taken_step.to_numpy().ravel().tolist() == pytest.approx([10, 50, np.nan, 10], nan_ok=True)
    assert final(found) == pytest.approx([1.0, 5.0, 0.0, 1.0])
    assert found.loss.sel(split="train").to_numpy().ravel() == pytest.approx([2, 2, np.nan, 2], nan_ok=True)
    found = time.at_loss(dataset, 0.5)
    assert found.taken_step.to_numpy().ravel() == pytest.approx([30, np.nan, np.nan, np.nan], nan_ok=True)
    assert final(found) == pytest.approx([3.0, 0.0, 0.0, 0.0])
    assert found.unreached.to_numpy().ravel().tolist() == [False, True, False, False]
    assert (unreached_count(found), diverged_count(found)) == (1, 2)
    assert counts_in_words(found) == "2 diverged: failures; 1 never reach the loss: failures"
    assert recipe(found) == "learning rate 0.001, each where its training loss first reaches 0.5"
    with pytest.raises(UserError, match=r"training loss of 0\.1; the lowest is 0\.125"):
        time.at_loss(dataset, 0.1)


def test_a_place_without_a_member_is_neither_diverged_nor_unreached():
    dataset = with_losses([[4, 1], [4, 3]], [0, 20])
    dataset.member_id[0, 1] = ""
    for name in ("loss", "accuracy"):
        dataset[name][{"seed": 1}] = np.nan
    found = time.at_loss(dataset, 2.0)
    assert (unreached_count(found), diverged_count(found)) == (0, 0)
    assert np.isnan(final(found)[1])


def test_further_axes_are_kept():
    dataset = array(width=[4, 8], seed=[0, 1], noise=[0.1, 0.2], step=[0, 10, 20])
    assert time.at_loss(dataset, 1.3).loss.dims == dataset.loss.dims


def test_measures_are_interpolated_between_measured_steps():
    """The loss falls from 4 to 1 in 20 steps; what is measured at steps 0 and 20 only is taken at step 10."""
    dataset = with_losses([[4, 2, 1]], [0, 10, 20])
    shape = dataset.loss.isel(split=0, drop=True)
    dataset["violations"] = shape.copy(data=np.array([[[0, np.nan, 0]]], float))
    dataset["roughness"] = shape.copy(data=np.array([[[10, np.nan, 30]]], float))
    dataset["plane_complete"] = shape.copy(data=np.array([[[1, np.nan, 0]]], float))  # a property
    found = time.at_loss(dataset, 2.0)
    assert found.roughness.item() == pytest.approx(20)
    assert found.plane_complete.item() == 0  # not at both
    assert np.isnan(time.at_step(dataset, 10).roughness.item())
    dataset["violations"][:] = dataset["roughness"][:] = np.nan
    assert np.isnan(time.at_loss(dataset, 2.0).roughness.item())


def test_equal_compute_takes_each_width_at_its_own_step():
    dataset = array(width=[1, 2, 8, 64], seed=[0], step=[0, 10, 40])
    dataset["accuracy"][:] = np.array([0, 10, 40])[:, None] / 10
    per_step = {1: 1.0, 2: 4.0, 8: 10.0, 64: 1000.0}
    found = time.at_flops(dataset, 100.0, per_step)
    assert found.width.to_numpy().tolist() == [2, 8]
    assert found.taken_step.to_numpy().ravel().tolist() == [25, 10]
    assert scores(found, METRIC).sel(split="test").to_numpy().ravel() == pytest.approx([2.5, 1.0])
    for words in (
        "at 100 FLOPs",
        "width 1 left out: trained for less",
        "width 64 left out: one step takes more",
    ):
        assert words in recipe(found)
    with pytest.raises(UserError, match="span 1 to 4e"):
        time.at_flops(dataset, 0.5, per_step)


def test_a_step_that_was_recorded_does_not_depend_on_the_next_record():
    dataset = with_losses([[2, 1, np.nan]], [0, 10, 20])
    dataset["accuracy"][{"step": 2}] = np.nan
    assert final(time.at_flops(dataset, 10.0, {4: 1.0})) == [1.0]
    assert diverged_count(time.at_flops(dataset, 11.0, {4: 1.0})) == 1
    at_start = with_losses([[1, np.nan]], [0, 10])
    at_start["accuracy"][{"step": 1}] = np.nan
    at_start["accuracy"][{"step": 0}] = 0.7
    assert final(time.at_loss(at_start, 2.0)) == [0.7]
    recovered = with_losses([[np.inf, 1]], [0, 10])
    assert final(time.at_flops(recovered, 10.0, {4: 1.0})) == [1.0]


def test_convergence_by_hand():
    """The loss of seed 0 falls by 4 % from step 20 to 40; that of seed 1 by half each time; that of seed 2 has a plateau first.

    Seed 3 diverges after it has converged, seed 4 before.
    """
    steps = [0, 10, 20, 40, 80]
    losses = [
        [4, 2, 1, 0.96, 0.95],
        [4, 2, 1, 0.5, 0.25],
        [4, 4, 4, 1, 0.99],
        [4, 1, 1, 1, np.nan],
        [4, 2, 1, np.inf, np.inf],
    ]
    found = time.at_convergence(with_losses(losses, steps))
    assert found.taken_step.to_numpy().ravel().tolist() == [20, 80, 40, 80, 80]
    assert found.unconverged.to_numpy().ravel().tolist() == [False, True, False, False, False]
    assert (unconverged_count(found), diverged_count(found)) == (1, 2)
    assert final(found)[:3] == [2.0, 8.0, 4.0]
    assert "less than 5 %" in recipe(found)
    with pytest.raises(UserError, match="record more often"):
        time.at_convergence(with_losses([[2, 1]], [0, 10]))


def test_convergence_interpolates_the_loss_at_twice_the_step():
    """Twice 20 is 40, halfway between the logarithms at 30 and 50: the geometric mean."""
    steps = [0, 20, 30, 50]
    for later, step in ((1.0, 20), (0.95**2 * 0.99, 50)):
        found = time.at_convergence(with_losses([[2, 1, 1, later]], steps))
        assert found.taken_step.item() == step


def test_each_member_stops_at_its_best_validation():
    dataset = with_losses([[2, 1, 0.5]] * 3, [0, 10, 20])
    dataset["accuracy"].loc[{"split": "validation"}] = np.array(
        [[0.1, 0.8, 0.3], [0.5, 0.5, 0.5], [0.1, 0.2, 0.9]]
    )[None]
    dataset["loss"][{"seed": 2, "step": 2}] = np.nan  # the best has diverged
    found = time.early_stopping(dataset, DEEP)
    assert found.taken_step.to_numpy().ravel().tolist() == [10, 0, 10]
    assert final(found) == [1.0, 0.0, 1.0]
    assert final(found, "validation") == [0.8, 0.5, 0.2]
    with pytest.raises(UserError, match="validation split"):
        time.early_stopping(dataset.sel(split=["train", "test"]), DEEP)


def test_steps_to_a_loss_and_the_loss_that_half_of_all_widths_reach():
    dataset = array(width=[4, 8], seed=[0, 1, 2], step=[0, 10, 20])
    lowest = np.array(
        [[[2, 1, 0.5], [2, 1, 0.7], [2, 1, 0.9]], [[2, 0.2, 0.1], [2, 0.3, 0.1], [2, np.nan, np.nan]]]
    )
    dataset["loss"][:] = lowest[..., None]
    assert time.common_loss(dataset) == 0.7
    table = time.steps_to_loss(dataset, 0.7)
    assert table["reached"].tolist() == [2, 2]
    assert table["seeds"].tolist() == [3, 3]
    assert table["median"][0] == pytest.approx(20)
    assert table["median"][1] < 10
    assert np.isinf(table["high"]).tolist() == [True, True]
    assert np.isinf(time.arrivals(dataset, 0.7).sel(width=4, seed=2))
