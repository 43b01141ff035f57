"""Floating-point operations of a step, counted by hand where hands can."""

import jax
import jax.numpy as jnp
import pytest

from nlpfeat.sweeps.compute import count_flops, flops_per_step
from tests.toys import TOYS, factory_of

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
