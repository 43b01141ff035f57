"""Variational Bayes: each step raises the evidence's lower bound, and finds what was planted."""

import jax
import numpy as np
import pytest

from nlpfeat.data.core import Examples
from nlpfeat.data.ratings.rating_table import Pairs
from nlpfeat.models.bayes_factors import BayesFactors, BayesSpec
from nlpfeat.tasks.ratings import BayesSettings
from nlpfeat.training.rules.variational import coordinate_ascent_step, feature_regression

USERS, ITEMS, FACTS, DAYS = 30, 40, 3, 5


def planted(seed, factors=2, noise=0.3, share=0.6, mood=0.0):
    """Ratings by a product of factors, biases, what facts say of users and items, and moods of users on days."""
    rng = np.random.default_rng(seed)
    known = rng.normal(size=(ITEMS, FACTS))
    known = (known - known.mean(0)) / known.std(0)
    people = rng.normal(size=(USERS, 2))
    people = (people - people.mean(0)) / people.std(0)
    user, item = np.nonzero(rng.random((USERS, ITEMS)) < share)
    day = user * DAYS + rng.integers(DAYS, size=len(user))
    u, v = rng.normal(size=(USERS, factors)), rng.normal(size=(ITEMS, factors)) + 0.5 * known[:, :1]
    moods = mood * rng.normal(size=USERS * DAYS)[day] + 0.3 * people[user, 0]
    rating = (
        3
        + moods
        + 0.3 * rng.normal(size=USERS)[user]
        + (0.4 * known[:, 1])[item]
        + (u[user] * v[item]).sum(1)
    )
    stars = (rating + noise * rng.normal(size=len(user))).astype(np.float32)
    facts = people.astype(np.float32), known.astype(np.float32)
    times = {"user_day": day.astype(np.int32)}
    pairs = Pairs(user.astype(np.int32), item.astype(np.int32), *facts, times)
    return Examples(pairs, stars)


def net(batch, units=4, width=4, seed=0):
    settings = BayesSettings(width=np.int32(width), seed=np.int32(seed))
    times = (("user_day", USERS * DAYS),)
    module = BayesFactors(units, USERS, ITEMS, 2, FACTS, times, -1e9, 1e9, BayesSpec(implicit=2))
    params = module.init(jax.random.key(seed), batch.inputs, settings)["params"]
    return module, params, settings


def bound(params, batch, settings):
    """The lower bound of log p(ratings, precisions, weights), up to a constant: written out term by term, in float64."""
    p = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), params)
    users, items, prior = p["users"], p["items"], p["prior"]
    prior = {
        name: leaf if name in ("level", "weights", "bias_weights", "times") else 1 / leaf
        for name, leaf in prior.items()
    }
    days = p["times"]["user_day"]
    i, j = batch.inputs.user, batch.inputs.item
    known = {}
    for name, rows, index in (("users", USERS, i), ("items", ITEMS, j)):
        given = getattr(batch.inputs, f"{name[:-1]}_features"), p[name]["implicit"]
        regression = feature_regression(*given, np.bincount(index, minlength=rows), settings.ridge)
        known[name] = np.asarray(regression.features, np.float64).T
    total = 0.0
    for n in range(len(i)):
        u, uv = users["mean"][i[n]], users["variance"][i[n]]
        v, vv = items["mean"][j[n]], items["variance"][j[n]]
        day = batch.inputs.times["user_day"][n]
        mean = prior["level"] + users["bias"][i[n]] + items["bias"][j[n]] + days["bias"][day] + u @ v
        spread = users["bias_variance"][i[n]] + items["bias_variance"][j[n]] + days["bias_variance"][day]
        spread += (u**2 * vv + uv * v**2 + uv * vv).sum()
        total += 0.5 * np.log(prior["noise"]) - 0.5 * prior["noise"] * (
            (batch.targets[n] - mean) ** 2 + spread
        )

    def normal(precision, mean, variance, centre):
        """E log p − E log q of independent numbers."""
        own = 0.5 * np.log(precision) - 0.5 * precision * ((mean - centre) ** 2 + variance)
        return (own + 0.5 * np.log(variance)).sum()

    def weights(precision, w):
        """The weights have a posterior covariance proportional to the variance: its terms in the logarithm cancel."""
        return -0.5 * precision * settings.ridge * (w**2).sum()

    total += normal(1 / prior["times"]["user_day"], days["bias"], days["bias_variance"], 0)
    for name, side, own in (("users", users, "user_bias"), ("items", items, "item_bias")):
        w = prior["bias_weights"][name]
        total += normal(prior[own], side["bias"], side["bias_variance"], known[name] @ w)
        total += weights(prior[own], w)
        for k in range(len(prior["items"])):
            w = prior["weights"][name][:, k]
            precision = 1.0 if name == "users" else prior["items"][k]
            total += normal(precision, side["mean"][:, k], side["variance"][:, k], known[name] @ w)
            total += weights(precision, w)
    return total


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))])
def test_no_step_lowers_the_bound(seed):
    batch = planted(seed, mood=0.3)
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


def test_planted_days_are_found():
    batch = planted(4, mood=0.6, share=0.9)
    _, params, settings = net(batch, units=2, width=2)
    step = jax.jit(lambda params: coordinate_ascent_step(params, {}, batch, settings, 1.0)[0])
    for _ in range(40):
        params = step(params)
    quiet = net(planted(4, share=0.9), units=2, width=2)[1]
    calm = jax.jit(lambda params: coordinate_ascent_step(params, {}, planted(4, share=0.9), settings, 1.0)[0])
    for _ in range(40):
        quiet = calm(quiet)
    assert np.sqrt(float(params["prior"]["times"]["user_day"])) == pytest.approx(0.6, abs=0.15)
    assert np.sqrt(float(quiet["prior"]["times"]["user_day"])) < 0.2


def test_a_rating_of_unknown_time_has_no_effect_of_it():
    batch = planted(4, mood=0.6)
    module, params, settings = net(batch)
    params = coordinate_ascent_step(params, {}, batch, settings, 1.0)[0]
    timeless = batch.inputs._replace(times=None)
    now, ever = (
        module.apply({"params": params}, one, settings)["prediction"] for one in (batch.inputs, timeless)
    )
    effect = params["times"]["user_day"]["bias"][batch.inputs.times["user_day"]]
    np.testing.assert_allclose(now - ever, effect, atol=1e-5)


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
