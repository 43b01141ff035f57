"""`nlpfeat compare`: two studies at equal loss."""

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis import geometry
from nlpfeat.analysis.selection import choose
from nlpfeat.stats.equal_loss import at_equal_loss, loss_steps
from nlpfeat.study.session import open_study
from nlpfeat.sweeps import launch
from tests.commands import run
from tests.toys import SPIRALS, TOYS, study, with_grid, with_training


def measured(spec, path):
    made, _ = study(spec, path)
    opened = open_study(path)
    geometry.measure_study(opened, geometry.unmeasured(opened))
    launch.finish(made)
    return path


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """A deep narrow study and a wide one."""
    folder = tmp_path_factory.mktemp("compare")
    long = {"steps": (200,), "record_every": 20, "snapshots": (0, 100)}
    deep = with_training(with_grid(TOYS["spirals_deep"], width=(2,), seed=(0, 1, 2)), **long)
    wide = with_training(with_grid(SPIRALS, width=(8, 16), seed=(0, 1)), **long)
    return measured(deep, folder / "deep"), measured(wide, folder / "wide")


@pytest.mark.slow
def test_the_table_is_at_equal_loss(studies):
    deep, wide = studies
    command = ["compare", f"--study={deep}", f"--with={wide}", "--loss=1.09", "--with-width=16"]
    done = run(*command, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    row = next(row for row in told["rows"] if row["measure"] == "lipschitz")
    with xr.open_dataset(deep / "results.nc") as mine, xr.open_dataset(wide / "results.nc") as theirs:
        above = at_equal_loss(mine, "lipschitz", 1.09).to_numpy().ravel()
        below = at_equal_loss(theirs.sel(width=[16]), "lipschitz", 1.09).to_numpy().ravel()
    assert (row["reached"], row["other_reached"]) == (np.isfinite(above).sum(), np.isfinite(below).sum())
    assert (row["trained"], row["other_trained"]) == (3, 2)
    assert row["median"] == pytest.approx(np.nanmedian(above), rel=1e-5)
    assert row["ratio"] == pytest.approx(np.nanmedian(above) / np.nanmedian(below), rel=1e-5)
    assert (row["ratio_low"], row["ratio_high"]) == (None, None)  # too few seeds to tell
    assert all(Path(path).stat().st_size > 5000 for path in told["paths"])
    done = run(*command)
    assert "largest stretch (exact Lipschitz)" in done.stdout, done.stderr


@pytest.mark.slow
def test_a_recipe_is_chosen_for_each_width(studies, tmp_path):
    """Of the study that has several; the seeds that choose are not compared."""
    long = {"steps": (200,), "record_every": 20, "snapshots": (0, 100)}
    rates = (1e-3, 3e-3, 1e-2)
    spec = with_grid(TOYS["spirals_deep"], width=(2, 3), seed=(0, 1, 2, 3), learning_rate=rates)
    grid = measured(with_training(spec, **long), tmp_path / "grid")
    command = ["compare", f"--study={grid}", f"--with={studies[1]}", "--loss=1.09"]
    done = run(*command)
    assert done.returncode == 2
    assert "--select=learning_rate" in done.stderr
    done = run(*command, "--select=learning_rate", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["recipe"].startswith("learning rate chosen per width")
    assert told["with"]["recipe"] == "learning rate 0.001, 200 steps"
    opened = open_study(grid)
    chosen = choose(opened.results, opened.task, ["learning_rate"])["learning_rate"].tolist()
    for width, rate in zip((2, 3), chosen, strict=True):
        (row,) = [r for r in told["rows"] if (r["measure"], r["width"]) == ("lipschitz", width)]
        part = opened.results.sel(width=[width], learning_rate=rate, seed=[1, 3])
        values = at_equal_loss(part, "lipschitz", 1.09).to_numpy().ravel()
        assert row["trained"] == 2
        assert row["reached"] == np.isfinite(values).sum()
        if row["reached"]:
            assert row["median"] == pytest.approx(np.nanmedian(values), rel=1e-5)
    assert all("-best-learning_rate." in path for path in told["paths"])


@pytest.mark.slow
def test_the_step_of_a_loss_lies_between_its_records(studies):
    with xr.open_dataset(studies[1] / "results.nc") as dataset:
        when = loss_steps(dataset, 1.0)
        losses = dataset.loss.sel(split="train")
        for width in (8, 16):
            for seed in (0, 1):
                step = float(when.sel(width=width, seed=seed))
                own = losses.sel(width=width, seed=seed)
                if np.isnan(step):
                    assert float(own.min()) > 1.0
                else:
                    assert float(own.sel(step=20 * np.ceil(step / 20))) <= 1.0
                    assert step == 0 or float(own.sel(step=20 * (np.ceil(step / 20) - 1))) > 1.0


@pytest.mark.slow
def test_mistakes(studies, tmp_path):
    deep, wide = studies
    cases = [
        ([f"--study={deep}"], "--with"),
        ([f"--study={deep}", f"--with={wide}", "--loss=0"], "--loss: 0 must be a positive number"),
        ([f"--study={deep}", f"--with={wide}", "--loss=nan"], "--loss: nan must be a positive number"),
        ([f"--study={deep}", f"--with={wide}", "--loss=1e-9"], "no seed of"),
        ([f"--study={deep}", f"--with={wide}", "--with-width=0"], "no width 0; it has 8, 16"),
        ([f"--study={deep}", f"--with={wide}", "--with-width=5"], "no width 5; it has 8, 16"),
        ([f"--study={deep}", f"--with={tmp_path}"], "is not a study"),
    ]
    raw, _ = study(with_grid(SPIRALS, width=(2,), seed=(0,)), tmp_path / "raw")
    cases.append(([f"--study={raw.path}", f"--with={wide}"], "is not measured: run nlpfeat measure"))
    grid, _ = study(with_grid(SPIRALS, width=(2,), seed=(0,), noise=(0.1, 0.2)), tmp_path / "grid")
    cases.append(([f"--study={grid.path}", f"--with={wide}"], "varies noise"))
    for arguments, words in cases:
        done = run("compare", *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert words in done.stderr
