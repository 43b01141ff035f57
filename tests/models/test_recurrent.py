"""Recurrent layers beside a loop written out, forwards and back; and the nets built of them."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax.core.meta import unbox

from nlpfeat.data.text.characters import CharacterSpan, Window
from nlpfeat.data.text.next_words import Context
from nlpfeat.models import character_net
from nlpfeat.models.character_net import CharacterNet, CharacterNetSpec
from nlpfeat.models.layers import Size
from nlpfeat.models.masking import crop
from nlpfeat.models.next_word_net import NextWordNet, NextWordNetSpec, unrolled
from nlpfeat.models.recurrent import CELLS, KERAS_LSTM, Recurrent
from nlpfeat.tasks.next_token import CharacterNetSettings, NextWordSettings

ALL = {**CELLS, "keras_lstm": KERAS_LSTM}


def fixed(units):
    return Size(units, units, False)


def by_loop(name, params, x, state, mask, dropout_mask):
    """The layer as its formulas stand in papers, a document and a place at a time."""
    squash = jax.nn.sigmoid if name != "keras_lstm" else lambda z: jnp.clip(0.2 * z + 0.5, 0, 1)
    into = jnp.moveaxis(params["weight"], 1, 0)  # gate, inputs, units
    onto = jnp.moveaxis(params["recurrent"], 1, 0)
    bias, said = params["bias"], []
    for place in range(x.shape[1]):
        now, heard = x[:, place], state[0] * dropout_mask
        a = [now @ w + b[None] for w, b in zip(into, bias, strict=True)]
        u = [heard @ w for w in onto]
        if name == "rnn":
            new = (jnp.tanh(a[0] + u[0]),)
        elif name == "gru":
            z, r = squash(a[0] + u[0]), squash(a[1] + u[1])
            new = (z * state[0] + (1 - z) * jnp.tanh(a[2] + r * u[2]),)
        else:
            i, f, g, o = (p + q for p, q in zip(a, u, strict=True))
            c = squash(f) * state[1] + squash(i) * jnp.tanh(g)
            new = (squash(o) * jnp.tanh(c), c)
        moves = mask[:, place, None]
        state = tuple(jnp.where(moves, n, s) for n, s in zip(new, state, strict=True))
        said.append(state[0])
    return jnp.stack(said, 1), state


@pytest.mark.parametrize("name", ALL)
def test_scan_is_the_loop_and_so_is_the_way_back(name):
    """With masked places, dropped states and a state to begin with: values to 1e-6, gradients of everything to 1e-5."""
    cell, rng = ALL[name], np.random.default_rng(0)
    x = jnp.asarray(rng.normal(size=(3, 6, 4)), jnp.float32)
    state = tuple(jnp.asarray(rng.normal(size=(3, 5)), jnp.float32) for _ in range(cell.states))
    mask, dropout_mask = rng.random((3, 6)) < 0.7, jnp.asarray(rng.choice([0, 1.25], (3, 5)), jnp.float32)
    module = Recurrent(cell, fixed(4), fixed(5))
    params = unbox(jax.jit(module.init)(jax.random.key(0), x)["params"])
    params = jax.tree.map(lambda p: p + 0.1, params)
    weights = jnp.asarray(rng.normal(size=(3, 6, 5)), jnp.float32)

    def total(run):
        def function(params, x, state):
            said, after = run(params, x, state)
            return (said * weights).sum() + sum((i + 1) * (part**2).sum() for i, part in enumerate(after))

        return function

    def ours(params, x, state):
        return module.apply({"params": params}, x, state, mask=mask, dropout_mask=dropout_mask)

    def loop(params, x, state):
        return by_loop(name, params, x, state, mask, dropout_mask)

    left, right = (jax.jit(run)(params, x, state) for run in (ours, loop))
    for a, b in zip(jax.tree.leaves(left), jax.tree.leaves(right), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    back = [jax.jit(jax.grad(total(run), argnums=(0, 1, 2)))(params, x, state) for run in (ours, loop)]
    for a, b in zip(jax.tree.leaves(back[0]), jax.tree.leaves(back[1]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ALL)
def test_position_by_position_is_the_whole_sequence(name):
    """As sampling reads a text: a layer that is given one position multiplies in another order."""
    cell, rng = ALL[name], np.random.default_rng(1)
    x = jnp.asarray(rng.normal(size=(2, 7, 4)), jnp.float32)
    module = Recurrent(cell, fixed(4), fixed(5))
    params = unbox(module.init(jax.random.key(0), x)["params"])
    whole, last = module.apply({"params": params}, x)
    state, said = None, []
    for place in range(x.shape[1]):
        one, state = module.apply({"params": params}, x[:, place : place + 1], state)
        said.append(one)
    np.testing.assert_allclose(np.concatenate(said, 1), whole, atol=1e-6)
    for a, b in zip(state, last, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_padding_is_passed_over_exactly():
    """However much padding stands in front, and whatever vector it has, the state is the same to the bit."""
    rng = np.random.default_rng(0)
    module = Recurrent(KERAS_LSTM, fixed(3), fixed(4))
    short = rng.normal(size=(2, 5, 3)).astype(np.float32)
    params = unbox(jax.jit(module.init)(jax.random.key(0), short))
    padded = np.concatenate([rng.normal(size=(2, 9, 3)).astype(np.float32), short], 1)
    _, left = module.apply(params, short, mask=np.ones((2, 5), bool))
    _, right = module.apply(params, padded, mask=np.arange(14)[None].repeat(2, 0) >= 9)
    np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(("name", "bias"), [("rnn", [0]), ("gru", [1, 0, 0]), ("keras_lstm", [0, 1, 0, 0])])
def test_the_gate_that_remembers_starts_open(name, bias):
    module = Recurrent(ALL[name], fixed(3), fixed(4))
    params = unbox(jax.jit(module.init)(jax.random.key(0), np.zeros((1, 2, 3), np.float32))["params"])
    np.testing.assert_array_equal(params["bias"], np.array(bias)[:, None] * np.ones(4))


@pytest.mark.parametrize("contexts", [(3,), pytest.param((2, 4), marks=pytest.mark.slow)])
def test_tied_unrolled_nets_are_the_rnn(contexts):
    """Two to four words: the net without shared weights, given the RNN's for every word, is the RNN, to 1e-6."""
    settings = NextWordSettings(width=np.int32(6), seed=np.int32(0))
    rng = np.random.default_rng(0)
    for context in contexts:
        words = jnp.asarray(rng.integers(0, 9, (20, context)))
        inputs = Context(words)
        shared = NextWordNet(6, 9, NextWordNetSpec(embedding=4, shared=True))
        params = unbox(jax.jit(shared.init)(jax.random.key(context), inputs, settings)["params"])
        params = jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape), jnp.float32), params)
        own = NextWordNet(6, 9, NextWordNetSpec(embedding=4, shared=False))
        tied = unrolled(params, context)
        shapes = unbox(jax.jit(own.init)(jax.random.key(9), inputs, settings)["params"])
        assert jax.tree.map(jnp.shape, tied) == jax.tree.map(jnp.shape, shapes)
        left = shared.apply({"params": params}, inputs, settings)
        right = own.apply({"params": tied}, inputs, settings)
        for name in ("features", "scores"):
            np.testing.assert_allclose(left[name], right[name], rtol=1e-6, atol=1e-6)


