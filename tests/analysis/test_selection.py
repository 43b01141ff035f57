"""A recipe chosen per width: what may decide it, and what may not."""

import numpy as np
import pytest

from nlpfeat.analysis.selection import at_choices, best_rate_fit, choose, halves, select_per_width
from nlpfeat.analysis.time import early_stopping
from nlpfeat.errors import UserError
from nlpfeat.store.results import recipe
from nlpfeat.tasks.registry import TASKS
from tests.analysis.arrays import array

DEEP, WINDOWS = TASKS["spirals_deep"], TASKS["windows"]
RATES, SEEDS = [1e-3, 1e-2, 1e-1], [7, 3, 5, 1]
CHOOSING, REPORTED = [1, 5], [3, 7]


@pytest.fixture
def dataset():
    return array(width=[2, 8], seed=SEEDS, learning_rate=RATES)


def best_by_hand(dataset, width):
    values = dataset.accuracy.sel(width=width, split="validation", seed=CHOOSING).isel(step=-1)
    return dataset.learning_rate.to_numpy()[
        values.mean("seed").argmax("learning_rate").item()
    ]  # the median of two is their mean


def test_every_other_seed_chooses_on_validation_and_the_others_are_reported(dataset):
    assert halves(dataset) == (CHOOSING, REPORTED)
    assert halves(dataset, swapped=True) == (REPORTED, CHOOSING)
    found, choices = select_per_width(dataset, DEEP, ["learning_rate"])
    assert choices["learning_rate"].tolist() == [best_by_hand(dataset, width) for width in (2, 8)]
    assert choices["seeds"].tolist() == [2, 2]
    assert choices["candidates"].tolist() == [3, 3]
    assert set(found.accuracy.dims) == {"width", "seed", "step", "split"}
    assert found.seed.to_numpy().tolist() == REPORTED
    assert found.learning_rate.dims == ("width",)
    for width, rate in zip((2, 8), choices["learning_rate"], strict=True):
        left = found.accuracy.sel(width=width)
        right = dataset.accuracy.sel(width=width, learning_rate=rate, seed=REPORTED)
        np.testing.assert_array_equal(left.transpose(*right.dims), right)
    assert recipe(found) == (
        "learning rate chosen per width (best median validation accuracy of 2 seeds; the other 2 are shown), 20 steps"
    )


def other_values(dataset, where):
    """The array with all its measures turned upside down at a place."""
    changed = dataset.copy(deep=True)
    for name in ("accuracy", "loss"):
        changed[name].loc[where] = 1 - changed[name].loc[where]
    return changed


@pytest.mark.parametrize("axes", [["learning_rate"], ["learning_rate", "step"]])
@pytest.mark.parametrize(
    "where", [{"split": "test"}, {"split": "train"}, {"seed": REPORTED}], ids=lambda where: next(iter(where))
)
def test_neither_other_splits_nor_reported_seeds_change_the_choice(dataset, axes, where):
    changed = other_values(dataset, where)
    assert choose(changed, DEEP, axes).equals(choose(dataset, DEEP, axes))
    assert not changed.equals(dataset)


def test_validation_values_of_the_seeds_that_choose_change_it(dataset):
    """The leak of the test before would be found: the same change at this place is seen."""
    changed = other_values(dataset, {"seed": CHOOSING, "split": "validation"})
    before, after = (choose(one, DEEP, ["learning_rate"])["learning_rate"] for one in (dataset, changed))
    assert not after.equals(before)


def test_a_step_is_chosen_like_an_axis(dataset):
    dataset.accuracy[{"width": 1, "learning_rate": 2, "step": 1}] = 2.0
    dataset.accuracy[{"width": 0, "learning_rate": 0, "step": 2}] = 2.0
    found, choices = select_per_width(dataset, DEEP, ["step", "learning_rate"])
    assert choices["learning_rate"].tolist() == [1e-3, 1e-1]
    assert choices["step"].tolist() == [20, 10]
    assert choices["candidates"].tolist() == [9, 9]
    assert choices["at_end"].tolist() == ["learning_rate, step", "learning_rate"]  # training might go on
    assert found.sizes["step"] == 1
    assert (found.accuracy == 2.0).all()
    assert found.taken_step.sel(width=8).to_numpy().tolist() == [10, 10]
    assert recipe(found).startswith("learning rate and step chosen per width")
    dataset.accuracy[{"width": 1, "learning_rate": 1, "step": 0}] = 3.0
    assert (
        choose(dataset, DEEP, ["step", "learning_rate"])["at_end"][1] == ""
    )  # nothing lies before the first step
    whole = at_choices(dataset, DEEP, choices, whole_training=True)
    assert whole.step.to_numpy().tolist() == [0, 10, 20]
    assert (whole.learning_rate == [1e-3, 1e-1]).all()


def test_of_equal_medians_the_first_is_chosen_and_no_end_is_told_where_others_do_as_well(dataset):
    dataset.accuracy[:] = 0.5
    choices = choose(dataset, DEEP, ["learning_rate", "step"])
    assert choices["learning_rate"].tolist() == [1e-3, 1e-3]
    assert choices["step"].tolist() == [0, 0]
    assert choices["at_end"].tolist() == ["", ""]


