"""Axes that are tied to others: formulas and zipped axes, from the config to the labelled array."""

import json

import numpy as np
import pytest

import nlpfeat
from nlpfeat.errors import UserError
from nlpfeat.store import precheck
from nlpfeat.sweeps.plan import all_members, grid_size
from nlpfeat.tasks.spec import resolve
from tests.commands import run

SMOKE = nlpfeat.load_config("spirals:smoke")


def spec(**sweep):
    return resolve(SMOKE | {"sweep": {"width": (2, 8), "seed": (0, 1), **sweep}})


def test_a_formula_gives_each_member_its_value():
    found = spec(learning_rate="0.1 / width", noise="min(0.2, 0.05 * sqrt(width))")
    members = all_members(found)
    assert grid_size(found) == 4
    assert members["learning_rate"].tolist() == [0.05, 0.05, 0.0125, 0.0125]
    np.testing.assert_allclose(members["noise"], 0.05 * np.sqrt(members["width"]), rtol=1e-11)


def test_members_of_a_formula_are_those_of_its_values():
    """An id is a hash of the settings, whoever computed them."""
    by_formula = all_members(spec(learning_rate="0.1 / width"))
    listed = all_members(spec(learning_rate=(0.0125, 0.05)))
    assert set(by_formula.index) < set(listed.index)


def test_values_have_twelve_digits_as_functions_differ_between_machines_in_the_last():
    members = all_members(spec(width=(3,), learning_rate="0.1 / width"))
    assert members["learning_rate"].tolist() == [0.0333333333333] * 2


def test_a_whole_number_stays_one():
    members = all_members(spec(warmup_steps="width // 2"))
    assert members["warmup_steps"].tolist() == [1, 1, 4, 4]
    assert members["warmup_steps"].dtype.kind == "i"


@pytest.mark.parametrize(
    "given", ["width,noise", ("width", "noise"), (("width", "noise"),), [["width", "noise"]]]
)
def test_zipped_axes_are_walked_together(given):
    found = spec(noise=(0.1, 0.3), zip=given)
    members = all_members(found)
    assert grid_size(found) == 4
    assert members[["width", "noise"]].drop_duplicates().to_numpy().tolist() == [[2, 0.1], [8, 0.3]]


def test_a_grid_need_be_no_product():
    found = spec(width=(2, 2, 8), noise=(0.1, 0.2, 0.3), zip="width,noise")
    assert all_members(found)[["width", "noise"]].drop_duplicates().to_numpy().tolist() == [
        [2, 0.1],
        [2, 0.2],
        [8, 0.3],
    ]


def test_a_spec_reads_back_from_what_a_study_stores():
    found = spec(noise=(0.1, 0.3), learning_rate="0.1 / width", zip="width,noise")
    assert resolve(json.loads(json.dumps(found.to_dict()))) == found
    assert precheck._grid_size(json.loads(json.dumps(found.to_dict()))["sweep"]) == grid_size(found)


def test_a_tied_setting_is_a_coordinate_along_the_axes_that_decide_it(tmp_path):
    study = nlpfeat.sweep(
        SMOKE, tmp_path / "study", width=(2, 8), seed=(0,), noise=(0.1, 0.2),
        weight_decay="noise / width", learning_rate="0.1 / width",
    )  # fmt: skip
    array = study.results
    assert array["loss"].dims == ("width", "seed", "noise", "step", "split")
    assert array["learning_rate"].dims == ("width",)
    assert array["weight_decay"].sel(noise=0.2, width=8).item() == pytest.approx(0.025)
    assert array["loss"].notnull().all()
    assert study.restore(width=8, seed=0, noise=0.1).settings.learning_rate == np.float32(0.0125)
    assert "0.0125" in study.table.to_string()
    # Extended by another formula, the rate is decided by the width no longer, and becomes an axis.
    study = nlpfeat.sweep(
        SMOKE,
        study.path,
        width=(2, 8),
        seed=(0,),
        noise=(0.1,),
        learning_rate="0.2 / width",
        weight_decay="noise / width",
    )
    assert "learning_rate" in study.results["loss"].dims
    done = run("check", f"--study={study.path}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("sweep", "says"),
    [
        ({"learning_rate": "0.1 / height"}, "'height', which is no axis"),
        ({"learning_rate": "0.1"}, "names no axis"),
        ({"learning_rate": "0.1 / noise"}, "'noise', which is no axis"),  # a setting, but no axis here
        ({"learning_rate": "learning_rate * width"}, "no axis"),
        ({"learning_rate": "width - 8"}, "-6 at width 2, and must be more than 0"),
        ({"learning_rate": "1 / (width - 2)"}, "no value at width 2"),
        ({"learning_rate": "9 ** 9 ** 9 ** width"}, "no value"),
        ({"learning_rate": "(-1) ** (1 / width)"}, "no value"),
        ({"learning_rate": "__import__('os')"}, "is none of them"),
        ({"learning_rate": "width.real"}, "is none of them"),
        ({"learning_rate": "0.1 /"}, "cannot read"),
        ({"warmup_steps": "width / 4"}, "whole number"),
        ({"zip": "width,height"}, "'height' is no axis"),
        ({"zip": "width"}, "cannot read"),
        ({"zip": 3}, "cannot read"),
        ({"zip": (("width", "seed"), ("seed", "width"))}, "tied twice"),
        ({"noise": (0.1, 0.2, 0.3), "zip": "width,noise"}, "equally many"),
        ({"width": (2, 2), "noise": (0.1, 0.1), "zip": "width,noise"}, "same values twice"),
    ],
)  # fmt: skip
def test_what_ties_no_axes_is_named(sweep, says):
    with pytest.raises(UserError, match=r"config\.sweep") as found:
        spec(**sweep)
    assert says in str(found.value)


def test_on_the_command_line(tmp_path):
    line = ["sweep", "spirals:smoke", "--config.sweep.learning_rate=0.1 / width", "--config.sweep.seed=(0,)"]
    done = run(*line, "--study=tied", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0.0125" in done.stdout
    done = run(
        *line,
        "--config.sweep.noise=(.1,.2,.3)",
        "--config.sweep.zip=width,noise",
        "--study=zip",
        "--dry-run",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "3 members" in done.stdout
