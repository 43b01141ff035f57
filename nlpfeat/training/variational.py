"""Variational Bayes for `nlpfeat.models.bayes_factors`: a step sets every part of the posterior to its optimum, in turn."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jaxtyping import Float

from nlpfeat.data.examples import Examples
from nlpfeat.training.task import Rule

TINY = 1e-12  # in place of a sum of nothing


class Side(NamedTuple):
    """Users or items, as the ratings see them."""

    row: Array  # int32 (n,), of each rating
    rows: int

    def sums(self, values: Float[Array, " n"]) -> Float[Array, " rows"]:
        """Sums over the ratings of each row."""
        return jnp.zeros(self.rows).at[self.row].add(values)


class Facts(NamedTuple):
    """A linear model of what is known of the items, whose weights have `ridge` times the precision of what is left."""

    known: Float[Array, "items facts"]
    ridge: Any
    factor: Any  # Cholesky's, of knownᵀ known + ridge

    def fit(self, values: Float[Array, " items"]) -> Float[Array, " facts"]:
        """Weights by ridge regression."""
        return jax.scipy.linalg.cho_solve(self.factor, self.known.T @ values)

    def variance(
        self, mean: Float[Array, " items"], variance: Float[Array, " items"], weights: Float[Array, " facts"]
    ) -> Array:
        """The likeliest variance of numbers, known by mean and variance, around what the facts say."""
        squares = ((mean - self.known @ weights) ** 2 + variance).sum() + self.ridge * (weights**2).sum()
        return jnp.maximum(squares, TINY) / sum(self.known.shape)


def facts(given: Float[Array, "items given"], counts: Float[Array, " items"], ridge: Any) -> Facts:
    """The facts given, and the logarithm of how often an item is rated with its square, ready to be regressed on."""
    often = jnp.log1p(counts)
    columns = jnp.stack([often, often**2], axis=1)
    middle, spread = columns.mean(0, keepdims=True), columns.std(0, keepdims=True)
    columns = (columns - middle) / jnp.maximum(spread, 1e-6)
    known = jnp.concatenate([columns, given], axis=1)
    return Facts(known, ridge, jax.scipy.linalg.cho_factor(known.T @ known + ridge * jnp.eye(known.shape[1])))


def in_turn(
    params: Any, carry: dict[str, Array], batch: Examples, settings: Any, speed: Any
) -> tuple[Any, dict[str, Array]]:
    """Once through all parts of the posterior, and through the variances of the priors.

    Args:
      params: of a `BayesFactors`.
      batch: all training ratings.
      speed: how far means go towards their optimum: 1 is all the way.
    """
    pairs, stars = batch.inputs, jnp.asarray(batch.targets)
    old_users, old_items, prior = params["users"], params["items"], params["prior"]
    sides = [Side(i, len(old["bias"])) for i, old in ((pairs.user, old_users), (pairs.item, old_items))]
    counts = [side.sums(jnp.ones_like(stars)) for side in sides]
    told = facts(pairs.facts, counts[1], settings.ridge)
    sharpness, units = 1 / prior["noise"], prior["items"].shape[0]
    level = stars.mean()

    def product(k: Array, total: Array) -> Array:
        return total + old_users["mean"][:, k][pairs.user] * old_items["mean"][:, k][pairs.item]

    error = stars - level - old_users["bias"][pairs.user] - old_items["bias"][pairs.item]
    error -= jax.lax.fori_loop(0, units, product, jnp.zeros_like(stars))

    def bias(side: Side, count: Array, old: Any, variance: Array, centre: Any, error: Array) -> Any:
        """A side's biases, their variances, and the errors that are left."""
        error += old["bias"][side.row]
        sharp = sharpness * count + 1 / variance
        mean = (sharpness * side.sums(error) + centre / variance) / sharp
        mean = old["bias"] + speed * (mean - old["bias"])
        return mean, 1 / sharp, error - mean[side.row]

    user_bias, user_variance, error = bias(sides[0], counts[0], old_users, prior["user_bias"], 0.0, error)
    centre = told.known @ prior["bias_weights"]
    item_bias, item_variance, error = bias(sides[1], counts[1], old_items, prior["item_bias"], centre, error)
    bias_weights = told.fit(item_bias)

    def factor(k: Array, state: Any) -> Any:
        users, items, kept, error, extra = state
        (u, uv), (v, vv) = ((side["mean"][:, k], side["variance"][:, k]) for side in (users, items))
        own = k < settings.width
        error += u[pairs.user] * v[pairs.item]
        at = v[pairs.item]
        sharp = 1 + sharpness * sides[0].sums(at**2 + vv[pairs.item])
        new_u = u + speed * (sharpness * sides[0].sums(error * at) / sharp - u)
        u, uv = jnp.where(own, new_u, 0.0), jnp.where(own, 1 / sharp, 0.0)
        at = u[pairs.user]
        sharp = 1 / kept["items"][k] + sharpness * sides[1].sums(at**2 + uv[pairs.user])
        pull = (told.known @ kept["weights"][:, k]) / kept["items"][k]
        new_v = v + speed * ((sharpness * sides[1].sums(error * at) + pull) / sharp - v)
        v, vv = jnp.where(own, new_v, 0.0), jnp.where(own, 1 / sharp, 0.0)
        error -= u[pairs.user] * v[pairs.item]
        square, spread = (u**2, v**2), (uv, vv)
        extra += (
            square[0][pairs.user] * spread[1][pairs.item]
            + spread[0][pairs.user] * (square[1] + spread[1])[pairs.item]
        ).sum()
        weights = told.fit(v)
        users = _set(users, k, u, uv)
        items = _set(items, k, v, vv)
        kept = {
            "items": kept["items"].at[k].set(jnp.where(own, told.variance(v, vv, weights), 1.0)),
            "weights": kept["weights"].at[:, k].set(weights),
        }
        return users, items, kept, error, extra

    kept = {name: prior[name] for name in ("items", "weights")}
    state = old_users, old_items, kept, error, jnp.float32(0)
    users, items, kept, error, extra = jax.lax.fori_loop(0, units, factor, state)
    extra += user_variance[pairs.user].sum() + item_variance[pairs.item].sum()
    return {
        "users": {**users, "bias": user_bias, "bias_variance": user_variance},
        "items": {**items, "bias": item_bias, "bias_variance": item_variance},
        "prior": {
            **kept,
            "level": level,
            "noise": ((error**2).sum() + extra) / len(stars),
            "user_bias": (user_bias**2 + user_variance).sum() / sides[0].rows,
            "item_bias": told.variance(item_bias, item_variance, bias_weights),
            "bias_weights": bias_weights,
        },
    }, carry


def _set(side: Any, k: Array, mean: Array, variance: Array) -> Any:
    return {
        **side,
        "mean": side["mean"].at[:, k].set(mean),
        "variance": side["variance"].at[:, k].set(variance),
    }


RULE = Rule(counters=(), step=in_turn, measures=(), most=0)
