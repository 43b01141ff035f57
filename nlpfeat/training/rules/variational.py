"""Variational Bayes for `nlpfeat.models.bayes_factors`: a step sets every part of the posterior to its optimum, in turn."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jaxtyping import Float, PyTree, Real

from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Examples, Params
from nlpfeat.training.losses import squared_residual
from nlpfeat.training.metrics import Metric
from nlpfeat.training.task import FullBatchRule

TINY = 1e-12  # in place of a sum of nothing


class Side(NamedTuple):
    """Users or items, as the ratings see them, and how far a step moves what belongs to them."""

    row: Array  # int32 (n,), of each rating
    rows: int
    sharpness: Any  # precision of the ratings
    speed: Scalar  # how far means go towards their optimum

    def sums(self, values: Float[Array, " n"]) -> Float[Array, " rows"]:
        """Sums over the ratings of each row."""
        return jnp.zeros(self.rows).at[self.row].add(values)

    def moved(
        self, old: Float[Array, " rows"], at: Any, spread: Any, error: Array, centre: Any, variance: Any
    ) -> tuple[Array, Array]:
        """Means and variances of a number of each row, which ratings see multiplied by another.

        Args:
          old: the means before.
          at, spread: of each rating, mean and variance of what they are multiplied by.
          error: (n,), what is left of the ratings without them.
          centre, variance: of their prior.
        """
        sharp = 1 / variance + self.sharpness * self.sums(at**2 + spread)
        best = (self.sharpness * self.sums(error * at) + centre / variance) / sharp
        return old + self.speed * (best - old), 1 / sharp


class ItemRegression(NamedTuple):
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


def item_regression(
    given: Float[Array | np.ndarray, "items given"], counts: Real[Array | np.ndarray, " items"], ridge: Any
) -> ItemRegression:
    """The facts given, and the logarithm of how often an item is rated with its square, ready to be regressed on."""
    often = jnp.log1p(counts)
    columns = jnp.stack([often, often**2], axis=1)
    middle, spread = columns.mean(0, keepdims=True), columns.std(0, keepdims=True)
    columns = (columns - middle) / jnp.maximum(spread, 1e-6)
    known = jnp.concatenate([columns, given], axis=1)
    return ItemRegression(
        known, ridge, jax.scipy.linalg.cho_factor(known.T @ known + ridge * jnp.eye(known.shape[1]))
    )


def coordinate_ascent_step(
    params: Params, carry: dict[str, Array], batch: Examples, settings: PyTree, speed: Scalar
) -> tuple[Any, dict[str, Array]]:
    """Once through all parts of the posterior, and through the variances of the priors.

    Args:
      params: of a `BayesFactors`.
      batch: all training ratings.
      speed: how far means go towards their optimum: 1 is all the way.
    """
    pairs, stars = batch.inputs, jnp.asarray(batch.targets)
    prior, ones = params["prior"], jnp.ones_like(stars)
    user, item = (
        Side(row, len(params[name]["bias"]), 1 / prior["noise"], speed)
        for name, row in (("users", pairs.user), ("items", pairs.item))
    )
    told = item_regression(pairs.facts, item.sums(ones), settings.ridge)
    level = stars.mean()
    error = _left(params, user, item, stars - level)
    users, error = _biases(params["users"], user, error, 0.0, prior["user_bias"])
    centre = told.known @ prior["bias_weights"]
    items, error = _biases(params["items"], item, error, centre, prior["item_bias"])
    bias_weights = told.fit(items["bias"])
    unsure = users["bias_variance"][user.row].sum() + items["bias_variance"][item.row].sum()

    def factor(k: Array, state: Any) -> Any:
        return _factor(k, k < settings.width, user, item, told, *state)

    kept = {name: prior[name] for name in ("items", "weights")}
    state = users, items, kept, error, unsure
    users, items, kept, error, unsure = jax.lax.fori_loop(0, len(prior["items"]), factor, state)
    prior = kept | {
        "level": level,
        "noise": ((error**2).sum() + unsure) / len(stars),
        "user_bias": (users["bias"] ** 2 + users["bias_variance"]).mean(),
        "item_bias": told.variance(items["bias"], items["bias_variance"], bias_weights),
        "bias_weights": bias_weights,
    }
    return {"users": users, "items": items, "prior": prior}, carry


def _left(params: Params, user: Side, item: Side, error: Array) -> Array:
    """The errors that the posterior means leave of ratings less their level: (n,)."""
    users, items = params["users"], params["items"]

    def product(k: Array, left: Array) -> Array:
        return left - users["mean"][:, k][user.row] * items["mean"][:, k][item.row]

    error -= users["bias"][user.row] + items["bias"][item.row]
    return jax.lax.fori_loop(0, users["mean"].shape[1], product, error)


def _biases(old: Any, side: Side, error: Array, centre: Any, variance: Any) -> tuple[Any, Array]:
    """A side with its biases moved, and the errors that are left."""
    error += old["bias"][side.row]
    mean, spread = side.moved(old["bias"], jnp.ones_like(error), 0.0, error, centre, variance)
    return {**old, "bias": mean, "bias_variance": spread}, error - mean[side.row]


def _factor(
    k: Array,
    own: Array,
    user: Side,
    item: Side,
    told: ItemRegression,
    users: Any,
    items: Any,
    kept: Any,
    error: Array,
    unsure: Array,
) -> tuple[Any, Any, Any, Array, Array]:
    """Factor `k` of users, then of items, then its prior; 0 if the member does not own it.

    Returns:
      Both sides, the priors of items' factors, the errors that are left, and what the posterior's variances add to the sum
      of their squares.
    """
    u, v, vv = users["mean"][:, k], items["mean"][:, k], items["variance"][:, k]
    error += u[user.row] * v[item.row]
    u, uv = user.moved(u, v[item.row], vv[item.row], error, 0.0, 1.0)
    u, uv = jnp.where(own, u, 0.0), jnp.where(own, uv, 0.0)
    centre = told.known @ kept["weights"][:, k]
    v, vv = item.moved(v, u[user.row], uv[user.row], error, centre, kept["items"][k])
    v, vv = jnp.where(own, v, 0.0), jnp.where(own, vv, 0.0)
    error -= u[user.row] * v[item.row]
    unsure += ((u**2)[user.row] * vv[item.row] + uv[user.row] * (v**2 + vv)[item.row]).sum()
    weights = told.fit(v)
    variance = jnp.where(own, told.variance(v, vv, weights), 1.0)
    kept = {
        "items": kept["items"].at[k].set(variance),
        "weights": kept["weights"].at[:, k].set(weights),
    }
    return _with(users, k, u, uv), _with(items, k, v, vv), kept, error, unsure


def _with(side: Any, k: Array, mean: Array, variance: Array) -> Any:
    """A side with factor `k` in place of its own."""
    return {
        **side,
        "mean": side["mean"].at[:, k].set(mean),
        "variance": side["variance"].at[:, k].set(variance),
    }


VARIATIONAL_BAYES = FullBatchRule(
    loss=Metric("loss", squared_residual, "squared stars", "min"), step=coordinate_ascent_step
)
