"""`nlpfeat width`, and the flags that it shares with plot and across-tasks: at which recipe a study is read."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from nlpfeat.analysis.recipe import RecipeOptions, recipe_in_words, recipe_suffix
from nlpfeat.analysis.selection import select_per_width
from nlpfeat.cli.recipe import point_of
from nlpfeat.errors import UserError
from nlpfeat.stats.summaries import summary_table
from nlpfeat.store.results import describe_value, describe_values, recipe
from nlpfeat.tasks.registry import TASKS
from tests.analysis.arrays import array
from tests.commands import run
from tests.toys import TOYS, study, with_grid, with_training

RATES = (1e-3, 1e-2, 1e-1)
CHOOSING, REPORTED = [0, 2], [1, 3]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a small grid of widths and learning rates, recorded every ten steps."""
    spec = with_grid(TOYS["spirals_deep"], width=(2, 8), seed=(0, 1, 2, 3), learning_rate=RATES)
    path = tmp_path_factory.mktemp("width") / "tasks"
    study(with_training(spec, steps=(60,)), path / "grid")
    return path


@pytest.fixture(scope="module")
def array_of(folder):
    with xr.open_dataset(folder / "grid" / "results.nc") as dataset:
        return dataset.load()


def told(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def chosen_by_hand(dataset, values):
    """The rate of the best mean validation accuracy of the two seeds that choose, by width."""
    means = values.sel(split="validation", seed=CHOOSING).mean("seed")
    return [
        dataset.learning_rate.to_numpy()[int(means.sel(width=w).argmax("learning_rate"))].item()
        for w in (2, 8)
    ]


def test_the_numbers_are_those_of_the_chosen_recipe(folder, array_of):
    found = told("width", f"--study={folder / 'grid'}", "--select=learning_rate", "--level=.3,.5")
    final = array_of.accuracy.isel(step=-1)
    rates = chosen_by_hand(array_of, final)
    assert [row["learning_rate"] for row in found["rows"]] == rates
    assert [row["learning_rate"] for row in found["choices"]] == rates
    for row, rate in zip(found["rows"], rates, strict=True):
        part = final.sel(width=row["width"], learning_rate=rate, seed=REPORTED)
        for split in ("train", "validation", "test"):
            assert row[f"{split}_median"] == pytest.approx(float(part.sel(split=split).median()))
        for level in (0.3, 0.5):
            (share,) = [
                one["share"]
                for one in found["success"]
                if (one["level"], one["width"]) == (level, row["width"])
            ]
            assert share == float((part.sel(split="test") >= level).mean())
    assert [half["level"] for half in found["h50"]] == [0.3, 0.5]
    assert "2 seeds; the other 2 are shown" in found["recipe"]
    assert [row["width"] for row in found["best_rates"]["rows"]] == [2, 8]


def test_a_moment_and_a_choice_compose(folder, array_of):
    path = f"--study={folder / 'grid'}"
    found = told("width", path, "--select=learning_rate", "--at-step=20")
    rates = chosen_by_hand(array_of, array_of.accuracy.sel(step=20))
    assert [row["learning_rate"] for row in found["rows"]] == rates
    assert [row["step"] for row in found["rows"]] == [20, 20]
    assert found["recipe"].endswith("at step 20 of 60")
    found = told("width", path, "--select=learning_rate,step")
    assert {"learning_rate", "step"} < found["choices"][0].keys()
    assert found["choices"][0]["candidates"] == 3 * array_of.sizes["step"]
    assert "best_rates" not in found


def test_compute_is_that_of_each_width(folder):
    found = told("width", f"--study={folder / 'grid'}", "--at=learning_rate=0.01", "--at-flops=5e5")
    steps = {row["width"]: row["step"] for row in found["rows"]}
    assert steps[2] > 1.5 * steps[8] > 0


def test_steps_to_a_loss(folder, array_of):
    found = told("width", f"--study={folder / 'grid'}", "--at=learning_rate=0.01", "--loss=1.05")
    loss = array_of.loss.sel(split="train", learning_rate=0.01)
    reached = (loss <= 1.05).any("step").sum("seed").to_numpy().tolist()
    assert [row["reached"] for row in found["steps_to_loss"]["rows"]] == reached
    assert found["steps_to_loss"]["loss"] == 1.05
    assert sum(reached) > 0


def test_the_tables_for_people(folder):
    done = run("width", f"--study={folder / 'grid'}", "--select=learning_rate", "--early-stopping")
    assert done.returncode == 0, done.stderr
    text = " ".join(done.stdout.replace("│", " ").split())
    for words in (
        "Recipe: learning rate chosen per width",
        "each at its best step on validation",
        "P(test ≥ 0.99)",
        "H50",
        "logistic fit",
        "steps to training loss",
        "best learning rate",
        "shift of the best rate",
    ):
        assert words in text
    done = run("width", f"--study={folder / 'grid'}")
    assert done.returncode == 2
    assert "--select=learning_rate" in done.stderr
    assert "--at=learning_rate=VALUE" in done.stderr


@pytest.mark.slow
def test_figures_of_a_recipe_have_names_of_their_own(folder):
    grid = folder / "grid"
    assert run("plot", f"--study={grid}").returncode == 0
    before = {path.name: path.stat().st_mtime_ns for path in (grid / "figures").iterdir()}
    assert "rates.png" in before
    assert "steps-to-loss-learning_rate=0.01.csv" in before
    entries = told("plot", f"--study={grid}", "--select=learning_rate")
    entries += told("plot", f"--study={grid}", "--at=learning_rate=0.1", "--at-step=20")
    entries += told("plot", f"--study={grid}", "--at-loss=1.08")
    assert {name: (grid / "figures" / name).stat().st_mtime_ns for name in before} == before
    names = {path.name for path in (grid / "figures").iterdir()} - set(before)
    assert {
        "accuracy-width-best-learning_rate.png",
        "accuracy-curves-best-learning_rate.png",
        "steps-to-success-best-learning_rate.png",
        "accuracy-width-learning_rate=0.1-at-step=20.png",
        "accuracy-width-learning_rate=0.01-at-loss=1.08.png",
        "grid-at-loss=1.08.png",
        "rates-at-loss=1.08.png",
    } <= names
    assert not [name for name in names if "curves" in name and "best" not in name]  # of one moment
    recipes = [entry["recipe"] for entry in entries if "recipe" in entry]
    assert "at step 20 of 60" in recipes[1]
    assert recipes[0].startswith("learning rate chosen per width")


def test_across_tasks_reads_all_studies_at_the_recipe(folder):
    (own,) = told("across-tasks", f"--folder={folder}")
    assert own["recipe"] == "learning rate 0.001, 60 steps"  # that of the config
    (row,) = told("across-tasks", f"--folder={folder}", "--select=learning_rate", "--at-step=20")
    assert row["recipe"].startswith("learning rate chosen per width")
    assert row["recipe"].endswith("at step 20 of 60 and the reverse")
    assert row["seeds"] == len(CHOOSING) + len(REPORTED)  # each half at what the other chose
    table = pd.read_csv(folder / "figures" / "across-tasks-best-learning_rate-at-step=20.csv")
    assert table["recipe"].tolist() == [row["recipe"]]
    done = run("across-tasks", f"--folder={folder}", "--select=learning_rate,noise")
    assert done.returncode == 2
    assert "noise" in done.stderr


def test_the_point_of_the_grid_is_part_of_the_recipe():
    """Of the axes that are fixed, not of settings that the grid does not vary."""
    axes = {"depth": [3, 5], "noise": [0.1, 0.2]}
    dataset = array(width=[2, 8], seed=[0, 1], **axes).assign_coords(weight_decay=1e-5)
    dataset = dataset.assign_coords(negative_slope=0.3).assign_attrs(
        axes="width seed negative_slope depth noise"
    )
    assert recipe(dataset) == "learning rate 0.001, negative slope 0.3, 20 steps"
    assert recipe(dataset.sel(depth=5)) == "learning rate 0.001, negative slope 0.3, depth 5, 20 steps"
    found, _ = select_per_width(dataset.sel(depth=5), TASKS["spirals_deep"], ["noise"])
    assert recipe(found).startswith(
        "learning rate 0.001, negative slope 0.3, depth 5, noise chosen per width"
    )


def test_names_stand_for_codes():
    """As in the CF conventions: whole numbers with names, those of the codes 0, 1, … unless others are told."""
    dataset = array(width=[2], seed=[0, 1], rule=[0, 2], noise=[0.1, 0.25])
    dataset.rule.attrs["flag_meanings"] = "standard mean_field maximal_update"
    assert describe_values(dataset.rule) == ["standard", "maximal_update"]
    assert describe_value(dataset.isel(rule=1).rule, 2) == "maximal_update"
    assert describe_values(dataset.noise) == ["0.1", "0.25"]
    assert describe_value(dataset.rule, 7) == "7"
    assert point_of(["rule=maximal_update", "noise=0.25"], dataset) == {"rule": 2, "noise": 0.25}
    assert point_of(["rule=2"], dataset) == {"rule": 2}
    with pytest.raises(UserError, match="rule is one of standard, maximal_update"):
        point_of(["rule=maximal"], dataset)
    rows = summary_table(dataset).rows
    assert {row[1] for row in rows[:-1]} == {"standard", "maximal_update"}
    assert rows[-1][0] == "majority"
    dataset.rule.attrs["flag_values"] = np.array([2, 1, 0])
    assert describe_values(dataset.rule) == ["maximal_update", "standard"]


@pytest.mark.parametrize(
    ("options", "suffix", "words"),
    [
        (RecipeOptions(), "", "one recipe of its own"),
        (RecipeOptions(at={"noise": 0.1}), "", "one recipe of its own"),
        (
            RecipeOptions(select=("learning_rate", "step")),
            "-best-learning_rate-step",
            "learning rate and step",
        ),
        (RecipeOptions(step=20), "-at-step=20", "at step 20"),
        (RecipeOptions(loss=0.1), "-at-loss=0.1", "first reaches 0.1"),
        (RecipeOptions(flops=1e9), "-at-flops=1e+09", "1e+09 FLOPs"),
        (RecipeOptions(convergence=True), "-at-convergence", "at convergence"),
        (RecipeOptions(early_stopping=True), "-early-stopping", "best step on validation"),
    ],
)
def test_a_recipe_in_names_of_files_and_in_words(options, suffix, words):
    assert recipe_suffix(options) == suffix
    assert words in recipe_in_words(options)
    combined = replace(options, select=("noise",))
    assert recipe_suffix(combined).startswith("-best-noise")
