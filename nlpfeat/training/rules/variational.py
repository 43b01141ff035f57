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

    def of_ratings(self, values: Float[Array, " rows"]) -> Float[Array, " n"]:
        """The values of the rows of all ratings, which are never out of bounds."""
        return values.at[self.row].get(mode="promise_in_bounds")

    def sums(self, values: Float[Array, " n"]) -> Float[Array, " rows"]:
        """The sums of values per rating over the ratings of each row."""
        return jnp.zeros(self.rows).at[self.row].add(values, mode="promise_in_bounds")

    def updated(
        self,
        old: Float[Array, " rows"],
        squares: Float[Array, " rows"],
        products: Float[Array, " rows"],
        prior_mean: Scalar,
        prior_variance: Scalar,
    ) -> tuple[Array, Array]:
        """The posterior means and variances (rows,) of one parameter per row, whose effect on a rating is linear.

        Args:
          old: the means before.
          squares: sums over the ratings of each row of the expected square of the factor that multiplies the parameter.
          products: sums of the residual without the parameter times the mean of that factor.
          prior_mean, prior_variance: of the parameter, for all rows or (rows,).
        """
        precision = 1 / prior_variance + self.precision * squares
        optimum = (self.precision * products + prior_mean / prior_variance) / precision
        return old + self.step_size * (optimum - old), 1 / precision


class FeatureRegression(NamedTuple):
    """Ridge regression on features of users or items. The prior precision of its weights is `ridge` times that of the residuals.

    Attributes:
      features: (features, rows): one row after another is read by a product with values of all rows.
      ridge: factor of the precisions.
      cholesky: factor of features featuresᵀ + ridge, as from `jax.scipy.linalg.cho_factor`.
    """

    features: Float[Array, "features rows"]
    ridge: Scalar
    cholesky: tuple[Array, bool]

    def fit(self, values: Float[Array, " rows"]) -> Float[Array, " features"]:
        """The weights for some values."""
        return jax.scipy.linalg.cho_solve(self.cholesky, self.features @ values)

    def predict(self, weights: Float[Array, " features"]) -> Float[Array, " rows"]:
        """The values that some weights predict."""
        return weights @ self.features

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
        # The posterior covariance of the weights is the variance times the inverse of features featuresᵀ + ridge. So they take no
        # part in the denominator: with many features and few rows, counting them shrinks all factors to nothing.
        squares = ((mean - self.predict(weights)) ** 2 + variance).sum() + self.ridge * (weights**2).sum()
        return jnp.maximum(squares, TINY) / len(mean)


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
    return FeatureRegression(all_columns.T, ridge, jax.scipy.linalg.cho_factor(gram))


class Regressions(NamedTuple):
    """The regressions of users and of items."""

    users: FeatureRegression
    items: FeatureRegression


class Factor(NamedTuple):
    """One factor of the users and the items and its prior; with one more axis, the last one of parameters, all of them.

    Attributes:
      users, items: posterior "mean" and "variance", (rows,).
      item_variance: of the prior of the items' factor.
      weights: of the features in the prior means (features,), by side.
    """

    users: Params
    items: Params
    item_variance: Array
    weights: dict[str, Array]


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
        uncertainty += side.of_ratings(times[name]["bias_variance"])
    bias_means = {
        name: regression.predict(prior["bias_weights"][name])
        for name, regression in regressions._asdict().items()
    }
    users, residual = _update_biases(params["users"], user, residual, bias_means["users"], prior["user_bias"])
    items, residual = _update_biases(params["items"], item, residual, bias_means["items"], prior["item_bias"])
    bias_weights = {
        "users": regressions.users.fit(users["bias"]),
        "items": regressions.items.fit(items["bias"]),
    }
    uncertainty += user.of_ratings(users["bias_variance"]) + item.of_ratings(items["bias_variance"])

    def update(state: tuple[Array, Array], own: tuple[Array, Factor]) -> tuple[tuple[Array, Array], Factor]:
        return _update_factor(*own, user, item, regressions, *state)

    own, other = ({name: side[name] for name in ("mean", "variance")} for side in (users, items))
    factors = jax.tree.map(lambda leaf: leaf.T, Factor(own, other, prior["items"], prior["weights"]))
    active = jnp.arange(len(prior["items"])) < settings.width
    (residual, variance), factors = jax.lax.scan(update, (residual, uncertainty.sum()), (active, factors))
    factors = jax.tree.map(lambda leaf: leaf.T, factors)
    biases = {
        name: regression.variance(side["bias"], side["bias_variance"], bias_weights[name])
        for (name, regression), side in zip(regressions._asdict().items(), (users, items), strict=True)
    }
    prior = {
        "items": factors.item_variance,
        "weights": factors.weights,
        "level": level,
        "noise": ((residual**2).sum() + variance) / len(stars),
        "user_bias": biases["users"],
        "item_bias": biases["items"],
        "times": {
            name: jnp.maximum((effect["bias"] ** 2 + effect["bias_variance"]).mean(), TINY)
            for name, effect in times.items()
        },
        "bias_weights": bias_weights,
    }
    changed = {"users": users | factors.users, "items": items | factors.items, "times": times, "prior": prior}
    return {**params, **changed}, counters