def windows(rng, rows, length, start=0):
    tokens = jnp.asarray(rng.integers(0, 7, (rows, length)))
    span = CharacterSpan(jnp.full(rows, start), jnp.full(rows, start + length))
    return Window(tokens, span, None)


SETTINGS = CharacterNetSettings(width=np.int32(3), seed=np.int32(0))


@pytest.mark.parametrize(
    ("cell", "layers"),
    [
        pytest.param(c, n, marks=() if (c, n) == ("lstm", 2) else pytest.mark.slow)
        for c in CELLS
        for n in (1, 2)
    ],
)
def test_padded_widths_are_native_ones(cell, layers):
    """Scores, states and gradients of a net of 3 units, alone and padded to 8, in training with dropout."""
    spec = CharacterNetSpec(cell=cell, layers=layers, embedding=0)
    settings = replace(SETTINGS, dropout=0.4, input_dropout=0.3, state_dropout=0.3)
    inputs = windows(np.random.default_rng(0), 4, 6)

    def loss(params, units):
        trace = CharacterNet(units, 7, spec).apply(
            {"params": params}, inputs, settings, train=True, rngs={"dropout": jax.random.key(5)}
        )
        return (trace["scores"] ** 2).mean(), trace

    wide = unbox(jax.jit(CharacterNet(8, 7, spec).init)(jax.random.key(1), inputs, settings)["params"])
    native = jax.eval_shape(
        lambda: unbox(CharacterNet(3, 7, spec).init(jax.random.key(2), inputs, settings)["params"])
    )
    narrow = crop(wide, native)
    slope = jax.jit(jax.grad(loss, has_aux=True), static_argnums=1)
    (padded, left), (alone, right) = slope(wide, 8), slope(narrow, 3)
    np.testing.assert_allclose(left["scores"], right["scores"], atol=1e-6)
    assert not left["features"][..., 3:].any()
    for a, b in zip(jax.tree.leaves(crop(padded, native)), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize(
    "cell", [pytest.param(c, marks=() if c == "lstm" else pytest.mark.slow) for c in CELLS]
)
def test_a_carried_state_reads_on_and_is_reset_where_windows_do_not_follow(cell):
    rng = np.random.default_rng(0)
    module = CharacterNet(3, 7, CharacterNetSpec(cell=cell, layers=2, embedding=4))
    long = windows(rng, 2, 10)
    params = unbox(jax.jit(module.init)(jax.random.key(1), long, SETTINGS)["params"])

    @jax.jit
    def read(carried, tokens, start):
        span = CharacterSpan(start, start + tokens.shape[1])
        inputs = character_net.inject_carry(carried, Window(tokens, span, None))
        trace = module.apply({"params": params}, inputs, SETTINGS)
        return character_net.extract_carry(inputs, trace), trace["scores"]

    whole = module.apply({"params": params}, long, SETTINGS)["scores"]
    carried, first = read(character_net.init_carry(module, 2), long.tokens[:, :4], jnp.array([0, 0]))
    np.testing.assert_allclose(first, whole[:, :4], atol=1e-6)
    _, rest = read(carried, long.tokens[:, 4:], jnp.array([4, 7]))  # the second row's window begins elsewhere
    np.testing.assert_allclose(rest[0], whole[0, 4:], atol=1e-6)
    cold = module.apply({"params": params}, Window(long.tokens[:, 4:], None, None), SETTINGS)["scores"]
    np.testing.assert_allclose(rest[1], cold[1], atol=1e-6)
    assert np.abs(cold[1] - whole[1, 4:]).max() > 1e-4


@pytest.mark.slow
def test_dropped_states_and_inputs_are_the_same_at_every_place():
    """With all of the state dropped, each place is read as if it were the first."""
    module = CharacterNet(3, 7, CharacterNetSpec(cell="rnn", embedding=4))
    inputs = windows(np.random.default_rng(0), 2, 5)
    params = unbox(jax.jit(module.init)(jax.random.key(1), inputs, SETTINGS)["params"])
    settings = replace(SETTINGS, state_dropout=1.0, dropout=0.0)
    trace = module.apply(
        {"params": params}, inputs, settings, train=True, rngs={"dropout": jax.random.key(0)}
    )
    for place in range(5):
        alone = module.apply(
            {"params": params}, Window(inputs.tokens[:, place : place + 1], None, None), SETTINGS
        )
        np.testing.assert_allclose(trace["scores"][:, place], alone["scores"][:, 0], atol=1e-6)
