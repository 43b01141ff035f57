"""Floating-point operations of a step, counted by hand where hands can."""

import json

import jax
import jax.numpy as jnp
import pytest
import xarray as xr

from nlpfeat.store import combine
from nlpfeat.study.session import open_study
from nlpfeat.sweeps.compute import bytes_per_step, count_flops, flops_per_step
from tests.toys import TOYS, factory_of, study

A, B = jnp.ones((3, 4)), jnp.ones((4, 4))
PRODUCT = 2 * 3 * 4 * 4


def loop(length, body):
    return lambda a, b: jax.lax.scan(lambda c, _: (body(c, b), None), a, None, length=length)[0]


def product(a, b):
    return a @ b


@pytest.mark.parametrize(
    ("program", "products"),
    [
        (product, 1),
        (jax.jit(product), 1),
        (loop(7, product), 7),
        (loop(3, loop(5, product)), 15),
        (loop(3, jax.jit(loop(5, product))), 15),
        (lambda a, b: loop(2, product)(product(a, b), b), 3),
    ],
)
def test_loops_count_as_often_as_they_run(program, products):
    """Beside the products, a loop counts its steps: an addition or two each."""
    found = count_flops(jax.make_jaxpr(program)(A, B))
    assert products * PRODUCT <= found <= products * (PRODUCT + 2) + 2


def test_a_step_on_spirals():
    """2 → H → 2 → 3 on n points: 8 n H forward, and backward again as much for the weights and 4 n H for the hidden units."""
    points = 60
    wide, narrow = (flops_per_step(factory_of(TOYS["spirals"]), width) for width in (1000, 500))
    per_unit = (wide - narrow) / 500
    assert 20 * points <= per_unit <= 1.5 * 20 * points


def test_a_recurrent_state_of_twice_the_width_takes_four_times_the_operations():
    """As its matrix does: were a loop over time counted once, the layers before and after it would weigh as much."""
    wide, narrow = (flops_per_step(factory_of(TOYS["char_rnn"]), width) for width in (512, 256))
    assert 3 < wide / narrow < 4


def test_a_step_moves_at_least_its_state_and_activations():
    """Both are read and written: weights, biases and two moments of each on spirals, and what the layers hold of the points."""
    factory = factory_of(TOYS["spirals"])
    wide, narrow = (bytes_per_step(factory, width) for width in (1000, 500))
    weights, points = 5, 60  # per hidden unit: two in, a bias, two out
    assert (wide - narrow) / 500 == pytest.approx(2 * 4 * (3 * weights + points))


def test_the_manifest_tells_what_training_cost(tmp_path):
    """Of each launch that trained, and of no other; an interrupted study has an entry for each."""
    spec = TOYS["spirals"]
    path = tmp_path / "study"
    study(spec, path)
    study(spec, path)  # nothing is left to train
    (entry,) = json.loads((path / "manifest.json").read_text())["training"]
    assert entry["members"] == 6
    assert entry["steps"] == 30
    assert entry["flops_per_step_and_member"] == flops_per_step(factory_of(spec), 8)
    assert entry["bytes_per_step_and_member"] == bytes_per_step(factory_of(spec), 8)
    assert entry["seconds"] > 0
    assert 0 < entry["share_of_peak"] < 1
    assert entry["share_of_peak"] == pytest.approx(
        entry["gflops_per_second"] / entry["peak_gflops_per_second"], abs=0.001
    )


def test_a_large_array_is_read_when_it_is_asked_for(tmp_path, monkeypatch):
    """With the same numbers as one that is read at once."""
    spec = TOYS["spirals"]
    study(spec, tmp_path / "study")
    opened = open_study(tmp_path / "study")
    at_once = opened.results
    monkeypatch.setattr(combine, "IN_MEMORY", 0)
    lazy = open_study(tmp_path / "study")
    assert not lazy.results["loss"].variable._in_memory
    assert lazy.table.equals(opened.table)
    xr.testing.assert_identical(lazy.results, at_once)
