"""The commands as a user runs them: help, results, mistakes, Ctrl-C, damaged and unwritable folders."""

import ast
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from tests.commands import ROOT, process, run

CONFIGS = sorted(path for path in (ROOT / "configs").glob("*.py") if path.stem != "all_tasks")
FAST = ("spirals",)


def slow(value):
    """A parameter whose test says little more than its neighbour's, and takes long."""
    return pytest.param(value, marks=pytest.mark.slow)


def refused(done, *words):
    """One line on stderr, exit code 2, nothing on stdout."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in lines[0]


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """The smoke study of the default config."""
    path = tmp_path_factory.mktemp("smoke") / "study"
    done = process("sweep", "--config=configs/spirals.py:smoke", f"--study={path}")
    assert done.returncode == 0, done.stderr
    return path, done


def test_sweep_prints_the_table_and_leaves_the_study(smoke):
    path, done = smoke
    assert "P(test accuracy ≥ 0.99)" in done.stdout
    assert "error" not in done.stderr
    assert "2 training programs took" in done.stderr
    with xr.open_dataset(path / "results.nc") as dataset:
        assert dataset.accuracy.sizes == {"width": 3, "seed": 3, "step": 5, "split": 3}
    entry = json.loads((path / "manifest.json").read_text())["commands"][0]
    assert entry["command"].startswith("nlpfeat sweep --config=configs/spirals.py:smoke")
    assert {"commit", "jax", "device"} <= set(entry)


def test_sweep_json_is_the_table(smoke):
    path, _ = smoke
    done = run("sweep", "--config=configs/spirals.py:smoke", f"--study={path}", "--json")
    rows = json.loads(done.stdout)
    assert [row["width"] for row in rows] == [2, 8, 32]
    with xr.open_dataset(path / "results.nc") as dataset:
        median = dataset.accuracy.sel(width=8, split="test").isel(step=-1).median().item()
    assert rows[1]["test_accuracy"][1] == pytest.approx(median, abs=1e-5)


def test_every_config_is_a_lab_note():
    for config in CONFIGS:
        note = ast.get_docstring(ast.parse(config.read_text()))
        for heading in ("?", "Command:", "Expect:", "Minutes:"):
            assert heading in note, config


@pytest.mark.parametrize(
    "config",
    [path if path.stem in FAST else slow(path) for path in CONFIGS],  # `make smoke` runs them all
    ids=lambda path: path.stem,
)
def test_every_smoke_variant_runs(config, tmp_path):
    done = run("sweep", f"--config={config}:smoke", f"--study={tmp_path / 'study'}")
    assert done.returncode == 0, done.stderr
    done = run("plot", f"--study={tmp_path / 'study'}")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "config",
    [path if path.stem in FAST else slow(path) for path in CONFIGS],
    ids=lambda path: path.stem,
)
def test_dry_run_says_what_it_costs_and_writes_nothing(config, tmp_path):
    done = run("sweep", f"--config={config}:smoke", "--dry-run", f"--study={tmp_path / 'study'}")
    assert done.returncode == 0, done.stderr
    for word in ("members", "training programs", "minutes", "MB", "nothing was written"):
        assert word in done.stdout
    assert not (tmp_path / "study").exists()


def test_restore_agrees_and_writes_the_parameters(smoke, tmp_path):
    out = tmp_path / "member.npz"
    done = run("restore", f"--study={smoke[0]}", "--width=8", "--seed=1", f"--out={out}")
    assert done.returncode == 0, done.stderr
    assert "agrees with the record" in done.stdout
    assert "hidden/weight        8 x 2" in done.stdout
    with np.load(out) as arrays:
        assert {name: arrays[name].shape for name in arrays}["embedding/weight"] == (2, 8)
    early = json.loads(
        run("restore", f"--study={smoke[0]}", "--width=8", "--seed=1", "--step=0", "--json").stdout
    )
    assert early["agrees"]
    assert early["step"] == 0


def test_plot_stamps_its_figures(smoke):
    done = run("plot", f"--study={smoke[0]}", "--threshold=0.25", "--json")
    assert done.returncode == 0, done.stderr
    numbers = json.loads(done.stdout)
    assert numbers[0]["widths"] == [2, 8, 32]
    assert "rate 0.001, 40 steps" in numbers[0]["text"]
    assert "steps to accuracy ≥ 0.25" in [
        entry["text"] for entry in numbers
    ]  # the threshold reaches every figure
    paths = [Path(path) for entry in numbers for path in entry["paths"]]
    assert {path.parent for path in paths} == {smoke[0] / "figures"}
    pictures = [path for path in paths if path.suffix in (".png", ".pdf")]
    assert [path.name for path in paths if path not in pictures] == ["steps-to-loss.csv"]
    assert all(path.stat().st_size > 5000 for path in pictures)


@pytest.mark.slow
def test_plot_draws_each_point_of_further_axes(tmp_path):
    path = tmp_path / "noise"
    done = run(
        "sweep", "--config=configs/spirals.py:smoke", "--config.sweep.width=(2,8)",
        "--config.sweep.noise=(0.1,0.2)", f"--study={path}",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert run("plot", f"--study={path}", "--at", "noise=0.1").returncode == 0
    assert [p.name for p in sorted((path / "figures").glob("*width*.png"))] == [
        "accuracy-width-noise=0.1.png"
    ]
    assert run("plot", f"--study={path}").returncode == 0
    names = sorted(p.name for p in (path / "figures").glob("*width*.png"))
    assert names == [f"accuracy-width-{end}.png" for end in ("by-noise", "noise=0.1", "noise=0.2")]
    refused(run("plot", f"--study={path}", "--at", "noise=7"), "noise is one of 0.1, 0.2")


@pytest.mark.slow
def test_a_ragged_study_is_drawn_where_there_is_something(smoke, tmp_path):
    """One more width, seed and noise: most of the grid is holes."""
    path = tmp_path / "study"
    shutil.copytree(smoke[0], path, ignore=shutil.ignore_patterns("*.png", "*.pdf"))
    more = ("--config.sweep.width=4", "--config.sweep.seed=2", "--config.sweep.noise=(0.5,0)")
    assert run("sweep", "--config=configs/spirals.py:smoke", *more, f"--study={path}").returncode == 0
    done = run("plot", f"--study={path}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    names = {figure.name for figure in (path / "figures").glob("accuracy-width*.png")}
    assert names == {f"accuracy-width-{end}.png" for end in ("by-noise", "noise=0", "noise=0.2", "noise=0.5")}


def test_more_than_fits_in_memory_is_refused_and_does_no_harm(smoke, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(smoke[0], path)
    arguments = ("sweep", "--config=configs/spirals.py:smoke", f"--study={path}")
    refused(
        run(*arguments, "--config.sweep.width=1000000000", "--config.sweep.seed=1"),
        "the largest width that fits is",
    )
    assert run(*arguments, "--config.sweep.width=16", "--config.sweep.seed=1").returncode == 0


def test_a_damaged_study_is_named_and_the_rest_stays_usable(smoke, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(smoke[0], path)
    os.truncate(path / "results.nc", 1000)
    done = run("plot", f"--study={path}")
    assert done.returncode == 0
    assert "results.nc is damaged" in done.stderr
    assert "is made again" in done.stderr
    bucket = next((path / "checkpoints").glob("w8-32-*"))
    for file in (bucket / "step_00000040").rglob("*"):
        if file.is_file():
            os.truncate(file, file.stat().st_size // 2)
    refused(run("restore", f"--study={path}", "--width=8", "--seed=1"), str(bucket / "step_00000040"))
    assert run("restore", f"--study={path}", "--width=2", "--seed=1").returncode == 0
    assert run("restore", f"--study={path}", "--width=8", "--seed=1", "--step=0").returncode == 0


def test_an_unwritable_folder(tmp_path):
    (tmp_path / "file").write_text("")
    refused(
        run("sweep", "--config=configs/spirals.py:smoke", f"--study={tmp_path / 'file' / 'study'}"), "file"
    )
    refused(run("sweep", "--config=configs/spirals.py:smoke", "--study=/proc/study"), "/proc/study")


@pytest.mark.parametrize("limit", [slow(100), slow(2_000), slow(20_000)])
def test_a_full_disk_leaves_nothing_half_written(limit, tmp_path):
    """A limit on the size of a file stands in for a full disk; lifted, the same command completes the study."""
    path = tmp_path / "study"
    arguments = (
        "--config=configs/spirals.py:smoke",
        "--config.sweep.seed=(0,1,2,3,4,5,6,7,8,9)",
        f"--study={path}",
    )
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("JAX_")
    }  # no compile cache to fill up
    full = process(
        "sweep",
        *arguments,
        env=environment,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )
    refused(full, "cannot read or write")
    assert not (path / "results.nc").exists()
    assert not list(path.rglob("*.part"))
    assert run("sweep", *arguments).returncode == 0
    with xr.open_dataset(path / "results.nc") as dataset:
        assert dataset.loss.notnull().all()


@pytest.mark.parametrize("signum", [signal.SIGINT, slow(signal.SIGTERM)])
def test_stopped_by_hand_it_saves_and_says_how_to_resume(signum, tmp_path):
    path = tmp_path / "study"
    arguments = [
        "--config=configs/spirals.py:smoke",
        "--config.training.steps=(4000,)",
        "--config.sweep.width=(8,)",
        "--config.training.checkpoint_every=1000",
        f"--study={path}",
    ]
    line = [sys.executable, "-m", "nlpfeat", "sweep", *arguments]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while not list(path.glob("checkpoints/*/step_*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 128 + signum
    assert "everything is saved" in stderr
    assert f"nlpfeat sweep {arguments[0]}" in stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    done = run("sweep", *arguments)
    assert done.returncode == 0, done.stderr
    undisturbed = tmp_path / "undisturbed"
    assert run("sweep", *arguments[:-1], f"--study={undisturbed}").returncode == 0
    with xr.open_dataset(path / "results.nc") as left, xr.open_dataset(undisturbed / "results.nc") as right:
        xr.testing.assert_identical(left.loss.load(), right.loss.load())


@pytest.mark.slow
def test_two_launchers_share_a_study(tmp_path):
    path = tmp_path / "study"
    line = [sys.executable, "-m", "nlpfeat", "sweep", "--config=configs/spirals.py:smoke", f"--study={path}"]
    both = [
        subprocess.Popen(
            [*line, f"--shard={i}/2"], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        for i in (0, 1)
    ]
    for each in both:
        _, stderr = each.communicate(timeout=200)
        assert each.returncode == 0, stderr
    done = run("sweep", "--config=configs/spirals.py:smoke", f"--study={path}")
    assert "0 to train here" in done.stderr
    with xr.open_dataset(path / "results.nc") as dataset:
        assert dataset.loss.notnull().all()


def test_measure_needs_no_combined_array(smoke, tmp_path):
    """An interrupted sweep leaves finished buckets without one."""
    path = tmp_path / "study"
    shutil.copytree(smoke[0], path)
    (path / "results.nc").unlink()
    done = run("measure", f"--study={path}")
    assert done.returncode == 0, done.stderr
    assert "Recipe: learning rate 0.001, 40 steps" in done.stdout
    assert (path / "results.nc").exists()


@pytest.fixture(scope="module")
def measured(smoke, tmp_path_factory):
    """A copy of the smoke study, measured."""
    path = tmp_path_factory.mktemp("measured") / "study"
    shutil.copytree(smoke[0], path, ignore=shutil.ignore_patterns("*.png", "*.pdf"))
    done = run("measure", f"--study={path}")
    assert done.returncode == 0, done.stderr
    return path, done


@pytest.mark.slow
def test_measure_prints_medians_and_says_that_the_theorems_hold(measured):
    path, done = measured
    assert "R/(H²/2)" in done.stdout
    assert "theorems: 0 of 18 checkpoints of members violate one" in done.stderr
    with xr.open_dataset(path / "results.nc") as dataset:
        assert dataset.regions.isel(step=-1).notnull().all()
    again = run("measure", f"--study={path}", "--json")
    assert "0 checkpoints of members to measure" in again.stderr
    rows = json.loads(again.stdout)
    assert [row["width"] for row in rows] == [2, 8, 32]
    assert {"regions", "regions_ratio", "gdv", "components", "spectral_product"} <= rows[0].keys()


@pytest.mark.slow
def test_plot_draws_every_measure(measured):
    path, _ = measured
    done = run("plot", f"--study={path}", "--json")
    assert done.returncode == 0, done.stderr
    names = {figure.stem for figure in (path / "figures").glob("*.png")}
    assert {"maps", "weights", "steps-to-success", "measure-regions_ratio", "measure-gdv"} <= names
    assert len(names) > 30


@pytest.mark.slow
def test_a_sweep_keeps_what_was_measured(measured):
    path, _ = measured
    assert run("sweep", "--config=configs/spirals.py:smoke", f"--study={path}").returncode == 0
    with xr.open_dataset(path / "results.nc") as dataset:
        assert dataset.regions.isel(step=-1).notnull().all()


def descendants(pid):
    """Processes started by a process, as the kernel knows them."""
    found = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    children = [int(line) for line in found.stdout.split()]
    return children + [grandchild for child in children for grandchild in descendants(child)]


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.slow
def test_measuring_is_resumed_and_leaves_no_process_behind(signum, measured, tmp_path):
    path = tmp_path / "study"
    shutil.copytree(measured[0], path)
    files = sorted((path / "measures").glob("*.nc"))
    for file in files[1:]:
        file.unlink()
    line = [sys.executable, "-m", "nlpfeat", "measure", f"--study={path}"]
    process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 120
    while len(list((path / "measures").glob("*.nc"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    workers = descendants(process.pid)
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=60)
    if signum != signal.SIGKILL:
        assert process.returncode == 128 + signum
        assert "Resume with" in stderr
        assert f"--study={path}" in stderr
    assert stdout == ""
    assert "Traceback" not in stderr
    deadline = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    done = run("measure", f"--study={path}")
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(path / "results.nc") as left, xr.open_dataset(measured[0] / "results.nc") as right:
        xr.testing.assert_identical(left.load(), right.load())
    assert "nlpfeat measure" in (path / "manifest.json").read_text()
