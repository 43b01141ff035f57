"""Networks of some of the units of others: pruned, reordered, merged, rescaled."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.analysis.basins import canonical, match_by_activations, match_by_weights
from nlpfeat.analysis.redundancy import line_clusters
from nlpfeat.errors import UserError
from nlpfeat.models import units
from nlpfeat.models.masking import pad
from nlpfeat.study.forward import hidden_activations
from nlpfeat.study.session import Study
from nlpfeat.tasks.registry import TASKS
from tests.toys import TOYS, factory_of, study, with_grid

WITH_UNITS = sorted(name for name in TOYS if TASKS[name].views.units is not None)
# One of each kind of layer.
KINDS = [
    "spirals",
    "spirals_deep",
    "mnist1d",
    "planted_words",
    "reviews_mean",
    "imdb_dense",
    "imdb_cnn",
    "imdb_lstm",
    "char_rnn",
]


@pytest.fixture(scope="module", params=KINDS)
def member(request, tmp_path_factory):
    """A trained toy of eight units."""
    spec = with_grid(TOYS[request.param], width=(8,), seed=(0, 1))
    folder, _ = study(spec, tmp_path_factory.mktemp("units") / "study")
    return Study(folder, factory_of(spec)).restore(width=8, seed=1)


def scores(member, params, width, padded=8):
    """The scores for training examples of parameters of a width, at their own width or padded."""
    module, shapes = member.factory.module(padded), member.factory.shapes(padded)
    settings = replace(member.settings, width=np.int32(width))
    batch = member.task.data.batch(member.dataset.arrays, member.splits["train"], np.arange(12))
    return np.asarray(module.apply({"params": pad(params, shapes)}, batch.inputs, settings)["scores"])


def test_every_kind_of_layer_is_tested():
    declared = {TASKS[name].views.units.layers for name in WITH_UNITS}
    assert len(WITH_UNITS) > len(KINDS)
    assert declared >= {units.one_layer, units.one_recurrent_layer}


@pytest.mark.parametrize("kept", [1, 3, 8])
def test_a_pruned_mask_is_the_native_network_of_those_units(member, kept):
    rng = np.random.default_rng(kept)
    layers = member.unit_layers
    chosen = [np.sort(rng.choice(8, kept, replace=False)) for _ in layers]
    pruned = jax.device_get(units.take_units(member.params, layers, chosen))
    native = scores(member, pruned, kept, padded=kept)
    np.testing.assert_allclose(scores(member, pruned, kept), native, rtol=0, atol=1e-6)
    # The same network by silencing the units that were not kept.
    masked = member.params
    for layer, indices in zip(layers, chosen, strict=True):
        for unit in set(range(8)) - set(indices.tolist()):
            masked = units.without_unit(masked, layer, unit)
    np.testing.assert_allclose(scores(member, jax.device_get(masked), 8), native, rtol=0, atol=2e-6)


def test_a_planted_order_is_found_and_changes_nothing(member):
    layers, rng = member.unit_layers, np.random.default_rng(0)
    shuffled = [rng.permutation(8) for _ in layers]
    other = jax.device_get(units.take_units(member.params, layers, shuffled))
    np.testing.assert_allclose(scores(member, other, 8), scores(member, member.params, 8), rtol=0, atol=1e-6)
    found = match_by_weights(member.params, other, layers)
    again = jax.device_get(units.take_units(other, layers, found))
    for path, leaf in units.flat_params(again).items():
        np.testing.assert_array_equal(leaf, units.flat_params(member.params)[path])


@pytest.mark.parametrize("width", [1, 2, 3, 5, 16])
def test_a_planted_order_is_found_at_every_width(width, tmp_path):
    spec = with_grid(TOYS["spirals"], width=(width,), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    member = Study(folder, factory_of(spec)).restore(width=width, seed=1)
    layers = member.unit_layers
    order = np.random.default_rng(0).permutation(width)
    other = units.take_units(member.params, layers, [order])
    inverse = np.argsort(order)
    np.testing.assert_array_equal(match_by_weights(member.params, other, layers)[0], inverse)
    (features,) = hidden_activations(member, 1, 100)
    found = match_by_activations(features, features[:, order])
    np.testing.assert_allclose(features[:, order][:, found], features)  # dead units have no order


def test_turned_and_balanced_networks_compute_the_same(tmp_path):
    for name in ("spirals", "spirals_deep", "mnist1d"):
        spec = with_grid(TOYS[name], width=(8,), seed=(0, 1))
        folder, _ = study(spec, tmp_path / name)
        opened = Study(folder, factory_of(spec))
        first, second = (opened.restore(width=8, seed=seed) for seed in (0, 1))
        layers = second.unit_layers
        other = canonical(second, layers, first.params)
        expected = scores(second, second.params, 8)
        np.testing.assert_allclose(
            scores(second, other, 8), expected, rtol=0, atol=1e-5 * np.abs(expected).max()
        )
        for layer in layers:
            into, out_of = (
                np.linalg.norm(units.unit_rows(other, axes), axis=1) for axes in (layer.into, layer.out_of)
            )
            alive = (into > 0) & (out_of > 0)
            np.testing.assert_allclose(into[alive], out_of[alive], rtol=1e-3)


def planted_copies(member, layer):
    """A network whose units 5, 6, 7 are positive multiples of its units 0, 1, 1."""
    into, out_of = (units.unit_rows(member.params, axes) for axes in (layer.into, layer.out_of))
    for copy, original, factor in ((5, 0, 2.0), (6, 1, 0.5), (7, 1, 3.0)):
        into[copy] = factor * into[original]
    params = units.with_unit_rows(member.params, layer.into, into)
    return units.with_unit_rows(params, layer.out_of, out_of)


def test_planted_copies_are_found_and_merged_without_a_trace(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(8,), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    member = Study(folder, factory_of(spec)).restore(width=8, seed=1)
    (layer,) = member.unit_layers
    params = planted_copies(member, layer)
    clusters = line_clusters(params, layer)
    assert len(np.unique(clusters)) == 5
    assert clusters[5] == clusters[0]
    assert clusters[6] == clusters[7] == clusters[1]
    merged, place = units.merge_units(params, layer, np.ones(8, bool), 5)
    assert place[5] == place[0]
    assert place[6] == place[7] == place[1]
    np.testing.assert_allclose(scores(member, merged, 5), scores(member, params, 8), rtol=0, atol=1e-6)


def test_dead_units_give_way_first(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(8,), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    member = Study(folder, factory_of(spec)).restore(width=8, seed=1)
    (layer,) = member.unit_layers
    alive = ~np.isin(np.arange(8), [2, 4])
    merged, _ = units.merge_units(member.params, layer, alive, 6)
    silent = units.without_unit(units.without_unit(member.params, layer, 2), layer, 4)
    np.testing.assert_allclose(
        scores(member, merged, 6), scores(member, jax.device_get(silent), 8), rtol=0, atol=1e-6
    )


def test_magnitudes_do_not_depend_on_the_scale_of_a_unit(tmp_path):
    spec = with_grid(TOYS["spirals"], width=(8,), seed=(0, 1))
    folder, _ = study(spec, tmp_path / "study")
    member = Study(folder, factory_of(spec)).restore(width=8, seed=1)
    (layer,) = member.unit_layers
    expected = units.magnitudes(member.params, layer)
    weight, bias = (np.asarray(member.params["hidden"][name], np.float64) for name in ("weight", "bias"))
    by_hand = np.hypot(np.linalg.norm(weight, axis=1), bias) * np.linalg.norm(
        member.params["embedding"]["weight"], axis=0
    )
    np.testing.assert_allclose(expected, by_hand, rtol=1e-6)
    np.testing.assert_allclose(
        units.magnitudes(units.balanced(member.params, layer), layer), expected, rtol=1e-5
    )


def test_stacked_recurrent_layers_are_refused():
    axes = {"layer_0/recurrent": (0, 2), "layer_1/recurrent": (0, 2)}
    with pytest.raises(UserError, match="several recurrent layers"):
        units.one_recurrent_layer(axes, {}, None)


def test_the_layers_of_a_stack_end_at_the_depth_of_the_member():
    axes = {
        **{f"hidden_{n}/bias": (0,) for n in (1, 2, 3)},
        "hidden_1/weight": (0,),
        **{f"hidden_{n}/weight": (0, 1) for n in (2, 3)},
        "classes/weight": (1,),
    }
    settings = type("Settings", (), {"depth": 2})()
    first, second = units.stacked_layers()(axes, {}, settings)
    assert first.into == {"hidden_1/bias": (0,), "hidden_1/weight": (0,)}
    assert first.out_of == {"hidden_2/weight": (1,)}
    assert second.into == {"hidden_2/bias": (0,), "hidden_2/weight": (0,)}
    assert second.out_of == {"classes/weight": (1,)}
    assert second.idle == {"hidden_3/bias": (0,), "hidden_3/weight": (0, 1)}
