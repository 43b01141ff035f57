"""`experiments.film` as a user runs it: every kind, every mistake, and the record that must be reproduced."""

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

from nlpfeat.cli import film
from nlpfeat.errors import UserError
from nlpfeat.models.unwarper import UnwarperSpec
from tests.toys import SPIRALS, TOYS, study, with_grid

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def spirals(tmp_path_factory):
    return study(SPIRALS, tmp_path_factory.mktemp("spirals") / "study")[0].path


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    spec = with_grid(TOYS["spirals_deep"], width=(2,), seed=(0, 1), depth=(2, 4))
    return study(spec, tmp_path_factory.mktemp("deep") / "study")[0].path


@pytest.fixture
def shoot(monkeypatch, capsys):
    """Run the command in this process: (exit code, stdout, stderr)."""
    monkeypatch.setattr(devices, "use_all_cores", lambda: None)  # the tests have chosen theirs

    def call(*arguments):
        code = film.command([str(argument) for argument in arguments])
        return code, *capsys.readouterr()

    return call


def test_a_film_from_the_command_line(spirals, tmp_path):
    line = [sys.executable, "-m", "experiments.film", f"--study={spirals}", f"--out={tmp_path}", "--json"]
    more = ["--kind=training", "--widths=2,8", "--seed=1", "--length=3"]
    done = subprocess.run([*line, *more], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "3 of 3 frames" in done.stderr
    told = json.loads(done.stdout)
    assert told["count"] == 3
    names = [Path(path).name for path in told["paths"]]
    assert names[0] in ("film-training-width=2+8-seed=1.mp4", "film-training-width=2+8-seed=1.gif")
    assert names[1:] == ["film-training-width=2+8-seed=1.html", "film-training-width=2+8-seed=1.png"]
    assert sorted(names) == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "kind",
    ["regions", *(pytest.param(k, marks=pytest.mark.slow) for k in ("training", "interpolation", "layers"))],
)
def test_single_frames_of_every_kind_at_print_quality(kind, spirals, tmp_path, shoot):
    code, out, _ = shoot(
        f"--study={spirals}", f"--kind={kind}", "--width=2", "--seed=0", "--length=3", "--frames=1,last",
        f"--out={tmp_path}", "--style=dark", "--json",
    )  # fmt: skip
    told = json.loads(out)
    assert code == 0
    assert [entry["frame"] for entry in told["frames"]] == [1, 2]
    stem = f"film-{kind}-width=2-seed=0-dark-frame="
    assert [Path(p).name for p in told["paths"]] == [
        f"{stem}000{i}.{s}" for i in (1, 2) for s in ("png", "pdf")
    ]
    with Image.open(told["paths"][0]) as image:
        assert image.width > 2000


def test_further_axes_have_flags_and_seeds_can_be_chosen(deep, tmp_path, shoot):
    common = (
        f"--study={deep}",
        "--kind=layers",
        "--width=2",
        "--length=3",
        "--frames=last",
        f"--out={tmp_path}",
    )
    code, out, err = shoot(*common, "--depth=4", "--seed=best")
    with xr.open_dataset(deep / "results.nc") as dataset:
        scores = dataset.accuracy.isel(step=-1).sel(depth=4, width=2, split="validation")
        best = int(scores.seed[int(scores.argmax("seed"))])
    assert code == 0
    assert f"film-layers-width=2-seed={best}-depth=4-frame=0002.png" in out
    assert f"seed {best}" in err
    with pytest.raises(UserError, match="several members fit; say which: --depth=2 or 4"):
        shoot(*common)
    with pytest.raises(UserError, match="2 members fit; say which: --depth=2 or 4"):
        shoot(*common, "--seed=0")


