"""The deep narrow net against bare jnp, and its traced depth."""

from dataclasses import replace

import jax
import numpy as np
import pytest

from nlpfeat.errors import UserError
from nlpfeat.geometry.network import Layer, Network
from nlpfeat.models.unwarper import DeepUnwarperSpec, deep_layers
from nlpfeat.tasks.spec import resolve
from tests.toys import TOYS, factory_of, trained, with_grid

SPEC = replace(TOYS["spirals_deep"], model=DeepUnwarperSpec(layers=5))


def example(width=2, depth=3, units=2, slope=0.3):
    settings = replace(
        SPEC.settings,
        width=np.int32(width),
        seed=np.int32(1),
        depth=np.int32(depth),
        negative_slope=np.float32(slope),
    )
    return factory_of(SPEC), factory_of(SPEC).new_member(settings, units)


@pytest.mark.parametrize("depth", [2, 3, 5])
@pytest.mark.parametrize(("width", "units"), [(2, 2), (3, 7)])
def test_the_forward_pass_is_that_of_its_own_layers(depth, width, units):
    """Against plain matrices, and against the layers that geometry is told of."""
    factory, made = example(width, depth, units)
    trace = factory.module(units).apply({"params": made.params}, made.splits["train"].inputs, made.settings)
    x = np.stack(made.splits["train"].inputs, 1)
    for number in range(1, depth):
        w, b = (made.params[f"hidden_{number}"][name] for name in ("weight", "bias"))
        z = x @ w[:width, : x.shape[1]].T + b[:width]
        x = np.where(z >= 0, z, 0.3 * z)
    e = x @ made.params["embedding"]["weight"][:, :width].T + made.params["embedding"]["bias"]
    scores = e @ made.params["classes"]["weight"].T + made.params["classes"]["bias"]
    np.testing.assert_allclose(trace["embedding"], e, atol=1e-6)
    np.testing.assert_allclose(trace["scores"], scores, atol=1e-6)
    if width == units:
        net = Network(
            tuple(
                Layer(np.asarray(w), np.asarray(b), s)
                for w, b, s in deep_layers(factory.module(units), made.params, made.settings)
            )
        )
        assert len(net.layers) == depth + 1
        points = np.stack(made.splits["train"].inputs, 1)
        np.testing.assert_allclose(net(points), scores, atol=1e-6)


@pytest.mark.slow
def test_depths_of_one_program_train_as_programs_of_their_own():
    many = with_grid(SPEC, width=(2,), seed=(0, 1), depth=(2, 3, 5))
    _, table, together, _ = trained(many, 100)
    for place in range(len(table)):
        row = table.iloc[place]
        alone = with_grid(SPEC, width=(2,), seed=(int(row["seed"]),), depth=(int(row["depth"]),))
        alone = replace(alone, model=DeepUnwarperSpec(layers=int(row["depth"])))
        _, _, state, _ = trained(alone, 100)
        for name, leaf in jax.tree_util.tree_leaves_with_path(state.params):
            own = together.params[name[0].key][name[1].key][place]
            np.testing.assert_allclose(own, leaf[0], atol=1e-5)


def test_more_depth_than_the_model_has_is_refused():
    with pytest.raises(UserError, match=r"config.sweep.depth: 9 must be at most 5 with this model"):
        resolve({"task": "spirals_deep", "sweep": {"depth": (3, 9)}})
    with pytest.raises(UserError, match=r"config.settings.depth: 6 must be at most 5"):
        resolve({"task": "annulus_deep", "settings": {"depth": 6}})
    assert resolve({"task": "spirals_deep", "model": {"layers": 9}, "sweep": {"depth": (3, 9)}})
