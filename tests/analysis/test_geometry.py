"""Measuring a study: the numbers are those of the nets, under the study's labels, and nothing is done twice."""

import os
from concurrent.futures import Executor, Future
from dataclasses import replace
from threading import Thread

import numpy as np
import pytest
import xarray as xr

from nlpfeat.analysis import geometry as measuring
from nlpfeat.errors import DamagedFile, UserError
from nlpfeat.geometry.measures import MEASURES, measure
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.geometry.regions import count_regions
from nlpfeat.geometry.scatter import gdv
from nlpfeat.stats.summaries import flat_measures, reduction, summarize_measures
from nlpfeat.store import combine, netcdf
from nlpfeat.store.locks import lock
from nlpfeat.study.restore import kept_steps
from nlpfeat.study.session import Study
from nlpfeat.sweeps import launch
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training.losses import cross_entropy
from nlpfeat.training.metrics import Metric, Success, accuracy
from tests.toys import SPIRALS, TOYS, factory_of, study, with_grid


def opened(made):
    return Study(made, factory_of(made.spec))


def run(made):
    """Measure what is missing; returns how many networks that were."""
    seen = []

    def track(items, unit, total):
        for item in items:
            seen.append(item)
            yield item
        assert len(seen) == total

    jobs = measuring.unmeasured(opened(made))
    measuring.measure_study(opened(made), jobs, track)
    assert len(seen) == sum(job.members for job in jobs)
    return len(seen)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    made, before = study(SPIRALS, tmp_path_factory.mktemp("measured") / "study")
    assert run(made) == 6 * 2  # steps 0 and 30
    dataset, _ = launch.finish(made)
    return made, before, dataset


def test_every_measure_joins_the_array_under_its_labels(measured):
    _, before, dataset = measured
    assert before.data_vars.keys() | MEASURES.keys() == dataset.data_vars.keys()
    xr.testing.assert_equal(dataset[list(before.data_vars)], before)
    assert dataset.attrs["measured"]
    assert not before.attrs["measured"]
    for name, about in MEASURES.items():
        assert set(dataset[name].dims) == {"width", "seed", "step", *about.dims}
        assert dataset[name].attrs == {"units": about.units, "long_name": about.description}
    there = dataset.violations.notnull()
    assert there.step[there.all(("width", "seed"))].to_numpy().tolist() == [0, 30]
    assert not there.sel(step=20).any()
    assert (dataset.violations.sel(step=[0, 30]) == 0).all()


def test_what_was_written_reads_back(measured):
    made, _, dataset = measured
    with xr.open_dataset(made.combined) as read:
        xr.testing.assert_identical(read.load(), dataset)


@pytest.mark.parametrize(("width", "seed", "step"), [(2, 0, 30), (3, 1, 0), (8, 0, 30)])
def test_the_numbers_are_those_of_the_member(measured, width, seed, step):
    made, _, dataset = measured
    member = opened(made).restore(step, width=width, seed=seed)
    net = Network(tuple(measuring.layers_of(member)))
    here = dataset.sel(width=width, seed=seed, step=step)
    assert here.regions == count_regions(net.until(2), measuring.WINDOW)
    first = Network(tuple(measuring.initial_layers_of([member], 8)[0]))
    expected = measure(net, first, measuring.sample_of(member))
    for name, about in MEASURES.items():
        np.testing.assert_allclose(here[name].transpose(*about.dims), expected[name], rtol=1e-6, err_msg=name)
    (x, y), targets = member.recorded_splits["test"]  # the last record's are fresh ones
    asked, labels = np.stack([x, y], 1), np.asarray(targets)
    accuracy = (net(asked).argmax(1) == labels).mean()
    assert float(here.accuracy.sel(split="test")) == pytest.approx(accuracy, abs=1.5 / len(labels))


def test_equal_networks_are_measured_once(measured):
    """Two members that start alike, as those of two learning rates do."""
    made, *_ = measured
    member = opened(made).restore(0, width=2, seed=0)
    submitted = []

    class Pool(Executor):
        def submit(self, *job):
            submitted.append(Future())
            return submitted[-1]

    other = opened(made).restore(0, width=2, seed=1)
    members = [member, member, other]
    first, second, third = measuring._submit_layers(members, measuring._known(members, 8), Pool())
    assert first is second
    assert submitted == [first, third]


def test_nothing_is_measured_twice_and_what_is_missing_is(measured, tmp_path):
    made, _, dataset = measured
    assert run(made) == 0
    label = made.members()["bucket"].iloc[0]
    made.measures(label, 0).unlink()
    before = made.measures(label, 30).stat().st_mtime_ns
    assert run(made) == int((made.members()["bucket"] == label).sum())
    assert made.measures(label, 30).stat().st_mtime_ns == before
    again, _ = launch.finish(made)
    xr.testing.assert_identical(again, dataset)