def test_layers_that_can_be_drawn_are_named_beside_those_that_cannot(tmp_path, shoot):
    spec = with_grid(TOYS["spirals_deep"], width=(3,), seed=(0,))
    made, _ = study(
        replace(
            spec, model=type(spec.model)(layers=5, embedding=2), settings=spec.settings._replace(depth=3)
        ),
        tmp_path / "study",
    )
    with pytest.raises(
        UserError, match=r"layer 1 \(2 → 3\), layer 2 \(3 → 3\), layer 3 \(3 → 2\) .*no other can"
    ):
        shoot(f"--study={made.path}", "--kind=layers", "--width=3", "--seed=0")


def test_without_checkpoints_a_trained_net_cannot_be_shown_but_training_can(spirals, tmp_path, shoot):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    shutil.rmtree(path / "checkpoints")
    for kind in ("interpolation", "layers"):
        with pytest.raises(UserError, match="no checkpoint"):
            shoot(f"--study={path}", f"--kind={kind}", "--width=2", "--seed=0")
    code, _, _ = shoot(
        f"--study={path}", "--kind=training", "--width=2", "--seed=0", "--length=3", "--frames=0"
    )
    assert code == 0


def test_a_member_in_the_middle_of_its_training_is_no_trained_net(spirals, tmp_path, shoot):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    for folder in path.glob("checkpoints/*/step_00000030"):
        shutil.rmtree(folder)
    with pytest.raises(UserError, match="last checkpoint of this member is of step 0, not 30: run the sweep"):
        shoot(f"--study={path}", "--kind=interpolation", "--width=2", "--seed=0")


def test_names_keep_all_digits_of_a_seed():
    member = {"width": 2.0, "seed": 1234567.0, "learning_rate": 0.03}
    assert film.file_name("training", [member], "dark") == (
        "film-training-width=2-seed=1234567-learning_rate=0.03-dark"
    )


def test_a_record_that_is_not_reproduced_is_a_failure(spirals, tmp_path, shoot):
    path = tmp_path / "study"
    shutil.copytree(spirals, path)
    for file in (path / "results").glob("*.nc"):
        with xr.open_dataset(file, engine="h5netcdf") as there:
            dataset = there.load()
        (dataset + 0).assign(loss=dataset.loss + 0.5).assign_attrs(dataset.attrs).to_netcdf(
            file, engine="h5netcdf"
        )
    code, out, err = shoot(f"--study={path}", "--kind=regions", "--width=2", "--seed=0", "--length=3")
    assert code == 1
    assert out == ""
    assert "differs from the study's record by 0.5" in err
    assert not list((path / "figures").iterdir())


@pytest.mark.slow
def test_studies_that_cannot_be_drawn(tmp_path, shoot):
    words, _ = study(with_grid(TOYS["planted_words"], width=(2,), seed=(0,)), tmp_path / "words")
    with pytest.raises(UserError, match="a study of planted_words: films are of piecewise-linear nets"):
        shoot(f"--study={words.path}", "--kind=training", "--width=2", "--seed=0")
    spec = replace(with_grid(SPIRALS, width=(2,), seed=(0,)), model=UnwarperSpec(embedding=3))
    space, _ = study(spec, tmp_path / "space")
    with pytest.raises(
        UserError, match=r"has 3 dimensions.*--config.model.embedding=2, or take --kind=regions"
    ):
        shoot(f"--study={space.path}", "--kind=training", "--width=2", "--seed=0")
    code, _, _ = shoot(
        f"--study={space.path}", "--kind=regions", "--width=2", "--seed=0", "--length=3", "--frames=0"
    )
    assert code == 0


@pytest.mark.slow
def test_a_film_that_is_stopped_leaves_nothing(spirals, tmp_path):
    line = [
        sys.executable,
        "-m",
        "experiments.film",
        f"--study={spirals}",
        f"--out={tmp_path}",
        "--length=31",
    ]
    process = subprocess.Popen(
        [*line, "--kind=interpolation", "--width=8", "--seed=0"],
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
    assert "what was half-written is removed" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    assert not list(tmp_path.iterdir())
