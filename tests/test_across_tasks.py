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
from nlpfeat.stats.intervals import Interval
from nlpfeat.store.netcdf import read_netcdf, write_netcdf
from nlpfeat.tasks.registry import TASKS
from nlpfeat.tasks.spec import resolve
from nlpfeat.training.metrics import Metric, accuracy
from tests.commands import ROOT, run
from tests.outside import CHECKERBOARD

CONFIG = f"{ROOT / 'configs' / 'all_tasks.py'}"
BUILT_IN = sorted(set(TASKS) - {CHECKERBOARD.name})
VARIANTS = runpy.run_path(CONFIG)["VARIANTS"]
# Seeds and widths: enough of both for an interval, a metric with mode "min", and one that no width brings to its baseline
# so soon.
SWEPT = {
    "eleven_lines": (range(6), (2, 8, 16, 32)),
    "ratings_bayes": (range(2), (2, 8)),
    "ratings_dot": (range(2), (2, 8)),
}


def test_every_task_is_there():
    sizes = ("two_cores", "look", "full", "smoke")
    assert sorted(VARIANTS) == sorted(f"{size}/{task}" for size in sizes for task in BUILT_IN)


@pytest.mark.parametrize("task", BUILT_IN)
def test_sizes(task):
    specs = {}
    for size in ("two_cores", "look", "full", "smoke"):
        specs[size] = resolve(load_config(f"{CONFIG}:{size}/{task}"))
        assert specs[size].task.name == task
    axes = {size: dict(spec.sweep) for size, spec in specs.items()}
    rated = task != "ratings_bayes"  # its rule has no learning rate
    for size, spec in specs.items():
        grid = axes[size]
        assert set(grid) == {"width", "seed"} | ({"learning_rate"} if rated else set())
        if rated:  # what the one recipe finds is read from the same studies
            assert len(grid["learning_rate"]) >= 3
            assert spec.settings.learning_rate in grid["learning_rate"]
        if size in ("two_cores", "look"):  # time is chosen, too
            assert len(spec.training.stops) >= 3
    cut, full = axes["two_cores"], axes["full"]
    assert min(cut["width"]) == 1
    assert max(cut["width"]) >= 32
    assert set(axes["look"]["width"]) < set(cut["width"])
    assert len(full["width"]) == 13
    assert len(full["seed"]) == 32
    assert specs["full"].training.total >= specs["two_cores"].training.total


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three small studies side by side, and a folder that is none."""
    path = tmp_path_factory.mktemp("all") / "tasks"
    for task, (seeds, widths) in SWEPT.items():
        axes = f"--config.sweep.seed={tuple(seeds)}", f"--config.sweep.width={widths}"
        done = run("sweep", f"--config={CONFIG}:smoke/{task}", *axes, f"--study={path / task}")
        assert done.returncode == 0, done.stderr
    (path / "notes").mkdir()
    return path


def test_one_figure_and_its_table(folder):
    done = run("across-tasks", f"--folder={folder}", "--json")
    assert done.returncode == 0, done.stderr
    rows = {row["study"]: row for row in json.loads(done.stdout)}
    assert set(rows) == set(SWEPT)
    assert rows["eleven_lines"]["baseline"] == 0.5
    assert 2 <= rows["eleven_lines"]["gain_width_low"] <= rows["eleven_lines"]["gain_width"] < 32
    falling = rows["ratings_bayes"]
    assert falling["gain_width_low"] is None  # two seeds
    assert falling["best_median"] < falling["baseline"]  # an error is to fall
    assert falling["best_median"] == min(falling["narrowest_median"], falling["widest_median"])
    never = rows["ratings_dot"]  # after 120 steps it is worse than the mean
    assert (never["gain_width"], never["bound"]) == (None, "")
    table = pd.read_csv(folder / "figures" / "across-tasks.csv", keep_default_na=False, index_col="study")
    assert table.index[-1] == "ratings_dot"
    assert table.loc["ratings_dot", "gain_width"] == ""
    assert table.loc["ratings_bayes", ["gain_width", "bound"]].tolist() == ["2.0", "≤"]
    for suffix in ("png", "pdf"):
        assert (folder / "figures" / f"across-tasks.{suffix}").stat().st_size > 10_000


def test_the_same_studies_tell_of_the_one_recipe_and_of_the_best(folder, tmp_path):
    """The rate of the config is among those of the grid; a truth table has one split, on which other seeds choose."""
    shutil.copytree(folder / "eleven_lines", tmp_path / "eleven_lines")
    done = run("across-tasks", f"--folder={tmp_path}", "--json")
    (one,) = json.loads(done.stdout)
    assert "learning rate 4," in one["recipe"]
    done = run("across-tasks", f"--folder={tmp_path}", "--select=learning_rate,step", "--json")
    assert done.returncode == 0, done.stderr
    (best,) = json.loads(done.stdout)
    assert "best median train accuracy of 3 seeds" in best["recipe"]
    assert best["best_median"] >= one["best_median"] - 0.25
    assert best["seeds"] == one["seeds"] == 6  # each half at what the other chose


def test_the_table_for_people(folder):
    done = run("across-tasks", f"--folder={folder}")
    assert done.returncode == 0, done.stderr
    assert "never" in done.stdout
    assert "across-tasks.png" in done.stdout


def test_a_curve_that_still_rises_has_a_width_beyond_the_grid(folder, tmp_path):
    shutil.copytree(folder / "eleven_lines", tmp_path / "eleven_lines")
    path = tmp_path / "eleven_lines" / "results.nc"
    dataset = read_netcdf(path)
    for place, median in enumerate((0.5, 0.6, 0.8, 1.0)):
        dataset["accuracy"][{"step": -1, "width": place}] = median
    write_netcdf(dataset, path)
    done = run("across-tasks", f"--folder={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "> 32" in done.stdout
    table = pd.read_csv(tmp_path / "figures" / "across-tasks.csv")
    assert table[["gain_width", "bound"]].to_numpy().tolist() == [[np.inf, ">"]]


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
        "--config.sweep.learning_rate=(1.0,2.0)",
        f"--study={tmp_path / 'two'}",
    )
    assert done.returncode == 0, done.stderr
    refused(
        "the 4 of its config is not among them",
        "--select=learning_rate",
        command=["across-tasks", f"--folder={tmp_path}"],
    )
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
    ("reached", "narrowest", "words"),
    [
        (Interval(5.2, 6.125, 7.0), 1, "6.12 (5.2 – 7)"),
        (Interval(1.0, 1.0, 1.0), 1, "≤ 1 (≤ 1 – ≤ 1)"),
        (Interval(2.0, 2.0, 3.4), 2, "≤ 2 (≤ 2 – 3.4)"),
        (Interval(53.0, np.inf, np.inf), 1, "> 100 (53 – > 100)"),
        (Interval(np.inf, np.inf, np.inf), 1, "> 100"),
        (Interval(40.0, 64.0, np.inf), 1, "64 (40 – > 100)"),
        (Interval(np.nan, np.inf, np.nan), 1, "> 100 (–)"),
        (Interval(np.nan, 64.0, np.nan), 1, "64 (–)"),
        (Interval(np.nan, np.nan, np.nan), 1, "never"),
    ],
)
def test_in_words(reached, narrowest, words):
    assert describe_gain_width(reached, narrowest, widest=100) == words


@pytest.mark.parametrize(
    ("medians", "reached", "bound"),
    [
        ((0.9, 0.91, 0.9), 1.0, "≤"),
        ((0.5, 0.8, 0.9), np.inf, ">"),
        ((0.5, 0.9, 0.91), 7.5, ""),
        ((0.1, 0.1, 0.1), np.nan, ""),
    ],
)
def test_at_the_ends_of_the_grid_a_width_is_a_bound(medians, reached, bound):
    """The first may be more than is needed; where the curve does not saturate, it takes more than the last."""
    scores = np.array(medians)[:, None] * np.ones(6)
    curve = TaskCurve(
        *("toy", "units", Metric("accuracy", accuracy), "test", np.array([1, 8, 100]), scores, 0, 0.2),
        *(Interval(reached, reached, reached), "hash"),
    )
    assert curve.bound == bound
