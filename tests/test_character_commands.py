"""The commands of character networks: write, characters, and the film of writing."""

import json
import pathlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.figure import Figure

from nlpfeat.cli.characters import describe_law
from nlpfeat.plotting.figures.language import plot_law
from nlpfeat.stats.intervals import Interval
from nlpfeat.stats.power_laws import PowerLaw
from nlpfeat.sweeps import launch, plan
from nlpfeat.sweeps.runner import Interrupted
from tests.commands import run
from tests.toys import TOYS, Quiet, study, with_grid, with_training


@pytest.fixture(scope="module")
def read(tmp_path_factory):
    """A study of two widths: too few for a power law, which has tests of its own."""
    spec = with_grid(TOYS["char_rnn"], width=(2, 8), seed=(0, 1))
    return study(spec, tmp_path_factory.mktemp("read") / "study")[0].path


def test_a_net_writes_and_writes_the_same_again(read):
    arguments = (f"--study={read}", "--width=8", "--seed=1", "--prompt=The Film", "--characters=50")
    done = run("write", *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("The Film")
    assert len(done.stdout) == len("The Film") + 50 + 1
    assert run("write", *arguments).stdout == done.stdout
    assert run("write", *arguments, "--sample-seed=1").stdout != done.stdout
    told = json.loads(run("write", *arguments, "--texts=2", "--json").stdout)
    assert told["prompt"] == "The Film"
    assert [len(text) for text in told["texts"]] == [50, 50]


def test_characters_that_are_not_told_apart_are_named(read):
    done = run("write", f"--study={read}", "--width=8", "--seed=0", "--prompt=aß☃ film", "--characters=5")
    assert done.returncode == 0, done.stderr
    assert "'ß' '☃'" in done.stderr


def test_width_tells_bits_and_a_law(read):
    done = run("characters", "width", f"--study={read}")
    assert done.returncode == 0, done.stderr
    assert "against units: no power law" in done.stdout
    table = pd.read_csv(read / "figures" / "characters-width.csv")
    assert table["width"].tolist() == [2, 2, 8, 8]
    with xr.open_dataset(read / "results.nc") as results:
        last = results.bits.sel(split="validation").isel(step=-1).transpose("width", "seed")
        np.testing.assert_allclose(table["validation bits"], last.to_numpy().ravel(), rtol=1e-6)
    told = json.loads(run("characters", "width", f"--study={read}", "--json").stdout)
    assert len(told["members"]) == 4
    assert set(told["laws"]) == {"width", "parameters", "seconds"}
    assert (read / "figures" / "characters-width.png").stat().st_size > 5000


def test_statistics_of_every_member_and_step(read):
    done = run("characters", "statistics", f"--study={read}", "--characters=1000")
    assert done.returncode == 0, done.stderr
    assert "held-out" in done.stdout
    table = pd.read_csv(read / "figures" / "characters-statistics.csv")
    assert len(table) == 4 * 2  # the first and the last step
    assert table["words"].between(0, 1).all()


def test_a_law_is_told_with_and_without_intervals():
    """In the table and in the title of its panel."""
    known = PowerLaw(Interval(1.6, 1.75, 1.8), Interval(50, 60, 70), Interval(0.37, 0.42, 0.45))
    few = PowerLaw(*(Interval(np.nan, each.estimate, np.nan) for each in known))
    assert describe_law(known) == (
        "floor 1.75 (1.6 to 1.8) + 60 · size^−exponent, exponent 0.42 (0.37 to 0.45); bootstrap 95 % intervals over seeds"
    )
    assert describe_law(few) == (
        "floor 1.75 + 60 · size^−exponent, exponent 0.42; no interval with fewer than 6 seeds"
    )
    for law, title in (
        (known, "exponent 0.42 (0.37 to 0.45), floor 1.75"),
        (few, "exponent 0.42, floor 1.75"),
    ):
        ax = Figure().add_subplot()
        plot_law(ax, law, np.array([10.0, 1000.0]), "parameters")
        assert ax.get_title() == title
        assert np.isfinite(ax.lines[0].get_ydata()).all()


@pytest.mark.slow
def test_units_are_judged_on_held_out_text(read):
    done = run("characters", "units", f"--study={read}", "--width=8", "--seed=0")
    assert done.returncode == 0, done.stderr
    for words in ("position in the word", "layer ", "held-out text"):
        assert words in done.stdout
    assert (read / "figures" / "characters-units-width=8-seed=0.png").stat().st_size > 5000


@pytest.mark.slow
def test_a_film_of_writing(read, tmp_path):
    done = run(
        "film",
        "writing",
        f"--study={read}",
        "--widths=2,8",
        "--seed=0",
        "--frames=4",
        "--stills=0,3",
        f"--out-dir={tmp_path}",
    )
    assert done.returncode == 0, done.stderr
    assert len(list(tmp_path.glob("*.png"))) == 2


@pytest.mark.slow
def test_a_study_interrupted_in_the_middle_of_an_epoch_ends_as_if_it_had_not_been(tmp_path):
    """The state that rows carry from window to window is saved with the net."""
    spec = with_training(
        with_grid(TOYS["char_rnn"], width=(5,), seed=(0, 1)),
        record_every=7,
        checkpoint_every=1000,
        snapshots=(),
    )
    _, whole = study(spec, tmp_path / "whole")
    job = launch.begin(spec, tmp_path / "cut", plan.WHOLE)
    with pytest.raises(Interrupted):
        launch.train(job, Quiet(patience=3))
    _, resumed = study(spec, tmp_path / "cut")
    for name in ("loss", "bits", "accuracy"):
        np.testing.assert_array_equal(whole[name].to_numpy(), resumed[name].to_numpy())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["statistics"], "the training text"),
        pytest.param(["units", "--width=4", "--seed=0"], "r², training text", marks=pytest.mark.slow),
    ],
)
def test_where_nothing_is_held_out_the_training_text_is_called_so(arguments, named, tmp_path):
    spec = with_grid(TOYS["char_rnn"], width=(4,), seed=(0,))
    spec = replace(spec, data=replace(spec.data, validation_share=0.0))
    path = study(spec, tmp_path / "study")[0].path
    done = run("characters", *arguments, "--characters=1000", f"--study={path}")
    assert done.returncode == 0, done.stderr
    assert "holds no text out" in done.stderr
    assert "held-out" not in done.stdout
    assert "held out" not in done.stdout
    assert named in done.stdout


@pytest.mark.slow
def test_a_film_of_another_text_is_refused(tmp_path):
    text = tmp_path / "book.csv"
    text.write_bytes(pathlib.Path(TOYS["char_rnn"].data.path).read_bytes())
    spec = with_grid(TOYS["char_rnn"], width=(4,), seed=(0,))
    path = study(replace(spec, data=replace(spec.data, path=str(text))), tmp_path / "study")[0].path
    text.write_text(text.read_text().replace("the", "eht"))
    done = run("film", "writing", f"--study={path}", "--width=4", "--seed=0", "--frames=2", "--stills=0")
    assert done.returncode == 2
    assert "have changed" in done.stderr