def _residual(params: Params, pairs: PyTree, user: Side, item: Side, centred: Array) -> Array:
    """The residuals (n,) at the posterior means, from ratings minus their level."""
    users, items = params["users"], params["items"]

    def subtract(k: Array, residual: Array) -> Array:
        return residual - user.of_ratings(users["mean"][:, k]) * item.of_ratings(items["mean"][:, k])

    residual = centred - (user.of_ratings(users["bias"]) + item.of_ratings(items["bias"]))
    for name, effect in params["times"].items():
        residual -= effect["bias"][pairs.times[name]]
    return jax.lax.fori_loop(0, users["mean"].shape[1], subtract, residual)


def _update_biases(
    old: Params, side: Side, residual: Array, prior_mean: Scalar, prior_variance: Scalar
) -> tuple[Params, Array]:
    """The parameters of a side with updated biases, and the new residuals."""
    residual += side.of_ratings(old["bias"])
    ones = jnp.ones_like(residual)
    mean, variance = side.updated(
        old["bias"], side.sums(ones), side.sums(residual), prior_mean, prior_variance
    )
    return {**old, "bias": mean, "bias_variance": variance}, residual - side.of_ratings(mean)


def _update_factor(
    active: Array,
    factor: Factor,
    user: Side,
    item: Side,
    regressions: Regressions,
    residual: Array,
    uncertainty: Array,
) -> tuple[tuple[Array, Array], Factor]:
    """Update a factor of the users, then of the items, then its prior.

    Args:
      active: whether the member has the factor; it is 0 otherwise.
      residual: (n,), of the ratings at the posterior means.
      uncertainty: sum over ratings of the variance of the prediction, without this factor.

    Returns:
      The new residuals and uncertainty, with this factor, and the factor.
    """
    u, v, v_variance = factor.users["mean"], factor.items["mean"], factor.items["variance"]
    residual += user.of_ratings(u) * item.of_ratings(v)
    mean = regressions.users.predict(factor.weights["users"])
    squares, products = (
        user.sums(item.of_ratings(v**2 + v_variance)),
        user.sums(residual * item.of_ratings(v)),
    )
    u, u_variance = user.updated(u, squares, products, mean, 1.0)
    u, u_variance = jnp.where(active, u, 0.0), jnp.where(active, u_variance, 0.0)
    mean = regressions.items.predict(factor.weights["items"])
    of_means, of_variances = item.sums(user.of_ratings(u**2)), item.sums(user.of_ratings(u_variance))
    products = item.sums(residual * user.of_ratings(u))
    v, v_variance = item.updated(v, of_means + of_variances, products, mean, factor.item_variance)
    v, v_variance = jnp.where(active, v, 0.0), jnp.where(active, v_variance, 0.0)
    residual -= user.of_ratings(u) * item.of_ratings(v)
    # The variance of u v, summed item by item: the sums over the ratings of each are at hand.
    uncertainty += (of_means * v_variance + of_variances * (v**2 + v_variance)).sum()
    weights = {"users": regressions.users.fit(u), "items": regressions.items.fit(v)}
    variance = jnp.where(active, regressions.items.variance(v, v_variance, weights["items"]), 1.0)
    users, items = {"mean": u, "variance": u_variance}, {"mean": v, "variance": v_variance}
    return (residual, uncertainty), Factor(users, items, variance, weights)


VARIATIONAL_BAYES = FullBatchRule(
    loss=Metric("loss", squared_residual, "squared stars", "min"), step=coordinate_ascent_step
)
