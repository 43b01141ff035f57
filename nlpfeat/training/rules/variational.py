"""Variational inference for `nlpfeat.models.bayes_factors`: each step updates every part of the posterior in turn."""

from typing import NamedTuple

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

TINY = 1e-12  # lower bound of a sum of squares


class Side(NamedTuple):
    """The users or the items of the ratings, and the step size of their parameters.

    Attributes:
      row: int32 (n,), user or item of each rating.
      rows: number of users or items.
      precision: of the ratings.
      step_size: of the means; 1 sets them to their optimum.
    """

    row: Array
    rows: int
    precision: Scalar
    step_size: Scalar

    def sums(self, values: Float[Array, " n"]) -> Float[Array, " rows"]:
        """The sums of values per rating over the ratings of each row."""
        return jnp.zeros(self.rows).at[self.row].add(values)

    def updated(
        self,
        old: Float[Array, " rows"],
        coefficient: Array,
        coefficient_variance: Scalar,
        residual: Float[Array, " n"],
        prior_mean: Scalar,
        prior_variance: Scalar,
    ) -> tuple[Array, Array]:
        """The posterior means and variances (rows,) of one parameter per row, whose effect on a rating is linear.

        Args:
          old: the means before.
          coefficient, coefficient_variance: (n,), mean and variance of the factor that multiplies the parameter in a rating.
          residual: (n,), of the ratings without the parameter.
          prior_mean, prior_variance: of the parameter, for all rows or (rows,).
        """
        precision = 1 / prior_variance + self.precision * self.sums(coefficient**2 + coefficient_variance)
        optimum = (
            self.precision * self.sums(residual * coefficient) + prior_mean / prior_variance
        ) / precision
        return old + self.step_size * (optimum - old), 1 / precision


class ItemRegression(NamedTuple):
    """Ridge regression on item features. The prior precision of its weights is `ridge` times that of the residuals.

    Attributes:
      features: (items, features).
      ridge: factor of the precisions.
      cholesky: factor of featuresᵀ features + ridge, as from `jax.scipy.linalg.cho_factor`.
    """

    features: Float[Array, "items features"]
    ridge: Scalar
    cholesky: tuple[Array, bool]

    def fit(self, values: Float[Array, " items"]) -> Float[Array, " features"]:
        """The weights for some values."""
        return jax.scipy.linalg.cho_solve(self.cholesky, self.features.T @ values)

    def variance(
        self,
        mean: Float[Array, " items"],
        variance: Float[Array, " items"],
        weights: Float[Array, " features"],
    ) -> Array:
        """The maximum-likelihood variance of random values around the predictions of the regression.

        Args:
          mean, variance: (items,), of the values.
          weights: of the regression.
        """
        squares = ((mean - self.features @ weights) ** 2 + variance).sum() + self.ridge * (weights**2).sum()
        return jnp.maximum(squares, TINY) / sum(self.features.shape)


def item_regression(
    features: Float[Array | np.ndarray, "items given"],
    counts: Real[Array | np.ndarray, " items"],
    ridge: Scalar,
) -> ItemRegression:
    """The regression on some features and on the logarithm of the number of ratings, with its square, standardised.

    Args:
      features: (items, given).
      counts: (items,), number of ratings.
      ridge: see `ItemRegression`.
    """
    log_counts = jnp.log1p(counts)
    columns = jnp.stack([log_counts, log_counts**2], axis=1)
    mean, deviation = columns.mean(0, keepdims=True), columns.std(0, keepdims=True)
    columns = (columns - mean) / jnp.maximum(deviation, 1e-6)
    both = jnp.concatenate([columns, features], axis=1)
    return ItemRegression(
        both, ridge, jax.scipy.linalg.cho_factor(both.T @ both + ridge * jnp.eye(both.shape[1]))
    )


class FactorState(NamedTuple):
    """The state of the loop over factors.

    Attributes:
      users, items: their parameters.
      prior: variances of the items' factors, (factors,) as "items", and "weights" (features, factors) of their means.
      residual: (n,), of the ratings at the posterior means.
      uncertainty: sum over ratings of the variance of the prediction.
    """

    users: Params
    items: Params
    prior: Params
    residual: Array
    uncertainty: Array


