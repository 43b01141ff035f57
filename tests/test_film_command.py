"""`nlpfeat film` as a user runs it: every kind, every mistake, and the record that must be reproduced."""

import json
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import xarray as xr
from PIL import Image

from nlpfeat.films.scenes import film_name
from nlpfeat.models.unwarper import UnwarperSpec
from tests.commands import ROOT, process, run
from tests.toys import SPIRALS, TOYS, study, with_grid


@pytest.fixture(scope="module")
def spirals(tmp_path_factory):
    return study(SPIRALS, tmp_path_factory.mktemp("spirals") / "study")[0].path


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    spec = with_grid(TOYS["spirals_deep"], width=(2,), seed=(0, 1), depth=(2, 4))
    return study(spec, tmp_path_factory.mktemp("deep") / "study")[0].path


def refused(*arguments):
    """The one line of a mistake."""
    done = run("film", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("error: ")
    return done.stderr.splitlines()[-1]


def test_a_film_from_the_command_line(spirals, tmp_path):
    line = ("film", "training", f"--study={spirals}", f"--out-dir={tmp_path}", "--json")
    done = process(*line, "--widths=2,8", "--seed=1", "--frames=3")
    assert done.returncode == 0, done.stderr
    assert "3 of 3 frames" in done.stderr
    told = json.loads(done.stdout)
    assert told["frames"] == 3
    names = [Path(path).name for path in told["paths"]]
    assert names[0] in ("film-training-width=2+8-seed=1.mp4", "film-training-width=2+8-seed=1.gif")
    assert names[1:] == ["film-training-width=2+8-seed=1.html", "film-training-width=2+8-seed=1.png"]
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "kind",
    ["regions", *(pytest.param(k, marks=pytest.mark.slow) for k in ("training", "interpolation", "layers"))],
)
def test_stills_of_every_kind_at_print_quality(kind, spirals, tmp_path):
    done = run(
        "film", kind, f"--study={spirals}", "--width=2", "--seed=0", "--frames=3", "--stills=1,last",
        f"--out-dir={tmp_path}", "--style=dark", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert [entry["frame"] for entry in told["stills"]] == [1, 2]
    stem = f"film-{kind}-width=2-seed=0-dark-frame="
    assert [Path(p).name for p in told["paths"]] == [
        f"{stem}000{i}.{s}" for i in (1, 2) for s in ("png", "pdf")
    ]
    with Image.open(told["paths"][0]) as image:
        assert image.width > 2000


def test_further_axes_have_flags_and_seeds_can_be_chosen(deep, tmp_path):
    common = (
        "layers",
        f"--study={deep}",
        "--width=2",
        "--frames=3",
        "--stills=last",
        f"--out-dir={tmp_path}",
    )
    done = run("film", *common, "--depth=4", "--seed=best")
    with xr.open_dataset(deep / "results.nc") as dataset:
        scores = dataset.accuracy.isel(step=-1).sel(depth=4, width=2, split="validation")
        best = int(scores.seed[int(scores.argmax("seed"))])
    assert done.returncode == 0, done.stderr
    assert f"film-layers-width=2-seed={best}-depth=4-frame=0002.png" in done.stdout
    assert f"seed {best}" in done.stderr
    assert "several members fit; choose one of depth=2 or 4" in refused(*common)
    assert "2 members fit; choose one of depth=2 or 4" in refused(*common, "--seed=0")


def test_layers_that_can_be_shown_are_named_beside_those_that_cannot(tmp_path):
    spec = with_grid(TOYS["spirals_deep"], width=(3,), seed=(0,))
    made, _ = study(
        replace(
            spec, model=type(spec.model)(layers=5, embedding=2), settings=replace(spec.settings, depth=3)
        ),
        tmp_path / "study",
    )
    told = refused("layers", f"--study={made.path}", "--width=3", "--seed=0")
    assert "layer 1 (2 → 3), layer 2 (3 → 3), layer 3 (3 → 2) of this network" in told
    assert "no other can" in told


def test_without_checkpoints_a_trained_network_cannot_be_shown_but_training_can(spirals, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    shutil.rmtree(path / "checkpoints")
    for kind in ("interpolation", "layers"):
        assert "no checkpoint" in refused(kind, f"--study={path}", "--width=2", "--seed=0")
    done = run("film", "training", f"--study={path}", "--width=2", "--seed=0", "--frames=3", "--stills=0")
    assert done.returncode == 0, done.stderr


def test_a_member_in_the_middle_of_its_training_is_not_shown(spirals, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    for folder in path.glob("checkpoints/*/step_00000030"):
        shutil.rmtree(folder)
    told = refused("interpolation", f"--study={path}", "--width=2", "--seed=0")
    assert "last checkpoint of this member is of step 0, not 30: run the sweep" in told


def test_mistakes_in_flags(spirals):
    common = ("training", f"--study={spirals}", "--width=2", "--seed=0")
    assert "--frames: 1 must be 2 to 3,000" in refused(*common, "--frames=1")
    assert "--fps: 51 must be 1 to 50" in refused(*common, "--fps=51")
    assert "--stills: '300' is not a frame of this film, which has frames 0 to 299" in refused(
        *common, "--stills=0,300"
    )
    assert "--stills: 'first' is not a frame" in refused(*common, "--stills=first")
    assert "film has no subcommand 'trainig'; did you mean 'training'?" in refused("trainig")
    assert "one of --width=N and --widths=N,N" in refused("regions", f"--study={spirals}", "--seed=0")


def test_names_keep_all_digits_of_a_seed():
    member = {"width": 2.0, "seed": 1234567.0, "learning_rate": 0.03}
    assert film_name("training", [member], "dark") == (
        "film-training-width=2-seed=1234567-learning_rate=0.03-dark"
    )


def test_a_record_that_is_not_reproduced_is_a_failure(spirals, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    for file in (path / "results").glob("*.nc"):
        with xr.open_dataset(file, engine="h5netcdf") as there:
            dataset = there.load()
        (dataset + 0).assign(loss=dataset.loss + 0.5).assign_attrs(dataset.attrs).to_netcdf(
            file, engine="h5netcdf"
        )
    done = run("film", "regions", f"--study={path}", "--width=2", "--seed=0", "--frames=3")
    assert (done.returncode, done.stdout) == (1, "")
    assert "differs from the study's record by 0.5" in done.stderr
    assert not list((path / "figures").iterdir())


@pytest.mark.slow
def test_studies_that_cannot_be_shown(tmp_path):
    words, _ = study(with_grid(TOYS["planted_words"], width=(2,), seed=(0,)), tmp_path / "words")
    common = ("--width=2", "--seed=0")
    assert "is a study of planted_words: this kind of film shows piecewise-linear networks" in refused(
        "training", f"--study={words.path}", *common
    )
    assert "is a study of planted_words, whose networks do not write" in refused(
        "writing", f"--study={words.path}", *common
    )
    spec = replace(with_grid(SPIRALS, width=(2,), seed=(0,)), model=UnwarperSpec(embedding=3))
    space, _ = study(spec, tmp_path / "space")
    told = refused("training", f"--study={space.path}", *common)
    assert "has 3 dimensions" in told
    assert "model.embedding=2, or make a film of the regions" in told
    done = run("film", "regions", f"--study={space.path}", *common, "--frames=3", "--stills=0")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_film_that_is_stopped_leaves_nothing(spirals, tmp_path):
    line = ["film", "interpolation", f"--study={spirals}", f"--out-dir={tmp_path}", "--frames=31"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nlpfeat", *line, "--width=8", "--seed=0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob(".*.part")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "incomplete files are removed" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    assert not list(tmp_path.iterdir())
