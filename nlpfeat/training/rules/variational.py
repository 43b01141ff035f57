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


class FeatureRegression(NamedTuple):
    """Ridge regression on features of users or items. The prior precision of its weights is `ridge` times that of the residuals.

    Attributes:
      features: (rows, features).
      ridge: factor of the precisions.
      cholesky: factor of featuresᵀ features + ridge, as from `jax.scipy.linalg.cho_factor`.
    """

    features: Float[Array, "rows features"]
    ridge: Scalar
    cholesky: tuple[Array, bool]

    def fit(self, values: Float[Array, " rows"]) -> Float[Array, " features"]:
        """The weights for some values."""
        return jax.scipy.linalg.cho_solve(self.cholesky, self.features.T @ values)

    def variance(
        self,
        mean: Float[Array, " rows"],
        variance: Float[Array, " rows"],
        weights: Float[Array, " features"],
    ) -> Array:
        """The maximum-likelihood variance of random values around the predictions of the regression.

        Args:
          mean, variance: (rows,), of the values.
          weights: of the regression.
        """
        # The posterior covariance of the weights is the variance times the inverse of featuresᵀ features + ridge. So they take no
        # part in the denominator: with many features and few rows, counting them shrinks all factors to nothing.
        squares = ((mean - self.features @ weights) ** 2 + variance).sum() + self.ridge * (weights**2).sum()
        return jnp.maximum(squares, TINY) / self.features.shape[0]


def feature_regression(
    features: Float[Array | np.ndarray, "rows given"],
    implicit: Float[Array | np.ndarray, "rows components"] | None,
    counts: Real[Array | np.ndarray, " rows"],
    ridge: Scalar,
) -> FeatureRegression:
    """The regression on some features and on the logarithm of the number of ratings, with its square, standardised.

    Args:
      features, implicit: (rows, given) and (rows, components), or None for no implicit feedback.
      counts: (rows,), number of ratings.
      ridge: see `FeatureRegression`.
    """
    log_counts = jnp.log1p(counts)
    columns = jnp.stack([log_counts, log_counts**2], axis=1)
    mean, deviation = columns.mean(0, keepdims=True), columns.std(0, keepdims=True)
    columns = (columns - mean) / jnp.maximum(deviation, 1e-6)
    all_columns = jnp.concatenate([columns, features, *([] if implicit is None else [implicit])], axis=1)
    gram = all_columns.T @ all_columns + ridge * jnp.eye(all_columns.shape[1])
    return FeatureRegression(all_columns, ridge, jax.scipy.linalg.cho_factor(gram))


class Regressions(NamedTuple):
    """The regressions of users and of items."""

    users: FeatureRegression
    items: FeatureRegression


class FactorState(NamedTuple):
    """The state of the loop over factors.

    Attributes:
      users, items: their parameters.
      prior: variances of the items' factors, (factors,) as "items", and "weights" (features, factors) of the means, by side.
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
    regressions = Regressions(
        *(
            feature_regression(features, params[name].get("implicit"), side.sums(ones), settings.ridge)
            for name, features, side in (
                ("users", pairs.user_features, user),
                ("items", pairs.item_features, item),
            )
        )
    )
    level = stars.mean()
    residual = _residual(params, pairs, user, item, stars - level)
    times, uncertainty = {}, jnp.zeros_like(stars)
    for name, effect in params["times"].items():
        side = Side(pairs.times[name], len(effect["bias"]), user.precision, learning_rate)
        times[name], residual = _update_biases(effect, side, residual, 0.0, prior["times"][name])
        uncertainty += times[name]["bias_variance"][side.row]
    bias_means = {
        name: regression.features @ prior["bias_weights"][name]
        for name, regression in regressions._asdict().items()
    }
    users, residual = _update_biases(params["users"], user, residual, bias_means["users"], prior["user_bias"])
    items, residual = _update_biases(params["items"], item, residual, bias_means["items"], prior["item_bias"])
    bias_weights = {
        "users": regressions.users.fit(users["bias"]),
        "items": regressions.items.fit(items["bias"]),
    }
    uncertainty += users["bias_variance"][user.row] + items["bias_variance"][item.row]

    def update(k: Array, state: FactorState) -> FactorState:
        return _update_factor(k, k < settings.width, user, item, regressions, state)

    factor_prior = {name: prior[name] for name in ("items", "weights")}
    state = FactorState(users, items, factor_prior, residual, uncertainty.sum())
    state = jax.lax.fori_loop(0, len(prior["items"]), update, state)
    biases = {
        name: regression.variance(side["bias"], side["bias_variance"], bias_weights[name])
        for (name, regression), side in zip(
            regressions._asdict().items(), (state.users, state.items), strict=True
        )
    }
    prior = state.prior | {
        "level": level,
        "noise": ((state.residual**2).sum() + state.uncertainty) / len(stars),
        "user_bias": biases["users"],
        "item_bias": biases["items"],
        "times": {
            name: jnp.maximum((effect["bias"] ** 2 + effect["bias_variance"]).mean(), TINY)
            for name, effect in times.items()
        },
        "bias_weights": bias_weights,
    }
    changed = {"users": state.users, "items": state.items, "times": times, "prior": prior}
    return {**params, **changed}, counters


def _residual(params: Params, pairs: PyTree, user: Side, item: Side, centred: Array) -> Array:
    """The residuals (n,) at the posterior means, from ratings minus their level."""
    users, items = params["users"], params["items"]

    def subtract(k: Array, residual: Array) -> Array:
        return residual - users["mean"][:, k][user.row] * items["mean"][:, k][item.row]

    residual = centred - (users["bias"][user.row] + items["bias"][item.row])
    for name, effect in params["times"].items():
        residual -= effect["bias"][pairs.times[name]]
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
    k: Array, active: Array, user: Side, item: Side, regressions: Regressions, state: FactorState
) -> FactorState:
    """Update factor `k` of the users, then of the items, then its prior.

    Args:
      active: whether the member has the factor; it is 0 otherwise.
    """
    users, items, prior, residual, uncertainty = state
    u, v, v_variance = users["mean"][:, k], items["mean"][:, k], items["variance"][:, k]
    residual += u[user.row] * v[item.row]
    weights = {name: part[:, k] for name, part in prior["weights"].items()}
    mean = regressions.users.features @ weights["users"]
    u, u_variance = user.updated(u, v[item.row], v_variance[item.row], residual, mean, 1.0)
    u, u_variance = jnp.where(active, u, 0.0), jnp.where(active, u_variance, 0.0)
    mean = regressions.items.features @ weights["items"]
    v, v_variance = item.updated(v, u[user.row], u_variance[user.row], residual, mean, prior["items"][k])
    v, v_variance = jnp.where(active, v, 0.0), jnp.where(active, v_variance, 0.0)
    residual -= u[user.row] * v[item.row]
    uncertainty += (
        (u**2)[user.row] * v_variance[item.row] + u_variance[user.row] * (v**2 + v_variance)[item.row]
    ).sum()
    weights = {"users": regressions.users.fit(u), "items": regressions.items.fit(v)}
    variance = jnp.where(active, regressions.items.variance(v, v_variance, weights["items"]), 1.0)
    prior = {
        "items": prior["items"].at[k].set(variance),
        "weights": {name: part.at[:, k].set(weights[name]) for name, part in prior["weights"].items()},
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