def test_the_end_of_an_axis_is_told():
    dataset = array(width=[2, 4, 8], seed=SEEDS, learning_rate=RATES)
    for place in range(3):
        dataset.accuracy[{"width": place, "learning_rate": place}] = 2.0
    ends = choose(dataset, DEEP, ["learning_rate"])["at_end"].tolist()
    assert ends == ["learning_rate", "", "learning_rate"]
    dataset.learning_rate.attrs["flag_meanings"] = "slow usual fast"  # names in no order have no end
    assert choose(dataset, DEEP, ["learning_rate"])["at_end"].tolist() == ["", "", ""]


def test_a_diverged_recipe_is_the_worst_and_an_error_is_to_fall():
    metric = WINDOWS.evaluation.headline
    assert metric.mode == "max"
    task = TASKS["ratings_dot"]
    assert task.evaluation.headline.mode == "min"
    dataset = array("ratings_dot", "squared_error", width=[2, 8], seed=SEEDS, learning_rate=RATES)
    values = dataset.squared_error.sel(split="validation", seed=CHOOSING).isel(step=-1).median("seed")
    best = values.argmin("learning_rate").to_numpy()
    assert choose(dataset, task, ["learning_rate"])["learning_rate"].tolist() == [RATES[i] for i in best]
    dataset.loss[{"width": 0, "learning_rate": best[0]}] = np.nan
    values[{"width": 0, "learning_rate": best[0]}] = np.inf
    second = int(values.isel(width=0).argmin("learning_rate"))
    assert choose(dataset, task, ["learning_rate"])["learning_rate"].tolist()[0] == RATES[second]
    dataset.loss[{"width": 0}] = np.inf  # where all diverged, something is chosen, too
    choices = choose(dataset, task, ["learning_rate"])
    assert choices["learning_rate"].tolist()[0] == RATES[0]
    assert np.isinf(choices["median"][0])


def test_holes_are_no_candidates(dataset):
    best = RATES.index(best_by_hand(dataset, 2))
    dataset.member_id[{"width": 0, "learning_rate": best, "seed": [1, 3]}] = (
        ""  # seeds 3 and 1: one of each half
    )
    choices = choose(dataset, DEEP, ["learning_rate"])
    assert choices["candidates"].tolist() == [3, 3]
    assert choices["seeds"].tolist()[1] == 2
    dataset.member_id[{"width": 0, "learning_rate": best, "seed": [2]}] = ""  # the other that chooses
    choices = choose(dataset, DEEP, ["learning_rate"])
    assert choices["candidates"].tolist() == [2, 3]
    assert choices["learning_rate"][0] != RATES[best]


def test_it_composes_with_a_moment_of_training(dataset):
    found, _ = select_per_width(early_stopping(dataset, DEEP), DEEP, ["learning_rate"])
    assert recipe(found).endswith("shown), each at its best step on validation, of 20")
    assert found.sizes["step"] == 1


def mistakes():
    whole = {"width": [2, 8], "seed": SEEDS, "learning_rate": RATES}
    yield array(**whole), ["lerning_rate"], ["lerning_rate", "did you mean 'learning_rate'?"]
    yield array(**whole), ["width"], ["width", "further axis"]
    yield array(**whole), ["seed"], ["seed", "further axis"]
    yield array(**whole | {"learning_rate": [0.1]}), ["learning_rate"], ["one value", "0.1"]
    yield array(**whole, noise=[0.1, 0.2]), ["noise"], ["varies learning_rate", "0.001, 0.01, 0.1", "--at"]
    yield array(**whole, splits=["train", "test"]), ["learning_rate"], ["validation", "spirals_deep"]
    yield array(**whole | {"seed": [4]}), ["learning_rate"], ["one seed", "sweep more"]
    missing = array(**whole)
    missing.member_id[{"width": 1, "seed": [0, 1]}] = ""  # seeds 7 and 3: all that are reported
    yield missing, ["learning_rate"], ["width 8", "run the sweep to its end"]


@pytest.mark.parametrize(("dataset", "axes", "words"), list(mistakes()))
def test_mistakes_are_told(dataset, axes, words):
    with pytest.raises(UserError) as error:
        select_per_width(dataset, DEEP, axes)
    assert all(word in str(error.value) for word in words), error.value


def test_tasks_that_hold_out_texts_say_how():
    dataset = array("windows", "accuracy", ["train", "test"], width=[2], seed=SEEDS, learning_rate=RATES)
    with pytest.raises(UserError, match=r"--config\.data\.validation_share"):
        choose(dataset, WINDOWS, ["learning_rate"])


def test_the_best_rate_is_judged_on_validation(dataset):
    peaks = {2: 1.0, 8: 0.0}  # in the place of the rate
    for i, place in enumerate(peaks.values()):
        for j in range(3):
            dataset.accuracy[{"width": i, "learning_rate": j, "split": 1}] = 0.9 - 0.1 * (j - place) ** 2
    found = best_rate_fit(dataset, DEEP)
    assert found.judged_on == "validation accuracy"
    assert found.best[0].estimate == pytest.approx(1e-2)
    assert found.bounds == ["", "≤"]
    np.testing.assert_allclose(found.medians[0], [0.8, 0.9, 0.8])
    with pytest.raises(UserError, match="at least 3"):
        best_rate_fit(dataset.isel(learning_rate=slice(2)), DEEP)
    with pytest.raises(UserError, match="varies noise"):
        best_rate_fit(array(width=[2], seed=[1], learning_rate=RATES, noise=[0, 1]), DEEP)