@pytest.mark.slow
def test_an_extended_study_is_measured_where_it_is_new(tmp_path):
    path = tmp_path / "study"
    made, _ = study(with_grid(SPIRALS, width=(2,), seed=(0,)), path)
    assert run(made) == 2
    made, _ = study(with_grid(SPIRALS, width=(2,), seed=(0, 1)), path)
    dataset, _ = launch.finish(made)
    assert dataset.violations.notnull().sum() == 2  # the rest has holes until it is measured
    assert run(made) == 2
    dataset, _ = launch.finish(made)
    assert dataset.violations.notnull().sum() == 4


@pytest.mark.slow
def test_a_damaged_file_costs_nothing_else_and_is_measured_again(measured):
    made, _, dataset = measured
    label = made.members()["bucket"].iloc[0]
    path = made.measures(label, 0)
    os.truncate(path, path.stat().st_size // 2)
    left, damaged = launch.finish(made)
    with pytest.raises(UserError, match=r"measures/.* is damaged.*nlpfeat measure again"):
        launch.require_whole(damaged)
    assert isinstance(damaged[0], DamagedFile)
    xr.testing.assert_identical(left.loss, dataset.loss)  # training results are all there
    assert run(made) == int((made.members()["bucket"] == label).sum())
    xr.testing.assert_identical(launch.finish(made)[0], dataset)


@pytest.mark.slow
def test_what_older_measures_left_is_measured_again(measured):
    made, _, dataset = measured
    path = made.measures(made.members()["bucket"].iloc[0], 0)
    netcdf.write_netcdf(netcdf.read_netcdf(path).drop_vars("gdv").assign_attrs(measures="older"), path)
    assert run(made) > 0
    xr.testing.assert_identical(launch.finish(made)[0], dataset)


@pytest.mark.slow
def test_what_another_process_measures_is_waited_for(measured):
    made, *_ = measured
    path = made.measures(made.members()["bucket"].iloc[0], 0)
    path.unlink()
    waiting = Thread(target=run, args=(made,))
    with lock(made.path / "measure.lock", wait=False):
        waiting.start()
        waiting.join(5)
        assert waiting.is_alive()
        assert not path.exists()
    waiting.join()
    assert path.exists()


def test_a_net_that_diverged_is_nothing():
    layers = [Layer(np.full((3, 2), np.nan), np.zeros(3)), Layer(np.ones((2, 3)), np.zeros(2), 1.0)]
    points = {name: np.zeros((4, 2)) for name in ("train", "test")}
    labels = {name: np.array([0, 1, 0, 1]) for name in points}
    found = measuring.measure_layers(
        layers, layers, measuring.Sample(points, labels, np.zeros((0, 0, 2)), 1.1)
    )
    assert found.keys() == MEASURES.keys()
    assert found["separable"].tolist() == [0, 0]  # a failure, and not left out
    assert all(np.isnan(values).all() for name, values in found.items() if name != "separable")
    assert found["components"].shape == found["gdv"].shape == (2,)


def test_a_dead_net_is_measured():
    """All units dead, all points on one spot."""
    rng = np.random.default_rng(0)
    net = Network(
        (
            Layer(rng.standard_normal((3, 2)), np.full(3, -50.0)),
            Layer(rng.standard_normal((2, 3)), np.ones(2), 1.0),
            Layer(rng.standard_normal((3, 2)), np.zeros(3), 1.0),
        )
    )
    points = {name: rng.uniform(-1, 1, (9, 2)) for name in ("train", "test")}
    labels = dict.fromkeys(points, np.repeat([0, 1, 2], 3))
    found = measure(net, net, measuring.Sample(points, labels, np.zeros((0, 0, 2)), 1.1))
    assert found["regions"] == 1
    assert found["flattened"] == 1
    assert found["violations"] == 0
    assert found["separable"].tolist() == [0, 0]
    assert np.isnan(found["margin"]).all()
    assert (found["log_det"] == -np.inf).all()


@pytest.mark.slow
def test_tasks_without_layers_are_measured_by_their_features(tmp_path):
    made, _ = study(with_grid(TOYS["planted_words"], width=(2, 3), seed=(0,)), tmp_path / "study")
    run(made)
    dataset, _ = launch.finish(made)
    last = dataset.isel(step=-1)
    assert last.regions.isnull().all()
    assert last.linearity.isnull().all()
    for name in ("radius", "separable", "margin", "fisher", "gdv", "probe_accuracy_gap"):
        assert last[name].notnull().all(), name
    member = opened(made).restore(width=3, seed=0)
    inputs = member.splits["test"].inputs
    outputs = member.module.apply({"params": member.params}, inputs, member.settings)
    features = np.asarray(outputs["features"], float)
    distance = np.linalg.norm(features - features.mean(0), axis=1)
    found = last.sel(width=3, seed=0, split="test")
    assert float(found.radius) == pytest.approx(np.sqrt(np.mean(distance**2)), rel=1e-5)
    assert float(found.gdv) == pytest.approx(gdv(features, member.splits["test"].targets), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    sorted(
        n
        for n, task in TASKS.items()
        if task.evaluation.kind == "classification" and task.views.plane is None
    ),
)
def test_every_task_with_classes_can_be_measured(name, tmp_path):
    made, _ = study(with_grid(TOYS[name], width=(2, 3), seed=(0,)), tmp_path / "study")
    assert run(made) > 0
    dataset, _ = launch.finish(made)
    assert dataset.radius.isel(step=-1).notnull().all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", sorted(n for n, task in TASKS.items() if task.evaluation.kind != "classification")
)
def test_a_task_without_classes_is_refused(name, tmp_path):
    made, _ = study(with_grid(TOYS[name], width=(2,), seed=(0,)), tmp_path / "study")
    with pytest.raises(UserError, match="without classes to separate"):
        run(made)


