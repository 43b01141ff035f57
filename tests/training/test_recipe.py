"""Schedules against Optax at every step, in phases and over resume; averages, decay, clipping and smoothing against hand computations."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pandas as pd
import pytest

from nlpfeat.errors import UserError
from nlpfeat.study.session import sweep
from nlpfeat.sweeps import programs, runner
from nlpfeat.sweeps.compilation import compilations
from nlpfeat.sweeps.members import member_factory, prepare
from nlpfeat.sweeps.plan import all_members
from nlpfeat.sweeps.runner import Interrupted
from nlpfeat.tasks.spec import resolve
from nlpfeat.training.averages import average_weights
from nlpfeat.training.learning_rates import NAMES, lr_scales
from nlpfeat.training.losses import cross_entropy, uniform_cross_entropy
from nlpfeat.training.recipe import DescentSettings
from nlpfeat.training.schedule import TrainingSpec
from tests.toys import SPIRALS, TOYS, Quiet, factory_of, largest_gap, with_grid, with_training

PHASE, WARMUP, FINAL = 40, 10, 0.1
FROM_OPTAX = {
    "constant": optax.warmup_constant_schedule(0.0, 1.0, WARMUP),
    "linear": optax.join_schedules(
        [optax.linear_schedule(0.0, 1.0, WARMUP), optax.linear_schedule(1.0, FINAL, PHASE - WARMUP)], [WARMUP]
    ),
    "cosine": optax.warmup_cosine_decay_schedule(0.0, 1.0, WARMUP, PHASE, FINAL),
    "one_cycle": optax.cosine_onecycle_schedule(PHASE, 1.0, pct_start=WARMUP / PHASE),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_schedule_is_that_of_optax_at_every_step(name):
    """Twice: each phase runs it anew, times the factor of the phase."""
    found = lr_scales(((PHASE, 1.0), (PHASE, 0.5)), NAMES.index(name), WARMUP, FINAL)
    expected = np.array([float(FROM_OPTAX[name](step)) for step in range(PHASE)])
    np.testing.assert_allclose(found[:PHASE], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(found[PHASE:], 0.5 * expected, rtol=1e-5, atol=1e-7)


def test_without_warmup():
    flat = lr_scales(((3, 1.0), (2, 0.25)), NAMES.index("constant"), 0, 0.0)
    np.testing.assert_array_equal(flat, np.float32([1, 1, 1, 0.25, 0.25]))
    falling = lr_scales(((4, 1.0),), NAMES.index("linear"), 0, 0.0)
    np.testing.assert_allclose(falling, [1, 0.75, 0.5, 0.25])
    cycle = lr_scales(((100, 1.0),), NAMES.index("one_cycle"), 0, 0.0)
    assert cycle.argmax() == 30


def reference(spec, settings, steps, scale):
    """Full-batch Adam of a spirals net by hand, at its own width: the parameters after each step."""
    factory = factory_of(spec)
    member = factory.new_member(jax.tree.map(np.asarray, settings), int(settings.width))
    module, batch, params = factory.module(int(settings.width)), member.splits["train"], member.params
    optimizer = optax.scale_by_adam()
    state, found = optimizer.init(params), [params]

    def loss(params):
        outputs = module.apply({"params": params}, batch.inputs, settings)
        one_hot = jax.nn.one_hot(batch.targets, outputs["scores"].shape[1])
        smooth = settings.label_smoothing
        targets = (1 - smooth) * one_hot + smooth / one_hot.shape[1]
        return -(targets * jax.nn.log_softmax(outputs["scores"])).sum(1).mean()

    for step in range(steps):
        gradient = jax.grad(loss)(params)
        norm = np.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(gradient)))
        if settings.clip_norm:
            gradient = jax.tree.map(lambda g, n=norm: g * min(1.0, settings.clip_norm / n), gradient)
        gradient = jax.tree.map(lambda g, p: g + settings.weight_decay * p, gradient, params)
        updates, state = optimizer.update(gradient, state)
        rate = settings.learning_rate * scale(step)
        params = jax.tree.map(
            lambda p, u, r=rate: p - r * (u + settings.decoupled_decay * p), params, updates
        )
        found.append(params)
    return found


def trained(spec, tmp_path, **settings):
    """The one member of a study with these settings."""
    spec = with_grid(replace(spec, settings=replace(spec.settings, **settings)), width=(4,), seed=(1,))
    study = sweep(spec, tmp_path / "study", factory=factory_of(spec))
    return study, study.restore(width=4, seed=1)


def close(found, expected):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5), found, dict(expected))


@pytest.mark.parametrize(
    "changes",
    [
        {
            "schedule": NAMES.index("one_cycle"),
            "decoupled_decay": 0.1,
            "clip_norm": 0.05,
            "label_smoothing": 0.2,
        },
        pytest.param(
            {"schedule": NAMES.index("cosine"), "warmup_steps": 5, "final_lr_scale": 0.1, "clip_norm": 1.0},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_training_is_the_hand_written_one(changes, tmp_path):
    spec = with_training(SPIRALS, steps=(30,))
    _, member = trained(spec, tmp_path, learning_rate=0.01, **changes)
    scales = lr_scales(
        ((30, 1.0),),
        changes.get("schedule", 0),
        changes.get("warmup_steps", 0),
        changes.get("final_lr_scale", 0.0),
    )
    expected = reference(
        spec,
        replace(spec.settings, width=4, seed=1, learning_rate=0.01, **changes),
        30,
        lambda step: scales[step],
    )
    close(member.params, expected[-1])


@pytest.mark.parametrize("changes", [{"average_decay": 0.8}, {"average_share": 0.3}])
def test_averages_are_the_hand_written_ones_and_are_what_is_restored(changes, tmp_path):
    spec = with_training(SPIRALS, steps=(20,), record_every=10, snapshots=(10,))
    study, member = trained(spec, tmp_path, learning_rate=0.01, **changes)
    path = reference(spec, replace(spec.settings, width=4, seed=1, learning_rate=0.01), 20, lambda step: 1.0)
    if "average_decay" in changes:
        average = path[0]
        for params in path[1:]:
            average = jax.tree.map(lambda a, p: 0.8 * a + 0.2 * p, average, params)
        middle = None
    else:
        average = jax.tree.map(lambda *leaves: sum(leaves) / 6, *path[15:])
        middle = path[10]
    close(member.params, average)
    if middle is not None:
        close(study.restore(width=4, seed=1, step=10).params, middle)
    outputs = member.module.apply({"params": member.params}, member.splits["train"].inputs, member.settings)
    loss = cross_entropy(outputs, member.splits["train"].targets).mean()
    assert float(study.results["loss"].sel(split="train").isel(step=-1).squeeze()) == pytest.approx(
        float(loss), rel=1e-5
    )


def test_weights_of_averages():
    np.testing.assert_allclose(average_weights(0, 6, 6, 0.0, 0.5), [1, 1, 1, 1, 1 / 2, 1 / 3])
    np.testing.assert_allclose(average_weights(4, 6, 6, 0.0, 0.5), [1 / 2, 1 / 3])
    np.testing.assert_allclose(average_weights(2, 4, 6, 0.9, 0.0), [0.1, 0.1], rtol=1e-6)
    np.testing.assert_array_equal(average_weights(0, 3, 3, 0.0, 0.0), 1)


@pytest.mark.parametrize("patience", [5, *(pytest.param(stops, marks=pytest.mark.slow) for stops in (2, 6))])
def test_schedule_and_average_survive_an_interruption(patience, tmp_path):
    """Two phases, the second with frozen parameters, stopped at several places: every record and the state to the bit."""
    spec = with_training(
        SPIRALS,
        steps=(16, 14),
        lr_scales=(1.0, 0.5),
        frozen=((), ("classes",)),
        record_every=4,
        checkpoint_every=8,
    )
    axes = {"schedule": (0, 1, 2, 3), "average_decay": (0.0, 0.7), "warmup_steps": (0, 3)}
    spec = with_grid(spec, width=(3,), seed=(0,), **axes)
    factory = factory_of(spec)
    whole = sweep(spec, tmp_path / "whole", factory=factory)
    with pytest.raises(Interrupted):
        sweep(spec, tmp_path / "cut", progress=Quiet(patience), factory=factory)
    cut = sweep(spec, tmp_path / "cut", factory=factory)
    for name in ("loss", "accuracy"):
        np.testing.assert_array_equal(whole.results[name], cut.results[name])
    point = {"width": 3, "seed": 0, "schedule": 2, "average_decay": 0.7, "warmup_steps": 3}
    jax.tree.map(np.testing.assert_array_equal, whole.restore(**point).params, cut.restore(**point).params)


TURNED_ON = {
    "parametrisation": 3,
    "base_width": 16.0,
    "input_lr_scale": 1.0,
    "hidden_lr_scale": 1.0,
    "output_lr_scale": 1.0,
    "output_init_scale": 1.0,
    "schedule": NAMES.index("linear"),
    "warmup_steps": 2,
    "final_lr_scale": 0.3,
    "decoupled_decay": 0.1,
    "clip_norm": 0.01,
    "label_smoothing": 0.1,
    "average_decay": 0.5,
    "average_share": 0.0,
}


def test_every_setting_of_the_recipe_moves_the_parameters():
    """Two members per setting, which differ in it alone, in one bucket."""
    spec = with_training(TOYS["spirals_deep"], steps=(12,), record_every=12, checkpoint_every=12)
    tables = []
    for name in TURNED_ON:
        settings = TURNED_ON | (
            {"average_decay": 0.0, "average_share": 0.3} if name == "average_share" else {}
        )
        value = settings[name]
        other = value - 1 if isinstance(value, int) else value / 2
        one = replace(spec, settings=replace(spec.settings, learning_rate=0.01, **settings))
        tables.append(all_members(with_grid(one, width=(4,), seed=(0,), **{name: (value, other)})))
    table = pd.concat(tables).reset_index(drop=True)
    bucket = prepare(factory_of(spec), "b", table, programs.member_mesh(), 4)
    state = runner.initial_state(bucket, (), bucket.params)
    ((state, _),) = runner.advance(spec.training, bucket, state, 0, [12])
    params = bucket.to_host(state.evaluated)
    for i, name in enumerate(TURNED_ON):
        one, two = (jax.tree.map(lambda leaf, at=at: leaf[at], params) for at in (2 * i, 2 * i + 1))
        assert largest_gap(one, two) > 0, name
    assert set(vars(DescentSettings())) == {*TURNED_ON, "width", "seed", "learning_rate"}


def test_nothing_is_compiled_along_the_recipe(tmp_path):
    """Rates, parametrisations, schedules, averages, decay and seeds share the program of a bucket."""
    spec = with_training(SPIRALS, steps=(8,), record_every=4)
    spec = with_grid(
        spec,
        width=(3,),
        seed=(0, 1),
        learning_rate=(1e-3, 1e-2),
        parametrisation=(0, 1, 3),
        schedule=(0, 2),
        warmup_steps=(0, 2),
        average_decay=(0.0, 0.9),
        decoupled_decay=(0.0, 0.1),
    )
    with compilations() as compiled:
        sweep(spec, tmp_path / "study", factory=factory_of(spec))
    assert compiled.programs["advance"] == 1


def test_uniform_loss_is_that_of_smoothed_labels():
    scores = jax.random.normal(jax.random.key(0), (7, 5))
    targets = jnp.arange(7) % 5
    smooth = optax.smooth_labels(jax.nn.one_hot(targets, 5), 0.3)
    expected = optax.softmax_cross_entropy(scores, smooth)
    outputs = {"scores": scores}
    found = 0.7 * cross_entropy(outputs, targets) + 0.3 * uniform_cross_entropy(outputs, targets)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_records_on_a_log_scale():
    training = TrainingSpec(steps=(2000,), records_per_decade=2, checkpoint_every=2000)
    assert [stop.step for stop in training.stops] == [0, 1, 3, 10, 32, 100, 316, 1000, 2000]
    assert training.longest_interval == 1000


def test_a_record_on_a_sample_of_training_examples():
    """The mean over evenly spaced examples, and nothing else changes."""
    spec = with_grid(SPIRALS, width=(4,), seed=(0,))
    factory = factory_of(spec)
    sampled = replace(factory, spec=with_training(spec, train_sample=6))

    def record(factory):
        bucket = prepare(factory, "b", all_members(spec).assign(bucket="b"), programs.member_mesh(), 4)
        state = runner.initial_state(bucket, (), bucket.params)
        ((_, found),) = runner.advance(spec.training, bucket, state, 0, [0])
        return bucket, bucket.to_host(found)

    bucket, found = record(sampled)
    _, whole = record(factory)
    np.testing.assert_array_equal(found["loss"][:, 1:], whole["loss"][:, 1:])
    train = bucket.first.splits["train"]
    places = np.linspace(0, len(train.targets) - 1, 6).astype(int)
    params = jax.tree.map(lambda leaf: leaf[0], bucket.to_host(bucket.params))
    inputs = tuple(part[places] for part in train.inputs)
    outputs = factory.module(4).apply({"params": params}, inputs, bucket.first.settings)
    expected = cross_entropy(outputs, train.targets[places]).mean()
    np.testing.assert_allclose(found["loss"][0, 0], expected, rtol=1e-5)
    assert found["loss"][0, 0] != whole["loss"][0, 0]


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"settings.base_width": "0.5"}, ["base_width", "at least 1"]),
        ({"settings.parametrisation": "mup"}, ["parametrisation", "no 'mup'"]),
        ({"sweep.schedule": "(cosine,cosin)"}, ["schedule", "did you mean 'cosine'"]),
        ({"settings.average_decay": "1"}, ["average_decay", "at most"]),
    ],
)
def test_mistakes_in_a_config(overrides, words):
    with pytest.raises(UserError) as caught:
        resolve({"task": "spirals"}, overrides)
    assert all(word in str(caught.value) for word in words)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("task", "settings", "words"),
    [
        ("spirals", {"warmup_steps": 30}, ["warmup_steps", "30 steps", "shorten"]),
        ("spirals", {"average_share": 0.001}, ["average_share", "average over nothing"]),
        ("spirals", {"average_share": 0.5, "average_decay": 0.5}, ["average_decay", "set one of them to 0"]),
        ("windows", {"label_smoothing": 0.1}, ["label_smoothing", "no cross-entropy"]),
        ("ratings_dot", {"parametrisation": 1}, ["parametrisation", "multiplies units with units"]),
    ],
)
def test_recipes_that_a_task_or_its_phases_do_not_allow(task, settings, words):
    spec = TOYS[task]
    with pytest.raises(UserError) as caught:
        member_factory(replace(spec, settings=replace(spec.settings, **settings)))
    assert all(word in str(caught.value) for word in words)
    with pytest.raises(UserError):
        axes = {name: (getattr(spec.settings, name), value) for name, value in settings.items()}
        member_factory(with_grid(spec, width=(2,), seed=(0,), **axes))


def test_choices_have_names_in_configs_and_numbers_in_programs():
    spec = resolve({"task": "spirals", "sweep": {"parametrisation": ("standard", "maximal_update")}})
    assert dict(spec.sweep)["parametrisation"] == (0, 3)
    texts = {"sweep.parametrisation": "(standard, 'ntk')", "settings.schedule": "cosine"}
    again = resolve({"task": "spirals"}, texts)
    assert dict(again.sweep)["parametrisation"] == (0, 1)
    assert again.settings.schedule == NAMES.index("cosine")
    assert resolve(again.to_dict()) == again
    assert DescentSettings().schedule == NAMES.index("constant")