def coordinate_ascent_step(
    params: Params, counters: dict[str, Array], batch: Examples, settings: PyTree, learning_rate: Scalar
) -> tuple[Params, dict[str, Array]]:
    """One update of all parts of the posterior and of the variances of the priors.

    Args:
      params: of a `BayesFactors`.
      counters: returned unchanged.
      batch: all training ratings.
      settings: of the member: `width` and `ridge`.
      learning_rate: step size of the means; 1 sets them to their optimum.
    """
    pairs, stars = batch.inputs, jnp.asarray(batch.targets)
    prior, ones = params["prior"], jnp.ones_like(stars)
    user, item = (
        Side(row, len(params[name]["bias"]), 1 / prior["noise"], learning_rate)
        for name, row in (("users", pairs.user), ("items", pairs.item))
    )
    regression = item_regression(pairs.item_features, item.sums(ones), settings.ridge)
    level = stars.mean()
    residual = _residual(params, user, item, stars - level)
    users, residual = _update_biases(params["users"], user, residual, 0.0, prior["user_bias"])
    mean = regression.features @ prior["bias_weights"]
    items, residual = _update_biases(params["items"], item, residual, mean, prior["item_bias"])
    bias_weights = regression.fit(items["bias"])
    uncertainty = users["bias_variance"][user.row].sum() + items["bias_variance"][item.row].sum()

    def update(k: Array, state: FactorState) -> FactorState:
        return _update_factor(k, k < settings.width, user, item, regression, state)

    factor_prior = {name: prior[name] for name in ("items", "weights")}
    state = FactorState(users, items, factor_prior, residual, uncertainty)
    state = jax.lax.fori_loop(0, len(prior["items"]), update, state)
    prior = state.prior | {
        "level": level,
        "noise": ((state.residual**2).sum() + state.uncertainty) / len(stars),
        "user_bias": (state.users["bias"] ** 2 + state.users["bias_variance"]).mean(),
        "item_bias": regression.variance(state.items["bias"], state.items["bias_variance"], bias_weights),
        "bias_weights": bias_weights,
    }
    return {"users": state.users, "items": state.items, "prior": prior}, counters


def _residual(params: Params, user: Side, item: Side, centred: Array) -> Array:
    """The residuals (n,) at the posterior means, from ratings minus their level."""
    users, items = params["users"], params["items"]

    def subtract(k: Array, residual: Array) -> Array:
        return residual - users["mean"][:, k][user.row] * items["mean"][:, k][item.row]

    residual = centred - (users["bias"][user.row] + items["bias"][item.row])
    return jax.lax.fori_loop(0, users["mean"].shape[1], subtract, residual)


def _update_biases(
    old: Params, side: Side, residual: Array, prior_mean: Scalar, prior_variance: Scalar
) -> tuple[Params, Array]:
    """The parameters of a side with updated biases, and the new residuals."""
    residual += old["bias"][side.row]
    ones = jnp.ones_like(residual)
    mean, variance = side.updated(old["bias"], ones, 0.0, residual, prior_mean, prior_variance)
    return {**old, "bias": mean, "bias_variance": variance}, residual - mean[side.row]


def _update_factor(
    k: Array, active: Array, user: Side, item: Side, regression: ItemRegression, state: FactorState
) -> FactorState:
    """Update factor `k` of the users, then of the items, then its prior.

    Args:
      active: whether the member has the factor; it is 0 otherwise.
    """
    users, items, prior, residual, uncertainty = state
    u, v, v_variance = users["mean"][:, k], items["mean"][:, k], items["variance"][:, k]
    residual += u[user.row] * v[item.row]
    u, u_variance = user.updated(u, v[item.row], v_variance[item.row], residual, 0.0, 1.0)
    u, u_variance = jnp.where(active, u, 0.0), jnp.where(active, u_variance, 0.0)
    mean = regression.features @ prior["weights"][:, k]
    v, v_variance = item.updated(v, u[user.row], u_variance[user.row], residual, mean, prior["items"][k])
    v, v_variance = jnp.where(active, v, 0.0), jnp.where(active, v_variance, 0.0)
    residual -= u[user.row] * v[item.row]
    uncertainty += (
        (u**2)[user.row] * v_variance[item.row] + u_variance[user.row] * (v**2 + v_variance)[item.row]
    ).sum()
    weights = regression.fit(v)
    variance = jnp.where(active, regression.variance(v, v_variance, weights), 1.0)
    prior = {
        "items": prior["items"].at[k].set(variance),
        "weights": prior["weights"].at[:, k].set(weights),
    }
    users, items = _with_factor(users, k, u, u_variance), _with_factor(items, k, v, v_variance)
    return FactorState(users, items, prior, residual, uncertainty)


def _with_factor(side: Params, k: Array, mean: Array, variance: Array) -> Params:
    """The parameters of a side with new means and variances of factor `k`."""
    return {
        **side,
        "mean": side["mean"].at[:, k].set(mean),
        "variance": side["variance"].at[:, k].set(variance),
    }


VARIATIONAL_BAYES = FullBatchRule(
    loss=Metric("loss", squared_residual, "squared stars", "min"), step=coordinate_ascent_step
)
