"""Bayesian matrix factorization with priors that depend on features of the items, by variational inference.

`nlpfeat.training.rules.variational` trains the model:

    rating = level + bias of the user + bias of the item + Σ_k user_k item_k + noise.

A priori, the factors of users are standard normal, and their biases normal with mean 0. The factors and the bias of an item are
normal, with means given by a linear model of its features: year, genres, and the logarithm of its number of ratings. All other
variances are learned, separately for each factor, so that superfluous factors vanish. The approximate posterior is fully factorized
(mean field); each of its parts is set to its optimum given the others, in turn.

Sources: Lim & Teh, "Variational Bayesian approach to movie rating prediction", 2007; factor by factor after Ilin & Raiko,
JMLR 2010; priors from facts after Adams, Dahl & Murray, UAI 2010.
"""

from dataclasses import dataclass

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree

from nlpfeat.config.fields import Scalar
from nlpfeat.data.core import Outputs, Params
from nlpfeat.models.factors import FactorTables, NewUserPrior
from nlpfeat.models.masking import uniform_per_unit, unit_mask

COUNT_FEATURES = (
    2  # features from the train split: the logarithm of the number of ratings of an item, and its square
)


@dataclass(frozen=True)
class BayesSpec:
    """No settings: the sizes of the model follow from the data."""


class BayesFactors(nn.Module):
    """The predicted rating of a user and an item, at the posterior means of factors and biases.

    Attributes:
      features: number of features per item, without those of its number of ratings.
      low, high: range of the ratings.
    """

    units: int
    users: int
    items: int
    features: int
    low: float
    high: float

    @nn.compact
    def __call__(self, inputs: PyTree, settings: PyTree, *, train: bool = False) -> Outputs:
        """The outputs for a batch of pairs.

        Args:
          inputs: `user` and `item` (n,).
          settings: `width` counts the factors.
          train: has no effect here.

        Returns:
          "features" (n, units), the products factor by factor; "prediction" (n,), within the range of ratings.
        """
        user, item = (
            self.param(name, _side, rows, self.units, scale, settings.width)
            for name, rows, scale in (("users", self.users, 1.0), ("items", self.items, 0.1))
        )
        prior = self.param("prior", _prior, self.units, self.features + COUNT_FEATURES)
        own = unit_mask(self.units, settings.width)[None]
        products = user["mean"][inputs.user] * item["mean"][inputs.item] * own
        rating = prior["level"] + user["bias"][inputs.user] + item["bias"][inputs.item] + products.sum(axis=1)
        return {"features": products, "prediction": jnp.clip(rating, self.low, self.high)}


def _side(key: Array, rows: int, units: int, scale: float, width: Scalar) -> dict[str, Array]:
    """Posterior means and variances of the factors and biases of users or items."""
    mask = unit_mask(units, width)[None]
    return {
        "mean": scale * 3**0.5 * uniform_per_unit(key, (rows, units), [1]) * mask,
        "variance": 0.1 * scale * jnp.ones((rows, units)) * mask,
        "bias": jnp.zeros(rows),
        "bias_variance": jnp.full(rows, 0.1),
    }


def _prior(key: Array, units: int, features: int) -> dict[str, Array]:
    """The level, the variances of the priors, and the weights of the features."""
    return {
        "level": jnp.float32(0),
        "noise": jnp.float32(1),
        "items": jnp.full(units, 0.05),
        "user_bias": jnp.float32(0.2),
        "item_bias": jnp.float32(0.2),
        "weights": jnp.zeros((features, units)),
        "bias_weights": jnp.zeros(features),
    }


def factor_tables(params: Params, settings: PyTree) -> FactorTables:
    """The posterior means of a `BayesFactors`."""
    users, items = (np.asarray(params[name]["mean"], np.float64) for name in ("users", "items"))
    return FactorTables(users, items, np.asarray(params["items"]["bias"], np.float64))


def new_user_prior(
    params: Params, settings: PyTree, ratings: int, error: float, items: np.ndarray
) -> dict[str, dict[str, NewUserPrior]]:
    """The prior of a new user: that of all users, with the uncertainty of the rated items added.

    Args:
      ratings, error: have no effect here.
      items: indices of the items that the new user has rated.
    """
    prior, noise = params["prior"], params["prior"]["noise"]
    uncertainty = np.asarray(params["items"]["variance"])[items].sum(0)
    return {
        "users": {
            "mean": NewUserPrior(0.0, noise + uncertainty),
            "bias": NewUserPrior(0.0, noise / prior["user_bias"]),
        }
    }
