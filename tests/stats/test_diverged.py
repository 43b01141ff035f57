"""A diverged member, its loss being no number on some split, is a failure in every table, and is told of."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis import dimensions, geometry, language
from nlpfeat.analysis.grid import recipe_table
from nlpfeat.analysis.predictions import median_predictions
from nlpfeat.store.combine import steps_to_success
from nlpfeat.store.netcdf import write_netcdf
from nlpfeat.store.results import read_bucket, record_converged
from nlpfeat.study.session import open_study
from nlpfeat.sweeps import launch
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import Metric, Success, accuracy
from tests.toys import SPIRALS, TOYS, study, with_grid

CLASSIFIER = Success(Metric("accuracy", accuracy), 0.9)
REGRESSOR = Success(Metric("squared_error", cross_entropy, mode="min"), 0.9)  # by name only


def planted(success):
    """Four members at three steps that all reach the threshold; of three the loss is no number, each in its own way."""
    good, bad = (1.0, 0.5) if success.metric.mode == "max" else (0.1, 3.0)
    values = np.tile([bad, good, good], (1, 4, 1))[..., None] * np.ones(2)  # width, seed, step, split
    loss = np.ones_like(values)
    loss[0, 1, 2, 1] = np.nan  # at the end, on one split
    loss[0, 2, 1:] = np.inf
    loss[0, 3] = values[0, 3] = np.nan
    dims = ("width", "seed", "step", "split")
    return xr.Dataset(
        {
            success.metric.name: (dims, values),
            "loss": (dims, loss),
            "member_id": (dims[:2], np.array([list("abcd")])),
        },
        {"width": [4], "seed": range(4), "step": [0, 10, 20], "split": ["train", "test"]},
    )


@pytest.mark.parametrize("success", [CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])
def test_a_diverged_member_never_succeeded(success):
    found = steps_to_success(planted(success), success).sel(width=4)
    assert found.dims == ("seed", "split")
    np.testing.assert_array_equal(found.sel(seed=0), [10, 10])
    assert found.sel(seed=[1, 2, 3]).isnull().all()


@pytest.mark.parametrize("success", [CLASSIFIER, REGRESSOR], ids=["classifier", "regressor"])
def test_a_recipe_counts_diverged_members_as_failures(success):
    """On each split, as a loss that is no number on one of them is enough."""
    worst = success.metric.worst
    for split in ("train", "test"):
        (row,) = recipe_table(planted(success), success.metric, success, split).to_dict("records")
        assert (row["seeds"], row["diverged"], row["share"]) == (4, 3, 0.25)
        assert row["median"] == worst


def test_a_record_is_judged_as_an_array_is():
    assert record_converged({"loss": np.array([0.1, 2.0])})
    for bad in (np.nan, np.inf, -np.inf):
        assert not record_converged({"loss": np.array([0.1, bad])})


@pytest.fixture(scope="module")
def writers(tmp_path_factory):
    """A study of character networks; the loss of one member is no number on the train split at the last step."""
    path = tmp_path_factory.mktemp("writers") / "study"
    folder, _ = study(with_grid(TOYS["char_rnn"], width=(2, 8), seed=(0, 1)), path)
    (label, *_) = folder.buckets()
    bucket = read_bucket(folder, label)
    bucket["loss"][{"member": 0, "step": -1, "split": 0}] = np.nan
    write_netcdf(bucket, folder.result(label))
    return open_study(path), str(bucket["id"][0].item())


def test_a_diverged_network_needs_infinitely_many_bits(writers, caplog):
    opened, lost = writers
    last = language.width_curves(opened, {}).last.set_index("member")
    names = [name for name in last if name.endswith(" bits")]
    assert len(names) >= 2
    assert np.isinf(last.loc[lost, names].to_numpy(float)).all()
    assert np.isfinite(last.drop(lost)[names].to_numpy()).all()
    assert "1 of 4 members diverged: their bits count as infinite" in caplog.text


def with_one_lost(members_at_steps):
    """As `members_at_steps`, with no number for the loss of the first member: its parameters are finite all the same."""

    def members(*arguments):
        for place, member in enumerate(members_at_steps(*arguments)):
            assert member.finite
            loss = np.full_like(member.records["loss"], np.nan)
            yield member if place else replace(member, records=member.records | {"loss": loss})

    return members


def test_a_diverged_network_writes_nothing(writers, monkeypatch, caplog):
    monkeypatch.setattr(language, "members_at_steps", with_one_lost(language.members_at_steps))
    options = language.StatisticsOptions(characters=200, texts=2)
    found = language.member_statistics(writers[0], {}, options).members
    statistics = found.drop(columns=["width", "seed", "step"]).to_numpy()
    assert (statistics == 0).all(1).sum() == 1
    assert "all its statistics count as 0" in caplog.text


@pytest.mark.slow
def test_diverged_word_vectors_fail_every_test(tmp_path, monkeypatch, caplog):
    study(with_grid(TOYS["windows"], width=(2, 8), seed=(0, 1)), tmp_path / "study")
    monkeypatch.setattr(dimensions, "members_at_steps", with_one_lost(dimensions.members_at_steps))
    found = dimensions.dimensions(open_study(tmp_path / "study"), {}, dimensions.DimensionOptions())
    (column,) = [
        name for name in found.quality if name.endswith(TOYS["windows"].task.evaluation.headline.name)
    ]
    assert found.quality[column].tolist()[0] == 0.0
    assert (found.quality[column][1:] > 0).all()
    assert len(found.quality) == 4
    assert len(found.agreement) == 2  # of the four pairs, those without it
    assert "diverged: it fails every test" in caplog.text


def test_predictions_tell_of_the_members_that_have_none(tmp_path, caplog):
    path = tmp_path / "study"
    _, dataset = study(with_grid(TOYS["imdb_dense"], width=(2, 3), seed=(0, 1)), path)
    assert len(median_predictions(open_study(path), dataset)) == 2
    assert not caplog.records
    spoilt = dataset.copy(deep=True)
    spoilt["loss"].loc[{"width": 2, "step": 30}] = np.nan
    spoilt["loss"].loc[{"width": 3, "seed": 1, "step": 30, "split": "train"}] = np.inf
    ((member, _),) = median_predictions(open_study(path), spoilt)
    assert (member.settings.width, member.settings.seed) == (3, 0)
    assert "width 2: 2 of 2 members diverged" in caplog.text
    assert "width 3: 1 of 2 members diverged" in caplog.text


@pytest.mark.slow
def test_geometry_tells_of_the_members_that_have_none(tmp_path, caplog):
    path = tmp_path / "study"
    made, _ = study(with_grid(SPIRALS, width=(2,), seed=(0, 1)), path)
    opened = open_study(path)
    geometry.measure_study(opened, geometry.unmeasured(opened))
    dataset = launch.finish(made)[0].load()
    geometry.measures_of(dataset)
    assert len(geometry.plane_maps(opened, dataset)) == 1
    assert not caplog.records
    lost = {"seed": 1, "step": 30}
    dataset["loss"].loc[lost] = dataset["violations"].loc[lost] = np.nan
    dataset["separable"].loc[lost] = 0.0
    measures = geometry.measures_of(dataset)
    assert (measures["separable"].sel(lost) == 0).all()
    assert "1 of 2 measured members diverged" in caplog.text
    (drawn,) = geometry.plane_maps(opened, dataset)
    assert drawn.member.settings.seed == 0
    assert "width 2: 1 of 2 members diverged" in caplog.text
