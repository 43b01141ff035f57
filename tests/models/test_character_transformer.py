"""The causal transformer: no position sees the future, a padded network is the native one, a text is read on from its context."""

from types import SimpleNamespace

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from nlpfeat.data.text.characters import CharacterSpan, NextTokens, Window
from nlpfeat.errors import UserError
from nlpfeat.models.character_transformer import TINY, CharacterTransformer, CharacterTransformerSpec, RMSNorm
from nlpfeat.models.layers import fixed
from nlpfeat.models.masking import crop
from nlpfeat.tasks.spec import resolve
from nlpfeat.training.losses import next_token_loss

WINDOW, VOCABULARY, HEADS = 10, 7, 2


def transformer(units, width, layers=2, heads=HEADS, dropout=0.0):
    module = CharacterTransformer(units, VOCABULARY, WINDOW, CharacterTransformerSpec(layers, heads))
    return module, SimpleNamespace(width=jnp.int32(width), dropout=dropout)


def window(tokens, state=None):
    nowhere = jnp.zeros(len(tokens), jnp.int32)
    return Window(jnp.asarray(tokens), CharacterSpan(nowhere, nowhere), state)


def some_tokens(n=3, length=WINDOW, seed=0):
    return np.random.default_rng(seed).integers(0, VOCABULARY, (n, length)).astype(np.int32)


def init(units, width, **sizes):
    module, settings = transformer(units, width, **sizes)
    params = nn.meta.unbox(module.init(jax.random.key(1), window(some_tokens()), settings)["params"])
    # A random scale of every norm: those at the start are 1.
    noise = jax.random.key(2)
    params = jax.tree.map(lambda leaf: leaf + 0.1 * jax.random.normal(noise, leaf.shape[:1])[0], params)
    return module, settings, params


@pytest.mark.parametrize("width", [2, 4, 6])
@pytest.mark.parametrize("heads", [1, 2])
def test_a_padded_transformer_is_the_native_one(width, heads):
    wide, settings = transformer(8, width, heads=heads)
    narrow, _ = transformer(width, width, heads=heads)
    tokens = window(some_tokens())
    padded, native = (
        nn.meta.unbox(module.init(jax.random.key(1), tokens, settings)["params"]) for module in (wide, narrow)
    )
    cropped = crop(padded, native)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-7), cropped, native)
    # Whatever the padding holds, it has no effect.
    dirty = jax.tree.map(lambda leaf: leaf + jnp.where(leaf == 0, 0.7, 0.0), padded)
    clean = crop(dirty, native)
    outputs = (
        wide.apply({"params": dirty}, tokens, settings),
        narrow.apply({"params": clean}, tokens, settings),
    )
    for name in ("scores", "features", "units"):
        found = outputs[0][name][..., : outputs[1][name].shape[-1]]
        np.testing.assert_allclose(found, outputs[1][name], rtol=1e-5, atol=1e-5)

    def loss(module):
        targets = NextTokens(jnp.asarray(some_tokens(seed=3)), jnp.ones((3, WINDOW), bool), jnp.full(3, 10.0))
        return lambda params: next_token_loss(
            module.apply({"params": params}, tokens, settings), targets
        ).mean()

    gradients = jax.grad(loss(wide))(dirty), jax.grad(loss(narrow))(clean)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5),
        crop(gradients[0], native),
        gradients[1],
    )


def test_no_position_sees_the_future():
    module, settings, params = init(8, 6)
    tokens = window(some_tokens())

    def costs(vectors):
        """The loss at each position, with vectors added to those of the characters."""

        def add(next_fun, args, kwargs, context):
            found = next_fun(*args, **kwargs)
            return found + vectors if context.module.name == "characters" else found

        with nn.intercept_methods(add):
            outputs = module.apply({"params": params}, tokens, settings)
        return -jax.nn.log_softmax(outputs["scores"])[:, :, 3].sum(0)

    gradients = jax.jit(jax.jacrev(costs))(jnp.zeros((3, WINDOW, 8)))
    seen = np.abs(np.asarray(gradients)).max((1, 3)) > 0
    np.testing.assert_array_equal(seen, np.tril(np.ones((WINDOW, WINDOW), bool)))


