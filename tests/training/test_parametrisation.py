"""Parametrisations against their published tables, and against a network with multipliers in its forward pass."""

from dataclasses import replace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from nlpfeat.errors import UserError
from nlpfeat.models.roles import Role
from nlpfeat.sweeps import plan
from nlpfeat.sweeps.members import member_factory
from nlpfeat.tasks.registry import TASKS
from nlpfeat.training import parametrisation
from nlpfeat.training.optimizers import Optimizer
from nlpfeat.training.parametrisation import NAMES, rate_scales, scale_initial
from nlpfeat.training.recipe import DescentSettings, used_parts
from nlpfeat.training.step import (
    Program,
    StepScales,
    init_state,
    learning_rate_scales,
    param_roles,
    train_step,
)
from nlpfeat.training.task import GradientDescent
from tests.toys import TOYS, factory_of, toy, with_grid

INPUT, HIDDEN, OUTPUT = Role(False, True), Role(True, True), Role(True, False)
FIXED, INPUT_BIAS, OUTPUT_BIAS = (
    Role(False, False),
    Role(False, True, bias=True),
    Role(True, False, bias=True),
)

# The exponent of the width of the standard deviation of n^(-a) w, and of the change of n^(-a) w by one step: input, hidden, output.
# Written down from the limits that the papers prove, not from our table: which changes of pre-activations are of order 1.
PUBLISHED = {
    # name: (initial, SGD, Adam)
    "standard": (None, (0, 0, 0), (0, 0, 0)),
    "ntk": ((0, -0.5, -0.5), (0, -1, -1), (-0.5, -1.5, -1)),
    "mean_field": ((0, -1, -1), (1, 0, -1), (0, -1, -1)),
    "maximal_update": ((0, -0.5, -1), (1, 0, -1), (0, -1, -1)),
    "standard_layerwise": (None, (0.5, -0.5, -1), (0, -1, -1)),
}


def settings_of(name, width=256, base=64.0, **changes):
    return DescentSettings(width=width, base_width=base, parametrisation=NAMES.index(name), **changes)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", range(3))