@pytest.mark.slow
def test_a_task_without_class_curves(tmp_path):
    made, _ = study(with_grid(TOYS["annulus"], width=(2, 3), seed=(0,)), tmp_path / "study")
    run(made)
    dataset, _ = launch.finish(made)
    assert dataset.curve_length.isnull().all()
    assert (dataset.violations.isel(step=-1) == 0).all()
    assert dataset.components.sizes["class"] == 2


def test_the_layers_of_a_task_are_its_net(toy):
    """Every task that gives its layers: they compute the scores of its Flax module."""
    view = toy.task.views.piecewise_linear
    if view is None:
        return
    factory = factory_of(toy)
    made = factory.new_member(replace(toy.settings, width=np.int32(5)), 5)
    module = factory.module(5)
    net = Network(tuple(Layer(*layer) for layer in view.layers(module, made.params, made.settings)))
    inputs = toy.task.data.batch(factory.dataset.arrays, made.splits["train"], None).inputs
    outputs = module.apply({"params": made.params}, inputs, made.settings)
    points = np.stack(inputs, 1) if view.on_plane else np.asarray(inputs)
    np.testing.assert_allclose(net(points), outputs["scores"], atol=1e-5)


def test_nothing_finished_yet(tmp_path):
    job = launch.begin(SPIRALS, tmp_path / "study")
    with pytest.raises(UserError, match="no finished bucket"):
        measuring.unmeasured(Study(job.folder))


def test_a_summary_has_every_measure(measured):
    _, _, dataset = measured
    rows = summarize_measures(dataset)
    assert [row["width"] for row in rows] == [2, 3, 8]
    assert MEASURES.keys() <= rows[0].keys()
    flat = flat_measures(dataset)
    middle = flat.regions.isel(step=-1).sel(width=8)
    assert rows[2]["regions"][0] <= rows[2]["regions"][1] <= rows[2]["regions"][2]
    assert rows[2]["regions"][1] in middle.to_numpy()
    parts = dataset.components.sum("class").isel(step=-1).sel(width=8)
    assert rows[2]["components"][1] in parts.to_numpy()
    assert reduction("components") == ", sum over classes"
    flattened = flat_measures(dataset)
    assert (flattened.decision_area.fillna(0) <= 1 / 3 + 1e-9).all()
    np.testing.assert_allclose(
        flattened.decision_boundary * 2, dataset.decision_boundary.sum("class", min_count=1)
    )
    assert reduction("straightness") == ", mean over classes"
    assert reduction("log_det") == ", median by area"
    assert reduction("regions") == ""


def test_steps_to_a_level():
    dims, values = ("split", "seed", "step"), np.array([[[0.1, 0.99, 0.5, 1.0], [0, 0, 0, 0.5]]])
    dataset = xr.Dataset({"accuracy": (dims, values), "loss": (dims, 1 - values)}, {"step": [0, 5, 9, 20]})
    found = combine.steps_to_success(dataset, Success(Metric("accuracy", accuracy), 0.99)).squeeze("split")
    assert found[0] == 5
    assert np.isnan(found[1])
    falls = combine.steps_to_success(dataset, Success(Metric("loss", cross_entropy, mode="min"), 0.5))
    assert falls.squeeze("split").to_numpy().tolist() == [5, 20]


def test_kept_steps(measured):
    made, *_ = measured
    assert kept_steps(made, made.members()["bucket"].iloc[0]) == [0, 30]
