"""Configs: what is read, what is refused, and in which words."""

import json

import pytest

from nlpfeat.errors import UserError
from nlpfeat.tasks.spec import config_hash, differences, resolve

SPIRALS = {"task": "spirals", "sweep": {"width": (2, 8), "seed": (0, 1)}}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"settings.nosie": "3"}, ["config.settings.nosie", "did you mean config.settings.noise?"]),
        ({"data.nosie": "3"}, ["config.data.nosie", "config.settings.noise"]),
        ({"sweep.widht": "(2,8)"}, ["config.sweep.widht", "config.sweep.width"]),
        ({"qqqq.zzzz": "1"}, ["config.qqqq.zzzz", "unknown key", "data.arms"]),
        ({"data.points": "many"}, ["config.data.points", "'many'", "a whole number"]),
        ({"data.points": "2.5"}, ["config.data.points", "2.5", "a whole number"]),
        ({"data.points": "True"}, ["config.data.points", "a whole number"]),
        ({"settings.noise": "(1,)"}, ["config.settings.noise", "a number"]),
        ({"settings.noise": "nan"}, ["config.settings.noise"]),
        ({"settings.noise": "1e999"}, ["config.settings.noise", "finite"]),
        ({"settings.learning_rate": "0"}, ["config.settings.learning_rate", "more than 0"]),
        ({"settings.seed": "-1"}, ["config.settings.seed", "at least 0"]),
        ({"sweep.width": "(2"}, ["config.sweep.width", "'(2'", "(2,8)"]),
        ({"sweep.width": "(0,2)"}, ["config.sweep.width", "0 must be at least 1"]),
        ({"sweep.width": "(-3,)"}, ["config.sweep.width", "-3 must be at least 1"]),
        ({"sweep.width": "()"}, ["config.sweep.width", "empty"]),
        ({"sweep.width": "(2,8,2)"}, ["config.sweep.width", "2 appears twice"]),
        ({"sweep.width": "('a',)"}, ["config.sweep.width", "'a'", "a whole number"]),
        ({"training.steps": "()"}, ["config.training.steps", "at least one phase"]),
        ({"training.lr_scales": "(1.0,0.1)"}, ["config.training.lr_scales", "2 entries", "1 phases"]),
        ({"training.batch_size": "-1"}, ["config.training.batch_size", "at least 0"]),
        ({"task": "spirls"}, ["config.task", "did you mean 'spirals'?"]),
    ],
)
def test_mistakes_are_named_in_one_line(overrides, words):
    with pytest.raises(UserError) as caught:
        resolve(SPIRALS, overrides)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_a_config_without_a_task_is_refused():
    with pytest.raises(UserError, match="no task None"):
        resolve({})


def test_wrong_types_in_the_file_are_refused_as_well():
    with pytest.raises(UserError, match=r"config.data.points: '200' is not a whole number"):
        resolve({"task": "spirals", "data": {"points": "200"}})


def test_overrides_win_and_keep_their_type():
    spec = resolve(SPIRALS, {"settings.noise": "1", "sweep.seed": "3", "training.steps": "[5, 6]"})
    assert spec.settings.noise == 1.0
    assert type(spec.settings.noise) is float
    assert dict(spec.sweep) == {"width": (2, 8), "seed": (3,)}
    assert spec.training.steps == (5, 6)


def test_the_grid_has_width_and_seed_whatever_the_config_says():
    spec = resolve({"task": "spirals", "settings": {"width": 7}})
    assert dict(spec.sweep) == {"width": (7,), "seed": (0,)}


def test_json_round_trip():
    spec = resolve(SPIRALS, {"training.frozen": "(('hidden',),)", "sweep.noise": "(0.1,0.2)"})
    assert resolve(json.loads(json.dumps(spec.to_dict()))) == spec


def test_differences_name_the_keys_but_not_the_grid():
    spec = resolve(SPIRALS)
    assert differences(spec, resolve(SPIRALS, {"sweep.width": "(2,)", "sweep.noise": "(0.1,)"})) == []
    changed = resolve(SPIRALS, {"data.points": "50", "settings.noise": "0.5"})
    assert differences(spec, changed) == [
        "data.points (200 there, 50 asked)",
        "settings.noise (0.2 there, 0.5 asked)",
    ]
    assert config_hash(spec) != config_hash(changed)
    assert config_hash(spec) == config_hash(resolve(SPIRALS, {"sweep.width": "(4,)"}))