@pytest.mark.parametrize("first", [1, 4, 9])
def test_reading_on_gives_the_scores_of_reading_at_once(first):
    module, settings, params = init(6, 6)
    tokens = some_tokens()
    whole = module.apply({"params": params}, window(tokens), settings)["scores"]
    read = jax.jit(lambda inputs: module.apply({"params": params}, inputs, settings))
    outputs = read(window(tokens[:, :first]))
    found = [outputs["scores"]]
    for t in range(first, WINDOW):
        outputs = read(window(tokens[:, t : t + 1], outputs["state"]))
        found.append(outputs["scores"])
    np.testing.assert_allclose(np.concatenate(found, axis=1), whole, atol=1e-5)


def test_of_a_long_text_the_last_window_is_read():
    module, settings, params = init(6, 6)
    tokens = some_tokens(length=WINDOW + 5)
    whole, last = (
        module.apply({"params": params}, window(part), settings) for part in (tokens, tokens[:, -WINDOW:])
    )
    np.testing.assert_allclose(whole["scores"], last["scores"], atol=1e-6)
    one_more = some_tokens(length=1, seed=9)
    after = module.apply({"params": params}, window(one_more, whole["state"]), settings)["scores"][:, 0]
    slid = np.concatenate([tokens[:, 6:], one_more], axis=1)
    expected = module.apply({"params": params}, window(slid), settings)["scores"][:, -1]
    np.testing.assert_allclose(after, expected, atol=1e-5)


def test_attention_of_one_head_by_hand():
    """One block without its dense layers, written out with loops."""
    module, settings, params = init(4, 4, layers=1, heads=1)
    params["block_0"]["contract"] = jax.tree.map(jnp.zeros_like, params["block_0"]["contract"])
    tokens = some_tokens(n=1)
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)

    def norm(x, layer):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5) * layer["scale"]

    x = p["characters"]["table"][tokens[0]] + p["positions"]["table"]
    attention = p["block_0"]["attention"]
    read = norm(x, p["block_0"]["before_attention"])
    query, key, value = (read @ attention["weight"][:, i, 0] for i in range(3))
    query, value = query + attention["bias"][0, 0], value + attention["bias"][1, 0]
    mixed = np.zeros_like(x)
    for t in range(WINDOW):
        weights = np.array([np.exp(query[t] @ key[s] / 2) for s in range(t + 1)])
        mixed[t] = (weights / weights.sum()) @ value[: t + 1]
    x = x + mixed @ attention["out"]["weight"][0] + attention["out"]["bias"]
    scores = norm(x, p["norm"]) @ p["next"]["weight"] + p["next"]["bias"]
    found = module.apply({"params": params}, window(tokens), settings)["scores"][0]
    np.testing.assert_allclose(found, scores, atol=1e-5)


@pytest.mark.parametrize("width", [2, 5])
def test_norm_and_its_gradient_by_numbers(width):
    """In float64, by central differences."""
    x, sides = np.random.default_rng(0).normal(size=(2, 3, width))
    module = RMSNorm(fixed(width))
    params = {"scale": jnp.ones(width)}

    def norm(x):
        return x / np.sqrt((x**2).mean(-1, keepdims=True) + TINY)

    np.testing.assert_allclose(module.apply({"params": params}, jnp.asarray(x)), norm(x), rtol=1e-6)

    def total(x):
        return (module.apply({"params": params}, x) * jnp.asarray(sides)).sum()

    found = jax.grad(total)(jnp.asarray(x))
    step = 1e-4 * np.eye(width)
    differences = [(sides * (norm(x + one) - norm(x - one))).sum(-1) / 2e-4 for one in step]
    np.testing.assert_allclose(found, np.stack(differences, -1), rtol=1e-5)


def test_dropout_drops_in_training_only():
    module, settings, params = init(6, 6)
    settings.dropout = 0.5
    tokens = window(some_tokens())

    def scores(train, seed=0):
        keys = {"dropout": jax.random.key(seed)}
        return module.apply({"params": params}, tokens, settings, train=train, rngs=keys)["scores"]

    assert np.abs(scores(True) - scores(True, 1)).max() > 0.01
    np.testing.assert_array_equal(scores(False), scores(False, 1))


@pytest.mark.parametrize(("widths", "nearest"), [((4, 6), "4 or 8"), ((3,), "4"), ((130,), "128 or 132")])
def test_heads_that_do_not_divide_the_width_are_refused(widths, nearest):
    config = {"task": "char_transformer", "sweep": {"width": widths}}
    with pytest.raises(
        UserError,
        match=rf"config.sweep.width: \d+ must be a multiple of config.model.heads=4: the nearest is {nearest}",
    ):
        resolve(config)
    assert resolve({**config, "model": {"heads": 1}}).shape == (len(widths), 1)
