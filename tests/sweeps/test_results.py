"""The labelled array: what is in it, and that it comes back."""

import json

import numpy as np
import pytest
import xarray as xr

from nlpfeat.errors import DamagedFile
from nlpfeat.stats.summaries import summarize
from nlpfeat.store import netcdf
from nlpfeat.store.atomic import atomic
from nlpfeat.store.layout import open_folder
from nlpfeat.sweeps import launch
from nlpfeat.tasks.registry import TASKS
from tests.toys import SPIRALS, study, with_grid


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return study(SPIRALS, tmp_path_factory.mktemp("results") / "study")


def test_labels(made):
    _, dataset = made
    assert dataset.accuracy.dims == ("width", "seed", "step", "split")
    assert dataset.width.to_numpy().tolist() == [2, 3, 8]
    assert dataset.seed.to_numpy().tolist() == [0, 1]
    assert dataset.step.to_numpy().tolist() == [0, 10, 20, 30]
    assert dataset.split.to_numpy().tolist() == ["train", "validation", "test"]
    assert dataset.noise.item() == 0.2


def test_netcdf_round_trip(made):
    """What a user opens is what was computed, in labels, numbers, dtypes and attributes."""
    study_made, dataset = made
    with xr.open_dataset(study_made.combined) as read:
        xr.testing.assert_identical(read.load(), dataset)
        assert read.accuracy.dtype == np.float32
        read.accuracy.median("seed").plot()  # just works


def test_attributes_say_where_the_numbers_come_from(made):
    _, dataset = made
    made = dataset["member_id"].attrs
    provenance = json.loads(made["provenance"])
    assert {"commit", "jax", "flax", "numpy", "device", "python"} <= set(provenance)
    assert json.loads(made["config"])["task"] == "spirals"
    buckets = json.loads(made["buckets"])
    assert all(len(bucket["data_sha256"]) == 64 for bucket in buckets.values())


def test_splits_are_told_apart(made):
    """The test split of the array is the test split of the data (pytrees sort their keys), at the end the fresh draw of it."""
    study_made, dataset = made
    from nlpfeat.study.session import Study
    from nlpfeat.training.step import evaluate

    member = Study(study_made).restore(width=8, seed=1)
    for split in ("train", "test"):
        one = {split: member.recorded_splits[split]}
        loss = evaluate(member.program, member.params, member.data._replace(splits=one))["loss"][0]
        recorded = dataset.loss.sel(width=8, seed=1, split=split).isel(step=-1)
        assert float(loss) == pytest.approx(float(recorded), abs=3e-6)


def test_holes_are_nan(tmp_path):
    path = tmp_path / "study"
    study(with_grid(SPIRALS, width=(2,), seed=(0, 1)), path)
    _, dataset = study(with_grid(SPIRALS, width=(3,), seed=(0,)), path)
    assert dataset.sel(width=3, seed=1).loss.isnull().all()
    assert dataset.sel(width=3, seed=1).member_id.item() == ""
    rows = summarize(dataset)
    assert [(row["width"], row["members"]) for row in rows] == [(2, 2), (3, 1)]


def test_summary_counts_successes():
    rows = summarize(
        xr.Dataset(
            {
                "member_id": (("width", "seed"), [["a", "b", "c"]]),
                "loss": (
                    ("width", "seed", "step", "split"),
                    np.array([[[[0.0, 0.0]], [[0.0, np.nan]], [[0.0, 0.0]]]]),
                ),
                "accuracy": (
                    ("width", "seed", "step", "split"),
                    np.array([[[[0.5, 1.0]], [[0.7, 0.98]], [[0.9, 0.99]]]]),
                ),
                "baseline": ("split", [0.2, 0.25]),
            },
            {"width": [4], "seed": [0, 1, 2], "step": [7], "split": ["train", "test"]},
            {"task": "spirals", "threshold": 0.99},
        )
    )
    assert rows[0]["baseline"] == 0.25
    assert rows[0]["train_accuracy"] == [0.25, 0.5, 0.7]  # the one that diverged counts as the worst
    assert rows[0]["diverged"] == 1
    assert rows[0]["success"][1] == pytest.approx(2 / 3, abs=1e-5)


def test_half_written_files_are_never_read(tmp_path):
    target = tmp_path / "x.nc"
    target.write_text("old")
    with pytest.raises(OSError, match="full"), atomic(target) as part:
        part.write_text("ne")
        raise OSError(28, "disk full")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_truncated_file_is_named(made, tmp_path):
    study_made, _ = made
    cut = tmp_path / "results.nc"
    cut.write_bytes(study_made.combined.read_bytes()[:3000])
    with pytest.raises(DamagedFile, match=r"results\.nc is damaged"):
        netcdf.read_netcdf(cut)


def test_nothing_finished_yet(tmp_path):
    job = launch.begin(SPIRALS, tmp_path / "study")
    assert launch.finish(job.folder) == (None, [])
    assert open_folder(tmp_path / "study").spec == SPIRALS


def test_a_diverged_member_is_a_failure_in_the_summary():
    """Whether the metric is a share or an error: the worst there is, and never chance."""
    dims = ("width", "seed", "step", "split")
    loss = np.zeros((1, 4, 1, 1))
    loss[0, 3] = np.nan
    for task, metric, values, worst in (
        ("spirals", "accuracy", [0.5, 0.7, 1.0, 0.2], 0.0),
        ("ratings_dot", "squared_error", [0.5, 0.7, 1.0, np.nan], None),
    ):
        found = xr.Dataset(
            {
                "member_id": (("width", "seed"), [["a", "b", "c", "d"]]),
                "loss": (dims, loss),
                metric: (dims, np.reshape(values, (1, 4, 1, 1))),
                **{one.name: (dims, np.zeros((1, 4, 1, 1))) for one in TASKS[task].evaluation.metrics[1:]},
                "baseline": ("split", [0.2]),
            },
            {"width": [4], "seed": [0, 1, 2, 3], "step": [7], "split": ["test"]},
            {"task": task, "threshold": TASKS[task].evaluation.success},
        )
        (row,) = summarize(found)
        assert (row["members"], row["diverged"]) == (4, 1)
        low, middle, high = row[f"test_{metric}"]
        expected = (0.375, 0.6, 0.775) if worst == 0.0 else (0.65, 0.85, None)
        assert (low, middle, high) == expected
        wins = sum(TASKS[task].evaluation.criterion.reached(np.array(values[:3])))
        assert row["success"][1] == pytest.approx(wins / 4, abs=1e-5)
