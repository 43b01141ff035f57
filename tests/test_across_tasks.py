"""What width buys in each task: every task has a config in three sizes, and one figure shows them all."""

import json
import runpy
import shutil

import numpy as np
import pandas as pd
import pytest

from nlpfeat.analysis.across_tasks import TaskCurve
from nlpfeat.cli.across_tasks import describe_gain_width
from nlpfeat.config.files import load_config
from nlpfeat.stats.intervals import MIN_SEEDS, Interval
from nlpfeat.store.netcdf import read_netcdf, write_netcdf
from nlpfeat.tasks.registry import TASKS
from nlpfeat.tasks.spec import resolve
from nlpfeat.training.metrics import Metric, accuracy
from tests.commands import ROOT, run
from tests.outside import CHECKERBOARD

CONFIG = f"{ROOT / 'configs' / 'all_tasks.py'}"
BUILT_IN = sorted(set(TASKS) - {CHECKERBOARD.name})
VARIANTS = runpy.run_path(CONFIG)["VARIANTS"]
# Enough seeds for an interval, a metric with mode "min", and one that no width brings to its baseline so soon.
SWEPT = {"eleven_lines": range(6), "ratings_bayes": range(2), "ratings_dot": range(2)}


def test_every_task_is_there():
    sizes = ("two_cores", "full", "smoke")
    assert sorted(VARIANTS) == sorted(f"{size}/{task}" for size in sizes for task in BUILT_IN)


