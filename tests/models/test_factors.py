"""Factor models beside loops over ratings; gradients of looked-up rows beside those of whole tables."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax.core.meta import unbox

from nlpfeat.data.ratings.rating_table import Pairs
from nlpfeat.models.factors import BiasSpec, DotNet, DotSpec, RatingNet, RatingNetSpec
from nlpfeat.tasks.ratings import DotSettings, RatingNetSettings
from nlpfeat.training.losses import squared_residual
from nlpfeat.training.optimizers import adam_with_l2

USERS, ITEMS = 6, 7


def pairs(n=9, seed=0):
    rng = np.random.default_rng(seed)
    return Pairs(
        rng.integers(USERS, size=n).astype(np.int32),
        rng.integers(ITEMS, size=n).astype(np.int32),
        np.zeros((USERS, 0), np.float32),
        np.zeros((ITEMS, 1), np.float32),
    )


def built(module, settings, batch, scale=1.0):
    drawn = unbox(module.init(jax.random.key(0), batch, settings)["params"])
    rng = np.random.default_rng(1)
    return jax.tree.map(lambda leaf: scale * rng.normal(size=leaf.shape).astype(np.float32), drawn)


@pytest.mark.parametrize("spec", [DotSpec(), BiasSpec()])
def test_products(spec):
    batch, settings = pairs(), DotSettings(width=np.int32(3))
    module = DotNet(5, USERS, ITEMS, spec)
    params = built(module, settings, batch)
    found = module.apply({"params": params}, batch, settings)["prediction"]
    for n, (u, i) in enumerate(zip(batch.user, batch.item, strict=True)):
        told = sum(params["users"]["table"][u, k] * params["items"]["table"][i, k] for k in range(3))
        if spec.biases:
            told += params["user_bias"]["table"][u, 0] + params["item_bias"]["table"][i, 0]
        assert found[n] == pytest.approx(told, abs=1e-5)


def test_the_net():
    batch, settings = pairs(), RatingNetSettings(width=np.int32(4))
    module = RatingNet(4, USERS, ITEMS, RatingNetSpec(dense=3))
    params = built(module, settings, batch)
    found = module.apply({"params": params}, batch, settings)["prediction"]
    for n, (u, i) in enumerate(zip(batch.user, batch.item, strict=True)):
        both = np.stack([params["users"]["table"][u], params["items"]["table"][i]])
        hidden = np.maximum(
            (both[:, :, None] * params["dense"]["weight"]).sum((0, 1)) + params["dense"]["bias"], 0
        )
        told = hidden @ params["rating"]["weight"][:, 0] + params["rating"]["bias"][0]
        assert found[n] == pytest.approx(told, abs=1e-4)


def test_gradients_of_rows_are_those_of_whole_tables():
    """Looking a row up is a product with a one-hot vector."""
    batch, settings = pairs(20), DotSettings(width=np.int32(3))
    module = DotNet(3, USERS, ITEMS, BiasSpec())
    params, stars = built(module, settings, batch), np.linspace(1, 5, 20, dtype=np.float32)

    def looked_up(params):
        return squared_residual(module.apply({"params": params}, batch, settings), stars).mean()

    def whole(params):
        u, i = jax.nn.one_hot(batch.user, USERS), jax.nn.one_hot(batch.item, ITEMS)
        product = ((u @ params["users"]["table"]) * (i @ params["items"]["table"])).sum(1)
        bias = u @ params["user_bias"]["table"][:, 0] + i @ params["item_bias"]["table"][:, 0]
        return ((stars - product - bias) ** 2).mean()

    ours, theirs = jax.grad(looked_up)(params), jax.grad(whole)(params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), ours, theirs)


def test_the_penalty_is_on_every_row_of_both_tables_and_on_no_bias():
    batch, settings = pairs(2), DotSettings(l2=0.01)
    params = built(DotNet(3, USERS, ITEMS, BiasSpec()), settings, batch)
    optimizer, plain = adam_with_l2("users", "items").transformation(settings), optax.scale_by_adam()

    def penalised(params):
        return 0.01 * sum((params[name]["table"] ** 2).sum() for name in ("users", "items"))

    nothing = jax.tree.map(jnp.zeros_like, params)
    ours, _ = optimizer.update(nothing, optimizer.init(params), params)
    theirs, _ = plain.update(jax.grad(penalised)(params), plain.init(params), params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), ours, theirs)
    assert np.asarray(ours["users"]["table"]).all()
    assert not np.asarray(ours["user_bias"]["table"]).any()
