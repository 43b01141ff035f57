"""Measures of networks that are not on the plane: against the network itself, and which remain without layers."""

import flax.linen as nn
import numpy as np
import pytest

import nlpfeat
from nlpfeat.analysis import geometry
from nlpfeat.geometry.cells import linear_cells
from nlpfeat.geometry.lines import line_pieces
from nlpfeat.geometry.measures import MEASURES
from nlpfeat.geometry.network import Network
from nlpfeat.geometry.sections import PAIRS, random_tuples
from nlpfeat.stats.summaries import summarize_layers
from nlpfeat.study.session import open_study
from tests.toys import study, toy

THREE = {"arms": 3, "points": 40, "wound": 3, "flat": 0}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Wound spirals of three dimensions, two widths, two seeds."""
    from nlpfeat.tasks.spec import changed_config, resolve

    spec = resolve(
        changed_config(toy("wound_spirals").to_dict(), {"data": THREE, "width": (4, 6), "seed": (0, 1)})
    )
    made, _ = study(spec, tmp_path_factory.mktemp("measured") / "study")
    geometry.measure(open_study(made.path))
    return open_study(made.path)


def networks(study):
    member = study.restore(width=6, seed=1)
    return member, Network(tuple(geometry.layers_of(member))), geometry.sample_of(member)


def test_cells_lines_and_layers_against_the_network(measured):
    member, network, sample = networks(measured)
    found = measured.results.sel(width=6, seed=1).isel(step=-1)
    points, labels = sample.points["train"], sample.labels["train"]
    embedding = network.until(len(network.layers) - 1)
    cells = linear_cells(embedding, 1.1 * np.abs(points).max())
    assert int(found["regions"]) == len(cells)
    assert float(found["neighbours"]) == pytest.approx(
        cells.neighbours()[~cells.touches_box()].mean(), nan_ok=True
    )
    rng = np.random.default_rng(0)
    within = random_tuples(labels, 2, PAIRS, rng, same=True)
    lines = line_pieces(network, points[within[:, 0]], points[within[:, 1]])
    assert float(found["line_regions_within"]) == pytest.approx(lines.regions().mean())
    assert int(found["violations"]) == 0
    assert float(found["dead_units"]) == (~network.active(points)).all(0).sum()
    depth = len(network.layers)
    probes = found["layer_probe_accuracy"].sel(split="train").to_numpy()[:depth]
    assert (probes >= 1 / 3).all()
    assert member.task.name == "wound_spirals"


def test_layers_of_the_deepest_member(measured):
    rows = summarize_layers(measured.results)
    assert {row["width"] for row in rows} == {4, 6}
    layers = [row["layer"] for row in rows if row["width"] == 6]
    assert layers == list(range(1, len(layers) + 1))
    first = rows[0]
    assert first["input_cka"][1] == pytest.approx(1)  # layer 1 reads the input
    assert len(first["separable"]) == 3


def test_plane_only_measures_are_not_defined_elsewhere(measured):
    last = measured.results.isel(step=-1)
    for name in ("components", "decision_area", "log_det", "linearized_accuracy", "winding_angle"):
        assert last[name].isnull().all(), name
    for name in (
        "line_regions_between",
        "fold_density_far",
        "fold_distance",
        "hull_regions_between",
        "kernel_change",
    ):
        assert last[name].notnull().all(), name


class Tanh(nn.Module):
    """A network that is not piecewise linear, with its layers by name."""

    width: int

    @nn.compact
    def __call__(self, x):
        first = nn.tanh(nn.Dense(self.width)(x))
        features = nn.tanh(nn.Dense(self.width)(first))
        return {"first": first, "features": features, "scores": nn.Dense(3)(features)}


def load():
    rng = np.random.default_rng(0)
    labels = np.arange(90) % 3
    points = rng.normal(size=(90, 5)) + 2 * np.eye(5)[labels]
    return {"train": (points[:60], labels[:60]), "test": (points[60:], labels[60:])}


def test_what_remains_of_networks_with_tanh(tmp_path):
    """Separability, also layer by layer; no regions, and a plain refusal of sections."""
    task = nlpfeat.register_task(nlpfeat.classification_task("tanh_points", load, Tanh))
    done = nlpfeat.sweep(
        task.name, width=(3,), seed=(0,), training={"steps": (20,), "batch_size": 20}, study=tmp_path / "tanh"
    )
    found = nlpfeat.measure(done).isel(step=-1)
    assert found["layer_probe_accuracy"].sizes["layer"] == 2
    assert found["layer_participation"].notnull().all()
    assert found["separable"].notnull().all()
    lines = [name for name in MEASURES if name.startswith(("line_", "fold_", "hull_", "regions"))]
    assert all(found[name].isnull().all() for name in lines)
    with pytest.raises(nlpfeat.errors.UserError, match="no exact geometry"):
        nlpfeat.section(done.restore(width=3, seed=0))


class Relu(nn.Module):
    """Pictures of 4 × 4 pixels, by one hidden layer."""

    width: int

    @nn.compact
    def __call__(self, x):
        hidden = nn.relu(nn.Dense(self.width)(x.reshape(len(x), -1)))
        return {"features": hidden, "scores": nn.Dense(2)(hidden)}


def pictures():
    rng = np.random.default_rng(1)
    labels = np.arange(60) % 2
    images = rng.random((60, 4, 4)) + 0.5 * labels[:, None, None]
    return {"train": (images[:40], labels[:40]), "test": (images[40:], labels[40:])}


def test_a_network_of_ones_own_on_pictures(tmp_path):
    """Its layers make lines, planes and layer-by-layer measures of it; the member itself is a network for `line_pieces`."""

    def layers(params):
        first, second = params["Dense_0"], params["Dense_1"]
        return [(first["kernel"].T, first["bias"], 0.0), (second["kernel"].T, second["bias"], 1.0)]

    task = nlpfeat.register_task(nlpfeat.classification_task("own_pictures", pictures, Relu, layers=layers))
    done = nlpfeat.sweep(
        task.name, width=(5,), seed=(0,), training={"steps": (20,), "batch_size": 20}, study=tmp_path / "own"
    )
    found = nlpfeat.measure(done).isel(step=-1)
    assert found["line_regions_between"].notnull().all()
    member = done.restore(width=5, seed=0)
    drawn = nlpfeat.section(member)
    scores = member.forward(pictures()["test"][0][list(drawn.examples)])["scores"]
    np.testing.assert_allclose(drawn.regions.network(drawn.plane.coordinates), scores, atol=1e-5)
    flat = pictures()["test"][0].reshape(20, -1)
    assert (nlpfeat.line_pieces(member, flat[:10], flat[10:]).regions() >= 1).all()