@pytest.mark.parametrize("task", BUILT_IN)
def test_sizes(task):
    specs = {}
    for size in ("two_cores", "full", "smoke"):
        specs[size] = resolve(load_config(f"{CONFIG}:{size}/{task}"))
        assert specs[size].task.name == task
    axes = {size: dict(spec.sweep) for size, spec in specs.items()}
    assert all(set(grid) == {"width", "seed"} for grid in axes.values())
    cut, full = axes["two_cores"], axes["full"]
    assert min(cut["width"]) == 1
    assert max(cut["width"]) == 100
    assert len(cut["width"]) >= 5
    assert len(cut["seed"]) >= MIN_SEEDS
    assert len(full["width"]) == 13
    assert len(full["seed"]) == 32
    assert specs["full"].training.total >= specs["two_cores"].training.total


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three small studies side by side, and a folder that is none."""
    path = tmp_path_factory.mktemp("all") / "tasks"
    for task, seeds in SWEPT.items():
        axes = f"--config.sweep.seed={tuple(seeds)}"
        done = run("sweep", f"--config={CONFIG}:smoke/{task}", axes, f"--study={path / task}")
        assert done.returncode == 0, done.stderr
    (path / "notes").mkdir()
    return path


def test_one_figure_and_its_table(folder):
    done = run("across-tasks", f"--folder={folder}", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["study"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(SWEPT)
    assert rows["eleven_lines"]["baseline"] == 0.5
    assert rows["eleven_lines"]["gain_width_low"] is not None
    falling = rows["ratings_bayes"]
    assert falling["gain_width_low"] is None  # two seeds
    assert falling["best_median"] < falling["baseline"]  # an error is to fall
    assert falling["best_median"] == min(falling["narrowest_median"], falling["widest_median"])
    assert rows["ratings_dot"]["gain_width"] is None  # after 120 steps it is worse than the mean
    table = pd.read_csv(folder / "figures" / "across-tasks.csv")
    assert list(table["study"])[-1] == "ratings_dot"
    assert np.isinf(table["gain_width"].iloc[-1])
    for suffix in ("png", "pdf"):
        assert (folder / "figures" / f"across-tasks.{suffix}").stat().st_size > 10_000


def test_the_table_for_people(folder):
    done = run("across-tasks", f"--folder={folder}")
    assert done.returncode == 0, done.stderr
    assert "never" in done.stdout
    assert "across-tasks.png" in done.stdout


def test_mistakes_are_one_line(folder, tmp_path):
    def refused(*words, command):
        done = run(*command)
        assert done.returncode == 2
        assert done.stdout == ""
        (line,) = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        assert all(word in line for word in words), line

    refused("holds no finished study", "make all-tasks", command=["across-tasks", f"--folder={tmp_path}"])
    refused("holds no finished study", command=["across-tasks", f"--folder={tmp_path / 'nowhere'}"])
    refused("--threshold", command=["across-tasks", f"--folder={folder}", "--threshold=0.5"])
    refused("holds several studies", "nlpfeat across-tasks", command=["plot", f"--study={folder}"])
    done = run(
        "sweep",
        "--config=configs/eleven_lines.py:smoke",
        "--config.sweep.learning_rate=(1.0,4.0)",
        f"--study={tmp_path / 'two'}",
    )
    assert done.returncode == 0, done.stderr
    refused("two", "learning_rate", command=["across-tasks", f"--folder={tmp_path}"])
    for damaged in (tmp_path / "two" / "results.nc", *(tmp_path / "two" / "results").iterdir()):
        damaged.write_bytes(b"")
    refused(".nc is damaged", command=["across-tasks", f"--folder={tmp_path}"])


def test_what_diverged_is_a_failure(folder, tmp_path):
    """Not left out of a median: where all of a width diverged, it is the worst there is."""
    shutil.copytree(folder / "ratings_dot", tmp_path / "ratings_dot")
    path = tmp_path / "ratings_dot" / "results.nc"
    dataset = read_netcdf(path)
    narrowest = int(dataset["width"][0])
    for name in ("squared_error", "loss"):
        dataset[name][{"step": -1, "width": 0}] = np.nan
    write_netcdf(dataset, path)
    done = run("across-tasks", f"--folder={tmp_path}", "--json")
    (told,) = json.loads(done.stdout)
    assert (told["narrowest"], told["narrowest_median"]) == (narrowest, None)
    assert told["diverged"] == dataset.sizes["seed"]
    for name in ("squared_error", "loss"):
        dataset[name][{"step": -1}] = np.nan
    write_netcdf(dataset, path)
    done = run("across-tasks", f"--folder={tmp_path}")
    assert done.returncode == 2
    assert "left out: all members of" in done.stderr


@pytest.mark.parametrize(
    ("reached", "bound", "narrowest", "words"),
    [
        (Interval(5.2, 6.125, 7.0), "", 1, "6.12 (5.2 – 7)"),
        (Interval(1.0, 1.0, 1.0), "≤", 1, "≤ 1 (≤ 1 – ≤ 1)"),
        (Interval(2.0, 2.0, 3.4), "≤", 2, "≤ 2 (≤ 2 – 3.4)"),
        (Interval(53.0, 63.0, 80.0), ">", 1, "> 63 (53 – 80)"),
        (Interval(np.inf, np.inf, np.inf), "", 1, "never"),
        (Interval(40.0, 64.0, np.inf), "", 1, "64 (40 – never)"),
        (Interval(np.nan, 100.0, np.nan), ">", 1, "> 100 (–)"),
    ],
)
def test_in_words(reached, bound, narrowest, words):
    assert describe_gain_width(reached, bound, narrowest) == words


@pytest.mark.parametrize(
    ("medians", "reached", "bound"),
    [
        ((0.9, 0.91, 0.9), 1.0, "≤"),
        ((0.5, 0.8, 0.9), 63.0, ">"),
        ((0.5, 0.9, 0.89), 6.0, ""),
        ((0.1, 0.1, 0.1), np.inf, ""),
    ],
)
def test_at_the_ends_of_the_grid_a_width_is_a_bound(medians, reached, bound):
    """The first may be more than is needed; where the last is the best, a wider one may be better still."""
    scores = np.array(medians)[:, None] * np.ones(6)
    curve = TaskCurve(
        *("toy", "units", Metric("accuracy", accuracy), "test", np.array([1, 8, 100]), scores, 0, 0.2),
        *(Interval(reached, reached, reached), "hash"),
    )
    assert curve.bound == bound
