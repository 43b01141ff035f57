"""Variational Bayes: each step raises the evidence's lower bound, and finds what was planted."""

import jax
import numpy as np
import pytest

from nlpfeat.data.core import Examples
from nlpfeat.data.ratings.rating_table import Pairs
from nlpfeat.models.bayes_factors import BayesFactors
from nlpfeat.tasks.ratings import BayesSettings
from nlpfeat.training.rules.variational import coordinate_ascent_step, item_regression

USERS, ITEMS, FACTS = 30, 40, 3


def planted(seed, factors=2, noise=0.3, share=0.6):
    """Ratings by a product of factors, biases, and what facts say."""
    rng = np.random.default_rng(seed)
    known = rng.normal(size=(ITEMS, FACTS))
    known = (known - known.mean(0)) / known.std(0)
    user, item = np.nonzero(rng.random((USERS, ITEMS)) < share)
    u, v = rng.normal(size=(USERS, factors)), rng.normal(size=(ITEMS, factors)) + 0.5 * known[:, :1]
    rating = 3 + 0.3 * rng.normal(size=USERS)[user] + (0.4 * known[:, 1])[item] + (u[user] * v[item]).sum(1)
    stars = (rating + noise * rng.normal(size=len(user))).astype(np.float32)
    pairs = Pairs(user.astype(np.int32), item.astype(np.int32), known.astype(np.float32))
    return Examples(pairs, stars)


def net(batch, units=4, width=4, seed=0):
    settings = BayesSettings(width=np.int32(width), seed=np.int32(seed))
    module = BayesFactors(units, USERS, ITEMS, FACTS, -1e9, 1e9)
    params = module.init(jax.random.key(seed), batch.inputs, settings)["params"]
    return module, params, settings


def bound(params, batch, settings):
    """The lower bound of log p(ratings, precisions, weights), up to a constant: written out term by term, in float64."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)
    users, items, prior = p["users"], p["items"], p["prior"]
    prior = {
        name: leaf if name in ("level", "weights", "bias_weights") else 1 / leaf
        for name, leaf in prior.items()
    }
    i, j = batch.inputs.user, batch.inputs.item
    known = np.asarray(
        item_regression(batch.inputs.item_features, np.bincount(j, minlength=ITEMS), settings.ridge).features,
        np.float64,
    )
    total = 0.0
    for n in range(len(i)):
        u, uv = users["mean"][i[n]], users["variance"][i[n]]
        v, vv = items["mean"][j[n]], items["variance"][j[n]]
        mean = prior["level"] + users["bias"][i[n]] + items["bias"][j[n]] + u @ v
        spread = users["bias_variance"][i[n]] + items["bias_variance"][j[n]]
        spread += (u**2 * vv + uv * v**2 + uv * vv).sum()
        total += 0.5 * np.log(prior["noise"]) - 0.5 * prior["noise"] * (
            (batch.targets[n] - mean) ** 2 + spread
        )

    def normal(precision, mean, variance, centre):
        """E log p − E log q of independent numbers."""
        own = 0.5 * np.log(precision) - 0.5 * precision * ((mean - centre) ** 2 + variance)
        return (own + 0.5 * np.log(variance)).sum()

    def weights(precision, w):
        return 0.5 * len(w) * np.log(precision) - 0.5 * precision * settings.ridge * (w**2).sum()

    total += normal(prior["user_bias"], users["bias"], users["bias_variance"], 0)
    w = prior["bias_weights"]
    total += normal(prior["item_bias"], items["bias"], items["bias_variance"], known @ w)
    total += weights(prior["item_bias"], w)
    for k in range(len(prior["items"])):
        w = prior["weights"][:, k]
        total += normal(1.0, users["mean"][:, k], users["variance"][:, k], 0)
        total += normal(prior["items"][k], items["mean"][:, k], items["variance"][:, k], known @ w)
        total += weights(prior["items"][k], w)
    return total


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_no_step_lowers_the_bound(seed):
    batch = planted(seed)
    _, params, settings = net(batch, seed=seed)
    step = jax.jit(lambda params: coordinate_ascent_step(params, {}, batch, settings, 1.0)[0])
    params, bounds = step(params), []  # the level is set by the first
    for _ in range(12):
        bounds.append(bound(params, batch, settings))
        params = step(params)
    gains = np.diff(bounds)
    assert (gains > -1e-3 * np.abs(bounds[1:])).all()
    assert gains[0] > 1


def test_planted_factors_are_found_and_others_fade():
    batch, fresh = planted(5), planted(5, noise=0.0)
    module, params, settings = net(batch, units=6, width=6)
    step = jax.jit(lambda params: coordinate_ascent_step(params, {}, batch, settings, 1.0)[0])
    for _ in range(80):
        params = step(params)
    found = module.apply({"params": params}, fresh.inputs, settings)
    assert np.sqrt(np.mean((found["prediction"] - fresh.targets) ** 2)) < 0.2
    assert np.sqrt(float(params["prior"]["noise"])) == pytest.approx(0.3, abs=0.06)
    strength = np.sort((params["users"]["mean"] ** 2).mean(0) * (params["items"]["mean"] ** 2).mean(0))
    assert strength[-2] > 0.3
    assert strength[-4] < 0.02


def test_factors_past_the_width_stay_out():
    batch = planted(2)
    _, params, settings = net(batch, units=7, width=3)
    narrow = jax.tree.map(np.asarray, net(batch, units=3, width=3)[1])
    step = jax.jit(lambda params: coordinate_ascent_step(params, {}, batch, settings, 1.0)[0])
    for _ in range(5):
        params, narrow = step(params), step(narrow)
    assert not np.asarray(params["users"]["mean"])[:, 3:].any()
    assert not np.asarray(params["items"]["variance"])[:, 3:].any()
    np.testing.assert_allclose(params["items"]["mean"][:, :3], narrow["items"]["mean"], atol=1e-4)
    assert float(params["prior"]["noise"]) == pytest.approx(float(narrow["prior"]["noise"]), rel=1e-4)


def test_a_step_of_no_length_leaves_means_alone():
    batch = planted(3)
    _, params, settings = net(batch)
    after = coordinate_ascent_step(params, {}, batch, settings, 0.0)[0]
    for side in ("users", "items"):
        np.testing.assert_array_equal(after[side]["mean"], params[side]["mean"])
        np.testing.assert_array_equal(after[side]["bias"], params[side]["bias"])