def test_powers_of_the_width_are_the_published_ones(name, kind):
    initial, sgd, adam = PUBLISHED[name]
    role = (INPUT, HIDDEN, OUTPUT)[kind]
    for adaptive, expected in ((False, sgd), (True, adam)):
        scale = rate_scales({"w": role}, settings_of(name), adaptive=adaptive)["w"]
        assert float(scale) == pytest.approx(4.0 ** expected[kind], rel=1e-6)
    if initial is not None:
        scaled = scale_initial({"w": jnp.ones(3)}, {"w": role}, settings_of(name))["w"]
        np.testing.assert_allclose(scaled, 4.0 ** initial[kind], rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_a_bias_is_the_weight_of_an_input_that_is_one(name):
    for adaptive in (False, True):
        scales = rate_scales(
            {"input": INPUT, "bias": INPUT_BIAS, "last": OUTPUT_BIAS, "fixed": FIXED},
            settings_of(name),
            adaptive=adaptive,
        )
        assert scales["bias"] == scales["input"]
        assert scales["last"] == scales["fixed"] == 1
    biases = scale_initial({"b": jnp.ones(3)}, {"b": INPUT_BIAS}, settings_of(name))["b"]
    np.testing.assert_array_equal(biases, 1)


@pytest.mark.parametrize("name", NAMES)
def test_all_are_one_network_at_the_base_width(name):
    spec = TOYS["spirals_deep"]
    member = replace(spec.settings, width=4, base_width=4.0, parametrisation=NAMES.index(name))
    factory = factory_of(spec)
    made = factory.new_member(jax.tree.map(np.asarray, member), 4)
    standard = factory.new_member(jax.tree.map(np.asarray, replace(member, parametrisation=0)), 4)
    jax.tree.map(np.testing.assert_array_equal, made.params, standard.params)
    scales = rate_scales({"w": HIDDEN, "v": OUTPUT}, member, adaptive=True)
    assert all(scale == 1 for scale in scales.values())


def test_initial_deviations_of_every_layer_scale_as_published():
    """With Glorot's and PyTorch's initializers, whose own deviations depend on the width."""
    for task, module, leaf, kind in (
        ("spirals_deep", "hidden_1", "weight", 0),
        ("spirals_deep", "hidden_2", "weight", 1),
        ("spirals_deep", "embedding", "weight", 2),
        ("char_rnn", "characters", "table", 0),
        ("char_rnn", "layer_0", "weight", 0),
        ("char_rnn", "layer_0", "recurrent", 1),
        ("char_rnn", "next", "weight", 2),
        ("imdb_cnn", "filters5", "weight", 0),
        ("imdb_cnn", "dense", "weight", 2),
    ):
        factory = factory_of(TOYS[task])
        for name in ("ntk", "mean_field", "maximal_update"):

            def deviation(width, task=task, factory=factory, name=name, module=module, leaf=leaf):
                changed = replace(
                    factory.spec.settings, width=width, base_width=16.0, parametrisation=NAMES.index(name)
                )
                made = factory.new_member(jax.tree.map(np.asarray, changed), 64)
                params = made.params[module][leaf]
                return np.sqrt((params**2).mean())  # of all padded units, so that both have the same draws

            ratio = deviation(64) / deviation(16)
            expected = PUBLISHED[name][0][kind]
            assert ratio == pytest.approx(4.0**expected, rel=1e-5), (task, module, name)


def _raw_network(raw, multipliers, points):
    """2 → n → n → 3 with the multipliers of an abc-parametrisation in its forward pass."""
    x = points
    for name in ("hidden_1", "hidden_2", "embedding"):
        x = multipliers[name] * x @ raw[name]
        x = jnp.tanh(x) if name != "embedding" else x
    return x


@pytest.mark.parametrize("adaptive", [False, True])
@pytest.mark.parametrize("name", ["ntk", "mean_field", "maximal_update"])
def test_folding_the_multipliers_changes_no_training(name, adaptive):
    """Three steps of a network with multipliers n^-a and rates η n^-c, against folded parameters with our factors."""
    one = parametrisation.PARAMETRISATIONS[NAMES.index(name)]
    roles = {"hidden_1": INPUT, "hidden_2": HIDDEN, "embedding": OUTPUT}
    n, rng = 4.0, np.random.default_rng(0)
    exponents = dict(zip(roles, one.multiplier, strict=True))
    multipliers = {layer: n**-a for layer, a in exponents.items()}
    published = dict(zip(roles, one.adam if adaptive else one.sgd, strict=True))
    shapes = {"hidden_1": (2, 8), "hidden_2": (8, 8), "embedding": (8, 3)}
    raw = {layer: jnp.asarray(rng.normal(size=shape), jnp.float32) for layer, shape in shapes.items()}
    points, targets = rng.normal(size=(20, 2)), rng.normal(size=(20, 3))
    folded = {layer: multipliers[layer] * raw[layer] for layer in raw}
    factors = rate_scales(roles, settings_of(name), adaptive=adaptive)

    def loss(params, multipliers):
        return ((_raw_network(params, multipliers, points) - targets) ** 2).mean()

    optimizer = optax.scale_by_adam(eps=0.0) if adaptive else optax.identity()
    ones = dict.fromkeys(roles, 1.0)
    states = optimizer.init(raw), optimizer.init(folded)
    for _ in range(3):
        updates, first = optimizer.update(jax.grad(loss)(raw, multipliers), states[0])
        raw = {k: raw[k] - 0.01 * n ** -published[k] * updates[k] for k in raw}
        updates, second = optimizer.update(jax.grad(loss)(folded, ones), states[1])
        folded = {k: folded[k] - 0.01 * factors[k] * updates[k] for k in folded}
        states = first, second
    for layer in roles:
        np.testing.assert_allclose(folded[layer], multipliers[layer] * raw[layer], rtol=2e-4, atol=1e-6)


def test_a_layer_scale_of_zero_keeps_random_features():
    spec = TOYS["spirals"]
    factory = factory_of(spec)
    settings = jax.tree.map(np.asarray, replace(spec.settings, width=4, input_lr_scale=0.0))
    member = factory.new_member(settings, 4)
    program = Program(spec.task, factory.module(4), (), ("parametrisation",))
    batch = member.splits["train"]
    scales = learning_rate_scales(program, batch, settings)
    state = init_state(program, 1, member.params, settings)
    after = train_step(program, state, settings, batch, StepScales(jnp.float32(1), layers=scales), 0)
    np.testing.assert_array_equal(after.params["hidden"]["weight"], member.params["hidden"]["weight"])
    np.testing.assert_array_equal(after.params["hidden"]["bias"], member.params["hidden"]["bias"])
    assert (after.params["embedding"]["weight"] != member.params["embedding"]["weight"]).any()


@pytest.mark.parametrize("task", sorted(TASKS))
def test_every_task_has_roles_or_refuses_in_one_line(task):
    spec = TOYS[task]
    if not isinstance(spec.settings, DescentSettings):
        assert not isinstance(spec.task.learner, GradientDescent)
        return
    asked = with_grid(spec, width=(2, 3), seed=(0,), parametrisation=(0, NAMES.index("maximal_update")))
    if not spec.task.model.layered:
        with pytest.raises(UserError, match="only the standard parametrisation") as caught:
            member_factory(asked)
        assert "\n" not in str(caught.value)
        return
    factory = factory_of(asked)
    member = factory.new_member(jax.tree.map(np.asarray, spec.settings), 3)
    inputs = spec.task.data.batch(factory.dataset.arrays, member.splits["train"], np.arange(1)).inputs
    roles = param_roles(Program(spec.task, factory.module(3)), inputs, member.settings)
    flat = jax.tree.leaves(roles, is_leaf=lambda leaf: isinstance(leaf, Role))
    assert all(isinstance(role, Role) for role in flat)
    # What the layers declare is what the shapes say: a weight with the width as a fan has an axis of that length.
    paths = jax.tree_util.tree_leaves_with_path(factory.shapes(3))
    wider = jax.tree.leaves(factory.shapes(4))
    for (path, shape), wide, role in zip(paths, wider, flat, strict=True):
        swept = sum(a != b for a, b in zip(shape.shape, wide.shape, strict=True))
        assert swept == (role.fan_out if role.bias else role.fan_in + role.fan_out), jax.tree_util.keystr(
            path
        )


def test_a_part_is_compiled_only_where_it_is_used():
    settings = TOYS["spirals"].settings
    columns = {name: [value, value] for name, value in vars(settings).items()}
    assert used_parts(settings, columns) == ()
    assert used_parts(settings, columns | {"parametrisation": [0, 3]}) == ("parametrisation",)
    assert used_parts(settings, columns | {"clip_norm": [1.0, 0.0], "average_share": [0.5, 0.5]}) == (
        "clip_norm",
        "average",
    )
    assert used_parts(TOYS["reviews_bag"].settings, {}) == ()


def test_optimizers_say_whether_they_adapt():
    found = {
        name: spec.task.learner.optimizer.adaptive
        for name, spec in TOYS.items()
        if isinstance(spec.task.learner, GradientDescent)
    }
    plain = {name for name, adapts in found.items() if not adapts}
    pictures = {f"{name}{conv}" for name in ("mnist1d", "digits", "mnist") for conv in ("", "_conv")}
    assert plain == {"eleven_lines"} | pictures
    assert isinstance(TOYS["spirals"].task.learner.optimizer, Optimizer)


def test_a_member_of_a_mixed_bucket_is_the_member_alone(tmp_path):
    """Standard members beside others: the part is compiled, with factors of 1."""
    from nlpfeat.study.session import sweep

    spec = toy("spirals", steps=(20,))
    mixed = with_grid(spec, width=(2, 8), seed=(0, 1), parametrisation=(0, 3, 4))
    alone = with_grid(spec, width=(2, 8), seed=(0, 1))
    a = sweep(mixed, tmp_path / "mixed", factory=factory_of(mixed)).results.sel(parametrisation=0)
    b = sweep(alone, tmp_path / "alone", factory=factory_of(alone)).results
    np.testing.assert_allclose(a["loss"], b["loss"], rtol=2e-5)
    assert len(plan.all_members(mixed)) == 12


class WithoutRoles(nn.Module):
    """A network whose layer declares no role."""

    units: int

    @nn.compact
    def __call__(self, inputs, settings, *, train=False):
        weight = self.param("weight", nn.initializers.normal(), (2, self.units))
        return {"scores": (jnp.stack(inputs, 1) @ weight)[:, :3]}


def test_layers_without_roles_are_refused_in_one_line():
    spec = TOYS["spirals"]
    model = replace(spec.task.model, build=lambda model, data, units: WithoutRoles(units + 3))
    task = replace(spec.task, model=model)
    standard = replace(spec, task=task)
    member_factory(standard)
    with pytest.raises(UserError, match="has layers without roles, so only the standard") as caught:
        member_factory(with_grid(standard, width=(2,), seed=(0,), parametrisation=(0, 3)))
    assert "\n" not in str(caught.value)
